/* Mounts of a container that is there: added to it, or taken away.
 *
 * One process does it: a child of the runtime's, in its pid namespace and cgroup, that nobody in
 * the container sees.  Sources are cloned while it still sees the host's mounts.  With a user
 * namespace that is a copy of them which belongs to that namespace, so that the kernel locks the
 * host's flags (ro, nosuid, nodev) against the container's root.  Then it enters the container's
 * mount namespace, and becomes the root of its user namespace: it can do no more there than the
 * container's own root.  What is mounted and, beneath the root's descriptor, what is made for it,
 * are the operations of a start.
 *
 * Descriptors of all that is mounted are kept: what fails, and a runtime that goes away, has the
 * child take all of it away again before it ends. */
#include "plan/hot.h"

#include "plan/attr.h"
#include "plan/build.h"
#include "plan/mount_job.h"
#include "plan/mount_kind.h"
#include "plan/overlay.h"
#include "plan/paths.h"

#include <sched.h>
#include <string.h>

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static struct plan_op *plain(struct plan *p, enum plan_kind kind, const char *path, struct err *e)
{
	return plan_append(p, kind, POS_NONE, e, "%s", path);
}

/* --- decisions -------------------------------------------------------------------------------- */

/* Its place below the cgroup mount; NULL: it has none there. */
static const char *cgroup_of(const struct plan *p)
{
	const char *const root = p->host->cgroup_root;
	const char *const cgroup = p->options->target->cgroup;
	const size_t len = strlen(root);

	return len > 0 && strncmp(cgroup, root, len) == 0 && cgroup[len] == '/' ? cgroup + len
										: NULL;
}

static int decide(struct plan *p, struct err *e)
{
	const uint64_t ns = p->host->target_ns;

	if ((ns & CLONE_NEWNS) == 0)
		return err_set(e, EINVAL, POS_NONE,
			"mounts: crun-lite itself is in the mount namespace of container \"%s\"",
			p->options->id);
	if (plan_attr_late(p)) {
		(void)err_sys(e, ENOSYS, POS_NONE,
			"mounts: this kernel cannot give a mount its attributes before it is seen");
		return err_hint(e, "mount_setattr(2) came with Linux 5.12");
	}
	p->hot = true;
	p->joined_ns = ns;
	p->user_ns = (ns & CLONE_NEWUSER) != 0;
	p->in_user_ns = p->user_ns || p->host->user_namespace;
	p->target_slot = plan_slot_new(p);
	p->cgroup = cgroup_of(p);
	return plan_ids_of_target(p, e);
}

/* Whose namespaces count for a file system of this type; 0: only those of all mounts. */
static uint64_t namespace_of(const struct spec_mount *m)
{
	return mount_is_type(m, "sysfs")    ? CLONE_NEWNET
	       : mount_is_type(m, "mqueue") ? CLONE_NEWIPC
	       : mount_is_cgroup(m)         ? CLONE_NEWCGROUP
					    : 0;
}

static uint64_t namespaces_needed(const struct plan *p)
{
	uint64_t ret = CLONE_NEWNS;

	for (size_t i = 0; i < p->config->mounts.count; i++)
		ret |= namespace_of(&p->config->mounts.items[i]);
	return ret & p->joined_ns;
}

/* --- the process ------------------------------------------------------------------------------ */

static int append_enter(struct plan *p, uint64_t flags, bool keep, struct err *e)
{
	struct plan_op *const op = plain(p, PLAN_enter, "linux.namespaces", e);

	if (op == NULL)
		return -ENOMEM;
	op->enter.flags = flags;
	op->enter.words = plan_namespace_words(p, flags);
	op->enter.target = p->target_slot;
	op->enter.keep = keep;
	return op->enter.words != NULL ? 0 : no_memory(e);
}

/* A process of the runtime's, not in the container's cgroup: that may be frozen, or full. */
static int append_spawn(struct plan *p, struct err *e)
{
	struct plan_op *op = plain(p, PLAN_spawn_near, "mounts", e);

	if (op == NULL)
		return -ENOMEM;
	op->spawn_near.cgroup = SLOT_NONE;
	op = plain(p, PLAN_open_proc, "mounts", e);
	if (op == NULL)
		return -ENOMEM;
	op->open_proc.into = SLOT_PROC;
	return plain(p, PLAN_guard, "mounts", e) == NULL ? -ENOMEM : 0;
}

/* The host's mounts as the container's user namespace may have them. */
static int append_copy(struct plan *p, struct err *e)
{
	struct plan_op *op;

	if (!p->user_ns)
		return 0;
	TRY(append_enter(p, CLONE_NEWUSER, true, e));
	op = plain(p, PLAN_unshare, "linux.namespaces", e);
	if (op == NULL)
		return -ENOMEM;
	op->unshare.flags = CLONE_NEWNS;
	op->unshare.words = plan_namespace_words(p, CLONE_NEWNS);
	return op->unshare.words != NULL ? 0 : no_memory(e);
}

