/* JSON text, member by member.  Knows no names and no files. */
#include "base/json_out.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void json_done(struct json_out *j)
{
	free(j->text);
	*j = (struct json_out){ 0 };
}

/* Makes room for len more bytes and a NUL. */
static bool reserve(struct json_out *j, size_t len)
{
	size_t size = j->size == 0 ? 1024 : j->size;
	char *text;

	if (j->failed || len >= SIZE_MAX / 4 - j->len) {
		j->failed = true;
		return false;
	}
	while (size < j->len + len + 1)
		size *= 2;
	if (size == j->size)
		return true;
	text = realloc(j->text, size);
	if (text == NULL) {
		j->failed = true;
		return false;
	}
	j->text = text;
	j->size = size;
	return true;
}

static void put(struct json_out *j, const char *text, size_t len)
{
	if (!reserve(j, len))
		return;
	memcpy(j->text + j->len, text, len);
	j->len += len;
	j->text[j->len] = '\0';
}

static void put_word(struct json_out *j, const char *word)
{
	put(j, word, strlen(word));
}

static void put_line(struct json_out *j)
{
	if (!j->pretty)
		return;
	put(j, "\n", 1);
	for (unsigned i = 0; i < j->depth; i++)
		put(j, "  ", 2);
}

/* How a byte below 0x20, a quote or a backslash is written. */
static void put_escape(struct json_out *j, unsigned char c)
{
	static const char letters[][2] = { { '\b', 'b' }, { '\f', 'f' }, { '\n', 'n' },
		{ '\r', 'r' }, { '\t', 't' }, { '"', '"' }, { '\\', '\\' } };
	char text[8];

	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		if (letters[i][0] == (char)c) {
			put(j, (const char[]){ '\\', letters[i][1] }, 2);
			return;
		}
	}
	(void)snprintf(text, sizeof(text), "\\u%04x", c); /* 6 bytes */
	put_word(j, text);
}

/* What could steer the terminal that the JSON is looked at in. */
static void put_unsafe(struct json_out *j, uint32_t c)
{
	char text[16];

	if (c < 0x10000)
		(void)snprintf(text, sizeof(text), "\\u%04x", c);
	else
		(void)snprintf(text, sizeof(text), "\\u%04x\\u%04x", 0xd7c0 + (c >> 10),
			0xdc00 + (c & 0x3ff));
	put_word(j, text);
}

static void put_string(struct json_out *j, const char *text)
{
	size_t len = strlen(text);

	put(j, "\"", 1);
	while (len > 0) {
		const unsigned char c = (unsigned char)*text;
		uint32_t character;
		size_t step = text_utf8(text, len, &character);

		if (c < 0x20 || c == '"' || c == '\\')
			put_escape(j, c);
		else if (step == 0)
			put_word(j, "\\ufffd");
		else if (text_is_unsafe(character))
			put_unsafe(j, character);
		else
			put(j, text, step);
		step += step == 0;
		text += step;
		len -= step;
	}
	put(j, "\"", 1);
}

/* What stands before a value: comma, line, key. */
static void put_key(struct json_out *j, const char *key)
{
	const uint64_t here = UINT64_C(1) << j->depth;

	must((key != NULL) == (j->depth > 0 && (j->arrays & here) == 0));
	if ((j->begun & here) != 0)
		put(j, ",", 1);
	if (j->depth > 0)
		put_line(j);
	j->begun |= here;
	if (key == NULL)
		return;
	put_string(j, key);
	put_word(j, j->pretty ? ": " : ":");
}

static void begin(struct json_out *j, const char *key, bool array)
{
	uint64_t here;

	must(j->depth < JSON_DEPTH_MAX);
	put_key(j, key);
	j->depth++;
	here = UINT64_C(1) << j->depth;
	j->begun &= ~here;
	j->arrays = array ? j->arrays | here : j->arrays & ~here;
	put(j, array ? "[" : "{", 1);
}

void json_object(struct json_out *j, const char *key)
{
	begin(j, key, false);
}

void json_array(struct json_out *j, const char *key)
{
	begin(j, key, true);
}

void json_end(struct json_out *j)
{
	const uint64_t here = UINT64_C(1) << j->depth;

	must(j->depth > 0);
	j->depth--;
	if ((j->begun & here) != 0)
		put_line(j);
	put(j, (j->arrays & here) != 0 ? "]" : "}", 1);
}

void json_text(struct json_out *j, const char *key, const char *value)
{
	put_key(j, key);
	put_string(j, value);
}

void json_int(struct json_out *j, const char *key, int64_t value)
{
	char text[24];

	put_key(j, key);
	(void)snprintf(text, sizeof(text), "%" PRId64, value); /* at most 20 bytes */
	put_word(j, text);
}

void json_uint(struct json_out *j, const char *key, uint64_t value)
{
	char text[24];

	put_key(j, key);
	(void)snprintf(text, sizeof(text), "%" PRIu64, value); /* at most 20 bytes */
	put_word(j, text);
}

void json_fixed(struct json_out *j, const char *key, uint64_t value, unsigned digits)
{
	char text[32];
	uint64_t unit = 1;

	must(digits > 0 && digits <= 9);
	for (unsigned i = 0; i < digits; i++)
		unit *= 10;
	put_key(j, key);
	(void)snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64, value / unit, (int)digits,
		value % unit); /* at most 30 bytes */
	put_word(j, text);
}

void json_bool(struct json_out *j, const char *key, bool value)
{
	put_key(j, key);
	put_word(j, value ? "true" : "false");
}

void json_null(struct json_out *j, const char *key)
{
	put_key(j, key);
	put_word(j, "null");
}

int json_finish(struct json_out *j, const char **ret_text, size_t *ret_len, struct err *e)
{
	must(j->depth == 0);
	if (j->failed || !reserve(j, 0))
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	j->text[j->len] = '\0';
	*ret_text = j->text;
	*ret_len = j->len;
	return 0;
}
