/* Writing one limit into the plan: where it stands in config.json, whether it can be kept here, and
 * the errors that say why not.  Knows no conversion of values. */
#ifndef CRUN_LITE_PLAN_LIMIT_WRITER_H
#define CRUN_LITE_PLAN_LIMIT_WRITER_H

#include "plan/plan.h"

#define LIMIT_NOT_LISTED (-1)

/* What a conversion knows: the row of spec/cgroup.def at hand, and where its value stands. */
struct limit_writer {
	struct plan *p;
	struct err *e;
	const struct spec_resources *r;
	const char *path, *controller, *file; /* of the row */
	struct src_pos at;
	int index; /* of the list's item, or LIMIT_NOT_LISTED */
};

/* Begins a row. */
void limit_begin(
	struct limit_writer *w, const char *path, const char *controller, const char *file);

/* A wrong value.  Returns -EINVAL. */
int limit_bad(const struct limit_writer *w, const char *why);

/* Text goes into a file of the kernel and into messages as it is: -EINVAL for control characters.
 */
CHECKED int limit_check_text(const struct limit_writer *w, const char *text, size_t len);

/* Is the word in a list that blanks divide? */
bool limit_has_word(const char *list, const char *word, size_t len);

/* Appends one write to a file of the group.  Where there is no group or no controller, "max" is
 * what holds anyway, and anything else an error.
 *
 * file, value  live as long as the plan; NULL: memory was short
 * optional     the file may be missing
 * Returns      0; -EPERM no cgroup can be made; -ENOTSUP no controller, or no cgroup2; -ENOMEM */
CHECKED int limit_put(struct limit_writer *w, const char *file, const char *value, bool optional);

/* The same for a number that the row's file or another one takes, in a form of its own: each is
 * written that is there, and one must be. */
CHECKED int limit_put_any(
	struct limit_writer *w, uint64_t value, const char *other, uint64_t other_value);

/* The same into the row's file: a number; a number of which -1 means no limit. */
CHECKED int limit_put_number(struct limit_writer *w, uint64_t value, bool optional);
CHECKED int limit_put_signed(struct limit_writer *w, int64_t value);

#endif
