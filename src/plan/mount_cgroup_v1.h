/* A cgroup mount that the annotation run.oci.systemd.force_cgroup_v1 makes one of version 1.
 * Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_MOUNT_CGROUP_V1_H
#define CRUN_LITE_PLAN_MOUNT_CGROUP_V1_H

#include "plan/mount_job.h"

/* Does the annotation name this mount's destination? */
bool mount_is_cgroup_v1(const struct plan *p, const struct spec_mount *m);

/* Makes it.  Returns 0; -EPERM, -EINVAL with *e set when the container may not have it. */
CHECKED int mount_append_cgroup_v1(struct plan *p, const struct mount_job *j, struct err *e);

#endif
