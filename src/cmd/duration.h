/* Lengths of time on the command line.  Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_DURATION_H
#define CRUN_LITE_CMD_DURATION_H

#include "base/err.h"

/* Reads "5s", "500ms", "1m30s", "1.5h" as Go writes it; a number alone is seconds.
 * name  of the option, for the message
 * ret   milliseconds, rounded up: 1 to INT32_MAX */
CHECKED int duration_of(const char *name, const char *word, unsigned *ret, struct err *e);

#endif
