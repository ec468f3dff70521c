/* Values of the reader: which kind takes which token, and how it is stored.
 * One row of a table for each kind. */
#include <string.h>

#include "spec/format.h"
#include "spec/reader.h"

typedef int (*store_fn)(struct reader *r, const struct slot *s, const struct token *t);

/* Any value, whatever is in it. */
static int pass_any(struct reader *r, const struct token *t)
{
	if (t->kind == TOKEN_OBJECT)
		return reader_push(r, &(struct frame){ .kind = FRAME_ANY_OBJECT, .at = t->at });
	if (t->kind == TOKEN_LIST)
		return reader_push(r, &(struct frame){ .kind = FRAME_ANY_LIST, .at = t->at });
	return 0;
}

static int pass_foreign(struct reader *r, const struct slot *s, const struct token *t)
{
	(void)s;
	return pass_any(r, t);
}

static int refuse(struct reader *r, const struct slot *s, const struct token *t)
{
	reader_wrong(r, s, t);
	return pass_any(r, t);
}

/* Is any text right here? */
static bool is_free(const struct spec_field *f, const struct token *t)
{
	return f->format == SPEC_FORMAT_any ||
	       (t->len == 0 && f->kind == SPEC_STRING && f->presence == SPEC_OPTIONAL);
}

static int store_string(struct reader *r, const struct slot *s, const struct token *t)
{
	struct spec_str *const to = s->target;

	to->value = t->len == 0 ? "" : arena_text(r->arena, t->text, t->len);
	if (to->value == NULL)
		return -ENOMEM;
	to->at = t->at;
	if (!is_free(s->field, t) && !spec_format_is(s->field->format, to->value))
		reader_wrong(r, s, t);
	return 0;
}

static int store_bool(struct reader *r, const struct slot *s, const struct token *t)
{
	(void)r;
	*(struct spec_bool *)s->target = (struct spec_bool){ t->value, t->at };
	return 0;
}

/* Digits, with '-' before them if *ret_negative; no "-0", fraction or exponent. */
static bool parse_whole(const struct token *t, bool *ret_negative, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	*ret_negative = t->text[0] == '-';
	if (*ret_negative)
		i++;
	for (; i < t->len; i++) {
		if (t->text[i] < '0' || t->text[i] > '9' || __builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, (unsigned)(t->text[i] - '0'), &n))
			return false;
	}
	*ret = n;
	return !(*ret_negative && n == 0);
}

static int store_uint(struct reader *r, const struct slot *s, const struct token *t)
{
	bool negative;
	uint64_t n;

	if (!parse_whole(t, &negative, &n) || negative || n > s->field->max)
		return refuse(r, s, t);
	*(struct spec_uint *)s->target = (struct spec_uint){ n, t->at };
	return 0;
}

static int store_int(struct reader *r, const struct slot *s, const struct token *t)
{
	const uint64_t most = s->field->max;
	bool negative;
	int64_t value;
	uint64_t n;

	if (!parse_whole(t, &negative, &n) || n > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return refuse(r, s, t);
	value = negative ? -(int64_t)(n - 1) - 1 : (int64_t)n;
	if (value < s->field->min || (!negative && n > most))
		return refuse(r, s, t);
	*(struct spec_int *)s->target = (struct spec_int){ value, t->at };
	return 0;
}

static int store_enum(struct reader *r, const struct slot *s, const struct token *t)
{
	const struct spec_words *const table = s->field->words;

	for (size_t i = 0; i < table->count; i++) {
		const char *const word = table->words[i].text;

		if (strncmp(word, t->text, t->len) != 0 || word[t->len] != '\0')
			continue;
		*(struct spec_enum *)s->target =
			(struct spec_enum){ table->words[i].number, t->at };
		return 0;
	}
	reader_no_word(r, s, t);
	return 0;
}

static int open_object(struct reader *r, const struct slot *s, const struct token *t)
{
	void *target = s->target;

	if (!s->in_place) {
		target = arena_alloc(r->arena, s->type->size);
		if (target == NULL)
			return -ENOMEM;
		memcpy(s->target, &target, sizeof(target));
	}
	return reader_push(
		r, &(struct frame){
			   .kind = FRAME_OBJECT, .type = s->type, .target = target, .at = t->at });
}

static int open_list(struct reader *r, const struct slot *s, const struct token *t)
{
	return reader_push(r,
		&(struct frame){
			.kind = FRAME_LIST, .field = s->field, .target = s->target, .at = t->at });
}

static int open_map(struct reader *r, const struct slot *s, const struct token *t)
{
	return reader_push(r,
		&(struct frame){
			.kind = FRAME_MAP, .field = s->field, .target = s->target, .at = t->at });
}

static const struct {
	enum token_kind takes;
	store_fn store;
} kinds[SPEC_KINDS] = {
	[SPEC_STRING] = { TOKEN_STRING, store_string },
	[SPEC_BOOL] = { TOKEN_BOOL, store_bool },
	[SPEC_INT] = { TOKEN_NUMBER, store_int },
	[SPEC_UINT] = { TOKEN_NUMBER, store_uint },
	[SPEC_ENUM] = { TOKEN_STRING, store_enum },
	[SPEC_STRINGS] = { TOKEN_LIST, open_list },
	[SPEC_UINTS] = { TOKEN_LIST, open_list },
	[SPEC_ENUMS] = { TOKEN_LIST, open_list },
	[SPEC_OBJECT] = { TOKEN_OBJECT, open_object },
	[SPEC_LIST] = { TOKEN_LIST, open_list },
	[SPEC_NAMED] = { TOKEN_OBJECT, open_map },
	[SPEC_MAP] = { TOKEN_OBJECT, open_map },
	[SPEC_FOREIGN_STRING] = { TOKEN_STRING, pass_foreign },
	[SPEC_FOREIGN_OBJECT] = { TOKEN_OBJECT, pass_foreign },
};

int reader_store(struct reader *r, const struct slot *s, const struct token *t)
{
	if (s->kind == SPEC_ANY)
		return pass_any(r, t);
	if (t->kind != kinds[s->kind].takes)
		return refuse(r, s, t);
	return kinds[s->kind].store(r, s, t);
}
