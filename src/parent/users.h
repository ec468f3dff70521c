/* The ids of a container, for a process in a new user namespace.  Decides nothing. */
#ifndef CRUN_LITE_PARENT_USERS_H
#define CRUN_LITE_PARENT_USERS_H

#include "base/err.h"

#include <sys/types.h>

/* Maps them: directly where the caller has the right to, else by newuidmap(1) and newgidmap(1).
 * uids, gids  lines as of /proc/PID/uid_map */
CHECKED int users_map(pid_t pid, const char *uids, const char *gids, struct err *e);

#endif
