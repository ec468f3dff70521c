/* Help for a terminal. */
#include "cmd/cmd.h"
#include "cmd/page.h"

#include <stdio.h>
#include <string.h>

enum {
	COLUMNS_MIN = 60, /* narrower ones break lines themselves */
	COLUMNS_MAX = 100,
	COLUMNS_ELSEWHERE = 80,
	OPTION_COLUMNS = 28, /* a longer one has its text on the next line */
	TERM_COLUMNS = 10    /* of what is no option */
};

static size_t columns(void)
{
	const size_t wide = cmd_columns(COLUMNS_ELSEWHERE);

	if (wide < COLUMNS_MIN)
		return COLUMNS_MIN;
	return wide > COLUMNS_MAX ? COLUMNS_MAX : wide;
}

static void put(const char *word, bool begins)
{
	(void)begins;
	(void)fputs(word, stdout);
}

static void wrapped(size_t indent, const char *text)
{
	page_wrap(&(struct page_lines){ indent, indent, columns(), put }, text);
}

static void begin(const char *name, const char *what)
{
	(void)printf("%s: %s.\n\n", name, what);
}

static void section(const char *name)
{
	if (strcmp(name, "Description") != 0) /* the paragraphs speak for themselves */
		(void)printf("\n%s:\n", name);
}

static void usage(const char *command, const char *arguments)
{
	(void)fputs("Usage: ", stdout);
	page_usage(command, arguments);
}

static void text(const char *paragraph)
{
	(void)fputs("\n  ", stdout);
	wrapped(2, paragraph);
}

static void item(const char *term, const char *what)
{
	/* the long forms of options begin in one column, with a short one in front or without */
	const int shift = strncmp(term, "--", 2) == 0 ? 4 : 0;
	const int width = term[0] == '-' ? OPTION_COLUMNS : TERM_COLUMNS;
	const int used = 2 + shift + (int)strlen(term);
	const int gap = width + 4 - used;

	if (gap >= 2)
		(void)printf("  %*s%s%*s", shift, "", term, gap, "");
	else
		(void)printf("  %*s%s\n%*s", shift, "", term, width + 4, "");
	wrapped((size_t)width + 4, what);
}

static void example(const char *line, const char *what)
{
	(void)printf("  %s\n      ", line);
	wrapped(6, what);
}

static void end(void)
{
}

const struct page_form page_text = {
	.begin = begin,
	.section = section,
	.usage = usage,
	.text = text,
	.item = item,
	.example = example,
	.end = end,
};
