/* Running one hook, on either side: the child runs those of the container, the parent the others.
 * Allocates nothing; knows no plan but how an end is told. */
#ifndef CRUN_LITE_CHILD_HOOK_H
#define CRUN_LITE_CHILD_HOOK_H

#include "plan/hooks.h"

struct hook_run {
	const char *program;
	const char *const *args, *const *env;
	const char *dir;   /* to begin in; NULL: where we are */
	uint64_t timeout;  /* seconds; 0: none */
	int state;         /* a file, its standard input from the beginning on */
	int out, err;      /* files for its output; FD_NONE: what it writes is kept for the error */
	int watch;         /* its run ends when this one ... */
	short watch_for;   /* ... has these events of poll(2); 0: is hung up */
	bool close_singly; /* as in struct plan */
	bool fresh;        /* signals and umask as a program of the host begins with */
};

/* Runs it to its end, in a session of its own; after its timeout, or when `watch` has something,
 * its process group is killed.  What it leaves running keeps nobody waiting.
 * SIGCHLD must not be ignored by the caller.
 *
 * Returns  0 it exited so; 1 *ret says how it failed: HOOK_ENDED alone stands for `watch` */
CHECKED int hook_run(const struct hook_run *h, struct plan_hook_end *ret);

#endif
