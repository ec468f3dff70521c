/* A container that is there, for who plans something for it. */
#ifndef CRUN_LITE_PLAN_TARGET_H
#define CRUN_LITE_PLAN_TARGET_H

#include "base/defs.h"

/* The container that is there, and what its process shall have beside the configuration. */
struct plan_target {
	const char *cgroup; /* absolute path of its cgroup's directory; "" none */
	const char *below;  /* --cgroup: below that; NULL: not given */
	const char *status; /* "created", "running" */
	bool may_wait;      /* in a paused container, until that goes on */
};

#endif
