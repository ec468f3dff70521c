/* The hierarchy of cgroup version 1 that an old systemd looks for, in the place of a cgroup mount:
 * annotation run.oci.systemd.force_cgroup_v1.
 *
 * It has a release agent, a program that the kernel runs with all rights: whoever has CAP_SYS_ADMIN
 * in the first user namespace may name it, and gets no such mount. */
#include "plan/mount_cgroup_v1.h"

#include "plan/build.h"
#include "plan/mount_data.h"
#include "plan/mount_kind.h"
#include "plan/root.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>

#define KEY "run.oci.systemd.force_cgroup_v1"

static const struct spec_str *asked(const struct plan *p)
{
	const struct spec_pair *const pair = spec_annotation(p->config, KEY);

	return pair != NULL && pair->value.value[0] != '\0' ? &pair->value : NULL;
}

bool mount_is_cgroup_v1(const struct plan *p, const struct spec_mount *m)
{
	const struct spec_str *const place = asked(p);

	return place != NULL && strcmp(place->value, m->destination.value) == 0;
}

static bool may_name_agent(const struct plan *p)
{
	const struct spec_capabilities *const c = p->config->process->capabilities;

	for (size_t i = 0; !p->in_user_ns && c != NULL && i < c->bounding.count; i++)
		if (c->bounding.items[i].value == CAP_SYS_ADMIN)
			return true;
	return false;
}

static int check(const struct plan *p, struct err *e)
{
	const struct src_pos at = asked(p)->at;

	if (((p->new_ns | p->joined_ns) & CLONE_NEWCGROUP) == 0)
		return err_set(e, EINVAL, at,
			"annotations[\"" KEY "\"]: needs a cgroup namespace of the container's "
			"own");
	if (!may_name_agent(p))
		return 0;
	(void)err_sys(e, EPERM, at,
		"annotations[\"" KEY "\"]: with CAP_SYS_ADMIN the container could have the host "
		"run any program");
	return err_hint(e, "leave CAP_SYS_ADMIN out of process.capabilities.bounding, or give the "
			   "container a user namespace");
}

/* A small tmpfs, for the hierarchy's directory to be made in. */
static int append_top(struct plan *p, const struct mount_job *j, struct err *e)
{
	static const char *const data[] = { "size=1024k", "mode=755", NULL };
	struct spec_mount m = *j->m;
	struct mount_job top = *j;
	struct plan_op *const op = mount_append(p, j, PLAN_new_fs, e);

	if (op == NULL)
		return -ENOMEM;
	m.type.value = "tmpfs";
	top.m = &m;
	top.o.data = data;
	top.o.has_mode = true;
	top.tree = plan_slot_new(p);
	op->new_fs.type = op->new_fs.source = "tmpfs";
	op->new_fs.attr = (j->o.set | j->o.rec_set) & ~(uint64_t)MOUNT_ATTR_RDONLY;
	op->new_fs.into = top.tree;
	op->new_fs.data = plan_mount_data(p, &m, &top.o);
	if (op->new_fs.data == NULL)
		return err_set(e, ENOMEM, j->m->at, "out of memory");
	TRY(mount_attach(p, &top, true, e));
	return ((j->o.set | j->o.rec_set) & MOUNT_ATTR_RDONLY) == 0
		       ? 0
		       : plan_late_readonly(p, j->m->at, j->path, top.tree, e);
}

int mount_append_cgroup_v1(struct plan *p, const struct mount_job *j, struct err *e)
{
	static const char *const data[] = { "none", "name=systemd", "xattr", NULL };
	struct spec_mount m = *j->m;
	struct mount_job below = *j;
	struct plan_op *op;

	TRY(check(p, e));
	TRY(append_top(p, j, e));
	op = mount_append(p, j, PLAN_new_fs, e);
	if (op == NULL)
		return -ENOMEM;
	op->new_fs.type = op->new_fs.source = "cgroup";
	op->new_fs.attr = j->o.set | j->o.rec_set;
	op->new_fs.into = below.tree = mount_tree_slot(p, false);
	op->new_fs.data = data;
	m.destination.value = arena_printf(p->arena, "%s/systemd", j->m->destination.value);
	if (m.destination.value == NULL)
		return err_set(e, ENOMEM, j->m->at, "out of memory");
	below.m = &m;
	return mount_attach(p, &below, false, e);
}
