/* Prints docs/config.md from the tables in spec/.  Says nothing of its own about any member. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/doc.h"

enum {
	PLACES = 512,
	FEW_WORDS = 4,
	COLUMNS = 100
};

/* Every member in every place, in order. */
struct page {
	const struct spec_doc *docs[PLACES];
	size_t count;
};

static int collect(const struct spec_doc *d, void *arg)
{
	struct page *const p = arg;

	if (p->count == PLACES)
		return -E2BIG;
	p->docs[p->count++] = d;
	return 0;
}

/* --- Markdown --------------------------------------------------------------------------------- */

static void put_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<') {
			(void)fputs("&lt;", stdout);
			continue;
		}
		if (strchr("*|[]", *text) != NULL)
			(void)putchar('\\');
		(void)putchar(*text);
	}
}

/* A number with a dot that begins a line would begin a list. */
static void put_word(const char *word, bool begins_line)
{
	const size_t digits = strspn(word, "0123456789");

	if (begins_line && digits > 0 && word[digits] == '.')
		(void)printf("%.*s\\%s", (int)digits, word, word + digits);
	else
		put_text(word);
}

/* The same in lines of at most 100 columns; later ones are indented as far as the list item above
 * wants it. */
static void put_wrapped(const char *text, size_t column, size_t indent)
{
	char word[256];

	while (*text != '\0') {
		const size_t len = strcspn(text, " ");
		const bool wrap = column + 1 + len > COLUMNS;

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (wrap)
			(void)printf("\n%*s", (int)indent, "");
		else if (column > 0)
			(void)putchar(' ');
		column = (wrap ? indent : column + (column > 0)) + len;
		put_word(word, wrap);
		text += len + (text[len] == ' ');
	}
}

static void put_code(const char *text)
{
	(void)printf("`%s`", text[0] == '\0' ? "\"\"" : text);
}

/* As GitHub makes it of a heading: letters, digits, '-' and '_', small; '-' for a blank. */
static void put_anchor(const char *heading)
{
	(void)putchar('#');
	for (; *heading != '\0'; heading++)
		if (isalnum((unsigned char)*heading) || strchr("-_", *heading) != NULL)
			(void)putchar(tolower((unsigned char)*heading));
		else if (*heading == ' ')
			(void)putchar('-');
}

static const char *heading_of(const struct spec_doc *d)
{
	return d->path[0] == '\0' ? "config.json as a whole" : d->path;
}

/* --- what a member may be --------------------------------------------------------------------- */

/* The first place that holds the same object: its section is there. */
static const struct spec_doc *section_of(const struct page *p, const struct spec_doc *d)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->docs[i]->object, d->object) == 0)
			return p->docs[i];
	return d;
}

static void put_words_title(const char *table)
{
	for (; *table != '\0'; table++)
		(void)putchar(*table == '_' ? ' ' : *table);
}

static void put_words_link(const struct spec_doc *d)
{
	(void)putchar('[');
	put_words_title(d->table);
	(void)fputs("](#words-", stdout);
	for (const char *c = d->table; *c != '\0'; c++)
		(void)putchar(*c == '_' ? '-' : *c);
	(void)putchar(')');
}

static void put_few_words(const struct spec_doc *d)
{
	for (size_t i = 0; i < d->word_count; i++) {
		if (i > 0)
			(void)fputs(i + 1 == d->word_count ? " or " : ", ", stdout);
		put_code(d->words[i].word);
	}
}

static void put_object_link(const struct page *p, const struct spec_doc *d)
{
	(void)printf("[%s](", d->type);
	put_anchor(heading_of(section_of(p, d)));
	(void)putchar(')');
}

static void put_type(const struct page *p, const struct spec_doc *d)
{
	const bool list = d->kind == SPEC_ENUMS;

	if (d->object[0] != '\0') {
		put_object_link(p, d);
	} else if (d->kind == SPEC_ENUM || list) {
		(void)fputs(list ? "list of " : "", stdout);
		if (d->word_count <= FEW_WORDS)
			put_few_words(d);
		else
			put_words_link(d);
	} else {
		if (d->kind != SPEC_STRING || d->format[0] == '\0')
			put_text(d->type);
		if (d->format[0] != '\0')
			(void)printf(
				"%s%s", d->kind == SPEC_STRINGS ? "; each is " : "", d->format);
		if (d->word_count > 0) {
			(void)fputs("; see ", stdout);
			put_words_link(d);
		}
	}
}

/* --- sections --------------------------------------------------------------------------------- */

static void put_row(const struct page *p, const struct spec_doc *d)
{
	(void)fputs("| ", stdout);
	put_code(d->key);
	(void)fputs(" | ", stdout);
	put_type(p, d);
	(void)fputs(d->required ? " | yes | " : " | | ", stdout);
	put_text(d->kernel);
	(void)printf("%s| %s%s|\n", d->kernel[0] == '\0' ? "" : " ", d->since,
		d->since[0] == '\0' ? "" : " ");
}

