/* A program in the foreground: signals, terminal, the end. */
#ifndef CRUN_LITE_PARENT_RELAY_H
#define CRUN_LITE_PARENT_RELAY_H

#include "base/err.h"

#include <signal.h>
#include <sys/types.h>

/* Blocks all signals of the caller, to be read by relay_run.
 * Called before the clone, so that none is lost; the child unblocks its own. */
CHECKED int relay_block(sigset_t *ret_old, struct err *e);

/* Makes a terminal that was just made ready for its program: it has the size of the caller's, if
 * the caller has one; and where our output is no terminal, a newline of the program's stays a
 * newline. */
void relay_ready(int master);

/* Passes signals on to the program and, with a terminal, bytes and window sizes both ways, until
 * the program has ended; reaps it, and orphans that came to us.  The caller's terminal is raw
 * meanwhile and put back whatever happens.
 *
 * pid, pidfd  of the program, a child of ours
 * master      the terminal's master side, or FD_NONE; closed when the caller's terminal hangs up
 * ret_status  exit code, or 128 + the signal's number */
CHECKED int relay_run(pid_t pid, int pidfd, int *master, int *ret_status, struct err *e);

#endif
