/* One member of the configuration, or one kind of finding, explained: the texts of src/spec/doc.h
 * as lines or as JSON.  Says nothing of its own about any of them. */
#include "lib/crl.h"

#include "base/json_out.h"
#include "base/text.h"
#include "plan/sentence.h"
#include "spec/doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	COLUMNS_MIN = 40,
	KEY_MAX = 24 /* a longer key has its text on a line of its own */
};

static const char *const severities[] = {
	[SPEC_ERROR] = "error",
	[SPEC_WARNING] = "warning",
	[SPEC_LINT] = "lint",
};

/* A page of text. */
struct page {
	struct sentence s;
	size_t columns;
};

/* --- text ------------------------------------------------------------------------------------- */

static void put_blanks(struct page *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sentence_put(&p->s, " ");
}

/* Words in lines.  The first is at `column` already, the others are indented. */
static void put_wrapped(struct page *p, const char *text, size_t column, size_t indent)
{
	char word[512];
	bool first = true;

	while (*text != '\0') {
		const size_t len = strcspn(text, " ");

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (!first && column + 1 + len > p->columns) {
			sentence_put(&p->s, "\n");
			put_blanks(p, indent);
			column = indent;
		} else if (!first) {
			sentence_put(&p->s, " ");
			column++;
		}
		sentence_put(&p->s, word);
		first = false;
		column += len;
		text += len + (text[len] == ' ');
	}
	sentence_put(&p->s, "\n");
}

/* "Kernel    cpu.weight"; nothing where there is nothing to say. */
static void put_fact(struct page *p, const char *name, const char *text)
{
	const size_t indent = 12;

	if (text[0] == '\0')
		return;
	sentence_format(&p->s, "  %-8s  ", name);
	put_wrapped(p, text, indent, indent);
}

/* "  key      text" */
static void put_row(struct page *p, const char *key, size_t width, const char *text)
{
	const size_t indent = width + 4;

	put_blanks(p, 2);
	sentence_put(&p->s, key);
	if (strlen(key) > width) {
		sentence_put(&p->s, "\n");
		put_blanks(p, indent);
	} else {
		put_blanks(p, width - strlen(key) + 2);
	}
	put_wrapped(p, text, indent, indent);
}

static size_t wider(size_t width, const char *key)
{
	const size_t len = strlen(key);

	return len > width && len <= KEY_MAX ? len : width;
}

/* Enumerations have their words below, with what they mean. */
static const char *type_of(const struct spec_doc *d)
{
	if (d->kind == SPEC_ENUM || (d->kind == SPEC_ENUMS && d->element))
		return "one of the words below";
	return d->kind == SPEC_ENUMS ? "list of the words below" : d->type;
}

/* The first sentence, in what is left of one line. */
static void put_member(struct page *p, const struct spec_doc *d, size_t width)
{
	const char *const need = d->required ? "required. " : "";
	const char *const end = strstr(d->text, ". ");
	const size_t taken = width + 4 + strlen(need);
	size_t len = end != NULL ? (size_t)(end - d->text) + 1 : strlen(d->text);
	char line[1024];

	if (taken + len > p->columns) {
		const size_t room = p->columns > taken + 3 ? p->columns - taken - 3 : 0;

		for (len = room < len ? room : len; len > 0 && d->text[len] != ' '; len--)
			;
		(void)snprintf(line, sizeof(line), "%s%.*s...", need, (int)len, d->text);
	} else {
		(void)snprintf(line, sizeof(line), "%s%.*s", need, (int)len, d->text);
	}
	put_row(p, d->key, width, line);
}

static void put_members(struct page *p, const struct spec_doc *d)
{
	size_t width = 0;

	if (d->count == 0)
		return;
	sentence_put(&p->s, "\nMembers:\n");
	for (size_t i = 0; i < d->count; i++)
		width = wider(width, d->members[i].key);
	for (size_t i = 0; i < d->count; i++)
		put_member(p, &d->members[i], width);
}

static void put_words(struct page *p, const struct spec_doc *d)
{
	size_t width = 0;

	if (d->word_count == 0)
		return;
	sentence_put(&p->s, "\nWords:\n");
	for (size_t i = 0; i < d->word_count; i++)
		width = wider(width, d->words[i].word);
	for (size_t i = 0; i < d->word_count; i++)
		put_row(p, d->words[i].word[0] == '\0' ? "\"\"" : d->words[i].word, width,
			d->words[i].text);
}

static void put_rules(struct page *p, const struct spec_doc *d)
{
	size_t width = 0;

	if (d->rule_count == 0)
		return;
	sentence_put(&p->s, "\nRules:\n");
	for (size_t i = 0; i < d->rule_count; i++)
		width = wider(width, d->rules[i].name);
	for (size_t i = 0; i < d->rule_count; i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), "%s: %s", severities[d->rules[i].severity],
			d->rules[i].holds);
		put_row(p, d->rules[i].name, width, text);
	}
}

