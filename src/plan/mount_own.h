/* Sources of mounts[] that lie in the container's root.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_MOUNT_OWN_H
#define CRUN_LITE_PLAN_MOUNT_OWN_H

#include "plan/mount_job.h"

/* Does the source lie below root.path, as text?  Then it is seen as the container sees it when its
 * turn comes, with what was mounted there before. */
bool mount_is_own(
	const struct plan *p, const struct spec_mount *m, const struct plan_mount_options *o);

/* Clones it into the job's tree. */
CHECKED int mount_append_own(struct plan *p, const struct mount_job *j, struct err *e);

#endif
