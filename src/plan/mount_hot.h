/* Which mounts a container that is there may get.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_MOUNT_HOT_H
#define CRUN_LITE_PLAN_MOUNT_HOT_H

#include "plan/mount_job.h"

CHECKED int mount_check_hot(const struct plan *p, const struct mount_job *j, struct err *e);

#endif
