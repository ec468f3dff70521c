/* The child's side of a plan: what runs between the clone and the program.
 *
 * Carries out the CHILD operations in order, decides nothing, allocates nothing (it runs on a copy
 * of the parent's memory), and opens nothing by a path that the container controls except below
 * the new root.  A failure is sent to the parent as {operation, errno}; the parent has the words.
 */
#ifndef CRUN_LITE_CHILD_CHILD_H
#define CRUN_LITE_CHILD_CHILD_H

#include "plan/plan.h"
#include "plan/times.h"

/* Between the process and the thread that sends its listener: handover.c. */
struct handover {
	const char *text; /* the message, without a NUL */
	size_t size;
	int *sock;    /* the slot of the agent's socket */
	int listener; /* FD_NONE until there is one */
	bool sent;
};

struct child {
	const struct plan *plan;
	int *slots;              /* plan->slots descriptors, FD_NONE where empty */
	int sock;                /* to the parent */
	int parent_pidfd;        /* to join its network namespace; FD_NONE when not needed */
	struct plan_time *times; /* NULL: nobody wants them */
	uint64_t ignored;        /* signals that the caller ignores, bit 0 is signal 1 */

	/* filled while walking */
	uint32_t at;     /* number of the operation at hand */
	bool image_dev;  /* the image's own /dev was opened, to make devices in */
	bool net_made;   /* the parent has said so: see child_recv */
	bool null_apart; /* SLOT_NULL is a detached mount, which must be mounted before it is cloned
			  */
	bool empty_used; /* SLOT_EMPTY is mounted: from now on it is cloned */
	int spent[32];   /* descriptors that have served: see child_spend */
	unsigned spent_count;
	struct handover handover;
	const char *program; /* what find_program found */
	char home[280];      /* "HOME=..." */
	bool hook_failed;    /* the operation at hand is a hook that failed ... */
	int hook_error;      /* ... so: struct plan_hook_end; its output is the detail */
	int hook_how;
	pid_t appeared;   /* what `appear` has made, for a parent that shares this memory */
	char detail[160]; /* what the kernel said beside an errno */
};

/* Walks the plan; never returns.  Ends as the program, or exits 1 after telling the parent. */
_Noreturn void child_main(struct child *c);

#endif
