/* mounts[] of the configuration: each is made detached, given its attributes and attached below the
 * root, in the order of the list.
 *
 * Sources are opened one at a time, right before their use, except for some that are opened before
 * anything else: those that shall stay tied to the host's mounts (shared, slave), because the child
 * cuts its mount namespace off right after; all of a container in a user namespace, because its
 * root may lack the rights to reach them; those that are the caller's descriptors; the notify
 * socket's directory, for the new root is staged above it; and all of a container that is there. */
#include "plan/build.h"

#include "base/text.h"
#include "plan/attr.h"
#include "plan/idmap.h"
#include "plan/mount_cgroup_v1.h"
#include "plan/mount_data.h"
#include "plan/mount_given.h"
#include "plan/mount_hot.h"
#include "plan/mount_job.h"
#include "plan/mount_kind.h"
#include "plan/mount_own.h"
#include "plan/notify.h"
#include "plan/overlay.h"
#include "plan/paths.h"
#include "plan/root.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

static int begin(struct plan *p, size_t index, struct mount_job *ret, struct err *e)
{
	const struct spec_mount *const m = &p->config->mounts.items[index];

	*ret = (struct mount_job){ .m = m, .index = index, .tree = SLOT_NONE };
	ret->path = plan_is_notify(p, m) ? "NOTIFY_SOCKET"
					 : arena_printf(p->arena, "mounts[%zu] (%s)", index,
						   m->destination.value);
	if (ret->path == NULL)
		return err_set(e, ENOMEM, m->at, "out of memory");
	return plan_mount_options(p, index, &ret->o, e);
}

static const char *bind_source(struct plan *p, const struct mount_job *j)
{
	const char *const source = j->m->source.value;

	if (mount_is_sysfs_bind(p, j->m))
		return "/sys";
	if (mount_is_cgroup_bind(p, j->m) && !p->in_user_ns)
		return p->host->cgroup_root;
	if (mount_is_cgroup_bind(p, j->m))
		return arena_printf(p->arena, "%s%s", p->host->cgroup_root,
			p->cgroup != NULL ? p->cgroup : p->host->cgroup_own);
	return plan_bundle_path(p, source, strlen(source));
}

static int append_clone(struct plan *p, const struct mount_job *j, struct err *e)
{
	const int given = mount_given_fd(j->m, &j->o);
	struct plan_op *op;

	if (given != FD_NONE)
		return mount_append_given(p, j, given, e);
	if (mount_is_own(p, j->m, &j->o))
		return mount_append_own(p, j, e);
	if (j->o.bind && (j->m->source.value == NULL || j->m->source.value[0] == '\0'))
		return mount_refuse(j, EINVAL, j->m->at, "source: missing", e);
	op = mount_append(p, j, PLAN_clone_tree, e);
	if (op == NULL)
		return -ENOMEM;
	if (GIVEN(j->m->source))
		op->at = j->m->source.at;
	op->clone_tree.path = bind_source(p, j);
	op->clone_tree.recursive = j->o.recursive || mount_is_sysfs_bind(p, j->m);
	op->clone_tree.nofollow = (j->o.special & (MOUNT_SOURCE_NOFOLLOW | MOUNT_COPY_LINK)) != 0;
	op->clone_tree.into = j->tree;
	return op->clone_tree.path != NULL ? 0 : err_set(e, ENOMEM, op->at, "out of memory");
}

static int append_attr(struct plan *p, const struct mount_job *j, bool recursive,
	uint64_t propagation, struct err *e)
{
	const struct plan_attr a = {
		.tree = j->tree,
		.recursive = recursive,
		.words = j->o.words[0] != '\0'
				 ? j->o.words
				 : spec_word_text(&spec_propagation, (int64_t)propagation),
		.propagation = propagation & ~(uint64_t)MS_REC,
		.set = recursive ? j->o.rec_set : j->o.set,
		.clear = recursive ? j->o.rec_clear : j->o.clear,
		.at = j->m->at,
		.path = j->path,
	};

	return plan_attr(p, &a, e);
}

