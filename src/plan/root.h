/* What root.c and mounts.c tell each other.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_ROOT_H
#define CRUN_LITE_PLAN_ROOT_H

#include "plan/mount_options.h"
#include "plan/plan.h"

/* linux.rootfsPropagation as MS_* bits; rprivate when it is not given. */
uint64_t plan_root_propagation(const struct plan *p);

/* The source of this mount is opened before all else (see the head of mounts.c). */
bool plan_mount_early(
	const struct plan *p, const struct spec_mount *m, const struct plan_mount_options *o);

/* Remembers a mount that becomes read-only when all below it is made. */
CHECKED int plan_late_readonly(
	struct plan *p, struct src_pos at, const char *path, int tree, struct err *e);

#endif
