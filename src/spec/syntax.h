/* What is no JSON, in words: what is wrong at a place, and what to write instead.
 * Inside src/spec only; looks at bytes, and knows no configuration. */
#ifndef CRUN_LITE_SPEC_SYNTAX_H
#define CRUN_LITE_SPEC_SYNTAX_H

#include "spec/lex.h"

enum syntax_wanted {
	SYNTAX_VALUE,
	SYNTAX_KEY,
	SYNTAX_COLON,
	SYNTAX_COMMA,   /* or the end of the object or list */
	SYNTAX_NOTHING, /* the file is whole */
};

/* Where reading stopped. */
struct syntax {
	const char *bytes;
	size_t size;
	size_t before; /* behind the last token that was right */
	size_t at;     /* the one that is not; size: the text ends */
	enum syntax_wanted wanted;
	bool comma;            /* there is a comma between the two */
	bool in_object;        /* what is open; else a list */
	struct src_pos opened; /* its beginning; line 0: nothing is open */
};

/* Says it.  Returns -EINVAL. */
int syntax_refuse(const struct syntax *s, struct src_pos at, struct err *e);

/* Is the number that the newest token begins with part of something longer, like 0x1F, 007 or
 * 1_000?  Then says so.
 * len      of the number
 * Returns  0; -EINVAL */
CHECKED int syntax_check_number(const struct lex *l, size_t len, struct err *e);

#endif
