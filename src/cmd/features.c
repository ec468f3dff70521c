/* crun-lite features */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

int cmd_features(struct cmd *c)
{
	struct crl_error e;
	char *text;

	if (crl_features(&text, &e) < 0)
		return cmd_fail(c, &e);
	(void)printf("%s\n", text); /* looked at by fflush in main.c */
	free(text);
	return 0;
}