/* The propagation of a clone: as asked for, else as the root's, which may be unbindable for itself
 * alone.  A word for the top alone leaves what is below; where that was cloned from the host's own
 * mounts, it would go on telling the host. */
static uint64_t clone_propagation(const struct plan *p, const struct mount_job *j)
{
	const uint64_t root = plan_root_propagation(p);
	const uint64_t asked = j->o.propagation != 0         ? j->o.propagation
			       : (root & MS_UNBINDABLE) != 0 ? MS_PRIVATE | MS_REC
							     : root;

	return j->o.recursive && plan_mount_early(p, j->m, &j->o) &&
			       (asked == MS_SLAVE || asked == MS_PRIVATE)
		       ? asked | MS_REC
		       : asked;
}

/* The same for the word of which there is no such form: unbindable for all would be more. */
static int append_below_private(struct plan *p, const struct mount_job *j, struct err *e)
{
	struct mount_job only = *j;

	if (!j->o.recursive || !plan_mount_early(p, j->m, &j->o) ||
		j->o.propagation != MS_UNBINDABLE)
		return 0;
	only.o.rec_set = only.o.rec_clear = 0;
	only.o.words = "";
	return append_attr(p, &only, true, MS_PRIVATE | MS_REC, e);
}

/* Attributes and propagation may differ in how far they reach; one call serves what agrees. */
static int append_bind_attrs(struct plan *p, const struct mount_job *j, struct err *e)
{
	const uint64_t propagation = clone_propagation(p, j);
	const bool far = (propagation & MS_REC) != 0;
	const bool cut_off = (propagation & ~(uint64_t)MS_REC) == MS_PRIVATE &&
			     !plan_mount_early(p, j->m, &j->o);
	const uint64_t own = cut_off ? 0 : propagation; /* a clone of a private mount is private */

	TRY(append_below_private(p, j, e));
	TRY(append_attr(p, j, false, far ? 0 : own, e));
	return append_attr(p, j, true, far ? own : 0, e);
}

bool plan_mount_early(
	const struct plan *p, const struct spec_mount *m, const struct plan_mount_options *o)
{
	const uint64_t propagation =
		o->propagation != 0 ? o->propagation : plan_root_propagation(p);

	if (mount_is_own(p, m, o) || mount_is_cgroup_v1(p, m))
		return false;
	if (o->remount || (!o->bind && !mount_is_sysfs_bind(p, m) && !mount_is_cgroup_bind(p, m)))
		return false;
	return p->hot || plan_is_notify(p, m) || p->user_ns || p->root_alone ||
	       mount_given_fd(m, o) != FD_NONE || (propagation & (MS_SHARED | MS_SLAVE)) != 0;
}

int plan_mounts_early(struct plan *p, struct err *e)
{
	const struct spec_mount_list *const list = &p->config->mounts;
	int *const slots = arena_array(p->arena, list->count, sizeof(*slots));

	if (slots == NULL)
		return err_set(e, ENOMEM, list->at, "out of memory");
	for (size_t i = 0; i < list->count; i++) {
		struct mount_job j;

		slots[i] = SLOT_NONE;
		TRY(begin(p, i, &j, e));
		if (!plan_mount_early(p, j.m, &j.o))
			continue;
		j.tree = slots[i] = plan_slot_new(p);
		TRY(append_clone(p, &j, e));
	}
	p->mount_slots = slots;
	return 0;
}

/* type: NULL for a clone */
static int append_idmap(struct plan *p, const struct mount_job *j, const char *type, struct err *e)
{
	const struct plan_idmap_job m = {
		.index = j->index, .options = &j->o, .tree = j->tree, .type = type
	};

	return plan_idmap(p, &m, e);
}

/* Before ids are mapped, so that the copy has those of the image.  Right below a /dev of our making
 * there is nothing of the image. */
static int append_copy_up(struct plan *p, const struct mount_job *j, struct err *e)
{
	struct plan_op *op;

	if ((j->o.special & MOUNT_COPY_UP) == 0 || mount_dev_name(p, j) != NULL)
		return 0;
	op = mount_append(p, j, PLAN_copy_up, e);
	if (op == NULL)
		return -ENOMEM;
	op->copy_up.path = j->m->destination.value;
	op->copy_up.tree = j->tree;
	op->copy_up.devices = !p->in_user_ns;
	return 0;
}

