/* crun-lite delete */
#include "cmd/cmd.h"

int cmd_delete(struct cmd *c)
{
	struct crl_error e;

	if (cmd_open(c) != 0)
		return 1;
	return crl_delete(c->crl, c->args->words[0], c->args->force, &e) < 0 ? cmd_fail(c, &e) : 0;
}
