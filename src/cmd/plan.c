/* crun-lite plan */
#include "cmd/cmd.h"

#include "base/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FACTS_MAX = 8192
};

static int read_facts(struct cmd *c, char *buf, size_t size)
{
	struct err e = { 0 };
	const ssize_t rc = sys_read_text(AT_FDCWD, c->args->host, buf, size);

	if (rc >= 0)
		return 0;
	(void)err_sys(&e, (int)-rc, POS_NONE, "cannot read \"%s\"", c->args->host);
	return cmd_fail_usage(c, &e);
}

int cmd_plan(struct cmd *c)
{
	const char *const format = c->args->format_text != NULL ? c->args->format_text : "text";
	const bool json = strcmp(format, "json") == 0;
	char facts[FACTS_MAX] = "";
	struct err usage = { 0 };
	const struct crl_settings settings = cmd_settings(c);
	const struct crl_plan_options how = { .settings = &settings,
		.create = c->args->create,
		.json = json,
		.host_facts = c->args->host != NULL ? facts : NULL };
	struct crl_options o;
	struct crl_error e;
	const char *id;
	char *text;

	if (!json && strcmp(format, "text") != 0) {
		(void)err_set(&usage, EINVAL, POS_NONE, "option --format: expected text or json");
		return cmd_fail_usage(c, &usage);
	}
	if (cmd_options_of(c, &o) != 0)
		return 1;
	if (c->args->word_count > 0)
		o.bundle = c->args->words[0]; /* nothing is made, so there is no id to name */
	id = cmd_id_of(c, &o, c->args->id);
	if (id == NULL || (c->args->host != NULL && read_facts(c, facts, sizeof(facts)) != 0))
		return 1;
	if (crl_plan(id, &o, &how, &text, &e) < 0)
		return cmd_fail(c, &e);
	(void)fputs(text, stdout); /* looked at by fflush in main.c */
	if (json)
		(void)fputs("\n", stdout);
	free(text);
	return 0;
}
