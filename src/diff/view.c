/* Namespaces, clones and overlays for looking: see view.h.  Nothing is mounted at any place. */
#include "diff/view.h"

#include "base/sys.h"
#include "diff/served.h"
#include "parent/users.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

enum {
	FD_PATH = sizeof("/proc/self/fd/") + 10,
	STRING_MAX = 256, /* of fsconfig(2), with the NUL */
};

#define ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

void view_done(struct view *v)
{
	fd_close(&v->below);
	fd_close(&v->above);
}

/* A clone of one mount without those on top of it, that nobody else's mounts come to.  Before Linux
 * 5.12 there is no way to cut it off; then what comes ends the walk. */
static int clone_one(int dir, const char *path)
{
	const struct mount_attr attr = { .attr_set = ATTRIBUTES, .propagation = MS_PRIVATE };
	AUTO_FD tree = sys_clone_tree(dir, path, false);
	int rc;

	if (tree < 0)
		return tree;
	rc = sys_mount_setattr(tree, false, &attr);
	return rc < 0 && rc != -ENOSYS ? rc : fd_take(&tree);
}

static int set_layer(int fs, const char *key, int fd)
{
	char path[FD_PATH];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sys_fsconfig_set(fs, key, path);
}

/* One string, for kernels before Linux 6.8. */
static int set_layers(int fs, const int *fds, size_t count)
{
	char joined[STRING_MAX];
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (len + FD_PATH + 1 > sizeof(joined))
			return -E2BIG;
		len += (size_t)snprintf(joined + len, sizeof(joined) - len, "%s/proc/self/fd/%d",
			i == 0 ? "" : ":", fds[i]);
	}
	return sys_fsconfig_set(fs, "lowerdir", joined);
}

static int overlay_of(const int *fds, size_t count, bool userxattr, bool append)
{
	AUTO_FD fs = sys_fsopen("overlay");
	int rc = 0;

	if (fs < 0)
		return fs;
	if (userxattr)
		rc = sys_fsconfig_set(fs, "userxattr", NULL);
	for (size_t i = 0; i < count && append && rc == 0; i++)
		rc = set_layer(fs, "lowerdir+", fds[i]);
	if (!append && rc == 0)
		rc = set_layers(fs, fds, count);
	if (rc == 0)
		rc = sys_fsconfig_create(fs);
	return rc < 0 ? rc : sys_fsmount(fs, ATTRIBUTES);
}

enum {
	LAYERS_MAX = 500 /* the kernel's own limit */
};

struct layers {
	int fds[LAYERS_MAX];
	size_t count;
};

static void layers_done(struct layers *l)
{
	for (size_t i = 0; i < l->count; i++)
		fd_close(&l->fds[i]);
}

static int open_layers(const struct view_place *p, struct layers *l, struct err *e)
{
	if (p->count > LAYERS_MAX)
		return err_set(e, E2BIG, POS_NONE, "more than %d layers", LAYERS_MAX);
	for (; l->count < p->count; l->count++) {
		const char *const path = p->layers[l->count];

		l->fds[l->count] = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (l->fds[l->count] < 0)
			return err_sys(e, errno, POS_NONE, "cannot open layer \"%s\"", path);
	}
	return 0;
}

/* One tree of these layers; -EPERM is not told. */
static int tree_of(
	const struct view_place *p, const struct layers *l, size_t first, int maps, struct err *e)
{
	const int *const fds = l->fds + first;
	const size_t count = l->count - first;
	int rc;

	if (count > 1 && p->fuse != NULL)
		return served_tree(p, first, maps, e);
	if (count == 1) {
		rc = clone_one(fds[0], "");
	} else {
		rc = overlay_of(fds, count, p->userxattr, true);
		if (rc == -EINVAL)
			rc = overlay_of(fds, count, p->userxattr, false);
	}
	if (rc >= 0 || rc == -EPERM)
		return rc;
	return err_sys(e, -rc, POS_NONE, "cannot look into layer \"%s\"%s", p->layers[first],
		count > 1 ? " and those below it" : "");
}

/* What the host's directories show. */
static int open_trees(const struct view_place *p, int maps, struct view *v, struct err *e)
{
	__attribute__((cleanup(layers_done))) struct layers l = { .count = 0 };
	const bool stopped = p->pidfd == FD_NONE;
	int rc;

	TRY(open_layers(p, &l, e));
	rc = tree_of(p, &l, stopped ? 1 : 0, maps, e);
	TRY(rc);
	v->below = rc;
	if (!stopped)
		return 0;
	rc = tree_of(p, &l, 0, maps, e);
	if (rc < 0)
		fd_close(&v->below);
	else
		v->above = rc;
	return rc < 0 ? rc : 0;
}

