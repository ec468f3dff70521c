/* Looking at one file, and comparing two: see file.h. */
#include "diff/file.h"

#include "base/sys.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

enum {
	FD_PATH = sizeof("self/fd/") + 10,
};

void file_done(struct file *f)
{
	fd_close(&f->fd);
}

int file_look(int dir, const char *name, struct file *ret)
{
	AUTO_FILE f = { .fd = sys_openat2(dir, name, O_PATH | O_NOFOLLOW, 0,
				RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
					RESOLVE_NO_XDEV) };

	*ret = FILE_NONE;
	if (f.fd == -ENOENT)
		return 0;
	if (f.fd < 0)
		return f.fd;
	if (fstat(f.fd, &f.st) < 0)
		return -errno;
	if (S_ISCHR(f.st.st_mode) && f.st.st_rdev == 0)
		return 0;
	*ret = f;
	(void)fd_take(&f.fd);
	return 0;
}

static void fd_path(char path[FD_PATH], int fd)
{
	(void)snprintf(path, FD_PATH, "self/fd/%d", fd);
}

int file_open(int proc, const struct file *f)
{
	char path[FD_PATH];
	int fd;

	must(S_ISREG(f->st.st_mode) || S_ISDIR(f->st.st_mode));
	fd_path(path, f->fd);
	fd = openat(proc, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* --- extended attributes --------------------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_carried(const char *name)
{
	return !begins(name, "trusted.overlay.") && !begins(name, "user.overlay.") &&
	       !begins(name, "user.fuseoverlayfs.") && !begins(name, "security.fuseoverlayfs.") &&
	       strcmp(name, "security.selinux") != 0 && strcmp(name, "security.ima") != 0 &&
	       strcmp(name, "security.evm") != 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int file_xattrs(const struct file *f, struct file_side *side)
{
	char path[FD_PATH];
	ssize_t size;

	fd_path(path, f->fd);
	size = listxattr(path, side->names, sizeof(side->names));
	side->count = 0;
	if (size < 0)
		return errno == EOPNOTSUPP ? 0 : errno == ERANGE ? -E2BIG : -errno;
	for (const char *name = side->names; name < side->names + size; name += strlen(name) + 1) {
		if (!is_carried(name))
			continue;
		if (side->count == ARRAY_LEN(side->list))
			return -E2BIG;
		side->list[side->count++] = name;
	}
	qsort(side->list, side->count, sizeof(*side->list), by_bytes);
	return 0;
}

ssize_t file_xattr(const struct file *f, const char *name, struct file_side *side)
{
	char path[FD_PATH];
	ssize_t size;

	fd_path(path, f->fd);
	size = getxattr(path, name, side->value, sizeof(side->value));
	/* EOVERFLOW: capabilities that count in another user namespace alone */
	return size >= 0 ? size : errno == EOVERFLOW ? -ENODATA : -errno;
}

/* 1: they differ. */
static int compare_xattrs(
	const struct file *below, const struct file *above, struct file_side sides[2])
{
	TRY(file_xattrs(below, &sides[0]));
	TRY(file_xattrs(above, &sides[1]));
	if (sides[0].count != sides[1].count)
		return 1;
	for (size_t i = 0; i < sides[0].count; i++) {
		ssize_t a, b;

		if (strcmp(sides[0].list[i], sides[1].list[i]) != 0)
			return 1;
		a = file_xattr(below, sides[0].list[i], &sides[0]);
		b = file_xattr(above, sides[1].list[i], &sides[1]);
		if ((a < 0 && a != -ENODATA) || (b < 0 && b != -ENODATA))
			return (int)(a < 0 && a != -ENODATA ? a : b);
		if (a != b || (a > 0 && memcmp(sides[0].value, sides[1].value, (size_t)a) != 0))
			return 1;
	}
	return 0;
}

/* --- contents -------------------------------------------------------------------------------- */

int file_link(const struct file *f, struct file_side *side)
{
	const ssize_t len = readlinkat(f->fd, "", side->data, sizeof(side->data) - 1);

	if (len < 0)
		return -errno;
	side->data[len] = '\0';
	return 0;
}

static ssize_t read_full(int fd, char *to, size_t size)
{
	size_t have = 0;

	while (have < size) {
		const ssize_t n = read(fd, to + have, size - have);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		have += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)have;
}

/* 1: they differ. */
static int compare_bytes(
	int proc, const struct file *below, const struct file *above, struct file_side sides[2])
{
	AUTO_FD a = file_open(proc, below);
	AUTO_FD b = file_open(proc, above);

	if (a < 0 || b < 0)
		return a < 0 ? a : b;
	for (;;) {
		const ssize_t x = read_full(a, sides[0].data, sizeof(sides[0].data));
		const ssize_t y = read_full(b, sides[1].data, sizeof(sides[1].data));

		if (x < 0 || y < 0)
			return (int)(x < 0 ? x : y);
		if (x != y || memcmp(sides[0].data, sides[1].data, (size_t)x) != 0)
			return 1;
		if (x == 0)
			return 0;
	}
}

/* 1: they differ. */
static int compare_contents(
	int proc, const struct file *below, const struct file *above, struct file_side sides[2])
{
	const mode_t mode = above->st.st_mode;

	if (S_ISREG(mode) && below->st.st_size != above->st.st_size)
		return 1;
	if (S_ISREG(mode))
		return compare_bytes(proc, below, above, sides);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return below->st.st_rdev != above->st.st_rdev;
	if (!S_ISLNK(mode))
		return 0;
	TRY(file_link(below, &sides[0]));
	TRY(file_link(above, &sides[1]));
	return strcmp(sides[0].data, sides[1].data) != 0;
}

/* --- both ------------------------------------------------------------------------------------ */

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool file_is_untouched(const struct file *below, const struct file *above)
{
	const struct stat *const a = &below->st, *const b = &above->st;

	/* An overlay gives directories numbers of its own, and may set bits above the others'. */
	return same_time(a->st_ctim, b->st_ctim) && same_time(a->st_mtim, b->st_mtim) &&
	       (a->st_mode & S_IFMT) == (b->st_mode & S_IFMT) &&
	       (S_ISDIR(a->st_mode) ||
		       (a->st_size == b->st_size && (uint32_t)a->st_ino == (uint32_t)b->st_ino));
}

int file_compare(
	int proc, const struct file *below, const struct file *above, struct file_side sides[2])
{
	const struct stat *const a = &below->st, *const b = &above->st;
	int what = 0, rc;

	if ((a->st_mode & S_IFMT) != (b->st_mode & S_IFMT))
		return FILE_TYPE;
	what |= (a->st_mode & 07777) != (b->st_mode & 07777) ? FILE_MODE : 0;
	what |= a->st_uid != b->st_uid || a->st_gid != b->st_gid ? FILE_OWNER : 0;
	what |= !same_time(a->st_mtim, b->st_mtim) ? FILE_TIME : 0;
	/* The copy of one name of many has lost the others, or has got new ones. */
	if (!S_ISDIR(b->st_mode) && (b->st_nlink > 1 || a->st_nlink != b->st_nlink))
		what |= FILE_LINKS;
	rc = compare_contents(proc, below, above, sides);
	TRY(rc);
	what |= rc > 0 ? FILE_CONTENT : 0;
	rc = compare_xattrs(below, above, sides);
	TRY(rc);
	return what | (rc > 0 ? FILE_XATTRS : 0);
}
