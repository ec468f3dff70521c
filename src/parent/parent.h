/* The parent's side of a plan: what runs outside of the container being made.
 *
 * Carries out the PARENT operations in order, makes the child, talks to it, undoes what it did
 * when something fails.  Prints nothing and writes no state: it reports to its caller, who does. */
#ifndef CRUN_LITE_PARENT_PARENT_H
#define CRUN_LITE_PARENT_PARENT_H

#include "parent/fuse_job.h"
#include "plan/plan.h"
#include "plan/times.h"

#include <sys/types.h>

struct parent {
	const struct plan *plan;
	/* Called once, when there is nothing left to do but to wait for the child; may be NULL.  A
	 * negative result ends the making. */
	int (*idle)(void *data, struct err *e);
	void *data; /* of idle */
	/* Called when an operation is done, and at the child's exec; may be NULL. */
	void (*stepped)(void *watcher, pid_t child);
	void *watcher;
	struct plan_times times; /* the caller's; empty: nobody wants them */
	int *slots;              /* plan->slots descriptors; SLOT_FIFO is given by the caller */
	size_t next;             /* number of the operation to come */
	pid_t pid;               /* of the child in our pid namespace; 0: none */
	int pidfd;               /* of the child */
	int sock;                /* to the child */
	int console;             /* --console-socket, connected */
	int master;      /* the terminal's master side; with --console-socket it was sent there */
	int host_net;    /* the host's network namespace while we are in the container's */
	bool adopted;    /* exec: pid is the process that will be the program */
	bool spawned;    /* there has been a child: what hooks did is to be undone by hooks */
	int signal;      /* that asked us to end while a hook was at work; 0: none */
	int cgroup_made; /* how many levels of the cgroup's path were made here */
	uint64_t cgroup_inode;           /* of the cgroup, once it is ours */
	bool rdt_made, rdt_monitor_made; /* the resctrl groups of the plan */
	unsigned overlay_made;   /* which of the directories for writes were made: overlay.c */
	struct fuse_server fuse; /* which serves the root; none: the kernel does */
	int fuse_users; /* the container's user namespace, whose mount it is; FD_NONE: ours */
	struct parent_made *made; /* mount points and their like: made.c; NULL: none yet */
	struct parent_net *net;   /* both sides of what is moved; NULL: not reached yet */
};

/* In an initialiser. */
#define PARENT_NO_FDS                                                             \
	.pidfd = FD_NONE, .sock = FD_NONE, .console = FD_NONE, .master = FD_NONE, \
	.host_net = FD_NONE, .fuse = FUSE_SERVER_NONE, .fuse_users = FD_NONE

#define AUTO_PARENT __attribute__((cleanup(parent_done))) struct parent

/* An empty one with all slots empty; *ret is given to parent_done in any case. */
CHECKED int parent_init(struct parent *ret, const struct plan *p, struct err *e);

/* Closes all descriptors; ends no process. */
void parent_done(struct parent *p);

/* Walks the plan up to its `release`: afterwards the container stands, and its program waits for
 * parent_release.  On failure all that was done is undone. */
CHECKED int parent_make(struct parent *p, struct err *e);

/* Lets the child go on.  Returns 0, or an error after undoing all. */
CHECKED int parent_release(struct parent *p, struct err *e);

/* Waits until the child has become the program.  Returns 0; an error when it could not; the child
 * is reaped then and all is undone. */
CHECKED int parent_confirm(struct parent *p, struct err *e);

typedef void (*parent_failed_fn)(void *data, const struct err *e);

/* Runs the hooks of one kind that come after the start, in their order.
 * kind     "poststart" or "poststop"
 * failed   told of each that failed, and the next one runs; NULL: the first failure is the end
 * Returns  0; the first failure when failed is NULL */
CHECKED int parent_hooks(
	struct parent *p, const char *kind, parent_failed_fn failed, void *data, struct err *e);

/* Kills and reaps the child, brings network devices back, removes what was made.
 * e  the failure; gets a hint when something is left that is not the user's to find by chance */
void parent_undo(struct parent *p, struct err *e);

#endif