static int append_bind(struct plan *p, struct mount_job *j, struct err *e)
{
	int *const kept = mount_kept_slot(p, j);

	j->tree = p->mount_slots[j->index];
	if (plan_path_is(j->m->destination.value, "dev"))
		p->dev_slot = SLOT_NONE; /* covers one of our making */
	if (j->tree == SLOT_NONE) {
		j->tree = mount_tree_slot(p, kept != NULL);
		TRY(append_clone(p, j, e));
	}
	if (p->in_user_ns && (mount_is_sysfs_bind(p, j->m) || mount_is_cgroup_bind(p, j->m))) {
		j->o.rec_set |= MOUNT_ATTR_RDONLY;
		j->o.words = j->o.words[0] == '\0' ? "rro"
						   : arena_printf(p->arena, "%s rro", j->o.words);
		if (j->o.words == NULL)
			return err_set(e, ENOMEM, j->m->at, "out of memory");
	}
	if (!plan_attr_late(p))
		TRY(append_bind_attrs(p, j, e));
	TRY(append_idmap(p, j, NULL, e));
	TRY(mount_attach(p, j, kept != NULL || plan_attr_late(p), e));
	if (kept != NULL)
		*kept = j->tree;
	return plan_attr_late(p) ? append_bind_attrs(p, j, e) : 0;
}

/* A message queue file system is that of its ipc namespace; the host's own is not ours to label. */
static int append_label(struct plan *p, const struct mount_job *j, struct err *e)
{
	const struct spec_str *const label = &p->config->os->mountLabel;
	struct plan_op *op;

	if (p->mount_label == NULL || !mount_is_type(j->m, "mqueue") ||
		((p->new_ns | p->joined_ns) & CLONE_NEWIPC) == 0)
		return 0;
	op = mount_append(p, j, PLAN_label, e);
	if (op == NULL)
		return -ENOMEM;
	op->at = label->at;
	op->label.label = label->value;
	op->label.tree = j->tree;
	return 0;
}

static int append_new(struct plan *p, struct mount_job *j, struct err *e)
{
	/* What is mounted or made below a tmpfs comes first; it becomes read-only at the end. */
	const bool late_ro = mount_is_type(j->m, "tmpfs") && (j->o.set & MOUNT_ATTR_RDONLY) != 0;
	int *const kept = mount_kept_slot(p, j);
	const bool late_attr = plan_attr_late(p) && j->o.propagation != 0;
	const bool dev = plan_path_is(j->m->destination.value, "dev");
	const char *path, *type;
	struct plan_op *op;

	if (!GIVEN(j->m->type) || j->m->type.value[0] == '\0')
		return mount_refuse(j, EINVAL, j->m->at, "type: missing", e);
	j->tree =
		mount_tree_slot(p, late_ro || dev || kept != NULL || mount_is_type(j->m, "devpts"));
	op = mount_append(p, j, PLAN_new_fs, e);
	if (op == NULL)
		return -ENOMEM;
	path = op->path;
	type = mount_is_cgroup(j->m) ? "cgroup2" : j->m->type.value;
	op->new_fs.type = type;
	op->new_fs.source = j->m->source.value;
	op->new_fs.attr = (j->o.set | j->o.rec_set) & ~(late_ro ? (uint64_t)MOUNT_ATTR_RDONLY : 0);
	op->new_fs.into = j->tree;
	op->new_fs.data = plan_mount_data(p, j->m, &j->o);
	if (op->new_fs.data == NULL)
		return err_set(e, ENOMEM, j->m->at, "out of memory");
	TRY(append_label(p, j, e));
	j->o.set = 0; /* these the new file system has */
	j->o.clear = 0;
	j->readonly = late_ro && p->hot; /* nobody in the container shall write first */
	if (!late_attr)
		TRY(append_attr(p, j, false, j->o.propagation, e));
	TRY(append_copy_up(p, j, e));
	TRY(append_idmap(p, j, type, e));
	TRY(mount_attach(p, j, j->tree != SLOT_TREE || late_attr, e));
	if (late_attr)
		TRY(append_attr(p, j, false, j->o.propagation, e));
	if (kept != NULL)
		*kept = j->tree;
	if (dev && !p->hot) {
		p->dev_slot = j->tree;
		p->dev_is_copy = (j->o.special & MOUNT_COPY_UP) != 0;
	}
	if (mount_is_type(j->m, "devpts") && plan_path_is(j->m->destination.value, "dev/pts"))
		p->pts_slot = j->tree;
	return late_ro && !p->hot ? plan_late_readonly(p, j->m->at, path, j->tree, e) : 0;
}

