/* Help: no command is without words, and no words are without a command that is shown. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "cmd/args.h"
#include "cmd/page.h"

static const struct row {
	enum cmd_name command;
	const char *text;
} rows[] = {
#define DETAIL(command, text) { CMD_##command, text },
#include "spec/help.def"
#undef DETAIL
},
  examples[] = {
#define EXAMPLE(command, line, what) { CMD_##command, line },
#include "spec/help.def"
#undef EXAMPLE
  };

static size_t count(const struct row *all, size_t size, enum cmd_name name)
{
	size_t found = 0;

	for (size_t i = 0; i < size; i++)
		found += all[i].command == name;
	return found;
}

Test(help, every_command_has_words)
{
	for (enum cmd_name i = 0; i <= CMD_NONE; i++) {
		if (i != CMD_NONE && cmd_command(i)->what == NULL)
			continue;
		cr_expect(gt(sz, count(rows, ARRAY_LEN(rows), i), 0), "DETAIL of %s",
			i == CMD_NONE ? "NONE" : cmd_command(i)->name);
		cr_expect(gt(sz, count(examples, ARRAY_LEN(examples), i), 0), "EXAMPLE of %s",
			i == CMD_NONE ? "NONE" : cmd_command(i)->name);
	}
}

/* An example is a command line that the parser takes. */
Test(help, examples_are_command_lines)
{
	for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
		char line[256], *argv[32];
		size_t argc = 0;
		struct cmd_args args;
		struct err e = { 0 };

		(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(examples[i].text, "&|<>"),
			examples[i].text);
		for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
			argv[argc++] = word;
		argv[argc] = NULL;
		cr_expect(eq(str, argv[0], "crun-lite"));
		cr_expect(
			eq(int, cmd_parse(argv, &args, &e), 0), "%s: %s", examples[i].text, e.text);
		if (examples[i].command != CMD_NONE)
			cr_expect(eq(int, (int)args.command, (int)examples[i].command), "%s",
				examples[i].text);
	}
}
