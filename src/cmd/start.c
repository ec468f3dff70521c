/* crun-lite start */
#include "cmd/cmd.h"

int cmd_start(struct cmd *c)
{
	struct crl_error e;

	if (cmd_open(c) != 0)
		return 1;
	return crl_start(c->crl, c->args->words[0], &e) < 0 ? cmd_fail(c, &e) : 0;
}
