/* Commands of the other runtimes that this version does not have, said in words that nobody takes
 * for a misspelt command. */
#include "cmd/cmd.h"

static int later(struct cmd *c)
{
	const char *const name = cmd_command(c->args->command)->name;
	struct err e = { 0 };

	(void)err_set(&e, ENOTSUP, POS_NONE,
		"%s: this version of crun-lite has no checkpoints: Operation not supported", name);
	(void)err_hint(&e, "runc and crun have them, with CRIU");
	return cmd_fail_usage(c, &e);
}

int cmd_checkpoint(struct cmd *c)
{
	return later(c);
}

int cmd_restore(struct cmd *c)
{
	return later(c);
}
