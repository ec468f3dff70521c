/* Groups of the resctrl file system.  Knows nothing of plans. */
#ifndef CRUN_LITE_PARENT_RESCTRL_H
#define CRUN_LITE_PARENT_RESCTRL_H

#include "base/err.h"

/* Does a group have these schemata?  Names, ids and values are compared, in any order; what is not
 * asked for may be anything.
 * wanted  lines "L3:0=ff;1=f0"
 * have    contents of the group's `schemata`
 * ret     one wanted line that the group lacks, of ret_len bytes; set when the result is false */
bool resctrl_has(const char *wanted, const char *have, const char **ret, size_t *ret_len);

/* Is nobody else in the group: no task but pid, no monitoring group?
 * pid  0: none */
bool resctrl_is_free(int dir, uint64_t pid);

/* What was made for one container. */
struct resctrl_made {
	const char *group, *monitor; /* absolute; NULL or "": was not made */
	const char *id;              /* the container's */
	uint64_t pid; /* of its first process, which may not have been reaped; 0: none */
};

/* Removes the groups; who is in one goes to the group above.  A group of another name than the
 * container's is one that others may join: it stays as long as somebody does.
 * Returns 0, also when they are gone already; else -errno, *e says what is left */
CHECKED int resctrl_remove(const struct resctrl_made *made, struct err *e);

#endif
