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

/* The cgroup tree without a cgroup namespace of its own: in a user namespace it cannot be mounted,
 * and otherwise a mount would take nsdelegate and memory_recursiveprot off the host's, for they
 * hold for all mounts of it (kernel/cgroup/cgroup.c, apply_cgroup_root_flags).  Where the host has
 * none, there is nothing to bind. */
bool mount_is_cgroup_bind(const struct plan *p, const struct spec_mount *m);

#endif
