/* crun-lite state */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

int cmd_state(struct cmd *c)
{
	struct crl_error e;
	char *text;

	if (cmd_open(c) != 0)
		return 1;
	if (crl_state(c->crl, c->args->words[0], &text, &e) < 0)
		return cmd_fail(c, &e);
	(void)puts(text); /* looked at by fflush in main.c */
	free(text);
	return 0;
}
