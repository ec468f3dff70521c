/* crun-lite delete */
#include "cmd/cmd.h"

static int delete_one(struct cmd *c, const char *id, const void *data)
{
	struct crl_error e;

	(void)data;
	return crl_delete(c->crl, id, c->args->force, &e) < 0 ? cmd_fail(c, &e) : 0;
}

int cmd_delete(struct cmd *c)
{
	return cmd_each(c, delete_one, NULL);
}