/* A change of ids may have made it traceable: sysctl fs.suid_dumpable (proc(5)). */
static int append_inside(struct plan *p, struct err *e)
{
	TRY(plan_become_root(p, POS_NONE, e));
	if (p->user_ns && plain(p, PLAN_guard, "mounts", e) == NULL)
		return -ENOMEM;
	return plain(p, PLAN_root_open, "mounts", e) == NULL ? -ENOMEM : 0;
}

static int append_end(struct plan *p, struct err *e)
{
	TRY(plan_barrier(p, PLAN_child_done, "all is done", e));
	if (plain(p, PLAN_release, "mounts", e) == NULL)
		return -ENOMEM;
	return plain(p, PLAN_leave, "mounts", e) == NULL ? -ENOMEM : 0;
}

int plan_mounts_add(const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o, struct plan *ret, struct err *e)
{
	struct plan_overlay_wish *const overlay = arena_alloc(ret->arena, sizeof(*overlay));
	struct plan p = plan_begin(ret->arena, c, h, o);

	if (overlay == NULL)
		return no_memory(e);
	overlay->wanted = o->overlay;
	p.overlay = overlay;
	TRY(decide(&p, e));
	TRY(plan_mounts_inside(&p, e));
	TRY(plan_labels(&p, e));
	TRY(append_spawn(&p, e));
	TRY(append_copy(&p, e));
	TRY(plan_mounts_early(&p, e));
	TRY(append_enter(&p, namespaces_needed(&p), false, e));
	TRY(append_inside(&p, e));
	TRY(plan_barrier(&p, PLAN_child_done, "in the container", e));
	TRY(plan_mounts(&p, e));
	TRY(append_end(&p, e));
	*ret = p;
	return 0;
}

/* --- taking away ------------------------------------------------------------------------------ */

/* What the start has mounted over parts of the kernel's trees. */
static const char *const *spared(struct plan *p)
{
	const struct spec_linux *const os = p->config->os;
	const char **const ret = arena_array(
		p->arena, os->maskedPaths.count + os->readonlyPaths.count + 1, sizeof(*ret));
	size_t n = 0;

	for (size_t i = 0; ret != NULL && i < os->maskedPaths.count; i++)
		ret[n++] = os->maskedPaths.items[i].value;
	for (size_t i = 0; ret != NULL && i < os->readonlyPaths.count; i++)
		ret[n++] = os->readonlyPaths.items[i].value;
	return ret;
}

static int refuse(const struct plan *p, size_t index, const char *why, struct err *e)
{
	const struct spec_mount *const m = &p->config->mounts.items[index];
	const struct mount_job j = { .m = m, .index = index };

	return mount_refuse(&j, EINVAL, m->destination.at, why, e);
}

static int check_remove(const struct plan *p, size_t index, struct err *e)
{
	const struct spec_mount *const items = p->config->mounts.items;

	if (mount_covers_root(&items[index]))
		return refuse(p, index, "the root of a container cannot be taken away", e);
	for (size_t i = 0; i < index; i++)
		if (strcmp(items[i].destination.value, items[index].destination.value) == 0)
			return refuse(p, index,
				"stands there twice: what lies one on the other is taken away one "
				"by one",
				e);
	return 0;
}

static struct plan_op *append_of(struct plan *p, size_t index, enum plan_kind kind, struct err *e)
{
	const struct spec_mount *const m = &p->config->mounts.items[index];

	return plan_append(
		p, kind, m->destination.at, e, "mounts[%zu] (%s)", index, m->destination.value);
}

/* All are found before the first is taken away; that goes from the last to the first, for what is
 * mounted on another stands behind it. */
static int append_removes(struct plan *p, struct err *e)
{
	const struct spec_mount_list *const list = &p->config->mounts;
	const char *const *const kept = spared(p);
	int *const slots = arena_array(p->arena, list->count, sizeof(*slots));

	if (kept == NULL || slots == NULL)
		return no_memory(e);
	for (size_t i = 0; i < list->count; i++) {
		struct plan_op *op;

		TRY(check_remove(p, i, e));
		op = append_of(p, i, PLAN_mount_find, e);
		if (op == NULL)
			return -ENOMEM;
		op->mount_find.path = list->items[i].destination.value;
		op->mount_find.spared = kept;
		op->mount_find.into = slots[i] = plan_slot_new(p);
	}
	for (size_t i = list->count; i-- > 0;) {
		struct plan_op *const op = append_of(p, i, PLAN_detach, e);

		if (op == NULL)
			return -ENOMEM;
		op->detach.path = list->items[i].destination.value;
		op->detach.mount = slots[i];
	}
	return 0;
}

int plan_mounts_remove(const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o, struct plan *ret, struct err *e)
{
	struct plan p = plan_begin(ret->arena, c, h, o);

	TRY(decide(&p, e));
	TRY(plan_mounts_inside(&p, e));
	TRY(append_spawn(&p, e));
	TRY(append_enter(&p, p.joined_ns & (CLONE_NEWUSER | CLONE_NEWNS), false, e));
	TRY(append_inside(&p, e));
	TRY(append_removes(&p, e));
	TRY(append_end(&p, e));
	*ret = p;
	return 0;
}
