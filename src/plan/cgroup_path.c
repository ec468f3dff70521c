/* Whether the container gets a cgroup, and where.  Decides nothing about limits. */
#include "plan/build.h"

int plan_cgroup_path(struct plan *p, struct err *e)
{
	const struct host_facts *const h = p->host;
	const struct spec_str *const wanted = &p->config->os->cgroupsPath;
	const bool root = h->uid == 0 && !h->user_namespace;

	/* Root is told what goes wrong when its cgroup cannot be made; a plain user has no cgroup
	 * unless one was delegated, and needs none unless limits are asked for (plan_cgroup). */
	if (h->cgroup_root[0] == '\0' || (!root && !h->cgroup_writable))
		return root ? plan_warn(p, wanted->at, e, "no cgroup: cgroup2 is not mounted") : 0;
	p->cgroup = host_cgroup_path(h, wanted->value, p->options->id, p->arena);
	return p->cgroup != NULL ? 0 : err_set(e, ENOMEM, wanted->at, "out of memory");
}
