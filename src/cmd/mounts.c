/* crun-lite mounts */
#include "cmd/cmd.h"

#include "crun-lite/mounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(struct cmd *c, const char *what)
{
	struct err e = { 0 };

	(void)err_set(&e, EINVAL, POS_NONE, "%s", what);
	return cmd_fail_usage(c, &e);
}

static int print_plan(struct cmd *c, const struct crl_mounts_options *o)
{
	struct crl_error e;
	char *text;

	if (crl_mounts_plan(c->crl, c->args->words[1], o, &text, &e) < 0)
		return cmd_fail(c, &e);
	(void)fputs(text, stdout); /* looked at by fflush in main.c */
	if (o->json)
		(void)fputs("\n", stdout);
	free(text);
	return 0;
}

int cmd_mounts(struct cmd *c)
{
	const char *const what = c->args->words[0], *const id = c->args->words[1];
	const char *const format = c->args->format_text != NULL ? c->args->format_text : "text";
	const struct crl_mounts_options o = { .file = c->args->words[2],
		.remove = strcmp(what, "remove") == 0,
		.json = strcmp(format, "json") == 0 };
	struct crl_error e;

	if (!o.remove && strcmp(what, "add") != 0)
		return usage(c, "mounts: expected add or remove");
	if (!o.json && strcmp(format, "text") != 0)
		return usage(c, "option --format: expected text or json");
	c->log.config = strcmp(o.file, "-") == 0 ? "standard input" : o.file;
	if (cmd_open(c) != 0)
		return 1;
	if (c->args->dry_run)
		return print_plan(c, &o);
	if ((o.remove ? crl_mounts_remove : crl_mounts_add)(c->crl, id, &o, &e) < 0)
		return cmd_fail(c, &e);
	return 0;
}
