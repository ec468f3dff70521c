/* Whether the container gets a cgroup, and where.  Decides nothing about limits. */
#include "plan/build.h"

#include <string.h>

static int without_cgroup2(struct plan *p, const struct spec_str *wanted, struct err *e)
{
	if (wanted->value == NULL || wanted->value[0] == '\0')
		return plan_warn(p, wanted->at, e, "no cgroup: cgroup2 is not mounted");
	(void)err_set(e, ENODEV, wanted->at,
		"linux.cgroupsPath: unable to apply cgroup configuration: cgroup2 is not mounted: "
		"No such device");
	return err_hint(e, "boot with systemd.unified_cgroup_hierarchy=1, or mount cgroup2 on "
			   "/sys/fs/cgroup; version 1 is not supported");
}

/* One slash between names, none at the end, no "."; ".." is refused. */
static int normalise(char *path, struct src_pos at, struct err *e)
{
	char *out = path;

	for (const char *c = path; *c != '\0';) {
		const size_t len = strcspn(c, "/");
		const char *const name = c;

		c += len + (c[len] == '/');
		if (len == 0 || (len == 1 && name[0] == '.'))
			continue;
		if (len == 2 && strncmp(name, "..", 2) == 0)
			return err_set(e, EINVAL, at, "linux.cgroupsPath: must not hold \"..\"");
		*out++ = '/';
		memmove(out, name, len);
		out += len;
	}
	*out = '\0';
	return out > path ? 0 : err_set(e, EINVAL, at, "linux.cgroupsPath: names no cgroup");
}

bool plan_is_rootless(const struct plan *p)
{
	if (p->options->rootless != PLAN_ROOTLESS_AUTO)
		return p->options->rootless == PLAN_ROOTLESS_YES;
	return p->host->uid != 0 || p->host->user_namespace;
}

int plan_cgroup_path(struct plan *p, struct err *e)
{
	const struct host_facts *const h = p->host;
	const struct spec_str *const wanted = &p->config->os->cgroupsPath;
	char *path;

	/* Root is told what goes wrong when its cgroup cannot be made; a plain user has no cgroup
	 * unless one was delegated, and needs none unless limits are asked for (plan_cgroup). */
	if (p->options->no_cgroup)
		return 0;
	if (plan_is_rootless(p) && (h->cgroup_root[0] == '\0' || !h->cgroup_writable))
		return 0;
	if (h->cgroup_root[0] == '\0')
		return without_cgroup2(p, wanted, e);
	path = host_cgroup_path(h, wanted->value, p->options->id, p->arena);
	if (path == NULL)
		return err_set(e, ENOMEM, wanted->at, "out of memory");
	p->cgroup = path;
	return normalise(path, wanted->at, e);
}
