/* Mounts that the parent makes for the child: detached read-only ones of images as layers, and what
 * descriptors of the caller's are open on.  Decides nothing but whether a kernel that may be able
 * to read the file itself needs a loop device after all. */
#include "base/sys.h"
#include "parent/loop.h"
#include "parent/ops.h"
#include "plan/explain.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DETAIL_SIZE = 160
};

/* The overlay's own mount says what set-id bits and devices of the layer are worth. */
#define LAYER_ATTR ((uint64_t)MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* An image may ask the kernel to panic when it finds it damaged. */
static int set_options(int fs, const char *type, const char *source)
{
	TRY(sys_fsconfig_set(fs, "source", source));
	TRY(sys_fsconfig_set(fs, "ro", NULL));
	return strcmp(type, "ext4") == 0 ? sys_fsconfig_set(fs, "errors", "remount-ro") : 0;
}

static int mount_source(const char *type, const char *source, char detail[static DETAIL_SIZE])
{
	AUTO_FD fs = sys_fsopen(type);
	int rc;

	if (fs < 0)
		return fs;
	rc = set_options(fs, type, source);
	if (rc == 0)
		rc = sys_fsconfig_create(fs);
	if (rc == 0)
		rc = sys_fsmount(fs, LAYER_ATTR);
	if (rc < 0)
		sys_fs_log(fs, detail, DETAIL_SIZE);
	return rc;
}

/* File-backed mounts: erofs since Linux 6.12; -ENOTBLK where that is not built in. */
static int mount_file(const char *type, int file, char detail[static DETAIL_SIZE])
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return mount_source(type, path, detail);
}

static int mount_loop(const char *type, int file, char detail[static DETAIL_SIZE])
{
	char name[32];
	AUTO_FD dev = loop_attach(file, name, sizeof(name));

	if (dev < 0) {
		(void)snprintf(detail, DETAIL_SIZE, "%s", name);
		return dev;
	}
	return mount_source(type, name, detail);
}

static int open_image(const char *path)
{
	AUTO_FD fd = openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? fd_take(&fd) : -EINVAL;
}

int parent_image(struct parent *p, const struct plan_image *op, int *ret_tree, struct err *e)
{
	AUTO_FD file = open_image(op->path);
	char detail[DETAIL_SIZE] = "";
	int rc = file;

	if (rc >= 0)
		rc = op->direct != 0 ? mount_file(op->type, file, detail) : -ENOTBLK;
	if (rc == -ENOTBLK) {
		detail[0] = '\0';
		rc = mount_loop(op->type, file, detail);
	}
	if (rc < 0)
		return plan_explain(p->plan, p->next, -rc, detail, e);
	*ret_tree = rc;
	return 0;
}

/* Here, where the caller's mounts are ours. */
int parent_given_tree(const struct plan_given_tree *op)
{
	const int fd = (int)op->fd;
	struct stat st;

	if (!sys_is_inherited(fd) || fstat(fd, &st) < 0)
		return -EBADF;
	if (st.st_nlink == 0)
		return -ENOENT; /* what was removed cannot be mounted any more */
	return sys_clone_tree(fd, "", op->recursive != 0);
}
