/* What the reader says when it refuses: the path of the value, what was expected, what was found.
 * Words are found for those alone that are kept, at most SPEC_FINDINGS_MAX, so it may be slow. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "spec/format.h"
#include "spec/reader.h"

enum {
	WORDS_SHOWN = 16
}; /* a longer list helps nobody */

struct line {
	char *text;
	size_t size, end;
};

static void add(struct line *l, const char *fmt, ...) PRINTF(2, 3);
static void add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->end, l->size - l->end, fmt, ap);
	va_end(ap);
	must(n >= 0);
	l->end += (size_t)n;
	if (l->end >= l->size)
		l->end = l->size - 1; /* cut */
}

/* The newest key of a frame: as a plain word where it is one. */
static void add_key(struct line *l, const struct reader *r, const struct frame *f, bool plain)
{
	char key[4 * TEXT_SHOWN], shown[TEXT_SHOWN];
	const char *const raw = r->lex.bytes + f->key + 1;
	const size_t len = lex_decode(key, sizeof(key), raw, f->key_size - 2);

	for (size_t i = 0; i < len; i++)
		if (!((key[i] | 0x20) >= 'a' && (key[i] | 0x20) <= 'z') &&
			!(key[i] >= '0' && key[i] <= '9') && key[i] != '_' && key[i] != '-')
			plain = false;
	(void)text_escape(shown, sizeof(shown), key, len);
	if (plain && len > 0)
		add(l, "%s%s", l->end > 0 ? "." : "", shown);
	else
		add(l, "[\"%s\"]", shown);
}

static void write_path(struct line *l, const struct reader *r, size_t depth)
{
	if (r->list != NULL)
		add(l, "%s", r->list->key);
	for (size_t i = 0; i < depth; i++) {
		const struct frame *const f = &r->frames[i];

		if (f->kind == FRAME_OBJECT && f->field != NULL)
			add(l, "%s%s", l->end > 0 ? "." : "", f->field->key);
		else if (f->kind == FRAME_LIST || f->kind == FRAME_ANY_LIST)
			add(l, "[%zu]", f->count - 1);
		else
			add_key(l, r, f, f->kind != FRAME_MAP);
	}
}

/* Counts what will not be kept. */
static bool is_counted(const struct reader *r, enum spec_severity severity)
{
	if (spec_report_keeps(r->report, severity))
		return false;
	spec_report_add(r->report, &(struct spec_finding){ .severity = severity });
	return true;
}

static void report(const struct reader *r, size_t depth, const struct spec_finding *f)
{
	char path[PATH_SHOWN] = "";
	struct line l = { path, sizeof(path), 0 };
	struct spec_finding with_path = *f;

	write_path(&l, r, depth);
	with_path.path = path;
	with_path.code = EINVAL;
	spec_report_add(r->report, &with_path);
}

void reader_refuse(
	const struct reader *r, const char *rule, size_t depth, struct src_pos at, const char *text)
{
	if (!is_counted(r, SPEC_ERROR))
		report(r, depth, &(struct spec_finding){ .rule = rule, .at = at, .text = text });
}

static const char *const expected[SPEC_KINDS] = {
	[SPEC_BOOL] = "true or false",
	[SPEC_ENUM] = "a string",
	[SPEC_STRINGS] = "a list of strings",
	[SPEC_UINTS] = "a list of whole numbers",
	[SPEC_ENUMS] = "a list of strings",
	[SPEC_OBJECT] = "an object",
	[SPEC_LIST] = "a list of objects",
	[SPEC_NAMED] = "an object",
	[SPEC_MAP] = "an object",
	[SPEC_FOREIGN_STRING] = "a string",
	[SPEC_FOREIGN_OBJECT] = "an object",
};

static void add_found(struct line *l, const struct token *t)
{
	char shown[TEXT_SHOWN];

	switch (t->kind) {
	case TOKEN_NULL:
		add(l, "null");
		return;
	case TOKEN_BOOL:
		add(l, t->value ? "true" : "false");
		return;
	case TOKEN_NUMBER:
		add(l, "%s", text_escape(shown, sizeof(shown), t->text, t->len));
		return;
	case TOKEN_STRING:
		add(l, "\"%s\"", text_escape(shown, sizeof(shown), t->text, t->len));
		return;
	case TOKEN_OBJECT:
		add(l, "an object");
		return;
	case TOKEN_LIST:
		add(l, "a list");
		return;
	}
}

/* The right type, yet not right: then it is the range or the form. */
static const char *rule_of(const struct slot *s, const struct token *t)
{
	const bool whole = t->kind == TOKEN_NUMBER && memchr(t->text, '.', t->len) == NULL &&
			   memchr(t->text, 'e', t->len) == NULL &&
			   memchr(t->text, 'E', t->len) == NULL;

	if (whole && (s->kind == SPEC_INT || s->kind == SPEC_UINT))
		return "range";
	return t->kind == TOKEN_STRING && s->kind == SPEC_STRING ? "format" : "type";
}

