/* What kind of mount an entry of mounts[] is.  Appends nothing. */
#include "plan/mount_kind.h"

#include <sched.h>
#include <string.h>

bool mount_is_type(const struct spec_mount *m, const char *type)
{
	return m->type.value != NULL && strcmp(m->type.value, type) == 0;
}

bool mount_is_cgroup(const struct spec_mount *m)
{
	return mount_is_type(m, "cgroup") || mount_is_type(m, "cgroup2");
}

bool mount_is_sysfs_bind(const struct plan *p, const struct spec_mount *m)
{
	return mount_is_type(m, "sysfs") && p->in_user_ns &&
	       ((p->new_ns | p->joined_ns) & CLONE_NEWNET) == 0;
}

bool mount_is_cgroup_bind(const struct plan *p, const struct spec_mount *m)
{
	const uint64_t own = p->host->cgroup_ns_initial ? p->new_ns : p->new_ns | p->joined_ns;

	return mount_is_cgroup(m) && p->host->cgroup_root[0] != '\0' &&
	       (own & CLONE_NEWCGROUP) == 0;
}
