/* The caller's terminal in raw mode, and back.  Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_RAW_H
#define CRUN_LITE_PARENT_RAW_H

#include "base/err.h"

#include <termios.h>

struct raw {
	int fd; /* FD_NONE: nothing to put back */
	struct termios before;
};

#define RAW_NONE ((struct raw){ .fd = FD_NONE })
#define AUTO_RAW __attribute__((cleanup(raw_done))) struct raw

/* Makes a terminal raw: no echo, no signals from keys, no line editing.  Something that is no
 * terminal is left alone.  Again, after a stop: what is put back stays what was there first. */
CHECKED int raw_set(struct raw *r, int fd, struct err *e);

/* Puts back what was. */
void raw_done(struct raw *r);

#endif
