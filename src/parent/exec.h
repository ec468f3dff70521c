/* The process of an exec, which is made by one that ends at once.  Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_EXEC_H
#define CRUN_LITE_PARENT_EXEC_H

#include "parent/parent.h"

/* Takes the sender of a message for the process at hand, in the place of the one that was made
 * first, and reaps that one.
 * Returns  0; -EPROTO when it is none of our children; else -errno */
CHECKED int exec_adopt(struct parent *p, pid_t from);

/* Puts the cgroup where that process is now, below the container's, into SLOT_CGROUP. */
CHECKED int exec_use_cgroup_of(struct parent *p, pid_t pid);

/* After a failure, the first process being reaped: ends and reaps one that it may have made and
 * that we know nothing of. */
void exec_end_unseen(struct parent *p);

#endif
