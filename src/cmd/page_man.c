/* Help as the source of a manual page: man(7), "Preamble" and "Fonts". */
#include "cmd/page.h"

#include "crun-lite/crun-lite.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Text that the formatter shall not read as anything else. */
static void put(const char *text)
{
	if (*text == '.' || *text == '\'')
		(void)fputs("\\&", stdout); /* would be a request where a line begins */
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			(void)fputs("\\e", stdout);
		else if (*text == '-')
			(void)fputs("\\-", stdout); /* the ASCII one, to be copied */
		else
			(void)putchar(*text);
	}
}

static void put_upper(const char *text)
{
	for (; *text != '\0'; text++)
		(void)putchar(toupper((unsigned char)*text));
}

static void line(const char *request, const char *text)
{
	(void)printf("%s", request);
	put(text);
	(void)putchar('\n');
}

static void begin(const char *name, const char *what)
{
	(void)fputs(".TH \"", stdout);
	put_upper(name);
	(void)printf("\" 1 \"\" \"crun-lite %s\" \"User Commands\"\n.SH NAME\n", crl_version());
	put(name);
	(void)fputs(" \\- ", stdout);
	(void)putchar(tolower((unsigned char)what[0]));
	line("", what + 1);
}

static void section(const char *name)
{
	(void)fputs(".SH ", stdout);
	put_upper(name);
	(void)putchar('\n');
}

static void usage(const char *command, const char *arguments)
{
	section("Synopsis");
	(void)puts(".B crun\\-lite");
	(void)fputs("[\\fIGLOBAL OPTION\\fR]... ", stdout);
	if (command == NULL)
		(void)puts("\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...");
	else
		(void)printf("\\fB%s\\fR [\\fIOPTION\\fR]... ", command);
	if (command != NULL)
		line("", arguments);
}

static void text(const char *paragraph)
{
	line(".PP\n", paragraph);
}

static void item(const char *term, const char *what)
{
	line(".TP\n.B ", term);
	line("", what);
}

static void example(const char *command, const char *what)
{
	line(".PP\n", what);
	line(".PP\n.in +4n\n.EX\n", command);
	(void)puts(".EE\n.in");
}

static void end(void)
{
	const char *between = "";

	section("See also");
	(void)fputs(".nh\n.ad l\n\\fBcrun\\-lite\\fR(1)", stdout);
	for (enum cmd_name i = 0; i < CMD_COUNT; i++)
		if (cmd_command(i)->what != NULL)
			(void)printf(
				",\n\\fBcrun\\-lite\\-%s\\fR(1)%s", cmd_command(i)->name, between);
	(void)putchar('\n');
}

const struct page_form page_man = {
	.begin = begin,
	.section = section,
	.usage = usage,
	.text = text,
	.item = item,
	.example = example,
	.end = end,
};