static void put_rules(const struct spec_doc *d)
{
	static const char *const severities[] = { "error", "warning", "lint" };

	for (size_t i = 0; i < d->rule_count; i++) {
		const struct spec_doc_rule *const r = &d->rules[i];

		(void)printf("  - *%s* `%s`:", severities[r->severity], r->name);
		put_wrapped(r->holds, strlen(severities[r->severity]) + strlen(r->name) + 9, 4);
		(void)putchar('\n');
	}
}

static void put_texts(const struct spec_doc *d)
{
	for (size_t i = 0; i < d->count; i++) {
		(void)fputs("- ", stdout);
		put_code(d->members[i].key);
		(void)putchar(':');
		put_wrapped(d->members[i].text, strlen(d->members[i].key) + 5, 2);
		(void)putchar('\n');
		put_rules(&d->members[i]);
	}
}

/* What the object is; where it stands in several places, those say. */
static void put_what(const struct page *p, const struct spec_doc *d)
{
	const struct spec_doc *same[PLACES];
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->docs[i]->object, d->object) == 0)
			same[count++] = p->docs[i];
	if (count == 1) {
		put_wrapped(d->text, 0, 0);
		(void)putchar('\n');
		return;
	}
	(void)puts("The same in:\n");
	for (size_t i = 0; i < count; i++)
		(void)printf("- `%s`\n", same[i]->path);
}

static void put_section(const struct page *p, const struct spec_doc *d)
{
	(void)printf("\n## %s\n\n", heading_of(d));
	put_what(p, d);
	(void)puts("\n| member | type | required | kernel interface | since |");
	(void)puts("| --- | --- | --- | --- | --- |");
	for (size_t i = 0; i < d->count; i++)
		put_row(p, &d->members[i]);
	(void)putchar('\n');
	put_texts(d);
}

static void put_words(const struct page *p, const struct spec_doc *d)
{
	size_t n = 0;

	(void)fputs("\n### Words: ", stdout);
	put_words_title(d->table);
	(void)fputs("\n\nIn ", stdout);
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->docs[i]->table, d->table) != 0)
			continue;
		(void)fputs(n++ == 0 ? "" : ", ", stdout);
		put_code(p->docs[i]->path);
	}
	(void)fputs(".\n\n| word | |\n| --- | --- |\n", stdout);
	for (size_t i = 0; i < d->word_count; i++) {
		(void)fputs("| ", stdout);
		put_code(d->words[i].word);
		(void)fputs(" | ", stdout);
		put_text(d->words[i].text);
		(void)fputs(" |\n", stdout);
	}
}

static bool is_first(const struct page *p, size_t index, size_t offset)
{
	const char *const name = *(const char *const *)((const char *)p->docs[index] + offset);

	if (name[0] == '\0')
		return false;
	for (size_t i = 0; i < index; i++)
		if (strcmp(*(const char *const *)((const char *)p->docs[i] + offset), name) == 0)
			return false;
	return true;
}

static void put_contents(const struct page *p)
{
	for (size_t i = 0; i < p->count; i++) {
		if (!is_first(p, i, offsetof(struct spec_doc, object)))
			continue;
		(void)printf("- [%s](", heading_of(p->docs[i]));
		put_anchor(heading_of(p->docs[i]));
		(void)puts(")");
	}
	(void)puts("- [Words](#words)");
}

static void put_page(const struct page *p)
{
	static const char intro[] =
		"# config.json\n"
		"\n"
		"Every member of a configuration, from runtime-spec 1.3, and what crun-lite does with\n"
		"it. `crun-lite check --explain PATH` tells the same of one member.\n"
		"\n"
		"This page is printed from `spec/config*.def`, `spec/enums.def`, `spec/capabilities.def`,\n"
		"`spec/mount_options.def`, `spec/sysctls.def`, `spec/annotations.def`, `spec/formats.def`\n"
		"and `spec/rules.def`: change those, then run `BUILD=build tests/docs/run --update`.\n"
		"\n"
		"- A path names a member: `[]` is any element of a list, `[\"NAME\"]` any name.\n"
		"- *since* is the first Linux that has the kernel interface; crun-lite itself needs 5.10.\n"
		"- Below a member stand the rules that hold for it, and what a breach is: an *error* (no\n"
		"  container is made), a *warning*, or, for `crun-lite check --lint`, a danger.\n"
		"- An optional string that is empty is as if not given.\n"
		"- Members that the specification does not have are ignored, as it asks; `crun-lite\n"
		"  check` tells of them.\n";

	(void)puts(intro);
	put_contents(p);
	for (size_t i = 0; i < p->count; i++)
		if (is_first(p, i, offsetof(struct spec_doc, object)))
			put_section(p, p->docs[i]);
	(void)puts("\n## Words");
	for (size_t i = 0; i < p->count; i++)
		if (is_first(p, i, offsetof(struct spec_doc, table)))
			put_words(p, p->docs[i]);
}

int main(void)
{
	AUTO_ARENA arena = { 0 };
	struct page p = { .count = 0 };
	const int rc = spec_doc_visit(&arena, collect, &p);

	if (rc < 0) {
		(void)fprintf(stderr, "config_page: %s\n", strerror(-rc));
		return 1;
	}
	put_page(&p);
	return fflush(stdout) == 0 ? 0 : 1;
}
