/* Slips of the pen in JSON.  The parser says that something is wrong; what it is and what was meant
 * is seen at the bytes.  Decides nothing: what comes here is wrong already. */
#include "spec/syntax.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define SYNTAX "syntax error: "

/* A byte, or NUL behind the end. */
static char byte(const struct syntax *s, size_t i)
{
	return i < s->size ? s->bytes[i] : '\0';
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (c != '\0' && strchr("_-+.$", c) != NULL) || ((unsigned char)c & 0x80) != 0;
}

static size_t word_len(const char *bytes, size_t size, size_t at)
{
	size_t i = at;

	while (i < size && is_word(bytes[i]))
		i++;
	return i - at;
}

static const char *word_at(const struct syntax *s, char buf[static TEXT_SHOWN])
{
	return text_escape(buf, TEXT_SHOWN, s->bytes + s->at, word_len(s->bytes, s->size, s->at));
}

/* --- what is open ----------------------------------------------------------------------------- */

static const char *open_word(const struct syntax *s)
{
	return s->in_object ? "object" : "list";
}

static char closing(const struct syntax *s)
{
	return s->in_object ? '}' : ']';
}

static int ends_early(const struct syntax *s, struct src_pos at, struct err *e)
{
	if (s->opened.line == 0) {
		(void)err_set(e, EINVAL, at, SYNTAX "there is nothing in it");
		return err_hint(e, "crun-lite spec writes a configuration to begin with");
	}
	(void)err_set(e, EINVAL, at, SYNTAX "the text ends too early");
	return err_hint(e, "the %s that begins at %" PRIu32 ":%" PRIu32 " has no '%c'",
		open_word(s), s->opened.line, s->opened.column, closing(s));
}

static int wrong_end(const struct syntax *s, struct src_pos at, struct err *e)
{
	(void)err_set(e, EINVAL, at,
		SYNTAX "'%c' cannot end the %s that begins at %" PRIu32 ":%" PRIu32, byte(s, s->at),
		open_word(s), s->opened.line, s->opened.column);
	return err_hint(e, "write '%c' first", closing(s));
}

/* --- strings ---------------------------------------------------------------------------------- */

/* The escape at the backslash. */
static int bad_escape(const struct syntax *s, size_t i, struct src_pos at, struct err *e)
{
	char shown[16];

	if (byte(s, i + 1) == 'u') {
		(void)err_set(
			e, EINVAL, at, SYNTAX "\\u without four hexadecimal digits behind it");
		return err_hint(e, "write \\\\u for a backslash and a u");
	}
	(void)err_set(e, EINVAL, at, SYNTAX "\\%s is not known in a string",
		text_escape(shown, sizeof(shown), s->bytes + i + 1, 1));
	return err_hint(e, "write \\\\ for a backslash");
}

static bool is_escape(const struct syntax *s, size_t i)
{
	const char c = byte(s, i + 1);

	if (c != 'u')
		return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
	for (size_t k = i + 2; k < i + 6; k++)
		if (byte(s, k) == '\0' || strchr("0123456789abcdefABCDEF", byte(s, k)) == NULL)
			return false;
	return true;
}

static int bad_string(const struct syntax *s, struct src_pos at, struct err *e)
{
	size_t i = s->at + 1;

	while (i < s->size && s->bytes[i] != '"' && (unsigned char)s->bytes[i] >= ' ') {
		if (s->bytes[i] == '\\' && i + 1 < s->size) {
			if (!is_escape(s, i))
				return bad_escape(s, i, at, e);
			i++;
		}
		i++;
	}
	if (byte(s, i) == '\t') {
		(void)err_set(e, EINVAL, at, SYNTAX "a tab in a string");
		return err_hint(e, "write \\t");
	}
	(void)err_set(e, EINVAL, at, SYNTAX "a string that does not end%s",
		i < s->size ? " on its line" : "");
	return err_hint(e, "put '\"' at its end%s",
		i < s->size ? "; a line break inside of one is written \\n" : "");
}

