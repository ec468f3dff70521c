/* The plans of mounts that are added to a container that is there, or taken away. */
#ifndef CRUN_LITE_PLAN_HOT_H
#define CRUN_LITE_PLAN_HOT_H

#include "plan/plan.h"
#include "plan/target.h"

/* Decides everything about mounts in the container of o->target; as plan_exec.
 * c  the container's configuration, with the mounts at hand in the place of its own */
CHECKED int plan_mounts_add(const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o, struct plan *ret, struct err *e);
CHECKED int plan_mounts_remove(const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o, struct plan *ret, struct err *e);

#endif
