/* crun-lite kill */
#include "cmd/cmd.h"

#include "cmd/signal.h"

int cmd_kill(struct cmd *c)
{
	const char *const word = c->args->word_count > 1 ? c->args->words[1] : "TERM";
	struct crl_error public;
	struct err e = { 0 };
	int number;

	if (signal_of(word, &number, &e) < 0)
		return cmd_fail_usage(c, &e);
	if (cmd_open(c) != 0)
		return 1;
	return crl_kill(c->crl, c->args->words[0], number, c->args->all, &public) < 0
		       ? cmd_fail(c, &public)
		       : 0;
}