bool view_may_redirect(const struct view_place *p)
{
	char text[8];

	if (p->fuse != NULL)
		return true;
	return sys_read_text(AT_FDCWD, "/sys/module/overlay/parameters/redirect_dir", text,
		       sizeof(text)) > 0 &&
	       text[0] == 'Y';
}

bool view_needs_map(const struct view_place *p)
{
	return p->pidfd == FD_NONE && p->uids[0] != '\0';
}

int view_map(const struct view_place *p, int maps, pid_t pid, struct err *e)
{
	char byte = 0;

	if (read(maps, &byte, 1) != 1)
		return 0; /* it tells why by itself */
	TRY(users_map(pid, p->uids, p->gids, e));
	if (write(maps, &byte, 1) != 1)
		return err_sys(e, EPIPE, POS_NONE, "cannot go on");
	return 0;
}

/* Into the user namespace of the container, or a new one with the same ids. */
static int join_users(const struct view_place *p, int maps, struct err *e)
{
	char byte = 0;

	if (p->pidfd != FD_NONE) {
		if (setns(p->pidfd, CLONE_NEWUSER) == 0 || errno == EINVAL) /* it is ours */
			return 0;
		return err_sys(e, errno, POS_NONE, "cannot join the container's user namespace");
	}
	if (!view_needs_map(p))
		return 0;
	if (unshare(CLONE_NEWUSER) < 0)
		return err_sys(e, errno, POS_NONE, "cannot make a user namespace");
	if (write(maps, &byte, 1) != 1 || read(maps, &byte, 1) != 1)
		return err_set(e, EPIPE, POS_NONE, "cannot get the container's ids: Broken pipe");
	return 0;
}

static int not_its_root(struct err *e)
{
	return err_set(e, EXDEV, POS_NONE,
		"its first process has another root than the overlay it was given");
}

static int check_root(const struct view_place *p, int tree, struct err *e)
{
	const uint32_t magic = p->fuse != NULL ? FUSE_SUPER_MAGIC : OVERLAYFS_SUPER_MAGIC;
	struct statfs fs;

	if (fstatfs(tree, &fs) < 0)
		return err_sys(e, errno, POS_NONE, "cannot look at the container's root");
	return (uint32_t)fs.f_type == magic ? 0 : not_its_root(e);
}

/* By the mount namespace alone: a process may have changed its own root. */
static int open_root(const struct view_place *p, struct view *v, struct err *e)
{
	if (setns(p->pidfd, CLONE_NEWNS) < 0)
		return err_sys(e, errno, POS_NONE, "cannot join the container's mount namespace");
	v->above = clone_one(AT_FDCWD, "/");
	if (v->above == -EINVAL) /* locked mounts: a copy of the namespace, for fewer rights */
		return not_its_root(e);
	if (v->above < 0)
		return err_sys(e, -v->above, POS_NONE, "cannot look at the container's root");
	return check_root(p, v->above, e);
}

static int see(const struct view_place *p, int maps, struct view *v, struct err *e)
{
	int rc = p->fuse != NULL ? -EPERM : open_trees(p, maps, v, e);

	if (rc < 0 && rc != -EPERM)
		return rc;
	TRY(join_users(p, maps, e));
	if (rc == -EPERM) { /* the right to is in there alone */
		if (unshare(CLONE_NEWNS) < 0)
			return err_sys(e, errno, POS_NONE, "cannot make a mount namespace");
		rc = open_trees(p, maps, v, e);
		if (rc == -EPERM && e->code == 0)
			return err_sys(e, EPERM, POS_NONE, "cannot look into the layers");
		TRY(rc);
	}
	if (p->fuse != NULL) {
		served_end(maps);
		TRY(served_user(p, e));
	}
	/* Nothing of the container's user namespace may look into this process. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, POS_NONE, "cannot shield the process");
	return p->pidfd == FD_NONE ? 0 : open_root(p, v, e);
}

int view_open(const struct view_place *p, int maps, struct view *ret, struct err *e)
{
	struct view v = { FD_NONE, FD_NONE };
	const int rc = see(p, maps, &v, e);

	if (rc < 0)
		view_done(&v);
	else
		*ret = v;
	return rc;
}
