/* crun-lite kill */
#include "cmd/cmd.h"

#include "cmd/signal.h"

static int kill_one(struct cmd *c, const char *id, const void *data)
{
	const int *const signal = data;
	struct crl_error e;

	return crl_kill(c->crl, id, *signal, c->args->all, &e) < 0 ? cmd_fail(c, &e) : 0;
}

int cmd_kill(struct cmd *c)
{
	const char *const word = c->args->word_count > 1 ? c->args->words[1] : "TERM";
	struct err e = { 0 };
	int number;

	if (signal_of(word, &number, &e) < 0)
		return cmd_fail_usage(c, &e);
	return cmd_each(c, kill_one, &number);
}