/* ' and the quotes of typography */
static bool is_quote(const struct syntax *s)
{
	static const char quotes[][4] = { "'", "`", "\u2018", "\u2019", "\u201c", "\u201d",
		"\u201e", "\u00ab" };

	for (size_t i = 0; i < ARRAY_LEN(quotes); i++)
		if (s->size - s->at >= strlen(quotes[i]) &&
			memcmp(s->bytes + s->at, quotes[i], strlen(quotes[i])) == 0)
			return true;
	return false;
}

/* --- words and numbers where a value should be ------------------------------------------------ */

/* What people write who come from other languages. */
static const struct {
	const char *theirs, *json;
} values[] = {
	{ "true", "true" },
	{ "yes", "true" },
	{ "on", "true" },
	{ "false", "false" },
	{ "no", "false" },
	{ "off", "false" },
	{ "null", "null" },
	{ "none", "null" },
	{ "nil", "null" },
	{ "undefined", "null" },
};

static const char *json_value(const char *word)
{
	static const char *const json[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (strcasecmp(word, values[i].theirs) == 0)
			return values[i].json;
	for (size_t i = 0; i < ARRAY_LEN(json); i++)
		if (text_is_near(text_distance(word, json[i]), word))
			return json[i];
	return NULL;
}

static bool is_no_number(const char *word)
{
	static const char *const words[] = { "nan", "inf", "infinity" };

	word += word[0] == '-' || word[0] == '+';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(word, words[i]) == 0)
			return true;
	return false;
}

static int bad_word(const struct syntax *s, struct src_pos at, struct err *e)
{
	char shown[TEXT_SHOWN];
	const char *const word = word_at(s, shown), *json;

	if (is_no_number(word)) {
		(void)err_set(e, EINVAL, at, SYNTAX "JSON has no %s", word);
		return err_hint(e, "numbers are like 12, -3 or 0.5");
	}
	(void)err_set(e, EINVAL, at, SYNTAX "%s is no value", word);
	json = json_value(word);
	if (json == NULL)
		return err_hint(e, "a string stands in double quotes: \"%s\"", word);
	return err_hint(e, "write %s%s", json, json[0] == 'n' ? ", or leave the member out" : "");
}

static int bad_number(const struct syntax *s, struct src_pos at, struct err *e)
{
	char shown[TEXT_SHOWN];
	const char *const word = word_at(s, shown);

	if (is_no_number(word))
		return bad_word(s, at, e);
	(void)err_set(e, EINVAL, at, SYNTAX "%s is no number", word);
	return err_hint(e, "numbers are like 12, -3 or 0.5");
}

int syntax_check_number(const struct lex *l, size_t len, struct err *e)
{
	const size_t whole = word_len(l->bytes, l->size, l->start);
	char shown[TEXT_SHOWN], *rest;
	uint64_t number;

	if (whole <= len)
		return 0;
	(void)text_escape(shown, sizeof(shown), l->bytes + l->start, whole);
	(void)err_set(e, EINVAL, lex_pos(l), SYNTAX "%s is no number", shown);
	errno = 0;
	number = strtoull(shown, &rest, 0);
	if (shown[0] != '0' || *rest != '\0' || errno != 0)
		return err_hint(e, "numbers are like 12, -3 or 0.5");
	if ((shown[1] | 0x20) == 'x')
		return err_hint(e, "numbers are decimal: write %" PRIu64, number);
	return err_hint(e,
		"numbers are decimal: write %" PRIu64 " for the octal %s, or leave the 0 out",
		number, shown);
}

/* --- by what should be there ------------------------------------------------------------------ */

static bool is_end(char c)
{
	return c == '}' || c == ']';
}

