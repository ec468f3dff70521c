/* When the operations of a plan are carried out, by both sides, on one clock.
 * The memory is shared with the child; nobody keeps times unless somebody wants them. */
#ifndef CRUN_LITE_PLAN_TIMES_H
#define CRUN_LITE_PLAN_TIMES_H

#include "plan/plan.h"

/* Nanoseconds since 1970: of all clocks the one that a time namespace does not shift
 * (time_namespaces(7)).  0: not yet. */
struct plan_time {
	uint64_t begin, end;
};

/* Of each operation, for each side; NULL members: nobody wants to know. */
struct plan_times {
	struct plan_time *parent, *child; /* plan->count of them */
};

uint64_t plan_clock(void);

/* Makes room; plan_times_done gives it back. */
CHECKED int plan_times_make(struct plan_times *ret, const struct plan *p, struct err *e);
void plan_times_done(struct plan_times *t, const struct plan *p);

/* Operation `at` of one side begins, or is done; NULL as side: nothing to do. */
void plan_time_begin(struct plan_time *side, size_t at);
void plan_time_end(struct plan_time *side, size_t at);

#endif