/* What runc's users look for in a message, in front of our own words. */
static void add_known(struct line *l, const struct spec_field *f)
{
	if (f == NULL)
		return;
	if (f->words == &spec_memory_policy_mode)
		add(l, "invalid memory policy mode: ");
	else if (f->words == &spec_memory_policy_flag)
		add(l, "invalid memory policy flag: ");
	else if (f->format == SPEC_FORMAT_nodes)
		add(l, "invalid memory policy node: ");
}

void reader_wrong(const struct reader *r, const struct slot *s, const struct token *t)
{
	char text[256];
	struct line l = { text, sizeof(text), 0 };

	if (is_counted(r, SPEC_ERROR))
		return;
	add_known(&l, s->field);
	add(&l, "expected ");
	if (s->kind == SPEC_INT)
		add(&l, "a whole number from %" PRId64 " to %" PRIu64, s->field->min,
			s->field->max);
	else if (s->kind == SPEC_UINT)
		add(&l, "a whole number from 0 to %" PRIu64, s->field->max);
	else if (s->kind == SPEC_STRING)
		add(&l, "%s",
			spec_format_words(s->field != NULL ? s->field->format : SPEC_FORMAT_any));
	else
		add(&l, "%s", expected[s->kind]);
	add(&l, ", found ");
	add_found(&l, t);
	reader_refuse(r, rule_of(s, t), r->depth, t->at, text);
	if (t->kind == TOKEN_NULL && s->field != NULL && s->field->presence == SPEC_OPTIONAL)
		spec_report_hint(r->report, "leave it out instead");
}

/* "NET_ADMIN" for "CAP_NET_ADMIN", "errno" for "SCMP_ACT_ERRNO" */
static bool is_end(const char *text, const char *word)
{
	const size_t len = strlen(text), whole = strlen(word);

	return len > 1 && len <= whole && strcasecmp(word + whole - len, text) == 0 &&
	       (len == whole || word[whole - len - 1] == '_');
}

static const struct spec_word *nearest(const struct spec_words *table, const char *text)
{
	const struct spec_word *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < table->count; i++) {
		const char *const word = table->words[i].text;
		const size_t distance = is_end(text, word) ? 0 : text_distance(text, word);

		if (distance < best_distance && text_is_near(distance, text)) {
			best = &table->words[i];
			best_distance = distance;
		}
	}
	return best;
}

void reader_no_word(const struct reader *r, const struct slot *s, const struct token *t)
{
	const struct spec_words *const table = s->field->words;
	const struct spec_word *near;
	char text[800], word[TEXT_SHOWN];
	struct line l = { text, sizeof(text), 0 };

	if (is_counted(r, SPEC_ERROR))
		return;
	add_known(&l, s->field);
	add_found(&l, t);
	add(&l, table->count > WORDS_SHOWN ? " is not known" : " is not one of: ");
	for (size_t i = 0, n = 0; table->count <= WORDS_SHOWN && i < table->count; i++)
		if (table->words[i].text[0] != '\0')
			add(&l, "%s%s", n++ > 0 ? ", " : "", table->words[i].text);
	reader_refuse(r, "word", r->depth, t->at, text);
	near = nearest(table, text_escape(word, sizeof(word), t->text, t->len));
	if (near != NULL && near->text[0] != '\0')
		spec_report_hint(r->report, "did you mean \"%s\"?", near->text);
	else if (table->count > WORDS_SHOWN)
		spec_report_hint(r->report, "words like \"%s\" are", table->words[0].text);
}

static const char *nearest_key(const struct spec_object *type, const char *key)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < type->count; i++) {
		const char *const k = type->fields[i].key;
		const size_t distance = k == NULL                 ? SIZE_MAX
					: strcasecmp(k, key) == 0 ? 0
								  : text_distance(key, k);

		if (distance < best_distance && text_is_near(distance, key)) {
			best = k;
			best_distance = distance;
		}
	}
	return best;
}

void reader_unknown(
	const struct reader *r, const struct spec_object *type, const char *key, size_t len)
{
	char shown[TEXT_SHOWN];
	const char *near;

	if (r->report->errors_only || is_counted(r, SPEC_WARNING))
		return;
	report(r, r->depth,
		&(struct spec_finding){ .severity = SPEC_WARNING,
			.rule = "unknown-key",
			.at = lex_pos(&r->lex),
			.text = "not a member that the specification knows: ignored" });
	near = nearest_key(type, text_escape(shown, sizeof(shown), key, len));
	if (near != NULL)
		spec_report_hint(r->report, "did you mean \"%s\"?", near);
}

void reader_foreign(const struct reader *r)
{
	if (r->report->errors_only || is_counted(r, SPEC_WARNING))
		return;
	report(r, r->depth,
		&(struct spec_finding){ .severity = SPEC_WARNING,
			.rule = "platform",
			.at = lex_pos(&r->lex),
			.text = "for another platform: ignored" });
}
