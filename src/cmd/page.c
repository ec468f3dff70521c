/* A page of help, part by part, from spec/commands.def and spec/help.def. */
#include "cmd/page.h"

#include <stdio.h>
#include <string.h>

enum {
	WORD_MAX = 256,
	TERM_MAX = 128
};

/* A row of spec/help.def. */
struct row {
	enum cmd_name command;
	const char *term, *text;
};

static const struct row details[] = {
#define DETAIL(command, text) { CMD_##command, "", text },
#include "spec/help.def"
#undef DETAIL
};

static const struct row examples[] = {
#define EXAMPLE(command, line, what) { CMD_##command, line, what },
#include "spec/help.def"
#undef EXAMPLE
};

static const struct row statuses[] = {
#define STATUS(command, number, meaning) { CMD_##command, number, meaning },
#include "spec/help.def"
#undef STATUS
};

static const struct row variables[] = {
#define VARIABLE(name, text) { CMD_NONE, name, text },
#include "spec/help.def"
#undef VARIABLE
};

static const struct row places[] = {
#define PLACE(path, text) { CMD_NONE, path, text },
#include "spec/help.def"
#undef PLACE
};

struct rows {
	const struct row *rows;
	size_t count;
};

#define ROWS(array) ((struct rows){ array, ARRAY_LEN(array) })

static const struct {
	const char *name;
	const struct page_form *form;
} forms[] = { { "text", &page_text }, { "man", &page_man }, { "markdown", &page_markdown } };

const struct page_form *page_form_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strcmp(forms[i].name, name) == 0)
			return forms[i].form;
	return NULL;
}

void page_wrap(const struct page_lines *l, const char *text)
{
	size_t column = l->column;
	char word[WORD_MAX];
	bool first = true;

	while (*text != '\0') {
		const size_t len = strcspn(text, " ");
		const bool wrap = !first && column + 1 + len > l->columns;

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (wrap)
			(void)printf("\n%*s", (int)l->indent, "");
		else if (!first)
			(void)putchar(' ');
		column = (wrap ? l->indent : column + !first) + len;
		l->put(word, wrap || (first && l->column == 0));
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	(void)putchar('\n');
}

void page_usage(const char *command, const char *arguments)
{
	if (command == NULL)
		(void)puts("crun-lite [GLOBAL OPTION]... COMMAND [OPTION]... [ARGUMENT]...");
	else
		(void)printf("crun-lite [GLOBAL OPTION]... %s [OPTION]...%s%s\n", command,
			arguments[0] == '\0' ? "" : " ", arguments);
}

/* Those rows that are the command's, under a heading of their own if there are any. */
static void print_rows(const struct page_form *form, const char *section, struct rows r,
	enum cmd_name name, void (*print)(const char *term, const char *text))
{
	bool any = false;

	for (size_t i = 0; i < r.count; i++) {
		if (r.rows[i].command != name)
			continue;
		if (!any)
			form->section(section);
		any = true;
		print(r.rows[i].term, r.rows[i].text);
	}
}

static void print_option(const struct page_form *form, const struct cmd_option *o)
{
	const bool maybe = o->kind == KIND_MAYBE;
	char term[TERM_MAX], letter[8] = "";

	if (o->letter != '\0')
		(void)snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	(void)snprintf(term, sizeof(term), "%s--%s%s%s%s", letter, o->name,
		maybe ? "[=" : (o->value != NULL ? " " : ""), o->value != NULL ? o->value : "",
		maybe ? "]" : "");
	form->item(term, o->what);
}

static void print_options(const struct page_form *form, enum cmd_name name)
{
	size_t count;
	const struct cmd_option *const options = cmd_options(&count);

	form->section(name == CMD_NONE ? "Global options" : "Options");
	for (size_t i = 0; i < count; i++)
		if (cmd_option_is_for(&options[i], name) && options[i].what != NULL)
			print_option(form, &options[i]);
	if (name != CMD_NONE)
		form->item("-h, --help", "Print this");
}

static void print_commands(const struct page_form *form)
{
	form->section("Commands");
	for (enum cmd_name i = 0; i < CMD_COUNT; i++)
		if (cmd_command(i)->what != NULL)
			form->item(cmd_command(i)->name, cmd_command(i)->what);
}

void page_print(const struct page_form *form, enum cmd_name name)
{
	const struct cmd_command *const c = name == CMD_NONE ? NULL : cmd_command(name);
	char title[64];

	(void)snprintf(title, sizeof(title), "crun-lite%s%s", c == NULL ? "" : "-",
		c == NULL ? "" : c->name);
	form->begin(title, c == NULL ? "Run containers from OCI bundles" : c->what);
	form->usage(c == NULL ? NULL : c->name, c == NULL ? "" : c->arguments);
	form->section("Description");
	for (size_t i = 0; i < ARRAY_LEN(details); i++)
		if (details[i].command == name)
			form->text(details[i].text);
	if (c == NULL)
		print_commands(form);
	print_options(form, name);
	print_rows(form, "Exit status", ROWS(statuses), name, form->item);
	print_rows(form, "Environment", ROWS(variables), name, form->item);
	print_rows(form, "Files", ROWS(places), name, form->item);
	print_rows(form, "Examples", ROWS(examples), name, form->example);
	form->end();
}
