/* --pidfd-socket: whoever listens there gets a descriptor of the process. */
#include "plan/build.h"

int plan_pidfd_connect(struct plan *p, struct err *e)
{
	const char *const path = p->options->pidfd_socket;
	struct plan_op *op;

	if (path == NULL)
		return 0;
	op = plan_append(p, PLAN_pidfd_connect, POS_NONE, e, "--pidfd-socket");
	if (op == NULL)
		return -ENOMEM;
	op->pidfd_connect.path = path;
	op->pidfd_connect.into = p->pidfd_slot = plan_slot_new(p);
	return 0;
}

int plan_pidfd_send(struct plan *p, struct err *e)
{
	struct plan_op *op;

	if (p->pidfd_slot == SLOT_NONE)
		return 0;
	op = plan_append(p, PLAN_pidfd_send, POS_NONE, e, "--pidfd-socket");
	if (op == NULL)
		return -ENOMEM;
	/* as runc says which one it is */
	op->pidfd_send.word = p->target_slot == SLOT_NONE ? "standard" : "setns";
	op->pidfd_send.socket = p->pidfd_slot;
	return 0;
}
