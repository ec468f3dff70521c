/* Masked and read-only paths: what of /proc and /sys the container must not see or change. */
#include "plan/build.h"

#include "plan/attr.h"
#include "plan/paths.h"

#include <linux/mount.h>

int plan_masks_null(struct plan *p, struct err *e)
{
	struct plan_op *op;

	if (p->config->os->maskedPaths.count == 0)
		return 0;
	op = plan_append(p, PLAN_open_host, p->config->os->maskedPaths.at, e, "linux.maskedPaths");
	if (op == NULL)
		return -ENOMEM;
	op->open_host.path = "/dev/null";
	op->open_host.major = 1;
	op->open_host.minor = 3;
	op->open_host.clone = p->root_alone;
	op->open_host.into = SLOT_NULL;
	return 0;
}

static int append_sources(struct plan *p, struct src_pos at, struct err *e)
{
	static const char *const data[] = { NULL };
	struct plan_op *op;

	if (!p->root_alone)
		TRY(plan_masks_null(p, e));
	/* one empty file system serves all directories */
	op = plan_append(p, PLAN_new_fs, at, e, "linux.maskedPaths");
	if (op == NULL)
		return -ENOMEM;
	op->new_fs.type = "tmpfs";
	op->new_fs.source = "tmpfs";
	op->new_fs.data = plan_label_data(p, data);
	op->new_fs.attr =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	op->new_fs.into = SLOT_EMPTY;
	return op->new_fs.data != NULL ? 0 : err_set(e, ENOMEM, at, "out of memory");
}

/* Below our own /proc and /sys paths are taken from that very mount: somebody who may change the
 * image meanwhile could move what it is mounted on away from its name.
 * Returns what is left of the path there; NULL: it lies elsewhere. */
static const char *below_tree(const struct plan *p, const char *path, int *ret_at)
{
	*ret_at = SLOT_NONE;
	for (size_t i = 0; i < PLAN_KERNEL_TREES && !plan_path_climbs(path); i++) {
		const char *const below = plan_path_below(path, plan_kernel_trees[i]);

		if (p->tree_slots[i] == SLOT_NONE || below == NULL || *below == '\0')
			continue;
		*ret_at = p->tree_slots[i];
		return below;
	}
	return NULL;
}

static int append_readonly(struct plan *p, size_t i, struct err *e)
{
	const struct spec_str *const path = &p->config->os->readonlyPaths.items[i];
	struct plan_op *const op =
		plan_append(p, PLAN_readonly, path->at, e, "linux.readonlyPaths[%zu]", i);

	if (op == NULL)
		return -ENOMEM;
	op->readonly.path = path->value;
	op->readonly.below = below_tree(p, path->value, &op->readonly.at);
	op->readonly.late = plan_attr_late(p);
	return 0;
}

static int append_mask(struct plan *p, size_t i, struct err *e)
{
	const struct spec_str *const path = &p->config->os->maskedPaths.items[i];
	struct plan_op *const op =
		plan_append(p, PLAN_mask, path->at, e, "linux.maskedPaths[%zu]", i);

	if (op == NULL)
		return -ENOMEM;
	op->mask.path = path->value;
	op->mask.below = below_tree(p, path->value, &op->mask.at);
	op->mask.empty = SLOT_EMPTY;
	op->mask.null = SLOT_NULL;
	op->mask.late = plan_attr_late(p);
	return 0;
}

/* Masks first: a read-only path may lie above one, by whatever name, and takes it along. */
int plan_masks(struct plan *p, struct err *e)
{
	const struct spec_strings *const masked = &p->config->os->maskedPaths;

	if (masked->count > 0)
		TRY(append_sources(p, masked->at, e));
	for (size_t i = 0; i < masked->count; i++)
		TRY(append_mask(p, i, e));
	for (size_t i = 0; i < p->config->os->readonlyPaths.count; i++)
		TRY(append_readonly(p, i, e));
	return 0;
}
