/* The processes of a container as a table.  Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_PS_H
#define CRUN_LITE_CMD_PS_H

#include "base/err.h"

struct ps_pids {
	const int *list; /* in order */
	size_t count;
};

/* Is it one of them? */
bool ps_has(const struct ps_pids *pids, int pid);

/* Prints the table that `ps -ef` would, for hosts without ps: from /proc alone.  Users are numbers:
 * names would take a name service. */
void ps_own(const struct ps_pids *pids);

#endif
