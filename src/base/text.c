/* Escaping of foreign text and the distance of words.  Allocates nothing. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
	LONGEST_WORD = 63
};

size_t text_utf8(const char *text, size_t len, uint32_t *ret)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char first = len > 0 ? (unsigned char)text[0] : 0xff;
	size_t size = 0;
	uint32_t c;

	if (first < 0x80)
		size = 1;
	else if (first >= 0xc2 && first < 0xe0)
		size = 2;
	else if (first >= 0xe0 && first < 0xf0)
		size = 3;
	else if (first >= 0xf0 && first < 0xf5)
		size = 4;
	if (size == 0 || size > len)
		return 0;
	c = size == 1 ? first : first & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (c < smallest[size] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return size;
}

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

bool text_is_unsafe(uint32_t c)
{
	static const struct range unsafe[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, /* soft hyphen */
		{ 0x61c, 0x61c },     /* marks of direction, here and below */
		{ 0x180e, 0x180e },   /* no width */
		{ 0x200b, 0x200f },   /* no width, direction */
		{ 0x2028, 0x202e },   /* ends of lines, direction */
		{ 0x2060, 0x206f },   /* no width, direction */
		{ 0xfeff, 0xfeff },   /* no width */
		{ 0xfff9, 0xfffb },   /* annotations between lines */
		{ 0xe0000, 0xe0fff }, /* tags */
	};

	return c >= 0x7f ? is_in(c, unsafe, ARRAY_LEN(unsafe)) : c < 0x20;
}

unsigned text_columns(uint32_t c)
{
	static const struct range none[] = {
		{ 0x300, 0x36f },
		{ 0x483, 0x489 },
		{ 0x591, 0x5bd },
		{ 0x610, 0x61a },
		{ 0x64b, 0x65f },
		{ 0xe31, 0xe31 },
		{ 0xe34, 0xe3a },
		{ 0xe47, 0xe4e },
		{ 0x1ab0, 0x1aff },
		{ 0x1dc0, 0x1dff },
		{ 0x20d0, 0x20ff },
		{ 0xfe00, 0xfe0f },
		{ 0xfe20, 0xfe2f },
	};
	static const struct range two[] = {
		{ 0x1100, 0x115f },
		{ 0x2e80, 0x303e },
		{ 0x3041, 0xa4cf },
		{ 0xa960, 0xa97c },
		{ 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f },
		{ 0xff01, 0xff60 },
		{ 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f },
		{ 0x1f680, 0x1f6ff },
		{ 0x1f900, 0x1f9ff },
		{ 0x20000, 0x3fffd },
	};

	if (c < 0x300)
		return 1;
	return is_in(c, none, ARRAY_LEN(none)) ? 0 : is_in(c, two, ARRAY_LEN(two)) ? 2 : 1;
}

/* One character as it is shown.  Returns the bytes of text that it stands for. */
static size_t escape_one(char out[12], const char *text, size_t len)
{
	uint32_t c = 0;
	const size_t size = text_utf8(text, len, &c);
	const char *const letters = "\nn\rr\tt\"\"\\\\";
	int n;

	if (size == 0) {
		n = snprintf(out, 12, "\\x%02x", (unsigned)(unsigned char)text[0]);
		must(n > 0);
		return 1;
	}
	for (size_t i = 0; letters[i] != '\0'; i += 2)
		if (c == (uint32_t)letters[i]) {
			out[0] = '\\';
			out[1] = letters[i + 1];
			out[2] = '\0';
			return size;
		}
	if (text_is_unsafe(c)) {
		n = snprintf(out, 12, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
		must(n > 0);
		return size;
	}
	memcpy(out, text, size);
	out[size] = '\0';
	return size;
}

const char *text_escape(char *buf, size_t size, const char *text, size_t len)
{
	static const char cut[] = "...";
	size_t end = 0;  /* of what is written */
	size_t fits = 0; /* the last end behind which "..." has room */
	char one[12];

	must(size >= sizeof(cut));
	for (size_t i = 0; i < len;) {
		i += escape_one(one, text + i, len - i);
		if (end + strlen(one) >= size) {
			memcpy(buf + fits, cut, sizeof(cut));
			return buf;
		}
		memcpy(buf + end, one, strlen(one));
		end += strlen(one);
		if (end + sizeof(cut) <= size)
			fits = end;
	}
	buf[end] = '\0';
	return buf;
}

void text_defuse(char *text)
{
	size_t len = strlen(text), end = 0;

	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		const size_t size = text_utf8(text + i, len - i, &c);

		if (size == 0 || text_is_unsafe(c)) {
			text[end++] = '?';
			i += size == 0 ? 1 : size;
			continue;
		}
		memmove(text + end, text + i, size);
		end += size;
		i += size;
	}
	text[end] = '\0';
}

static size_t least(size_t a, size_t b, size_t c)
{
	const size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

size_t text_distance(const char *a, const char *b)
{
	const size_t a_len = strlen(a), b_len = strlen(b);
	size_t row[LONGEST_WORD + 1]; /* row[j]: distance of a's first i letters to b's first j */

	if (a_len > LONGEST_WORD || b_len > LONGEST_WORD)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			const size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1,
				diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
			diagonal = above;
		}
	}
	return row[b_len];
}

bool text_is_near(size_t distance, const char *a)
{
	return distance <= 1 + strlen(a) / 4 && distance < strlen(a);
}