static void put_doc(struct page *p, const struct spec_doc *d)
{
	char since[32];

	sentence_put(&p->s, d->path[0] != '\0' ? d->path : "config.json");
	sentence_put(&p->s, "\n\n");
	put_fact(p, "Type", type_of(d));
	put_fact(p, "Form", d->format);
	put_fact(p, "Required", d->required ? "yes" : "no");
	put_fact(p, "Kernel", d->kernel);
	(void)snprintf(since, sizeof(since), "Linux %s", d->since);
	put_fact(p, "Since", d->since[0] != '\0' ? since : "");
	sentence_put(&p->s, "\n");
	put_wrapped(p, d->text, 0, 0);
	put_members(p, d);
	put_words(p, d);
	put_rules(p, d);
}

static void put_rule(struct page *p, const struct spec_doc_rule *r)
{
	sentence_format(&p->s, "[%s]\n\n", r->name);
	put_fact(p, "Breach",
		r->severity == SPEC_LINT      ? "lint: allowed, and dangerous"
		: r->severity == SPEC_WARNING ? "warning: allowed, but hardly meant"
					      : "error: no container is made");
	put_fact(p, "Member", r->where);
	if (r->where[0] != '\0') {
		put_fact(p, "Holds", r->holds);
		return;
	}
	sentence_put(&p->s, "\n");
	put_wrapped(p, r->holds, 0, 0);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void json_some(struct json_out *j, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_text(j, key, text);
}

static void json_member(struct json_out *j, const struct spec_doc *d)
{
	json_text(j, "path", d->path);
	json_text(j, "type", d->type);
	json_bool(j, "required", d->required);
	json_some(j, "form", d->format);
	json_some(j, "kernel", d->kernel);
	json_some(j, "since", d->since);
	json_text(j, "text", d->text);
}

static void json_rule(struct json_out *j, const struct spec_doc_rule *r)
{
	json_text(j, "rule", r->name);
	json_text(j, "severity", severities[r->severity]);
	json_some(j, "member", r->where);
	json_text(j, "text", r->holds);
}

static void json_doc(struct json_out *j, const struct spec_doc *d)
{
	json_member(j, d);
	json_array(j, "members");
	for (size_t i = 0; i < d->count; i++) {
		json_object(j, NULL);
		json_member(j, &d->members[i]);
		json_end(j);
	}
	json_end(j);
	json_array(j, "words");
	for (size_t i = 0; i < d->word_count; i++) {
		json_object(j, NULL);
		json_text(j, "word", d->words[i].word);
		json_text(j, "text", d->words[i].text);
		json_end(j);
	}
	json_end(j);
	json_array(j, "rules");
	for (size_t i = 0; i < d->rule_count; i++) {
		json_object(j, NULL);
		json_rule(j, &d->rules[i]);
		json_end(j);
	}
	json_end(j);
}

/* --- both ------------------------------------------------------------------------------------- */

/* What was asked for: a rule, or with doc set a member. */
struct subject {
	struct spec_doc_rule rule;
	const struct spec_doc *doc;
};

static int find(const char *what, struct arena *arena, struct subject *ret, struct err *e)
{
	char shown[TEXT_SHOWN];
	int rc;

	if (strcmp(what, "config") == 0 || strcmp(what, "config.json") == 0)
		what = "";
	if (spec_doc_rule(what, &ret->rule))
		return 0;
	if (what[0] == '[') {
		(void)err_set(e, ENOENT, POS_NONE, "%s: there is no such rule",
			text_escape(shown, sizeof(shown), what, strlen(what)));
	} else {
		rc = spec_doc_find(what, arena, &ret->doc, e);
		if (rc == 0 || rc != -ENOENT || strpbrk(what, ".[") != NULL)
			return rc;
	}
	if (ret->rule.name != NULL && strstr(e->hint, "did you mean") == NULL) {
		e->hint[0] = '\0';
		return err_hint(e, "did you mean the rule %s?", ret->rule.name);
	}
	return -e->code;
}

static int as_json(const struct subject *s, char **ret, struct err *e)
{
	AUTO_JSON j = { .pretty = true };
	const char *text;
	size_t len;

	json_object(&j, NULL);
	if (s->doc != NULL)
		json_doc(&j, s->doc);
	else
		json_rule(&j, &s->rule);
	json_end(&j);
	TRY(json_finish(&j, &text, &len, e));
	*ret = strdup(text);
	return *ret != NULL ? 0 : err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static int as_text(
	const struct subject *s, unsigned columns, struct arena *arena, char **ret, struct err *e)
{
	struct page p = { .s = { .arena = arena },
		.columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns };

	if (s->doc != NULL)
		put_doc(&p, s->doc);
	else
		put_rule(&p, &s->rule);
	*ret = p.s.failed ? NULL : strdup(p.s.text);
	return *ret != NULL ? 0 : err_set(e, ENOMEM, POS_NONE, "out of memory");
}

int crl_explain(const char *what, unsigned columns, char **ret, struct crl_error *error)
{
	AUTO_ARENA arena = { 0 };
	struct subject s = { .doc = NULL };
	struct err e = { 0 };
	int rc = find(what, &arena, &s, &e);

	if (rc == 0)
		rc = columns == 0 ? as_json(&s, ret, &e) : as_text(&s, columns, &arena, ret, &e);
	return crl_fail(rc, &e, error);
}
