/* Sources of mounts[] that are descriptors of the caller's.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_MOUNT_GIVEN_H
#define CRUN_LITE_PLAN_MOUNT_GIVEN_H

#include "plan/mount_job.h"

/* The descriptor that the source names; FD_NONE: it names none. */
int mount_given_fd(const struct spec_mount *m, const struct plan_mount_options *o);

/* Clones what it is open on into the job's tree.  -EBADF when the caller does not hand it on. */
CHECKED int mount_append_given(struct plan *p, const struct mount_job *j, int fd, struct err *e);

#endif
