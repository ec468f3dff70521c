/* A new tmpfs begins with what the image has at its place (tmpcopyup).
 *
 * The image is hostile: every step goes down one name beneath a descriptor, no link is followed, no
 * other mount is entered, and nothing but regular files and directories is ever opened for reading:
 * what a name is, is asked of a descriptor without rights (O_PATH), and that very file is opened.
 * No recursion and no allocation: depth is bounded by a table, memory by its frame; the size of the
 * copy is bounded by the file system it goes to. */
#include "child/ops.h"

#include "base/proc.h"
#include "base/sys.h"
#include "child/look.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

enum {
	DEPTH_MAX = 128,     /* directories in each other; two descriptors each */
	ENTRIES_SIZE = 4096, /* the frame also runs on the stack of parent/spawn.c */
	XATTR_NAMES = 2048,
	XATTR_VALUE = 4096,
	CHUNK = 1 << 30,
};

/* A directory on its way; both descriptors are ours. */
struct level {
	int from, to;
};

struct copy {
	struct child *child;
	bool devices; /* may be made here */
	int proc;
	unsigned depth;
	struct level levels[DEPTH_MAX];
	char entries[ENTRIES_SIZE];
};

/* --- owner, mode, attributes, times ---------------------------------------------------------- */

/* Owner and group, each where the user namespace maps it.  Returns what of the mode may stay:
 * set-id bits do not, on something that is another's now. */
static int give(int dir, const char *name, const struct stat *st, mode_t *ret_mode)
{
	const int flags = AT_SYMLINK_NOFOLLOW | (name[0] == '\0' ? AT_EMPTY_PATH : 0);

	*ret_mode = st->st_mode & 07777;
	if (fchownat(dir, name, st->st_uid, st->st_gid, flags) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	*ret_mode &= 01777;
	if ((fchownat(dir, name, st->st_uid, (gid_t)-1, flags) < 0 && errno != EINVAL) ||
		(fchownat(dir, name, (uid_t)-1, st->st_gid, flags) < 0 && errno != EINVAL))
		return -errno;
	return 0;
}

static bool is_copied(const char *name)
{
	/* trusted.* is the layers' own, security.selinux and the like follow from the policy */
	return strcmp(name, "security.capability") == 0 ||
	       strncmp(name, "system.posix_acl_", strlen("system.posix_acl_")) == 0 ||
	       strncmp(name, "user.", strlen("user.")) == 0;
}

static int copy_xattr(int from, int to, const char *name)
{
	char value[XATTR_VALUE];
	const ssize_t size = fgetxattr(from, name, value, sizeof(value));

	/* EOVERFLOW: capabilities that count in another user namespace alone */
	if (size < 0)
		return errno == ENODATA || errno == EOVERFLOW ? 0
		       : errno == ERANGE                      ? -E2BIG
							      : -errno;
	if (fsetxattr(to, name, value, (size_t)size, 0) == 0)
		return 0;
	/* user.* on a tmpfs came with Linux 6.6; no rights follow from it */
	return errno == EOPNOTSUPP && name[0] == 'u' ? 0 : -errno;
}

static int copy_xattrs(int from, int to)
{
	char names[XATTR_NAMES];
	const ssize_t size = flistxattr(from, names, sizeof(names));

	if (size < 0)
		return errno == EOPNOTSUPP ? 0 : errno == ERANGE ? -E2BIG : -errno;
	for (const char *name = names; name < names + size; name += strlen(name) + 1)
		if (is_copied(name))
			TRY(copy_xattr(from, to, name));
	return 0;
}

/* All that a file or a directory has beside its contents.  Owner first: a change of it takes away
 * set-id bits and capabilities. */
static int finish(int from, int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	mode_t mode;

	TRY(give(to, "", st, &mode));
	if (fchmod(to, mode) < 0)
		return -errno;
	TRY(copy_xattrs(from, to));
	return futimens(to, times) < 0 ? -errno : 0;
}

/* --- kinds of files -------------------------------------------------------------------------- */

static int copy_range(int from, int to, off_t at, off_t end)
{
	if (lseek(to, at, SEEK_SET) < 0)
		return -errno;
	while (at < end) {
		const off_t left = end - at;
		const ssize_t n = sendfile(to, from, &at, (size_t)(left < CHUNK ? left : CHUNK));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0; /* shorter than it was */
	}
	return 0;
}

/* Holes stay holes: a sparse file would fill the memory. */
static int copy_data(int from, int to, off_t size)
{
	off_t at = 0, end;

	while (at < size && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0)
			return -errno;
		TRY(copy_range(from, to, at, end));
		at = end;
	}
	if (at < 0 && errno != ENXIO) /* nothing but a hole up to the end */
		return -errno;
	return ftruncate(to, size) < 0 ? -errno : 0;
}

