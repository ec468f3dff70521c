/* The record as text.  Touches no file. */
#include "state/record.h"

#include "state/form.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Where the text goes; room() has seen to it that all of it fits. */
struct out {
	char *at, *end;
};

uint64_t state_sum(const char *text, size_t size)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return sum;
}

uint64_t state_sum_fast(const char *text, size_t size)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325), word;

	for (; size >= sizeof(word); text += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x100000001b3);
	}
	word = 0;
	if (size > 0)
		memcpy(&word, text, size);
	return (sum ^ word) * UINT64_C(0x100000001b3);
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* Bytes enough for the text form: an escaped byte takes three. */
static size_t room(const struct state_record *r)
{
	enum {
		DIGITS = 20
	};
	size_t size = sizeof(RECORD_FIRST) + DIGITS + RECORD_SUM_LINE + 2;

#define TEXT(member)        size += sizeof(#member "=\n") + 3 * strlen(or_empty(r->member));
#define NUMBER(member, max) size += sizeof(#member "=\n") + DIGITS;
#define FLAG(member)        size += sizeof(#member "=\n") + 1;
#define PHASE(member)       size += sizeof(#member "=\n") + strlen(state_status_word(r->member));
#include "spec/state.def"
#undef TEXT
#undef NUMBER
#undef FLAG
#undef PHASE
	for (size_t i = 0; i < r->annotations.count; i++)
		size += sizeof(RECORD_NOTE "=\n") + 3 * strlen(r->annotations.items[i].key.value) +
			3 * strlen(r->annotations.items[i].value.value);
	return size;
}

static void put(struct out *out, const char *text, size_t len)
{
	must((size_t)(out->end - out->at) >= len);
	memcpy(out->at, text, len);
	out->at += len;
}

/* also  one more byte to escape; 0 = none */
static void put_escaped(struct out *out, const char *text, char also)
{
	static const char digits[] = "0123456789abcdef";

	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != 0x7f && c != '\\' && *text != also)
			put(out, text, 1);
		else
			put(out, (const char[]){ '\\', digits[c >> 4], digits[c & 15] }, 3);
	}
}

static void put_text(struct out *out, const char *key, const char *value)
{
	put(out, key, strlen(key));
	put_escaped(out, value, 0);
	put(out, "\n", 1);
}

static void put_number(struct out *out, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value); /* at most 20 bytes */
	put_text(out, key, text);
}

static void put_rows(struct out *out, const struct state_record *r)
{
#define TEXT(member)        put_text(out, #member "=", or_empty(r->member));
#define NUMBER(member, max) put_number(out, #member "=", r->member);
#define FLAG(member)        put_number(out, #member "=", r->member);
#define PHASE(member)       put_text(out, #member "=", state_status_word(r->member));
#include "spec/state.def"
#undef TEXT
#undef NUMBER
#undef FLAG
#undef PHASE
}

int state_format(
	const struct state_record *r, struct arena *a, struct state_bytes *ret, struct err *e)
{
	const size_t size = room(r);
	char *text = arena_alloc(a, size), sum[24];
	struct out out = { text, text + size };

	if (text == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	put_number(&out, RECORD_FIRST, STATE_VERSION);
	put_rows(&out, r);
	for (size_t i = 0; i < r->annotations.count; i++) {
		put(&out, RECORD_NOTE, strlen(RECORD_NOTE));
		put_escaped(&out, r->annotations.items[i].key.value, '=');
		put_text(&out, "=", r->annotations.items[i].value.value);
	}
	(void)snprintf(sum, sizeof(sum), "%016" PRIx64, state_sum(text, (size_t)(out.at - text)));
	put_text(&out, RECORD_SUM, sum);
	*out.at = '\0';
	*ret = (struct state_bytes){ text, (size_t)(out.at - text) };
	if (ret->size > STATE_SIZE_MAX)
		return err_set(e, E2BIG, POS_NONE, "the annotations are too large to be recorded");
	return 0;
}
