/* Which mounts a container that is there may get: what a start can do and this can not, or only by
 * taking away what a start has put in place.  Appends nothing. */
#include "plan/mount_hot.h"

#include "plan/build.h"
#include "plan/mount_kind.h"
#include "plan/paths.h"

#include <sched.h>

/* Masks are put onto a new /proc and /sys by the start alone. */
static bool hides_masks(const struct plan *p, const struct mount_job *j)
{
	const struct spec_linux *const os = p->config->os;

	for (size_t i = 0; i < PLAN_KERNEL_TREES; i++)
		if (plan_path_is(j->m->destination.value, plan_kernel_trees[i]))
			return mount_any_below(&os->maskedPaths, plan_kernel_trees[i]) ||
			       mount_any_below(&os->readonlyPaths, plan_kernel_trees[i]);
	return false;
}

int mount_check_hot(const struct plan *p, const struct mount_job *j, struct err *e)
{
	const struct src_pos at = j->m->destination.at;

	if (j->o.remount) {
		(void)mount_refuse(
			j, EINVAL, at, "remount changes a mount that is there already", e);
		return err_hint(e, "take it away by mounts remove, and add it as it shall be");
	}
	if (mount_covers_root(j->m))
		return mount_refuse(j, EINVAL, at,
			"the root of a container that is there cannot be covered", e);
	if (hides_masks(p, j))
		return mount_refuse(j, EPERM, at,
			"would hide the masks that are mounted in it: Operation not permitted", e);
	if (j->o.bind || !mount_is_type(j->m, "proc") || (p->joined_ns & CLONE_NEWPID) == 0)
		return 0;
	(void)mount_refuse(j, ENOTSUP, at,
		"a new proc would show the processes of the caller's pid namespace: "
		"Operation not supported",
		e);
	return err_hint(e, "proc can be mounted by the start of the container alone");
}
