/* The container's root: the bundle's rootfs itself, or an overlay over it, put in place on the
 * container's state directory, finished and made the root.
 *
 * The state directory is the one place that is sure to exist, is nobody else's and lies outside of
 * all that the configuration names; in the child's own mount namespace nothing of this is seen. */
#include "plan/root.h"

#include "plan/attr.h"
#include "plan/build.h"
#include "plan/overlay.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

const char *plan_bundle_path(struct plan *p, const char *path, size_t len)
{
	if (len > 0 && path[0] == '/')
		return arena_text(p->arena, path, len);
	return arena_printf(p->arena, "%s/%.*s", p->options->bundle, (int)len, path);
}

static int append_tree(struct plan *p, struct err *e)
{
	const struct spec_str *const path = &p->config->root->path;
	struct plan_op *const op = plan_append(p, PLAN_clone_tree, path->at, e, "root.path");

	if (op == NULL)
		return -ENOMEM;
	op->clone_tree.path = plan_bundle_path(p, path->value, strlen(path->value));
	if (op->clone_tree.path != NULL) /* a slash behind: it must be a directory */
		op->clone_tree.path = arena_printf(p->arena, "%s/", op->clone_tree.path);
	op->clone_tree.recursive = 1;
	op->clone_tree.into = SLOT_ROOT;
	return op->clone_tree.path != NULL ? 0 : err_set(e, ENOMEM, path->at, "out of memory");
}

/* The root hears of the host's mounts, and tells the host nothing of its own. */
static int append_slave(struct plan *p, struct err *e)
{
	const struct plan_attr slave = { .tree = SLOT_ROOT,
		.recursive = true,
		.propagation = MS_SLAVE,
		.words = "rslave",
		.at = p->config->os->rootfsPropagation.at,
		.path = "linux.rootfsPropagation" };

	return plan_attr(p, &slave, e);
}

int plan_stage(struct plan *p, struct src_pos at, const char *path, int tree, struct err *e)
{
	struct plan_op *op;

	if (p->root_alone)
		return 0; /* nothing is mounted before the root is; Linux 6.15 stacks what is
			     detached */
	op = plan_append(p, PLAN_stage, at, e, "%s", path);
	if (op == NULL)
		return -ENOMEM;
	op->stage.tree = tree;
	return 0;
}

int plan_become_root(struct plan *p, struct src_pos at, struct err *e)
{
	struct plan_op *op;

	if (!p->user_ns)
		return 0;
	op = plan_append(p, PLAN_become_root, at, e, "linux.namespaces");
	if (op == NULL)
		return -ENOMEM;
	op->become_root.uid = plan_uid_mapped(p, 0);
	op->become_root.gid = plan_gid_mapped(p, 0);
	op->become_root.groups = p->setgroups;
	return 0;
}

static int append_propagate(struct plan *p, struct err *e)
{
	struct plan_op *const op =
		plan_append(p, PLAN_propagate, POS_NONE, e, "linux.rootfsPropagation");

	if (op == NULL)
		return -ENOMEM;
	op->propagate.word = "rprivate";
	op->propagate.flags = MS_PRIVATE | MS_REC;
	return 0;
}

uint64_t plan_root_propagation(const struct plan *p)
{
	const struct spec_enum *const word = &p->config->os->rootfsPropagation;

	return GIVEN(*word) && word->value != 0 ? (uint64_t)word->value : MS_PRIVATE | MS_REC;
}

/* By its path, in the child: a descriptor of the parent's would belong to the mount namespace that
 * the child has left. */
static int append_open_stage(struct plan *p, struct err *e)
{
	struct plan_op *const op = plan_append(p, PLAN_open_host, POS_NONE, e, "root.path");

	if (op == NULL)
		return -ENOMEM;
	op->open_host.path = p->options->state_dir;
	op->open_host.into = SLOT_STAGE;
	return 0;
}

/* Hooks find the new root at its path in the bundle, with all that is mounted in it. */
static int append_open_shown(struct plan *p, struct err *e)
{
	const struct spec_str *const path = &p->config->root->path;
	struct plan_op *op;

	if (!plan_hooks_see_root(p) || path->value[strspn(path->value, "/")] == '\0')
		return 0;
	p->shown_slot = plan_slot_new(p);
	op = plan_append(p, PLAN_open_host, path->at, e, "root.path");
	if (op == NULL)
		return -ENOMEM;
	op->open_host.path = plan_bundle_path(p, path->value, strlen(path->value));
	op->open_host.into = p->shown_slot;
	return op->open_host.path != NULL ? 0 : err_set(e, ENOMEM, path->at, "out of memory");
}

