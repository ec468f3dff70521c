/* Help as docs/cli.md has it. */
#include "cmd/page.h"

#include <stdio.h>
#include <string.h>

enum {
	COLUMNS = 100
};

static void put_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("*_|[]<`", *text) != NULL)
			(void)putchar('\\');
		(void)putchar(*text);
	}
}

/* A number with a dot, or a dash, would begin a list where a line begins. */
static void put(const char *word, bool begins)
{
	const size_t digits = strspn(word, "0123456789");

	if (begins && ((digits > 0 && word[digits] == '.') || strcmp(word, "-") == 0 ||
			      word[0] == '#' || word[0] == '+'))
		(void)putchar('\\');
	put_plain(word);
}

static void begin(const char *name, const char *what)
{
	if (strchr(name, '-') == strrchr(name, '-'))
		(void)puts("# The command line");
	else
		(void)printf("\n## %s\n\n%s.\n", strrchr(name, '-') + 1, what);
}

static void section(const char *name)
{
	if (strcmp(name, "Description") != 0)
		(void)printf("\n### %s\n\n", name);
}

static void usage(const char *command, const char *arguments)
{
	(void)fputs("\n    ", stdout);
	page_usage(command, arguments);
}

static void text(const char *paragraph)
{
	(void)putchar('\n');
	page_wrap(&(struct page_lines){ 0, 0, COLUMNS, put }, paragraph);
}

static void item(const char *term, const char *what)
{
	(void)printf("- `%s`: ", term);
	page_wrap(&(struct page_lines){ strlen(term) + 6, 2, COLUMNS, put }, what);
}

static void example(const char *line, const char *what)
{
	(void)printf("- ");
	page_wrap(&(struct page_lines){ 2, 2, COLUMNS, put }, what);
	(void)printf("\n      %s\n\n", line);
}

static void end(void)
{
}

const struct page_form page_markdown = {
	.begin = begin,
	.section = section,
	.usage = usage,
	.text = text,
	.item = item,
	.example = example,
	.end = end,
};
