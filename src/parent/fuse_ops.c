/* The operations by which fuse-overlayfs comes to serve a container's root; see fuse.h. */
#include "parent/fuse.h"
#include "parent/ops.h"
#include "plan/explain.h"

int parent_fuse_start(struct parent *p, const struct plan_fuse_serve *op, int device, struct err *e)
{
	const struct fuse_job job = {
		.program = op->program,
		.name = op->name,
		.lower = op->lower,
		.dir = op->dir,
		.memory = op->dir == NULL,
		.size = op->size,
		.most = op->most,
		.users = op->users != 0 ? p->pid : 0,
		.device = device,
	};
	char detail[FUSE_SAID_SIZE];
	int rc;

	if (op->users != 0) {
		p->fuse_users = parent_open_userns(p->pid);
		TRY(p->fuse_users);
	}
	rc = fuse_start(&job, &p->fuse, detail);
	return rc < 0 ? plan_explain(p->plan, p->next, -rc, detail, e) : 0;
}

int parent_fuse_explain(struct parent *p, int rc, struct err *e)
{
	char said[FUSE_SAID_SIZE];

	fuse_last_words(&p->fuse, said);
	return plan_explain(p->plan, p->next, -rc, said, e);
}