/* All of the host's that is needed is opened first; then only the new root is in sight. */
static int append_alone(struct plan *p, struct err *e)
{
	const struct src_pos at = p->config->root->path.at;
	struct plan_op *op = plan_append(p, PLAN_open_proc, POS_NONE, e, "root.path");
	struct plan_layers layers = { 0 };

	if (op == NULL)
		return -ENOMEM;
	op->open_proc.into = SLOT_PROC;
	TRY(plan_masks_null(p, e));
	TRY(plan_mounts_early(p, e));
	if (p->overlay->wanted) {
		TRY(plan_overlay_open(p, &layers, e));
		TRY(plan_overlay_mount(p, &layers, e));
	} else {
		TRY(append_tree(p, e));
	}
	op = plan_append(p, PLAN_root_enter, at, e, "root.path");
	if (op == NULL)
		return -ENOMEM;
	op->root_enter.tree = SLOT_ROOT;
	return append_propagate(p, e);
}

int plan_root(struct plan *p, struct err *e)
{
	struct plan_layers layers = { 0 };
	/* A root that shall hear of the host's mounts is cloned before the host's are cut off. */
	const bool early = (plan_root_propagation(p) & (MS_SHARED | MS_SLAVE)) != 0;

	if (p->root_alone)
		return append_alone(p, e);
	TRY(append_open_stage(p, e));
	TRY(append_open_shown(p, e));
	if (p->overlay->wanted)
		TRY(plan_overlay_open(p, &layers, e));
	else if (early)
		TRY(append_tree(p, e));
	if (!p->overlay->wanted && early && !plan_attr_late(p))
		TRY(append_slave(p, e));
	TRY(plan_mounts_early(p, e));
	TRY(append_propagate(p, e));
	if (!p->overlay->wanted && !early)
		TRY(append_tree(p, e));
	TRY(plan_become_root(p, p->config->os->uidMappings.at, e));
	if (p->overlay->wanted)
		TRY(plan_overlay_mount(p, &layers, e));
	TRY(plan_stage(p, p->config->root->path.at, "root.path", SLOT_ROOT, e));
	return !p->overlay->wanted && early && plan_attr_late(p) ? append_slave(p, e) : 0;
}

static int append_readonly_root(struct plan *p, struct err *e)
{
	const struct spec_bool *const ro = &p->config->root->readonly;
	const struct plan_attr a = { .tree = SLOT_ROOT,
		.set = MOUNT_ATTR_RDONLY,
		.words = "ro",
		.at = ro->at,
		.path = "root.readonly" };

	return ro->value ? plan_attr(p, &a, e) : 0;
}

int plan_late_readonly(struct plan *p, struct src_pos at, const char *path, int tree, struct err *e)
{
	struct plan_late *const late = arena_alloc(p->arena, sizeof(*late));

	if (late == NULL)
		return err_set(e, ENOMEM, at, "out of memory");
	*late = (struct plan_late){ p->late, at, path, tree };
	p->late = late;
	return 0;
}

static int append_late_readonly(struct plan *p, struct err *e)
{
	for (const struct plan_late *l = p->late; l != NULL; l = l->next) {
		const struct plan_attr a = { .tree = l->tree,
			.set = MOUNT_ATTR_RDONLY,
			.words = "ro",
			.at = l->at,
			.path = l->path };

		TRY(plan_attr(p, &a, e));
	}
	return 0;
}

int plan_root_finish(struct plan *p, struct err *e)
{
	const struct spec_enum *const propagation = &p->config->os->rootfsPropagation;
	struct plan_op *op;

	TRY(plan_cwd_make(p, e));
	TRY(append_late_readonly(p, e));
	TRY(append_readonly_root(p, e));
	if (!p->root_alone) {
		op = plan_append(p, p->options->no_pivot ? PLAN_move_root : PLAN_pivot,
			p->config->root->path.at, e, "root.path");
		if (op == NULL)
			return -ENOMEM;
		if (p->options->no_pivot)
			op->move_root.cover = p->in_user_ns;
	}
	if (!GIVEN(*propagation) || propagation->value == 0)
		return 0;
	op = plan_append(p, PLAN_root_propagation, propagation->at, e, "linux.rootfsPropagation");
	if (op == NULL)
		return -ENOMEM;
	op->root_propagation.flags = (uint64_t)propagation->value;
	op->root_propagation.word = spec_word_text(&spec_propagation, propagation->value);
	return 0;
}
