/* crun-lite create */
#include "cmd/cmd.h"

int cmd_create(struct cmd *c)
{
	struct crl_options o;
	struct crl_error e;

	if (cmd_options_of(c, &o) != 0 || cmd_id_of(c, &o, NULL) == NULL || cmd_open(c) != 0)
		return 1;
	/* the word is always the id here, as with the other runtimes */
	return crl_create(c->crl, c->args->words[0], &o, &e) < 0 ? cmd_fail(c, &e) : 0;
}
