/* The keys that one JSON object has had so far.
 * Eight bytes a key (the text stays in the file), in time that no choice of keys can stretch. */
#ifndef CRUN_LITE_SPEC_KEYSET_H
#define CRUN_LITE_SPEC_KEYSET_H

#include "spec/lex.h"

struct keyset_entry {
	uint32_t hash;
	uint32_t token; /* where the key stands in the file, plus one; 0: free */
};

struct keyset {
	struct keyset_entry *entries;
	size_t size; /* a power of two, or 0 */
	size_t count;
};

/* Adds the key whose token is the lexer's newest.
 *
 * key, len  the decoded key
 * Returns   0; -EEXIST the object had it before; -ENOMEM.  Sets no struct err. */
CHECKED int keyset_add(struct keyset *s, const struct lex *l, const char *key, size_t len);

void keyset_done(struct keyset *s);

#endif
