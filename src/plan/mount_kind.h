/* What kind of mount an entry of mounts[] is. */
#ifndef CRUN_LITE_PLAN_MOUNT_KIND_H
#define CRUN_LITE_PLAN_MOUNT_KIND_H

#include "plan/plan.h"

bool mount_is_type(const struct spec_mount *m, const char *type);

/* `cgroup` means version 2 here, whatever the engine calls it. */
bool mount_is_cgroup(const struct spec_mount *m);

/* sysfs shows the network namespace's owner; the kernel lets only that one mount it.  Without a
 * network namespace of its own a container in a user namespace gets the host's, bound. */
bool mount_is_sysfs_bind(const struct plan *p, const struct spec_mount *m);

/* Likewise the cgroup tree, without a cgroup namespace of its own; where the host has none, there
 * is nothing to bind. */
bool mount_is_cgroup_bind(const struct plan *p, const struct spec_mount *m);

#endif
