/* The child's half of a root that fuse-overlayfs serves: it makes the mount, for the file system
 * must belong to its user namespace.  Starts nobody; see parent/fuse.c. */
#include "child/fuse.h"

#include "base/sys.h"
#include "child/ops.h"
#include "proto/proto.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum {
	FUSE_MAJOR = 10, /* Documentation/admin-guide/devices.txt of the kernel */
	FUSE_MINOR = 229
};

static int open_device(void)
{
	AUTO_FD fd = openat(AT_FDCWD, "/dev/fuse", O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(FUSE_MAJOR, FUSE_MINOR))
		return -ENXIO;
	return fd_take(&fd);
}

static int configure(int fs, int device, const char *const *data)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", device);
	TRY(child_fs_options(fs, "fuse-overlayfs", data));
	TRY(sys_fsconfig_set(fs, "fd", number));
	return sys_fsconfig_create(fs);
}

int fuse_mount(
	const char *const *data, uint64_t attr, int *ret_device, char *detail, size_t detail_size)
{
	AUTO_FD device = open_device();
	AUTO_FD fs = FD_NONE;
	int rc;

	if (device < 0)
		return device;
	fs = sys_fsopen("fuse");
	if (fs < 0)
		return fs;
	rc = configure(fs, device, data);
	if (rc == 0)
		rc = sys_fsmount(fs, attr);
	if (rc < 0)
		sys_fs_log(fs, detail, detail_size);
	else
		*ret_device = fd_take(&device);
	return rc;
}

int do_fuse_mount(struct child *c, const struct plan_fuse_mount *op)
{
	int *const device = &c->slots[op->device];

	return child_fill(
		c, op->into, fuse_mount(op->data, 0, device, c->detail, sizeof(c->detail)));
}

/* The first question waits for its answer, however long the other side takes to begin. */
static int ask(int tree)
{
	AUTO_FD root = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	return root < 0 || fstat(root, &st) < 0 ? -errno : 0;
}

int do_fuse_serve(struct child *c, const struct plan_fuse_serve *op)
{
	TRY(proto_send(c->sock, &(struct proto_msg){ .kind = PROTO_TREE, .op = c->at },
		c->slots[op->device]));
	fd_close(&c->slots[op->device]); /* now: see fuse.h */
	return 0;
}

int do_fuse_ready(struct child *c, const struct plan_fuse_ready *op)
{
	TRY(ask(c->slots[op->tree]));
	return do_child_done(c, NULL);
}