static int bad_value(const struct syntax *s, struct src_pos at, struct err *e)
{
	const char c = byte(s, s->at);
	char shown[8];

	if (c == '"')
		return bad_string(s, at, e);
	if (is_end(c) && s->comma && c == closing(s)) {
		(void)err_set(e, EINVAL, at, SYNTAX "a comma before '%c'", c);
		return err_hint(e, "take the comma away");
	}
	if (is_end(c) && s->opened.line != 0 && c != closing(s))
		return wrong_end(s, at, e);
	if (is_end(c) || c == ',' || c == ':') {
		(void)err_set(e, EINVAL, at, SYNTAX "a value is missing before '%c'", c);
		return s->comma && c == ',' ? err_hint(e, "take one comma away") : -EINVAL;
	}
	if ((c >= '0' && c <= '9') || strchr("+-.", c) != NULL)
		return bad_number(s, at, e);
	if (is_word(c))
		return bad_word(s, at, e);
	return err_set(e, EINVAL, at, SYNTAX "no value begins with '%s'",
		text_escape(shown, sizeof(shown), &c, 1));
}

static int bad_key(const struct syntax *s, struct src_pos at, struct err *e)
{
	const char c = byte(s, s->at);
	char shown[TEXT_SHOWN];

	if (c == '"')
		return bad_string(s, at, e);
	if (c == '}') {
		(void)err_set(e, EINVAL, at, SYNTAX "a comma before '}'");
		return err_hint(e, "take the comma away");
	}
	if (c == ']')
		return wrong_end(s, at, e);
	(void)err_set(e, EINVAL, at, SYNTAX "expected a key, which is a string");
	if (c == ',')
		return err_hint(e, "take the comma away");
	if (is_word(c))
		return err_hint(e, "a string stands in double quotes: \"%s\"", word_at(s, shown));
	return -EINVAL;
}

static int no_colon(const struct syntax *s, struct src_pos at, struct err *e)
{
	const char c = byte(s, s->at);

	(void)err_set(e, EINVAL, at, SYNTAX "expected ':' and a value");
	if (c == '=')
		return err_hint(e, "write ':' instead of '='");
	return is_end(c) || c == ',' ? -EINVAL : err_hint(e, "put a ':' before it");
}

static int no_comma(const struct syntax *s, struct src_pos at, struct err *e)
{
	const char c = byte(s, s->at);

	if (is_end(c))
		return wrong_end(s, at, e);
	(void)err_set(e, EINVAL, at, SYNTAX "expected ',' or '%c'", closing(s));
	if (c == ';')
		return err_hint(e, "write ',' instead of ';'");
	if (c == ':')
		return s->in_object ? -EINVAL
				    : err_hint(e, "keys and values stand between '{' and '}'");
	if (s->at == s->before && s->bytes[s->at - 1] == '"' && is_word(c))
		return err_hint(e, "the string ends before it: its last quote is missing, or one "
				   "inside of it is to be written \\\"");
	return err_hint(e, "put a ',' before it");
}

static int too_much(const struct syntax *s, struct src_pos at, struct err *e)
{
	const char c = byte(s, s->at);

	if (is_end(c)) {
		(void)err_set(e, EINVAL, at, SYNTAX "a '%c' too many", c);
		return err_hint(e, "take it away");
	}
	(void)err_set(e, EINVAL, at, SYNTAX "something follows the configuration");
	return err_hint(e, "a file holds a single object");
}

int syntax_refuse(const struct syntax *s, struct src_pos at, struct err *e)
{
	const char c = byte(s, s->at);

	if (s->at >= s->size)
		return ends_early(s, at, e);
	if (c == '#' || (c == '/' && strchr("/*", byte(s, s->at + 1)) != NULL)) {
		(void)err_set(e, EINVAL, at, SYNTAX "JSON has no comments");
		return err_hint(e, "take it out");
	}
	if (is_quote(s)) {
		(void)err_set(e, EINVAL, at, SYNTAX "a string stands in double quotes");
		return err_hint(e, "write '\"' on both sides of it");
	}
	switch (s->wanted) {
	case SYNTAX_VALUE:
		return bad_value(s, at, e);
	case SYNTAX_KEY:
		return bad_key(s, at, e);
	case SYNTAX_COLON:
		return no_colon(s, at, e);
	case SYNTAX_COMMA:
		return no_comma(s, at, e);
	case SYNTAX_NOTHING:
		break;
	}
	return too_much(s, at, e);
}
