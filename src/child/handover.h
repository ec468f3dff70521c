/* The seccomp listener on its way to the agent.  Inside child/ only. */
#ifndef CRUN_LITE_CHILD_HANDOVER_H
#define CRUN_LITE_CHILD_HANDOVER_H

#include "child/child.h"

enum {
	HANDOVER_FDS = 2
};

/* The descriptors that are kept for it; FD_NONE where there are none, or none any more. */
void handover_fds(const struct child *c, int ret[HANDOVER_FDS]);

#endif
