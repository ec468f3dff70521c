/* A container that is there, as the commands on it see it.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_LIVE_H
#define CRUN_LITE_LIB_LIVE_H

#include "lib/crl.h"

/* Its record and what became of it. */
struct live {
	struct arena arena;
	struct state_dir dir;
	struct state_record record;
	enum state_status status;
	struct plan_options options;
	struct plan hooks; /* those that are left to be run: live_hooks */
};

void live_close(struct live *l);

enum {
	END_MS = 10000, /* for what is sure to end */
	KILLED_MS = 100
};

#define AUTO_LIVE __attribute__((cleanup(live_close))) struct live
#define LIVE_NONE                     \
	{                             \
		.dir = STATE_DIR_NONE \
	}

/* lock_ms  as of state_open */
CHECKED int live_open(struct crl *c, const char *id, int lock_ms, struct live *l, struct err *e);

/* The status, or STATE_PAUSED, which only the cgroup knows. */
enum state_status live_status(const struct state_record *r, enum state_status status);

/* Opens the container's cgroup.
 * verb     what it is needed for, for the message: "pause"
 * Returns  0; -ENOTSUP it has none of its own; -ENOENT it is gone */
CHECKED int live_cgroup(const struct live *l, const char *verb, int *ret, struct err *e);

/* "cannot VERB container "ID": container not running: No such process".  Returns -ESRCH. */
int live_not_running(const char *verb, const char *id, struct err *e);

/* Reads the record and asks for the status. */
CHECKED int live_read(struct live *l, struct err *e);

/* Opens it without a lock, reads the record, and opens its first process: with one look, for that
 * takes time.  Whether it is paused it does not tell.
 * ret_pidfd  stays as it is when there is no process */
CHECKED int live_find(struct crl *c, const char *id, struct live *l, int *ret_pidfd, struct err *e);

/* Finds the hooks of the configuration that the container was made with. */
CHECKED int live_hooks(struct live *l, struct err *e);

/* What was killed may be a moment in ending; a `delete` that follows shall find it ended. */
void live_await_end(const struct live *l, int timeout_ms);

/* Waits until fuse-overlayfs has ended, if it has served the container's root: what was written is
 * in its directory then.  The container's processes have ended. */
CHECKED int live_end_fuse(const struct state_record *r, struct err *e);

/* Kills the first process and waits until it has ended; its parent reaps it. */
CHECKED int live_end(const struct live *l, struct err *e);

#endif
