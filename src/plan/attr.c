/* Attributes of mounts: see attr.h.  Decides by the kernel's version, and looks at no mount. */
#include "plan/attr.h"

enum {
	HAS_MOUNT_SETATTR = 5012
};

bool plan_attr_late(const struct plan *p)
{
	return p->host->kernel < HAS_MOUNT_SETATTR;
}

int plan_attr(struct plan *p, const struct plan_attr *a, struct err *e)
{
	struct plan_op *op;

	if (a->set == 0 && a->clear == 0 && a->propagation == 0)
		return 0;
	if (plan_attr_late(p) && a->recursive && (a->set != 0 || a->clear != 0)) {
		(void)err_set(e, ENOSYS, a->at,
			"%s: this kernel cannot set attributes of all mounts below (%s): "
			"Function not implemented",
			a->path, a->words);
		return err_hint(e, "it came with Linux 5.12");
	}
	op = plan_append(p, PLAN_set_attr, a->at, e, "%s", a->path);
	if (op == NULL)
		return -ENOMEM;
	op->set_attr.tree = a->tree;
	op->set_attr.words = a->words;
	op->set_attr.recursive = a->recursive;
	op->set_attr.set = a->set;
	op->set_attr.clear = a->clear;
	op->set_attr.propagation = a->propagation;
	op->set_attr.late = plan_attr_late(p);
	return 0;
}
