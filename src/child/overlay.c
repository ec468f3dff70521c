/* The overlay of the root, and the directories of its writes.
 * Looks up nothing below the container's root; names of layers never become text for the kernel. */
#include "child/ops.h"

#include "base/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	OPEN_DIR = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	FD_PATH_SIZE = sizeof("/proc/self/fd/") + 10,
	STRING_MAX = 256 /* of fsconfig(2) */
};

int do_open_dir(struct child *c, const struct plan_open_dir *op)
{
	AUTO_FD dir = openat(AT_FDCWD, op->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (dir < 0)
		return -errno;
	fd = openat(dir, op->name, OPEN_DIR);
	return child_fill(c, op->into, fd < 0 ? -errno : fd);
}

int do_new_dir(struct child *c, const struct plan_new_dir *op)
{
	const int at = c->slots[op->at];
	struct stat st;
	int fd;

	if (fstat(c->slots[op->like], &st) < 0 || mkdirat(at, op->name, st.st_mode & 07777) < 0)
		return -errno;
	fd = openat(at, op->name, OPEN_DIR);
	return child_fill(c, op->into, fd < 0 ? -errno : fd);
}

static int set_fd_path(int fs, const char *key, int fd)
{
	char path[FD_PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sys_fsconfig_set(fs, key, path);
}

/* Before Linux 6.8 all lower layers are one string: the shortest there is names them by their
 * numbers in the current directory, which do_pivot changes anyway. */
static int set_lowers_joined(struct child *c, const struct plan_overlay *op, int fs)
{
	const int *const lower = op->lower;
	char joined[STRING_MAX];
	size_t len = 0;

	if (chdir("/proc/self/fd") < 0)
		return -errno;
	for (size_t i = 0; i < op->lower_count; i++) {
		len += (size_t)snprintf(joined + len, sizeof(joined) - len, "%s%d",
			i == 0 ? "" : ":", c->slots[lower[i]]);
		if (len >= sizeof(joined))
			return -E2BIG;
	}
	return sys_fsconfig_set(fs, "lowerdir", joined);
}

static int set_lowers(struct child *c, const struct plan_overlay *op, int fs)
{
	const int *const lower = op->lower;

	if (op->append == 0)
		return set_lowers_joined(c, op, fs);
	for (size_t i = 0; i < op->lower_count; i++)
		TRY(set_fd_path(fs, "lowerdir+", c->slots[lower[i]]));
	return 0;
}

int do_overlay(struct child *c, const struct plan_overlay *op)
{
	AUTO_FD fs = sys_fsopen("overlay");
	int rc;

	if (fs < 0)
		return fs;
	rc = child_fs_options(fs, "overlay", op->data);
	if (rc == 0)
		rc = set_lowers(c, op, fs);
	if (rc == 0)
		rc = set_fd_path(fs, "upperdir", c->slots[op->upper]);
	if (rc == 0)
		rc = set_fd_path(fs, "workdir", c->slots[op->work]);
	if (rc == 0)
		rc = child_fs_mount(c, fs, 0, op->into);
	if (rc < 0)
		sys_fs_log(fs, c->detail, sizeof(c->detail));
	return rc;
}
