/* Operations as text: the sentences of spec/ops.def and spec/failures.def with members put in.
 * Inside plan/ only.  Foreign text stays on one line and cannot steer a terminal.
 *
 * In a template {member} is put in by its type, a text in double quotes; {=member} is a text
 * without quotes. */
#ifndef CRUN_LITE_PLAN_SENTENCE_H
#define CRUN_LITE_PLAN_SENTENCE_H

#include "plan/plan.h"

struct sentence {
	struct arena *arena; /* where it grows; NULL: it is cut, with "..." at its end */
	char *text;          /* NUL-terminated once something was put */
	size_t len, size;
	bool failed; /* memory was short */
	bool cut;
};

/* A sentence in a buffer of a fixed size, at least 4 bytes. */
#define SENTENCE_IN(buf)                           \
	{                                          \
		.text = (buf), .size = sizeof(buf) \
	}

/* Puts text as it is. */
void sentence_put(struct sentence *s, const char *text);

/* Puts formatted text of at most 63 bytes. */
void sentence_format(struct sentence *s, const char *fmt, ...) PRINTF(2, 3);

/* Puts foreign text: escaped, but for double quotes. */
void sentence_foreign(struct sentence *s, const char *text);

/* Puts a template with the operation's members in it. */
void sentence_say(struct sentence *s, const struct plan_op *op, const char *template);

/* Puts one member by its type; DATA puts nothing. */
void sentence_member(struct sentence *s, const struct plan_op *op, const struct plan_member *m);

/* Does the template mention the member? */
bool sentence_mentions(const char *template, const char *member);

/* The value of a member, by its type. */
const char *sentence_str(const struct plan_op *op, const struct plan_member *m);
uint64_t sentence_number(const struct plan_op *op, const struct plan_member *m);
int sentence_slot(const struct plan_op *op, const struct plan_member *m);
const char *const *sentence_list(const struct plan_op *op, const struct plan_member *m);

#endif
