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

/* Of a container that is there: has the child take back what it has mounted, for which it gets some
 * time. */
void exec_let_end(struct parent *p, struct err *e);

/* In a container that is there a look-up may take as long as the container likes, which may have
 * a file system of its own on the way: waits for the child or for a signal that asks us to end.
 * Returns  0; -EINTR */
CHECKED int exec_heed_signals(struct parent *p);

/* What is told then.  Returns -EINTR. */
int exec_ended_by_signal(const struct parent *p, struct err *e);

#endif
