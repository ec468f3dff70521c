/* Where an entry of mounts[] is mounted.  Decides nothing of what it is: mounts.c does. */
#include "plan/mount_job.h"

#include "base/text.h"
#include "plan/build.h"
#include "plan/mount_kind.h"
#include "plan/paths.h"

#include <string.h>

const char *const plan_kernel_trees[PLAN_KERNEL_TREES] = { "proc", "sys" };

struct plan_op *mount_append(
	struct plan *p, const struct mount_job *j, enum plan_kind kind, struct err *e)
{
	return plan_append(p, kind, j->m->at, e, "%s", j->path);
}

int mount_refuse(
	const struct mount_job *j, int code, struct src_pos at, const char *why, struct err *e)
{
	const char *const destination = j->m->destination.value;
	char shown[TEXT_PATH_SHOWN];

	return err_set(e, code, at, "mounts[%zu] (%s): %s", j->index,
		text_escape(shown, sizeof(shown), destination, strlen(destination)), why);
}

static bool mounted_before(const struct plan *p, const struct mount_job *j)
{
	for (size_t i = 0; i < j->index; i++)
		if (strcmp(p->config->mounts.items[i].destination.value, j->m->destination.value) ==
			0)
			return true;
	return false;
}

const char *mount_dev_name(const struct plan *p, const struct mount_job *j)
{
	const char *const destination = j->m->destination.value;
	const char *const name = destination + strlen("/dev/");

	if (p->dev_slot == SLOT_NONE || p->dev_is_copy || j->o.bind ||
		strncmp(destination, "/dev/", strlen("/dev/")) != 0 || mounted_before(p, j))
		return NULL;
	return name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ? NULL : name;
}

static int append_attach_dev(
	struct plan *p, const struct mount_job *j, const char *name, bool keep, struct err *e)
{
	struct plan_op *const op = mount_append(p, j, PLAN_attach_dev, e);

	if (op == NULL)
		return -ENOMEM;
	op->attach_dev.name = name;
	op->attach_dev.tree = j->tree;
	op->attach_dev.at = p->dev_slot;
	op->attach_dev.how = keep ? ATTACH_KEEP : 0u;
	return 0;
}

bool mount_any_below(const struct spec_strings *paths, const char *dir)
{
	for (size_t i = 0; i < paths->count; i++) {
		const char *const below = plan_path_below(paths->items[i].value, dir);

		if (below != NULL && *below != '\0')
			return true;
	}
	return false;
}

int mount_tree_slot(struct plan *p, bool alone)
{
	return alone || p->hot ? plan_slot_new(p) : SLOT_TREE;
}

int *mount_kept_slot(struct plan *p, const struct mount_job *j)
{
	const struct spec_linux *const os = p->config->os;

	for (size_t i = 0; i < ARRAY_LEN(plan_kernel_trees) && !p->hot; i++)
		if (plan_path_is(j->m->destination.value, plan_kernel_trees[i]) &&
			(mount_any_below(&os->maskedPaths, plan_kernel_trees[i]) ||
				mount_any_below(&os->readonlyPaths, plan_kernel_trees[i])))
			return &p->tree_slots[i];
	return NULL;
}

bool mount_covers_root(const struct spec_mount *m)
{
	for (size_t i = 0; i < m->options.count; i++)
		if (strcmp(m->options.items[i].value, "remount") == 0)
			return false;
	return plan_path_is(m->destination.value, "");
}

/* What was mounted before is out of sight: devices and masks go by what is seen. */
static int append_cover_root(struct plan *p, const struct mount_job *j, bool keep, struct err *e)
{
	struct plan_op *const op = mount_append(p, j, PLAN_cover_root, e);

	if (op == NULL)
		return -ENOMEM;
	op->cover_root.tree = j->tree;
	op->cover_root.take_mode = mount_is_type(j->m, "tmpfs") && !j->o.has_mode;
	op->cover_root.keep = keep;
	p->dev_slot = p->pts_slot = SLOT_NONE;
	p->dev_is_copy = false;
	for (size_t i = 0; i < ARRAY_LEN(p->tree_slots); i++)
		p->tree_slots[i] = SLOT_NONE;
	return 0;
}

int mount_attach(struct plan *p, const struct mount_job *j, bool keep, struct err *e)
{
	const char *const destination = j->m->destination.value;
	const bool proc = plan_path_is(destination, "proc");
	struct plan_op *op;

	if (j->o.bind && proc) {
		op = mount_append(p, j, PLAN_check_proc, e);
		if (op == NULL)
			return -ENOMEM;
		op->check_proc.tree = j->tree;
		op->check_proc.path = j->m->source.value;
	}
	if (mount_covers_root(j->m))
		return append_cover_root(p, j, keep, e);
	if (mount_dev_name(p, j) != NULL)
		return append_attach_dev(p, j, mount_dev_name(p, j), keep, e);
	op = mount_append(p, j, PLAN_attach, e);
	if (op == NULL)
		return -ENOMEM;
	op->attach.path = destination;
	op->attach.tree = j->tree;
	op->attach.how =
		(mount_is_type(j->m, "proc") || mount_is_type(j->m, "sysfs") ? ATTACH_PLAIN_DIR
									     : 0u) |
		(proc || plan_may_cover_proc(plan_path_below(destination, "proc"))
				? ATTACH_OVER_PROC
				: 0u) |
		(mount_is_type(j->m, "tmpfs") && !j->o.has_mode ? ATTACH_TAKE_MODE : 0u) |
		((j->o.special & MOUNT_TARGET_NOFOLLOW) != 0 ? ATTACH_NOFOLLOW : 0u) |
		((j->o.special & MOUNT_COPY_LINK) != 0 ? ATTACH_COPY_LINK : 0u) |
		(j->readonly ? ATTACH_READONLY : 0u) |
		(p->hot || plan_path_climbs(destination) ? ATTACH_UNSURE : 0u) |
		(p->hot || keep ? ATTACH_KEEP : 0u);
	return 0;
}
