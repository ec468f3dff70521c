/* crun-lite help: made of the tables of spec/commands.def. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

enum {
	COLUMN = 28
};

static void print_option(const struct cmd_option *o)
{
	char left[96], letter[8] = "    ";

	if (o->what == NULL)
		return;
	if (o->letter != '\0')
		(void)snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	(void)snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, o->name,
		o->kind == KIND_VALUE || o->kind == KIND_LIST ? " "
							      : (o->kind == KIND_MAYBE ? "[=" : ""),
		o->value != NULL ? o->value : "", o->kind == KIND_MAYBE ? "]" : "");
	(void)printf("  %-*s  %s\n", COLUMN, left, o->what);
}

static void print_options(enum cmd_name command)
{
	size_t count;
	const struct cmd_option *const options = cmd_options(&count);

	for (size_t i = 0; i < count; i++)
		if (cmd_option_is_for(&options[i], command))
			print_option(&options[i]);
}

static void print_command(enum cmd_name name)
{
	const struct cmd_command *const command = cmd_command(name);

	(void)printf("Usage: crun-lite [GLOBAL OPTION]... %s [OPTION]... %s\n\n%s.\n\nOptions:\n",
		command->name, command->arguments, command->what);
	print_options(name);
	(void)printf("  %-*s  %s\n", COLUMN, "-h, --help", "Print this");
}

static void print_all(void)
{
	(void)printf("Usage: crun-lite [GLOBAL OPTION]... COMMAND [OPTION]... [ARGUMENT]...\n\n"
		     "Runs containers from OCI bundles.\n\nCommands:\n");
	for (enum cmd_name i = 0; i < CMD_COUNT; i++)
		(void)printf("  %-10s %s\n", cmd_command(i)->name, cmd_command(i)->what);
	(void)printf("\nGlobal options:\n");
	print_options(CMD_NONE);
}

int cmd_help(struct cmd *c)
{
	enum cmd_name name = c->args->command;
	struct err e = { 0 };

	if (name == CMD_NONE && !c->args->global.help) {
		print_all();
		return 1; /* a command was asked for, and none was given */
	}
	if (name == CMD_help && c->args->word_count == 0)
		name = CMD_NONE;
	for (enum cmd_name i = 0; name == CMD_help && i < CMD_COUNT; i++)
		if (strcmp(cmd_command(i)->name, c->args->words[0]) == 0)
			name = i;
	if (name == CMD_help && strcmp(c->args->words[0], "help") != 0) {
		(void)err_set(&e, EINVAL, POS_NONE, "help: there is no such command");
		return cmd_fail_usage(c, &e);
	}
	if (name == CMD_NONE)
		print_all();
	else
		print_command(name);
	return 0;
}
