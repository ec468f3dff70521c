/* crun-lite run */
#include "cmd/cmd.h"

int cmd_run(struct cmd *c)
{
	struct crl_options o;
	struct crl_error e;
	const char *id;
	int status = 0, rc;

	if (cmd_options_of(c, &o) != 0)
		return 1;
	id = cmd_id_of(c, &o, c->args->word_count > 0 ? c->args->words[0] : NULL);
	if (id == NULL || cmd_open(c) != 0)
		return 1;
	if (c->args->detach)
		rc = crl_run_detached(c->crl, id, &o, &e);
	else
		rc = crl_run(c->crl, id, &o, &status, &e);
	return rc < 0 ? cmd_fail(c, &e) : status;
}
