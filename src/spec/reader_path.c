/* What the reader says when it refuses: the path of the value, what was expected, what was found.
 * Only ever called once for a file, so it may be slow. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spec/reader.h"

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

int reader_fail(const struct reader *r, int code, size_t depth, struct src_pos at, const char *text)
{
	char path[PATH_SHOWN] = "";
	struct line l = { path, sizeof(path), 0 };

	write_path(&l, r, depth);
	return err_set(r->e, code, at, "%s%s%s", path, l.end > 0 ? ": " : "", text);
}

static const char *const expected[SPEC_KINDS] = {
	[SPEC_STRING] = "a string",
	[SPEC_BOOL] = "true or false",
	[SPEC_ENUM] = "a string",
	[SPEC_STRINGS] = "a list of strings",
	[SPEC_UINTS] = "a list of whole numbers",
	[SPEC_ENUMS] = "a list of strings",
	[SPEC_OBJECT] = "an object",
	[SPEC_LIST] = "a list of objects",
	[SPEC_NAMED] = "an object",
	[SPEC_MAP] = "an object",
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

int reader_wrong(const struct reader *r, const struct slot *s, const struct token *t)
{
	char text[256];
	struct line l = { text, sizeof(text), 0 };

	add(&l, "expected ");
	if (s->kind == SPEC_INT)
		add(&l, "a whole number from %" PRId64 " to %" PRIu64, s->field->min,
			s->field->max);
	else if (s->kind == SPEC_UINT)
		add(&l, "a whole number from 0 to %" PRIu64, s->field->max);
	else
		add(&l, "%s", expected[s->kind]);
	add(&l, ", found ");
	add_found(&l, t);
	(void)reader_fail(r, EINVAL, r->depth, t->at, text); /* returned below */
	if (t->kind == TOKEN_NULL && s->field != NULL && s->field->presence == SPEC_OPTIONAL)
		return err_hint(r->e, "leave it out instead");
	return -r->e->code;
}

static const struct spec_word *nearest(const struct spec_words *table, const char *text)
{
	const struct spec_word *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < table->count; i++) {
		const size_t distance = text_distance(text, table->words[i].text);

		if (distance < best_distance && text_is_near(distance, text)) {
			best = &table->words[i];
			best_distance = distance;
		}
	}
	return best;
}

int reader_no_word(const struct reader *r, const struct slot *s, const struct token *t)
{
	const struct spec_words *const table = s->field->words;
	const struct spec_word *near;
	char text[800], word[TEXT_SHOWN];
	struct line l = { text, sizeof(text), 0 };

	add_found(&l, t);
	add(&l, " is not one of: ");
	for (size_t i = 0, n = 0; i < table->count; i++)
		if (table->words[i].text[0] != '\0')
			add(&l, "%s%s", n++ > 0 ? ", " : "", table->words[i].text);
	(void)reader_fail(r, EINVAL, r->depth, t->at, text); /* returned below */
	near = nearest(table, text_escape(word, sizeof(word), t->text, t->len));
	if (near != NULL && near->text[0] != '\0')
		return err_hint(r->e, "did you mean \"%s\"?", near->text);
	return -r->e->code;
}

int reader_no_memory(const struct reader *r)
{
	return err_set(r->e, ENOMEM, lex_pos(&r->lex), "out of memory");
}
