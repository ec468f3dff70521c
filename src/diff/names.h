/* The names in a directory.  Looks at none of them. */
#ifndef CRUN_LITE_DIFF_NAMES_H
#define CRUN_LITE_DIFF_NAMES_H

#include "base/defs.h"

struct names {
	char *text;  /* all of them, one behind the other */
	char **list; /* in the order of their bytes */
	size_t count;
};

/* Reads them all but "." and "..".
 * fd       a directory open for reading, at its beginning
 * Returns  0; -ENOMEM; -errno of getdents64(2) */
CHECKED int names_read(int fd, struct names *ret);

void names_done(struct names *n);

#endif
