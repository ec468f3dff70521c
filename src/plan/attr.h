/* Attributes and propagation of a mount, by the way that the kernel has.  Inside plan/ only.
 *
 * Before Linux 5.12 there is no mount_setattr(2): attributes are changed by mount(2), which takes
 * them only of a mount that is in place, and of one mount alone.  So they come after it was put
 * there, in a mount namespace that nobody else sees. */
#ifndef CRUN_LITE_PLAN_ATTR_H
#define CRUN_LITE_PLAN_ATTR_H

#include "plan/plan.h"

struct plan_attr {
	int tree;
	bool recursive;
	const char *words; /* as given, for people */
	uint64_t set, clear, propagation;
	struct src_pos at;
	const char *path; /* config path; kept in the arena already */
};

/* This kernel takes attributes of mounts that are in place alone. */
bool plan_attr_late(const struct plan *p);

/* Appends the operation; nothing when there is nothing to change.
 * Returns 0; -ENOSYS with *e set: this kernel cannot change attributes of all mounts below. */
CHECKED int plan_attr(struct plan *p, const struct plan_attr *a, struct err *e);

#endif
