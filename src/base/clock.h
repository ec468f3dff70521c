/* A moment as text, in UTC; and time that passes. */
#ifndef CRUN_LITE_BASE_CLOCK_H
#define CRUN_LITE_BASE_CLOCK_H

#include "base/defs.h"

#include <time.h>

enum {
	CLOCK_TEXT_SIZE = 64
};

/* As RFC 3339 with nanoseconds, "2026-01-31T23:59:59.000000001Z".
 * t  from 1970 to 9999 */
void clock_text(struct timespec t, char ret[CLOCK_TEXT_SIZE]);

/* Milliseconds of a clock that only goes forward. */
int64_t clock_now_ms(void);

#endif
