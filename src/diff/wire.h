/* What the process that compares tells the one that asked: changes, and how it ended.  Both ends;
 * the receiver takes nothing on trust. */
#ifndef CRUN_LITE_DIFF_WIRE_H
#define CRUN_LITE_DIFF_WIRE_H

#include "diff/walk.h"

#include <stdio.h>

/* Sends every change that there is.  out: the caller's. */
CHECKED int wire_walk(const struct walk_trees *trees, FILE *out, struct err *e);

/* Ends the stream: rc < 0 with why in e. */
CHECKED int wire_end(FILE *out, int rc, const struct err *e);

/* A change as it arrives. */
struct wire_change {
	enum walk_kind kind;
	unsigned what;
	const char *path; /* ends in a NUL */
	size_t len;
	uint32_t mode, uid, gid;
	uint64_t size;
	int64_t seconds; /* of its last change of contents */
	uint32_t nanoseconds;
};

/* Hands every change to each, whose negative result ends it.
 * Returns  0; what the other side ended with, in *e; -EPIPE it died without a word */
typedef int (*wire_each_fn)(void *data, const struct wire_change *c, struct err *e);
CHECKED int wire_receive(FILE *in, wire_each_fn each, void *data, struct err *e);

#endif
