/* Changing the limits of a container that is there.  Decides; looks at nothing. */
#ifndef CRUN_LITE_PLAN_UPDATE_H
#define CRUN_LITE_PLAN_UPDATE_H

#include "plan/plan.h"

/* The change with all that it means: 0 is as if not given, and limits that hang together change
 * together, whose partner is not given with its place but known with its value.
 * base    the container's; NULL: none
 * change  as it was read
 * ret     for spec_merge_resources and plan_update
 * Returns 0; -ENOMEM */
CHECKED int plan_update_complete(const struct spec_resources *base,
	const struct spec_resources *change, struct arena *a, const struct spec_resources **ret);

/* What there is to be done.
 * ret     arena, config (changed already), host (with the controllers of the container's own
 *         cgroup), options and cgroup are set; gets the operations
 * change  of plan_update_complete; rdt  of linux.intelRdt; either may be NULL */
CHECKED int plan_update(struct plan *ret, const struct spec_resources *change,
	const struct spec_intel_rdt *rdt, struct err *e);

#endif
