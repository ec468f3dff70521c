/* Why something failed, for the person who asked for it.
 * Knows no file names: those are added where it is printed. */
#ifndef CRUN_LITE_BASE_ERR_H
#define CRUN_LITE_BASE_ERR_H

#include "base/defs.h"

/* A place in an input file. */
struct src_pos {
	uint32_t line;   /* 1-based; 0 = not from a file, or not given */
	uint32_t column; /* 1-based, in bytes */
};

struct err {
	int code;          /* errno value, > 0 once set */
	struct src_pos at; /* where in config.json */
	char text[1024];   /* "outer: inner", one line, NUL-terminated, cut when too long */
	char hint[512];    /* what to do about it; empty when nothing is known */
};

#define POS_NONE ((struct src_pos){ 0, 0 })

/* Says why.  The lowest function that knows the reason calls it, once.
 * code     errno value, > 0
 * Returns  -code, for `return err_set(...)` */
int err_set(struct err *e, int code, struct src_pos at, const char *fmt, ...) PRINTF(4, 5);

/* As err_set, and ends the text with ": " and the errno's words. */
int err_sys(struct err *e, int code, struct src_pos at, const char *fmt, ...) PRINTF(4, 5);

/* Puts context and ": " in front of the text.  Returns -e->code. */
int err_add(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Adds what to do about it; the first hint given stays.  Returns -e->code. */
int err_hint(struct err *e, const char *fmt, ...) PRINTF(2, 3);

#endif
