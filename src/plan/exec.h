/* The plan of a further process in a container that is there. */
#ifndef CRUN_LITE_PLAN_EXEC_H
#define CRUN_LITE_PLAN_EXEC_H

#include "plan/plan.h"
#include "plan/target.h"

/* Decides everything about a further process in the container of o->target; as plan_build.
 * c  the container's configuration with the process that shall be in the place of its own */
CHECKED int plan_exec(const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o, struct plan *ret, struct err *e);

#endif
