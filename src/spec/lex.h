/* Tokens of JSON as they stand in the file: their places and their raw text.
 * yajl says where a token ends; what begins where, and what it is made of, is found here. */
#ifndef CRUN_LITE_SPEC_LEX_H
#define CRUN_LITE_SPEC_LEX_H

#include "base/err.h"

struct lex {
	const char *bytes;
	size_t size;
	size_t start;      /* the newest token */
	size_t end;        /* behind it */
	uint32_t line;     /* of start, from 1 */
	size_t line_start; /* where that line begins */
};

/* Refuses what no JSON file may hold anywhere: a byte-order mark, NUL and other control characters,
 * bytes that are not UTF-8 (RFC 3629).  Returns 0, or -EINVAL with *e set. */
CHECKED int lex_check_bytes(const char *bytes, size_t size, struct err *e);

/* A lexer before its first token. */
struct lex lex_begin(const char *bytes, size_t size);

/* Goes on to the token that ends at `end`. */
void lex_advance(struct lex *l, size_t end);

/* Where the newest token begins. */
struct src_pos lex_pos(const struct lex *l);

/* The place of any byte; reads the file from its beginning, so only for errors. */
struct src_pos lex_pos_at(const struct lex *l, size_t offset);

/* The offset of the next byte that is no blank. */
size_t lex_skip_space(const struct lex *l, size_t offset);

/* Is the raw text of a string (without its quotes) free of \u0000 and of lone surrogates?
 * Its escapes must be well-formed; yajl has seen to that. */
bool lex_is_sound(const char *raw, size_t len);

/* Decodes as much of a raw string as fits into buf.  Returns the number of bytes written. */
size_t lex_decode(char *buf, size_t size, const char *raw, size_t len);

/* Is the string token that begins (with its quote) at `offset` this text, once decoded? */
bool lex_is_text(const struct lex *l, size_t offset, const char *text, size_t len);

#endif
