/* One entry of mounts[] on its way into the plan, and where it is mounted.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_MOUNT_JOB_H
#define CRUN_LITE_PLAN_MOUNT_JOB_H

#include "plan/mount_options.h"

struct mount_job {
	const struct spec_mount *m;
	size_t index;
	const char *path; /* config path */
	struct plan_mount_options o;
	int tree;      /* slot of the detached mount */
	bool readonly; /* to be made so right before it is put in place */
};

/* plan_append, with the place of the entry in the configuration. */
struct plan_op *mount_append(
	struct plan *p, const struct mount_job *j, enum plan_kind kind, struct err *e);

/* What is wrong with the mount as the configuration has it. */
int mount_refuse(
	const struct mount_job *j, int code, struct src_pos at, const char *why, struct err *e);

/* The name right below a /dev of our own making, where a mount point is surely missing and nothing
 * but our own is on the way; NULL for any other place. */
const char *mount_dev_name(const struct plan *p, const struct mount_job *j);

/* The slot that remembers the mount on /proc or /sys, so that masks below are found by it; NULL for
 * any other place, and where there is nothing to mask. */
int *mount_kept_slot(struct plan *p, const struct mount_job *j);

/* The slot of a mount on its way.
 * alone  it is needed later, or may not be the one that all have in turn */
int mount_tree_slot(struct plan *p, bool alone);

/* Is one of the paths below a directory right in the root? */
bool mount_any_below(const struct spec_strings *paths, const char *dir);

/* Is it a new mount on "/"? */
bool mount_covers_root(const struct spec_mount *m);

/* Mounts the job's tree on its destination.
 * keep  its descriptor is needed later */
CHECKED int mount_attach(struct plan *p, const struct mount_job *j, bool keep, struct err *e);

#endif
