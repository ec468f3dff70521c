/* Places of tokens, and the escapes of JSON strings (RFC 8259, section 7).
 * Decides nothing about configurations. */
#include "spec/lex.h"

#include <string.h>

#include "base/text.h"

struct lex lex_begin(const char *bytes, size_t size)
{
	return (struct lex){ .bytes = bytes, .size = size, .line = 1 };
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int bad_byte(const struct lex *l, size_t offset, struct err *e)
{
	const unsigned char c = (unsigned char)l->bytes[offset];
	const struct src_pos at = lex_pos_at(l, offset);

	if (c == 0)
		return err_set(e, EINVAL, at, "syntax error: a NUL byte");
	if (c < 0x20)
		return err_set(e, EINVAL, at, "syntax error: the control character \\x%02x", c);
	return err_set(e, EINVAL, at, "syntax error: the byte \\x%02x is not UTF-8", c);
}

/* Are these eight bytes all from 0x20 to 0x7f?  Most of a file is. */
static bool is_plain(const char *bytes)
{
	const uint64_t each = UINT64_C(0x0101010101010101), high = each * 0x80;
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	/* taking away 0x20 from a byte below it sets its high bit */
	return ((word | (word - each * 0x20)) & high) == 0;
}

int lex_check_bytes(const char *bytes, size_t size, struct err *e)
{
	const struct lex l = lex_begin(bytes, size);

	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		(void)err_set(e, EINVAL, lex_pos_at(&l, 0), "syntax error: a byte-order mark");
		return err_hint(e, "save the file as UTF-8 without one");
	}
	if (size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
		(void)err_set(e, EINVAL, lex_pos_at(&l, 0), "syntax error: the file is UTF-16");
		return err_hint(e, "save it as UTF-8 without byte-order mark");
	}
	for (size_t i = 0; i < size;) {
		const unsigned char c = (unsigned char)bytes[i];
		uint32_t ignored;
		size_t len = 1;

		if (size - i >= 8 && is_plain(bytes + i)) {
			i += 8;
			continue;
		}
		if (c >= 0x80)
			len = text_utf8(bytes + i, size - i, &ignored);
		if (len == 0 || (c < 0x20 && !is_space(bytes[i])))
			return bad_byte(&l, i, e);
		i += len;
	}
	return 0;
}

void lex_advance(struct lex *l, size_t end)
{
	size_t i = l->end;

	must(end >= l->end && end <= l->size);
	while (i < end && (is_space(l->bytes[i]) || l->bytes[i] == ',' || l->bytes[i] == ':')) {
		if (l->bytes[i] == '\n') {
			l->line++;
			l->line_start = i + 1;
		}
		i++;
	}
	l->start = i;
	l->end = end;
}

struct src_pos lex_pos(const struct lex *l)
{
	return (struct src_pos){ l->line, (uint32_t)(l->start - l->line_start) + 1 };
}

struct src_pos lex_pos_at(const struct lex *l, size_t offset)
{
	struct src_pos at = { 1, 1 };

	for (size_t i = 0; i < offset && i < l->size; i++) {
		at.column++;
		if (l->bytes[i] == '\n')
			at = (struct src_pos){ at.line + 1, 1 };
	}
	return at;
}

size_t lex_skip_space(const struct lex *l, size_t i)
{
	while (i < l->size && is_space(l->bytes[i]))
		i++;
	return i;
}

/* The number behind \u; 0 when there is no such escape. */
static uint32_t unicode_escape(const char *raw, size_t len)
{
	uint32_t c = 0;

	if (len < 6 || raw[0] != '\\' || raw[1] != 'u')
		return 0;
	for (size_t i = 2; i < 6; i++) {
		const uint32_t digit = (unsigned char)raw[i];

		c = c << 4 | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
	}
	return c;
}

static size_t encode(char out[4], uint32_t c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	const size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = size - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(lead[size] | c);
	return size;
}

/* Decodes the byte or escape at raw, which is not empty.
 * Returns the bytes put into out; 0 for \u0000 and lone surrogates. */
static size_t decode_one(char out[4], const char *raw, size_t len, size_t *ret_used)
{
	const char *const letters = "b\bf\fn\nr\rt\t";
	uint32_t c, low;

	*ret_used = 1;
	out[0] = raw[0];
	if (raw[0] != '\\' || len < 2)
		return 1;
	*ret_used = 2;
	if (raw[1] != 'u') {
		const char *const letter = strchr(letters, raw[1]);

		out[0] = letter != NULL && raw[1] != '\0' ? letter[1] : raw[1];
		return 1;
	}
	*ret_used = len < 6 ? len : 6;
	c = unicode_escape(raw, len);
	if (c == 0 || (c >= 0xdc00 && c < 0xe000))
		return 0;
	if (c < 0xd800 || c >= 0xe000)
		return encode(out, c);
	low = unicode_escape(raw + 6, len - 6);
	if (low < 0xdc00 || low >= 0xe000)
		return 0;
	*ret_used = 12;
	return encode(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
}

bool lex_is_sound(const char *raw, size_t len)
{
	char out[4];
	size_t used;

	for (size_t i = 0; i < len; i += used)
		if (decode_one(out, raw + i, len - i, &used) == 0)
			return false;
	return true;
}

size_t lex_decode(char *buf, size_t size, const char *raw, size_t len)
{
	size_t used, end = 0;
	char out[4];

	for (size_t i = 0; i < len; i += used) {
		const size_t n = decode_one(out, raw + i, len - i, &used);

		if (end + n > size)
			break;
		memcpy(buf + end, out, n);
		end += n;
	}
	return end;
}

bool lex_is_text(const struct lex *l, size_t offset, const char *text, size_t len)
{
	size_t used, done = 0;
	char out[4];

	for (size_t i = offset + 1; i < l->size && l->bytes[i] != '"'; i += used) {
		const size_t n = decode_one(out, l->bytes + i, l->size - i, &used);

		if (n > len - done || memcmp(text + done, out, n) != 0)
			return false;
		done += n;
	}
	return done == len;
}
