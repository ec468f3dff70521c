/* What a start spends its time on: for --debug as it happens, for --trace as a file.
 * Inside lib/ only. */
#ifndef CRUN_LITE_LIB_TRACE_H
#define CRUN_LITE_LIB_TRACE_H

#include "lib/crl.h"
#include "parent/parent.h"

enum {
	TRACE_PHASES = 8
};

/* A stretch of the parent's that is no operation of the plan. */
struct trace_phase {
	const char *name;
	bool aside;          /* it is no part of the start */
	uint64_t begin, end; /* as plan_clock; end 0: it lasts */
};

struct trace {
	const struct crl_settings *settings;
	const char *id;
	int fd;         /* of the file; FD_NONE: none is wanted */
	uint64_t start; /* 0: neither trace nor debug is wanted */
	struct trace_phase phases[TRACE_PHASES];
	size_t phase_count;
	const struct plan *plan; /* NULL until there is one */
	struct plan_times times;
	size_t told_parent, told_child; /* operations that --debug has shown */
	pid_t child;                    /* 0: none yet */
};

#define TRACE_NONE            \
	{                     \
		.fd = FD_NONE \
	}

/* Opens the file, if the settings name one: what cannot be written is told before anything is
 * made. */
CHECKED int trace_start(
	struct trace *t, const struct crl_settings *s, const char *id, struct err *e);

/* The phase before ends here; NULL: none begins. */
void trace_phase(struct trace *t, const char *name);

/* The same for what comes when the start is done. */
void trace_aside(struct trace *t, const char *name);

/* From now on the operations of p's plan are timed, and told when they are done, in the order of
 * their beginnings. */
CHECKED int trace_watch(struct trace *t, struct parent *p, struct err *e);

/* Writes the file, if one is wanted, and closes it.  What fails is a warning: the container is not
 * the worse for it. */
void trace_write(struct trace *t);

void trace_done(struct trace *t);

#endif
