/* One name of a tree that somebody hostile may be changing meanwhile: what it is, what it holds.
 * Follows no link, enters no other mount, opens nothing but regular files and directories. */
#ifndef CRUN_LITE_DIFF_FILE_H
#define CRUN_LITE_DIFF_FILE_H

#include "base/defs.h"

#include <limits.h>
#include <sys/stat.h>

enum {
	FILE_CHUNK = 64 * 1024,
	FILE_XATTRS_MAX = 10000, /* names of 64 KiB */
};

/* Something that is there: a descriptor without rights (O_PATH), and what fstat(2) says of it. */
struct file {
	int fd; /* FD_NONE: there is nothing */
	struct stat st;
};

#define FILE_NONE ((struct file){ .fd = FD_NONE })
#define AUTO_FILE __attribute__((cleanup(file_done))) struct file

void file_done(struct file *f);

/* Looks up one name in a directory.  What is not there, and an overlay's whiteout, give FILE_NONE.
 * Returns  0; -EXDEV another mount is there; -errno */
CHECKED int file_look(int dir, const char *name, struct file *ret);

/* Opens for reading the very file that was looked at; a regular file or a directory.
 * proc  /proc, of proc_open */
CHECKED int file_open(int proc, const struct file *f);

/* Room for what is being compared. */
struct file_side {
	char names[XATTR_LIST_MAX];
	const char *list[FILE_XATTRS_MAX];
	size_t count;
	char value[XATTR_SIZE_MAX];
	char data[FILE_CHUNK];
};

/* Reads the names of the extended attributes that go with a file wherever it goes, in order:
 * labels and the marks of overlays do not.  The current directory is /proc.
 * Returns  0; -E2BIG; -errno */
CHECKED int file_xattrs(const struct file *f, struct file_side *side);

/* Reads one into side->value.  Returns its size; -ENODATA it is gone; -errno */
CHECKED ssize_t file_xattr(const struct file *f, const char *name, struct file_side *side);

/* What a link leads to, into side->data, with a NUL behind. */
CHECKED int file_link(const struct file *f, struct file_side *side);

/* Bits of what differs between two files. */
enum file_what {
	FILE_TYPE = 1,
	FILE_CONTENT = 2, /* also where a link leads, and the numbers of a device */
	FILE_MODE = 4,
	FILE_OWNER = 8,
	FILE_TIME = 16,
	FILE_XATTRS = 32,
	FILE_LINKS = 64, /* its other names are not those it had */
};

/* Is this surely the inode that lies below, never copied up?  A copy has a change time of its own,
 * which nobody can set; a directory whose insides were changed is a copy, too. */
bool file_is_untouched(const struct file *below, const struct file *above);

/* Compares two that are there.
 * sides    room for both
 * Returns  bits of enum file_what; -errno */
CHECKED int file_compare(
	int proc, const struct file *below, const struct file *above, struct file_side sides[2]);

#endif
