/* Masked and read-only paths: what of /proc and /sys the container must not see or change. */
#include "plan/build.h"

#include "plan/attr.h"

#include <linux/mount.h>

static int append_sources(struct plan *p, struct src_pos at, struct err *e)
{
	static const char *const data[] = { NULL };
	struct plan_op *op = plan_append(p, PLAN_open_host, at, e, "linux.maskedPaths");

	if (op == NULL)
		return -ENOMEM;
	op->open_host.path = "/dev/null";
	op->open_host.major = 1;
	op->open_host.minor = 3;
	op->open_host.into = SLOT_NULL;
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

int plan_masks(struct plan *p, struct err *e)
{
	const struct spec_strings *const masked = &p->config->os->maskedPaths;
	const struct spec_strings *const readonly = &p->config->os->readonlyPaths;
	struct plan_op *op;

	for (size_t i = 0; i < readonly->count; i++) {
		op = plan_append(
			p, PLAN_readonly, readonly->items[i].at, e, "linux.readonlyPaths[%zu]", i);
		if (op == NULL)
			return -ENOMEM;
		op->readonly.path = readonly->items[i].value;
		op->readonly.late = plan_attr_late(p);
	}
	if (masked->count > 0)
		TRY(append_sources(p, masked->at, e));
	for (size_t i = 0; i < masked->count; i++) {
		op = plan_append(p, PLAN_mask, masked->items[i].at, e, "linux.maskedPaths[%zu]", i);
		if (op == NULL)
			return -ENOMEM;
		op->mask.path = masked->items[i].value;
		op->mask.empty = SLOT_EMPTY;
		op->mask.null = SLOT_NULL;
		op->mask.late = plan_attr_late(p);
	}
	return 0;
}
