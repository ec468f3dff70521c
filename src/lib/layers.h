/* The layers of a container's root, kept in its record for `diff`.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_LAYERS_H
#define CRUN_LITE_LIB_LAYERS_H

#include "plan/plan.h"
#include "state/state.h"

/* Fills upper, lower, userxattr, uids and gids of the record by the plan; without an overlay they
 * stay empty. */
CHECKED int layers_note(struct plan *p, struct state_record *r, struct err *e);

/* Takes record->lower apart: absolute paths, topmost first; "" stands for what is no directory.
 * first  a path to go in front of them; NULL: none */
CHECKED int layers_read(struct arena *a, const char *lower, const char *first,
	const char *const **ret, size_t *ret_count);

#endif
