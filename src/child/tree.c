/* Detached mounts: making and cloning them, attributes, the new root's place.
 * Nothing here looks up a path below the container's root. */
#include "child/ops.h"

#include "base/proc.h"
#include "base/sys.h"
#include "child/look.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

int child_fill(struct child *c, int slot, int fd)
{
	if (fd < 0)
		return fd;
	child_spend(c, &c->slots[slot]);
	c->slots[slot] = fd;
	return 0;
}

int do_propagate(struct child *c, const struct plan_propagate *op)
{
	(void)c;
	return mount(NULL, "/", NULL, op->flags, NULL) < 0 ? -errno : 0;
}

static const struct mount_attr mask_attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
							 MOUNT_ATTR_NOEXEC };

int do_open_host(struct child *c, const struct plan_open_host *op)
{
	const int fd = openat(AT_FDCWD, op->path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	TRY(child_fill(c, op->into, fd));
	if (op->major == 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev((unsigned)op->major, (unsigned)op->minor))
		return -ENODEV;
	if (op->clone == 0)
		return 0;
	c->null_apart = true;
	return child_fill(c, op->into, sys_clone_tree_attr(fd, "", false, &mask_attr));
}

int do_clone_tree(struct child *c, const struct plan_clone_tree *op)
{
	AUTO_FD link = FD_NONE;

	if (op->nofollow == 0)
		return child_fill(
			c, op->into, sys_clone_tree(AT_FDCWD, op->path, op->recursive != 0));
	link = openat(AT_FDCWD, op->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (link < 0)
		return -errno;
	return child_fill(c, op->into, sys_clone_tree(link, "", op->recursive != 0));
}

int do_clone_own(struct child *c, const struct plan_clone_own *op)
{
	AUTO_FD fd = look_up(c->slots[SLOT_ROOT], op->path, false);

	if (fd < 0)
		return fd;
	return child_fill(c, op->into, sys_clone_tree(fd, "", op->recursive != 0));
}

int do_given_path(struct child *c, const struct plan_given_path *op)
{
	AUTO_FD proc = sys_is_inherited((int)op->fd) ? proc_open() : -EBADF;
	char name[32], path[PATH_MAX];
	struct stat given, found;
	AUTO_FD there = FD_NONE;
	ssize_t len;

	if (proc < 0)
		return proc;
	(void)snprintf(name, sizeof(name), "self/fd/%d", (int)op->fd);
	len = readlinkat(proc, name, path, sizeof(path) - 1);
	if (len < 0)
		return -errno;
	path[len] = '\0';
	if (path[0] != '/')
		return -ENOENT; /* a pipe, a socket, a memfd */
	there = openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (there < 0 || fstat((int)op->fd, &given) < 0 || fstat(there, &found) < 0)
		return -errno;
	if (given.st_dev != found.st_dev || given.st_ino != found.st_ino)
		return -EXDEV;
	return child_fill(c, op->into, sys_clone_tree(there, "", op->recursive != 0));
}

int do_check_proc(struct child *c, const struct plan_check_proc *op)
{
	struct statfs fs;

	if (fstatfs(c->slots[op->tree], &fs) < 0)
		return -errno;
	return fs.f_type == PROC_SUPER_MAGIC ? 0 : -EPERM;
}

/* One word of data: "key=value", or a flag. */
static int set_option(int fs, const char *word)
{
	char key[64];
	const size_t len = strcspn(word, "=");

	if (word[len] == '\0')
		return sys_fsconfig_set(fs, word, NULL);
	if (len >= sizeof(key))
		return -EINVAL;
	memcpy(key, word, len);
	key[len] = '\0';
	return sys_fsconfig_set(fs, key, word + len + 1);
}

int child_fs_options(int fs, const char *source, const char *const *data)
{
	if (source != NULL && source[0] != '\0')
		TRY(sys_fsconfig_set(fs, "source", source));
	for (size_t i = 0; data[i] != NULL; i++)
		TRY(set_option(fs, data[i]));
	return 0;
}

int child_fs_mount(struct child *c, int fs, uint64_t attr, int slot)
{
	int rc = sys_fsconfig_create(fs);

	if (rc == 0)
		rc = child_fill(c, slot, sys_fsmount(fs, attr));
	return rc;
}

int do_new_fs(struct child *c, const struct plan_new_fs *op)
{
	AUTO_FD fs = sys_fsopen(op->type);
	int rc;

	if (fs < 0)
		return fs;
	rc = child_fs_options(fs, op->source, op->data);
	if (rc == 0)
		rc = child_fs_mount(c, fs, op->attr, op->into);
	if (rc < 0)
		sys_fs_log(fs, c->detail, sizeof(c->detail));
	child_spend(c, &fs);
	return rc;
}

int do_open_proc(struct child *c, const struct plan_open_proc *op)
{
	return child_fill(c, op->into, proc_open());
}

int do_root_enter(struct child *c, const struct plan_root_enter *op)
{
	AUTO_FD ns = sys_tree_namespace(c->slots[op->tree]);

	if (ns < 0)
		return ns;
	if (setns(ns, CLONE_NEWNS) < 0)
		return -errno;
	child_spend(c, &ns);
	return child_fill(c, SLOT_ROOT, openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

int do_stage(struct child *c, const struct plan_stage *op)
{
	return sys_move_mount(c->slots[op->tree], c->slots[SLOT_STAGE]);
}

int do_set_attr(struct child *c, const struct plan_set_attr *op)
{
	const struct mount_attr attr = {
		.attr_set = op->set, .attr_clr = op->clear, .propagation = op->propagation
	};

	return (op->late != 0 ? sys_mount_change : sys_mount_setattr)(
		c->slots[op->tree], op->recursive != 0, &attr);
}

int do_pivot(struct child *c, const struct plan_pivot *op)
{
	(void)op;
	if (fchdir(c->slots[SLOT_ROOT]) < 0)
		return -errno;
	return sys_pivot_here(); /* the current directory stays: the new root */
}

int do_root_propagation(struct child *c, const struct plan_root_propagation *op)
{
	(void)c;
	return mount(NULL, "/", NULL, op->flags, NULL) < 0 ? -errno : 0;
}