static int copy_file(struct copy *w, int file, const struct stat *st, int dir, const char *name)
{
	char path[sizeof("self/fd/") + 10];
	AUTO_FD from = FD_NONE;
	AUTO_FD to = FD_NONE;

	(void)snprintf(path, sizeof(path), "self/fd/%d", file);
	from = openat(w->proc, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (from < 0)
		return -errno;
	to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	TRY(copy_data(from, to, st->st_size));
	return finish(from, to, st);
}

/* Links and nodes, by name: the copy is nobody else's yet. */
static int finish_name(int dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	mode_t mode;

	TRY(give(dir, name, st, &mode));
	if (!S_ISLNK(st->st_mode) && fchmodat(dir, name, mode, 0) < 0)
		return -errno;
	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_link(int link, const struct stat *st, int dir, const char *name)
{
	char text[PATH_MAX];
	const ssize_t len = readlinkat(link, "", text, sizeof(text) - 1);

	if (len < 0)
		return -errno;
	text[len] = '\0';
	if (symlinkat(text, dir, name) < 0)
		return -errno;
	return finish_name(dir, name, st);
}

/* Devices, FIFOs, sockets: made, never opened.  A device is of no use in a user namespace, and not
 * there either. */
static int copy_node(const struct copy *w, const struct stat *st, int dir, const char *name)
{
	if (!w->devices && (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)))
		return 0;
	if (mknodat(dir, name, (st->st_mode & S_IFMT) | 0600, st->st_rdev) < 0)
		return -errno;
	return finish_name(dir, name, st);
}

/* --- directories ----------------------------------------------------------------------------- */

static int enter(struct copy *w, int from, int to)
{
	AUTO_FD below = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (w->depth == DEPTH_MAX)
		return -ENAMETOOLONG;
	if (below < 0)
		return -errno;
	w->levels[w->depth++] = (struct level){ fd_take(&below), to };
	return 0;
}

static int enter_new(struct copy *w, int from, int dir, const char *name)
{
	AUTO_FD to = FD_NONE;

	if (mkdirat(dir, name, 0700) < 0)
		return -errno;
	to = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return -errno;
	TRY(enter(w, from, to));
	(void)fd_take(&to);
	return 1;
}

/* The directory is done.  The uppermost one is the mount's own root: its mode comes with `attach`,
 * its owner is the tmpfs's. */
static int leave(struct copy *w)
{
	struct level *const l = &w->levels[--w->depth];
	struct stat st;

	if (fstat(l->from, &st) < 0)
		return -errno;
	if (w->depth > 0)
		TRY(finish(l->from, l->to, &st));
	fd_close(&l->from);
	fd_close(&l->to);
	return 0;
}

/* 1: a directory was entered. */
static int copy_entry(struct copy *w, const struct level *l, const char *name)
{
	AUTO_FD fd = sys_openat2(l->from, name, O_PATH | O_NOFOLLOW, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
	struct stat st;

	if (fd == -EXDEV || fd == -ENOENT)
		return 0; /* another mount, which is not the image's; gone meanwhile */
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return enter_new(w, fd, l->to, name);
	if (S_ISREG(st.st_mode))
		return copy_file(w, fd, &st, l->to, name);
	if (S_ISLNK(st.st_mode))
		return copy_link(fd, &st, l->to, name);
	return copy_node(w, &st, l->to, name);
}

/* Copies entries of the innermost directory, until one is a directory itself: that comes first.
 * Returns 0 when none is left. */
static int copy_entries(struct copy *w)
{
	const struct level l = w->levels[w->depth - 1];
	const ssize_t size = getdents64(l.from, w->entries, sizeof(w->entries));

	if (size <= 0)
		return size < 0 ? -errno : 0;
	for (ssize_t at = 0; at < size;) {
		const struct dirent64 *const d = (const void *)(w->entries + at);
		int rc = 0;

		at += d->d_reclen;
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			rc = copy_entry(w, &l, d->d_name);
		if (rc < 0)
			(void)snprintf(w->child->detail, sizeof(w->child->detail), "\"%.150s\"",
				d->d_name);
		if (rc < 0)
			return rc;
		if (rc > 0) /* its entries need the buffer: the rest is read again */
			return lseek(l.from, d->d_off, SEEK_SET) < 0 ? -errno : 1;
	}
	return 1;
}

/* What the kernel only makes up when it is read is no image's. */
static int check_kind(int place)
{
	struct statfs fs;

	if (fstatfs(place, &fs) < 0)
		return -errno;
	return fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
			       fs.f_type == CGROUP2_SUPER_MAGIC
		       ? -EOPNOTSUPP
		       : 0;
}

int do_copy_up(struct child *c, const struct plan_copy_up *op)
{
	struct copy w = { .child = c, .devices = op->devices != 0, .proc = FD_NONE };
	AUTO_FD place = look_up(c->slots[SLOT_ROOT], op->path, false);
	AUTO_FD proc = FD_NONE;
	int rc;

	if (place == -ENOENT)
		return 0; /* the image has nothing there */
	if (place < 0)
		return place;
	TRY(check_kind(place));
	w.proc = proc = child_open_proc(c);
	if (proc < 0)
		return proc;
	rc = openat(c->slots[op->tree], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rc < 0)
		return -errno;
	rc = enter(&w, place, rc);
	while (rc >= 0 && w.depth > 0) {
		rc = copy_entries(&w);
		if (rc == 0)
			rc = leave(&w);
	}
	return rc; /* after an error the process ends, and with it all descriptors */
}
