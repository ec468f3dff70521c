/* A program in the foreground: signals, terminal, the end. */
#ifndef CRUN_LITE_PARENT_RELAY_H
#define CRUN_LITE_PARENT_RELAY_H

#include "base/err.h"
#include "parent/notify.h"

#include <signal.h>
#include <sys/types.h>

/* Blocks all signals of the caller, to be read by relay_run.
 * Called before the clone, so that none is lost; the child unblocks its own. */
CHECKED int relay_block(sigset_t *ret_old, struct err *e);

/* Lets them through again, as they were before; and this one first, which was taken out of turn: it
 * takes effect now.  signal: 0 or less, none */
void relay_unblock(const sigset_t *before, int signal);

/* Makes a terminal that was just made ready for its program: it has the size of the caller's, if
 * the caller has one; and where our output is no terminal, a newline of the program's stays a
 * newline. */
void relay_ready(int master);

/* What is relayed. */
struct relay_job {
	pid_t pid;   /* of the program, a child of ours */
	int pidfd;   /* also of the program */
	int *master; /* the terminal's master side, or FD_NONE; closed when ours hangs up */
	struct notify *notify; /* NULL: nobody is told of anything */
};

/* Passes signals on to the program and, with a terminal, bytes and window sizes both ways, until
 * the program has ended; reaps it, and orphans that came to us.  The caller's terminal is raw
 * meanwhile and put back whatever happens.
 *
 * ret_status  exit code, or 128 + the signal's number */
CHECKED int relay_run(const struct relay_job *job, int *ret_status, struct err *e);

#endif
