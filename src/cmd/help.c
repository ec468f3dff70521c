/* crun-lite help, and --help of every command. */
#include "cmd/cmd.h"

#include "cmd/page.h"

#include <stdio.h>
#include <string.h>

/* docs/cli.md is made of this: every page, that of the program first. */
static void print_all(const struct page_form *form)
{
	page_print(form, CMD_NONE);
	for (enum cmd_name i = 0; i < CMD_COUNT; i++)
		if (cmd_command(i)->what != NULL)
			page_print(form, i);
}

int cmd_help(struct cmd *c)
{
	const bool asked = c->args->command == CMD_help && !c->args->global.help;
	const char *const name =
		asked && c->args->page_format != NULL ? c->args->page_format : "text";
	const struct page_form *const form = page_form_of(name);
	enum cmd_name page = asked ? CMD_NONE : c->args->command;
	struct err e = { 0 };

	if (form == NULL)
		(void)err_set(
			&e, EINVAL, POS_NONE, "option --format: expected text, man or markdown");
	if (form == NULL ||
		(asked && c->args->word_count > 0 && cmd_find(c->args->words[0], &page, &e) < 0))
		return cmd_fail_usage(c, &e);
	if (asked && c->args->pages)
		print_all(form);
	else
		page_print(form, page);
	/* a command was asked for, and none was given */
	return c->args->command == CMD_NONE && !c->args->global.help ? 1 : 0;
}
