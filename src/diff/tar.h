/* Writes a tar stream: ustar headers (POSIX.1-1988), and pax records (POSIX.1-2001) for what does
 * not fit them.  The same entries give the same bytes.  Knows nothing of files but the descriptor
 * it writes to. */
#ifndef CRUN_LITE_DIFF_TAR_H
#define CRUN_LITE_DIFF_TAR_H

#include "base/defs.h"

#include <sys/types.h>
#include <time.h>

enum tar_type {
	TAR_FILE = '0',
	TAR_HARD_LINK = '1',
	TAR_LINK = '2',
	TAR_CHARACTER = '3',
	TAR_BLOCK = '4',
	TAR_DIRECTORY = '5', /* its path ends in a slash */
	TAR_FIFO = '6',
};

struct tar_entry {
	enum tar_type type;
	const char *path; /* relative; any byte but NUL */
	const char *link; /* what a link leads to; NULL: none */
	unsigned mode;    /* 07777 */
	uint64_t uid, gid, size;
	struct timespec mtime;
	unsigned major, minor;
};

enum {
	TAR_BLOCK_SIZE = 512,
	TAR_RECORDS_MAX = 1 << 20, /* bytes of pax records of one entry: readers take no more */
};

struct tar_out {
	int fd; /* the caller's */
	char buf[64 * 1024];
	size_t len;       /* bytes in buf */
	uint64_t left;    /* of the entry's contents, still to come */
	unsigned padding; /* behind them */
	char *records;    /* pax records of the entry to come */
	size_t records_len, records_size;
};

/* Frees what it holds; writes nothing. */
void tar_done(struct tar_out *t);

/* A pax record for the next entry, "SCHILY.xattr.user.x".  A "=" or "%" of the key is written as
 * GNU tar does it, %3D and %25.  Returns 0; -E2BIG more than TAR_RECORDS_MAX; -ENOMEM */
CHECKED int tar_record(struct tar_out *t, const char *key, const void *value, size_t size);

/* Begins an entry; the one before has all its contents.  Returns 0; -E2BIG; -errno of write(2) */
CHECKED int tar_header(struct tar_out *t, const struct tar_entry *entry);

/* Contents, in pieces; what is more than the header's size is left out.
 * Returns 1 when no more is wanted, else 0, or -errno of write(2) */
CHECKED int tar_data(struct tar_out *t, const void *bytes, size_t size);

/* Ends the entry; zeros take the place of contents that did not come. */
CHECKED int tar_finish(struct tar_out *t);

/* Ends the archive and writes out what is still here. */
CHECKED int tar_end(struct tar_out *t);

#endif
