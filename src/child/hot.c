/* What only mounts of a container that is there need: its root, what is mounted in it, and taking
 * that away.  A mount is never named by a path but beneath the root's descriptor; it is unmounted
 * by its own, through the host's /proc. */
#include "child/ops.h"

#include "base/sys.h"
#include "child/look.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

int do_root_open(struct child *c, const struct plan_root_open *op)
{
	(void)op;
	TRY(child_fill(c, SLOT_ROOT, openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC)));
	/* where descriptors have names, whatever the container's own /proc is: see unmount */
	return fchdir(c->slots[SLOT_PROC]) < 0 ? -errno : 0;
}

static int unmount(int fd, int flags)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "self/fd/%d", fd);
	return umount2(path, flags) < 0 ? -errno : 0;
}

static int look_at(int fd, struct statx *ret)
{
	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, ret) < 0 ? -errno : 0;
}

static int mount_of(int root, const char *path, uint64_t *ret)
{
	AUTO_FD fd = look_up(root, path, false);
	struct statx st;

	if (fd < 0)
		return fd;
	TRY(look_at(fd, &st));
	*ret = st.stx_mnt_id;
	return 0;
}

/* 0, or why it must stay. */
static int check_mount(
	const struct child *c, const struct plan_mount_find *op, const struct statx *found)
{
	const int root = c->slots[SLOT_ROOT];
	uint64_t id;

	if ((found->stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0)
		return -EINVAL;
	TRY(mount_of(root, ".", &id));
	if (found->stx_mnt_id == id)
		return -EBUSY;
	/* A link of the image may lead to them. */
	for (size_t i = 0; op->spared[i] != NULL; i++)
		if (mount_of(root, op->spared[i], &id) == 0 && found->stx_mnt_id == id)
			return -EPERM;
	return 0;
}

int do_mount_find(struct child *c, const struct plan_mount_find *op)
{
	struct statx found;
	int rc;

	/* The container's root can move what lies above a mount, and put a link there to another.
	 */
	TRY(child_fill(c, op->into, look_up(c->slots[SLOT_ROOT], op->path, true)));
	TRY(look_at(c->slots[op->into], &found));
	TRY(check_mount(c, op, &found));
	/* Never done, for we have it in use: but it tells whether it may be (umount(2)). */
	rc = unmount(c->slots[op->into], MNT_EXPIRE);
	return rc == -EINVAL ? -EACCES : rc == -EBUSY || rc == -EAGAIN ? 0 : rc;
}

int do_detach(struct child *c, const struct plan_detach *op)
{
	const int rc = unmount(c->slots[op->mount], MNT_DETACH);

	return rc == -EINVAL ? 0 : rc; /* somebody was faster */
}

int do_leave(struct child *c, const struct plan_leave *op)
{
	(void)c;
	(void)op;
	_exit(0);
}

void child_take_back(struct child *c)
{
	for (size_t i = c->at; i-- > 0;) {
		const struct plan_op *const op = &c->plan->ops[i];

		if (op->kind == PLAN_attach && c->slots[op->attach.tree] >= 0)
			(void)!unmount(c->slots[op->attach.tree], MNT_DETACH); /* a link is none */
	}
}
