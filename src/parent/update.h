/* Changing limits of a container that runs: all of them, or none.  Carries out the operations of
 * plan/update.h; decides nothing and waits for nobody. */
#ifndef CRUN_LITE_PARENT_UPDATE_H
#define CRUN_LITE_PARENT_UPDATE_H

#include "plan/plan.h"

struct update_step {
	int dir; /* not owned */
	const char *file, *text;
};

struct update {
	const struct plan *plan;
	struct arena *arena;
	int cgroup, rdt;          /* directories of its groups, the caller's; FD_NONE: none */
	struct update_step *done; /* what takes back what was done, in this order the last first */
	size_t count;
	int filter, old_filter; /* device programs: the one we attached and the one it replaced */
	bool filter_changed;
};

#define UPDATE_NONE(plan_, arena_)                                                     \
	{                                                                              \
		.plan = (plan_), .arena = (arena_), .cgroup = FD_NONE, .rdt = FD_NONE, \
		.filter = FD_NONE, .old_filter = FD_NONE                               \
	}

/* Carries out all operations, and reads back what they wrote.  On failure all is as before, as far
 * as the kernel allows, and *e says which operation failed and where it was asked for. */
CHECKED int update_run(struct update *u, struct err *e);

/* Takes back what update_run has done. */
void update_undo(struct update *u);

/* Gives back what it holds; changes nothing. */
void update_done(struct update *u);

#endif
