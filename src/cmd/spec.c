/* crun-lite spec */
#include "cmd/cmd.h"

int cmd_spec(struct cmd *c)
{
	struct crl_error e;

	return crl_spec(c->args->bundle, c->args->file, c->args->rootless_spec, &e) < 0
		       ? cmd_fail(c, &e)
		       : 0;
}
