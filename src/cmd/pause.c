/* crun-lite pause */
#include "cmd/cmd.h"

int cmd_pause(struct cmd *c)
{
	struct crl_error e;

	if (cmd_open(c) != 0)
		return 1;
	return crl_pause(c->crl, c->args->words[0], &e) < 0 ? cmd_fail(c, &e) : 0;
}
