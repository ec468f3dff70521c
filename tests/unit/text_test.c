/* Escaping of foreign text, UTF-8, likeness of words. */
#include "base/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *in, *out;
} escapes[] = {
	{ "", "" },
	{ "plain text", "plain text" },
	{ "a\"b\\c", "a\\\"b\\\\c" },
	{ "\n\r\t", "\\n\\r\\t" },
	{ "\x1b[31mred\x07", "\\x1b[31mred\\x07" },
	{ "\x7f", "\\x7f" },
	{ "\xc2\x9b", "\\u009b" },
	{ "\xe2\x80\xae", "\\u202e" },
	{ "\xe2\x80\xaa", "\\u202a" },
	{ "\xe2\x81\xa6", "\\u2066" },
	{ "\xe2\x81\xa9", "\\u2069" },
	{ "\xef\xbb\xbf", "\\ufeff" },
	{ "\xc2\xad\xe2\x80\x8b", "\\u00ad\\u200b" },
	{ "\xf3\xa0\x81\xa1", "\\ue0061" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "\xff\xc3", "\\xff\\xc3" },
	{ "\xc0\x80", "\\xc0\\x80" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
};

Test(text, escapes)
{
	for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
		char buf[64];

		cr_expect(eq(str,
				  (char *)text_escape(
					  buf, sizeof(buf), escapes[i].in, strlen(escapes[i].in)),
				  (char *)escapes[i].out),
			"row %zu", i);
	}
}

Test(text, columns)
{
	static const struct {
		uint32_t c;
		unsigned columns;
	} rows[] = { { 'a', 1 }, { 0xe9, 1 }, { 0x301, 0 }, { 0x4e2d, 2 }, { 0xac00, 2 },
		{ 0x1f600, 2 }, { 0x20ac, 1 }, { 0xff21, 2 }, { 0xfe0f, 0 }, { 0x10ffff, 1 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect(eq(uint, text_columns(rows[i].c), rows[i].columns), "row %zu", i);
}

Test(text, nul_is_escaped)
{
	char buf[16];

	cr_expect(eq(str, (char *)text_escape(buf, sizeof(buf), "a\0b", 3), "a\\x00b"));
}

static const struct {
	const char *in;
	size_t size;
	const char *out;
} cuts[] = {
	{ "abc", 4, "abc" }, { "abcd", 4, "..." }, { "abcdefg", 8, "abcdefg" },
	{ "abcdefgh", 8, "abcd..." },
	{ "abc\xe2\x82\xac\xe2\x82\xac", 8, "abc..." }, /* no half of a character */
	{ "abc\x1b\x1b", 8, "abc..." },                 /* nor of an escape */
};

Test(text, cuts)
{
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		char buf[16];

		memset(buf, 'X', sizeof(buf));
		cr_expect(eq(str,
				  (char *)text_escape(
					  buf, cuts[i].size, cuts[i].in, strlen(cuts[i].in)),
				  (char *)cuts[i].out),
			"row %zu", i);
		cr_expect(eq(chr, buf[cuts[i].size], 'X'), "row %zu", i);
	}
}

static const struct {
	const char *bytes;
	size_t len;
	uint32_t c;
} characters[] = {
	{ "a", 1, 'a' },
	{ "\xc2\x80", 2, 0x80 },
	{ "\xdf\xbf", 2, 0x7ff },
	{ "\xe0\xa0\x80", 3, 0x800 },
	{ "\xef\xbf\xbf", 3, 0xffff },
	{ "\xf0\x90\x80\x80", 4, 0x10000 },
	{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	{ "\x80", 0, 0 },             /* a follower alone */
	{ "\xc1\xbf", 0, 0 },         /* longer than needed */
	{ "\xe0\x9f\xbf", 0, 0 },     /* longer than needed */
	{ "\xf0\x8f\xbf\xbf", 0, 0 }, /* longer than needed */
	{ "\xed\xbf\xbf", 0, 0 },     /* a surrogate */
	{ "\xf4\x90\x80\x80", 0, 0 }, /* above the last */
	{ "\xf5\x80\x80\x80", 0, 0 },
	{ "\xe2\x82", 0, 0 }, /* cut */
	{ "", 0, 0 },
};

Test(text, utf8)
{
	for (size_t i = 0; i < ARRAY_LEN(characters); i++) {
		const char *const bytes = characters[i].bytes;
		uint32_t c = 0;

		cr_expect(eq(sz, text_utf8(bytes, strlen(bytes), &c), characters[i].len), "row %zu",
			i);
		cr_expect(eq(u32, c, characters[i].c), "row %zu", i);
	}
}

static const struct {
	const char *a, *b;
	size_t distance;
	int near;
} words[] = {
	{ "network", "network", 0, 1 },
	{ "netwrk", "network", 1, 1 },
	{ "Network", "network", 1, 1 },
	{ "ntework", "network", 2, 1 },
	{ "pid", "ipc", 3, 0 },
	{ "", "pid", 3, 0 },
	{ "x", "y", 1, 0 },
};

Test(text, distance)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const size_t d = text_distance(words[i].a, words[i].b);

		cr_expect(eq(sz, d, words[i].distance), "%s", words[i].a);
		cr_expect(eq(int, text_is_near(d, words[i].a), words[i].near), "%s", words[i].a);
	}
}

Test(text, long_words_are_like_nothing)
{
	char word[65];

	memset(word, 'a', 64);
	word[64] = '\0';
	cr_expect(eq(sz, text_distance(word, "aaa"), SIZE_MAX));
	cr_expect(eq(sz, text_distance(word + 1, word + 1), 0));
}

static const struct {
	const char *in, *out;
} defused[] = {
	{ "", "" },
	{ "say \"hi\" \\ \xc3\xa9\xe2\x82\xac", "say \"hi\" \\ \xc3\xa9\xe2\x82\xac" },
	{ "a\nb\x1b[31m\x7f", "a?b?[31m?" },
	{ "\xc2\x9b"
	  "31m",
		"?31m" },
	{ "x\xe2\x80\xae"
	  "y\xe2\x81\xa6\xef\xbb\xbfz",
		"x?y??z" },
	{ "\xff\xc3", "??" },
	{ "cut \xe2\x82", "cut ??" },
};

Test(text, defused)
{
	for (size_t i = 0; i < ARRAY_LEN(defused); i++) {
		char buf[64];

		(void)snprintf(buf, sizeof(buf), "%s", defused[i].in);
		text_defuse(buf);
		cr_expect(eq(str, buf, (char *)defused[i].out), "row %zu", i);
	}
}
