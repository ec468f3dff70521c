/* Findings with the line that they are about, and a caret below.  Judges nothing. */
#include "cmd/check_text.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
	BEFORE = 60, /* bytes of a long line that are shown before the place, */
	AFTER = 60,  /* and behind where it begins */
	SHOWN = 4 * (BEFORE + AFTER) + 16
};

static const struct {
	const char *word, *color;
} severities[] = {
	[CRL_FINDING_ERROR] = { "error", "\033[1;31m" },
	[CRL_FINDING_WARNING] = { "warning", "\033[1;35m" },
	[CRL_FINDING_LINT] = { "lint", "\033[1;36m" },
};

const char *check_text_severity(enum crl_severity severity)
{
	return severities[severity].word;
}

/* A part of the source; what is no plain character becomes one.  Returns the columns. */
static size_t show(char *buf, const char *text, size_t len)
{
	size_t columns = 0, end = 0;

	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		const size_t size = text_utf8(text + i, len - i, &c);
		const bool plain = size != 0 && !text_is_unsafe(c);

		if (plain) {
			memcpy(buf + end, text + i, size);
			end += size;
		} else {
			buf[end++] = text[i] == '\t' || text[i] == '\r' ? ' ' : '?';
		}
		columns += plain ? text_columns(c) : 1;
		i += size == 0 ? 1 : size;
	}
	buf[end] = '\0';
	return columns;
}

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80; /* of a character of several bytes */
}

static void print_source(const struct crl_finding *f, const char *color)
{
	const size_t at = f->column - 1 < f->source_length ? f->column - 1 : f->source_length;
	size_t from = at > BEFORE ? at - BEFORE : 0;
	size_t to = at + AFTER < f->source_length ? at + AFTER : f->source_length;
	size_t word_end = at + f->length < to ? at + f->length : to;
	const char *const dots = from > 0 ? "..." : "";
	char before[SHOWN], word[SHOWN], after[SHOWN];
	size_t columns, width;

	while (from > 0 && is_inside(f->source[from]))
		from--;
	while (to < f->source_length && is_inside(f->source[to]))
		to++;
	while (word_end < to && is_inside(f->source[word_end]))
		word_end++;
	columns = show(before, f->source + from, at - from) + strlen(dots);
	width = show(word, f->source + at, word_end - at);
	(void)show(after, f->source + word_end, to - word_end);
	(void)printf("%6u | %s%s%s%s%s\n", f->line, dots, before, word, after,
		to < f->source_length ? "..." : "");
	(void)printf("       | %*s%s^", (int)columns, "", color);
	for (size_t i = 1; i < width; i++)
		(void)putchar('~');
	(void)printf("%s\n", color[0] != '\0' ? "\033[0m" : "");
}

void check_text_print(const char *file, const struct crl_finding *f, bool color)
{
	const char *const on = color ? severities[f->severity].color : "";
	const char *const off = color ? "\033[0m" : "";

	(void)printf("%s:", file);
	if (f->line != 0)
		(void)printf("%u:%u:", f->line, f->column);
	(void)printf(" %s%s%s: %s%s%s [%s]\n", on, severities[f->severity].word, off, f->path,
		f->path[0] != '\0' ? ": " : "", f->text, f->rule);
	if (f->line != 0)
		print_source(f, on);
	if (f->hint != NULL)
		(void)printf("       = %s\n", f->hint);
}
