/* The hooks of the container's namespaces, run by its first process; the root shown to them. */
#include "child/hook.h"
#include "child/ops.h"

#include "base/sys.h"
#include "proto/proto.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int do_show_root(struct child *c, const struct plan_show_root *op)
{
	return sys_move_mount(c->slots[SLOT_ROOT], c->slots[op->at]);
}

int do_hook_inside(struct child *c, const struct plan_hook_inside *op)
{
	const struct hook_run h = {
		.program = op->program,
		.args = op->args,
		.env = op->env,
		.dir = op->dir,
		.timeout = op->timeout,
		.state = c->slots[op->state],
		.out = FD_NONE,
		.err = FD_NONE,
		.watch = c->sock, /* a runtime that is gone ends the hook, too */
		.close_singly = c->plan->close_singly,
		.fresh = op->dir != NULL,
	};
	struct plan_hook_end end;
	const int rc = hook_run(&h, &end);

	/* in a pid namespace of its own what a hook leaves behind is ours, not the program's */
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
	if (rc == 0) {
		child_report(c, &(struct proto_msg){ .kind = PROTO_DONE });
		return 0;
	}
	c->hook_failed = true;
	c->hook_error = end.error;
	c->hook_how = end.how;
	/* the end of it is what tells */
	(void)snprintf(c->detail, sizeof(c->detail), "%s",
		end.output + (strlen(end.output) < sizeof(c->detail)
					     ? 0
					     : strlen(end.output) - sizeof(c->detail) + 1));
	return end.error != 0 ? -end.error : -ECANCELED;
}