static int append_remount(struct plan *p, const struct mount_job *j, struct err *e)
{
	struct plan_op *op;

	if (plan_attr_late(p) && (j->o.rec_set != 0 || j->o.rec_clear != 0))
		return append_attr(p, j, true, 0, e); /* which says what this kernel lacks */
	op = mount_append(p, j, PLAN_remount, e);
	if (op == NULL)
		return -ENOMEM;
	op->remount.late = plan_attr_late(p);
	op->remount.path = j->m->destination.value;
	op->remount.words = j->o.words;
	op->remount.set = j->o.set | j->o.rec_set;
	op->remount.clear = j->o.clear | j->o.rec_clear;
	op->remount.recursive = j->o.rec_set != 0 || j->o.rec_clear != 0;
	return 0;
}

/* What shows the kernel itself is no root: masks and checks go by /proc and /sys. */
static int check_cover(const struct plan *p, const struct mount_job *j, struct err *e)
{
	static const char *const kernels[] = { "proc", "sysfs", "cgroup", "cgroup2", "devpts",
		"mqueue" };

	for (size_t i = 0; i < ARRAY_LEN(kernels); i++)
		if (mount_is_type(j->m, kernels[i]) && !j->o.bind)
			return mount_refuse(
				j, EINVAL, j->m->destination.at, "would hide the whole root", e);
	if (!p->overlay->wanted)
		return 0;
	(void)mount_refuse(j, EINVAL, j->m->destination.at,
		"would hide the overlay that is asked for as the root", e);
	return err_hint(e, "leave out one of them: this mount, or --overlay and its annotations");
}

static int append_mount(struct plan *p, size_t index, struct err *e)
{
	const struct spec_str *const destination = &p->config->mounts.items[index].destination;
	const char *const in_proc = plan_path_below(destination->value, "proc");
	struct mount_job j;

	TRY(begin(p, index, &j, e));
	if (in_proc != NULL && *in_proc != '\0' && !plan_may_cover_proc(in_proc))
		return mount_refuse(&j, EPERM, destination->at,
			"would hide a part of /proc that protects the host: Operation not permitted",
			e);
	if (p->hot)
		TRY(mount_check_hot(p, &j, e));
	if (j.o.remount && (j.m->uidMappings.count > 0 || j.m->gidMappings.count > 0))
		return mount_refuse(
			&j, EINVAL, destination->at, "ids of a mount cannot be remapped", e);
	if (j.o.remount)
		return append_remount(p, &j, e);
	if (mount_covers_root(j.m))
		TRY(check_cover(p, &j, e));
	if (mount_is_cgroup_v1(p, j.m))
		return mount_append_cgroup_v1(p, &j, e);
	if (j.o.bind || mount_is_sysfs_bind(p, j.m) || mount_is_cgroup_bind(p, j.m))
		return append_bind(p, &j, e);
	return append_new(p, &j, e);
}

int plan_mounts(struct plan *p, struct err *e)
{
	bool joined = !plan_net_overlaps(p);

	for (size_t i = 0; i <= p->config->mounts.count; i++) {
		const bool last = i == p->config->mounts.count;

		if (!joined && (last || mount_is_type(&p->config->mounts.items[i], "sysfs"))) {
			joined = true;
			if (plan_append(p, PLAN_net_join, p->config->os->namespaces.at, e,
				    "linux.namespaces") == NULL)
				return -ENOMEM;
		}
		if (!last)
			TRY(append_mount(p, i, e));
	}
	return 0;
}
