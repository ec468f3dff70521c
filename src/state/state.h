/* What is known of a container between two commands.
 *
 * ROOT/ID/ holds `state.first`, the first record and behind it the configuration, which is kept as
 * long as the container, and `config`, another that an update has put in its place; `state`, the
 * record that holds once there is one; `start`, the FIFO that a
 * created container waits at, and with startContainer hooks `report`, another that tells of their
 * failure; `notify`, a directory that the container sees, when NOTIFY_SOCKET was set.  Its lock is
 * an flock(2) of the directory itself, so that there is no moment at which a directory has no lock
 * to take.  A file is written under another name and renamed: readers need no lock.
 *
 * Knows processes by number, start time and boot.  Knows nothing of namespaces, cgroups or mounts,
 * and ends no process. */
#ifndef CRUN_LITE_STATE_STATE_H
#define CRUN_LITE_STATE_STATE_H

#include "base/arena.h"
#include "base/err.h"
#include "state/record.h"

#include <sys/types.h>

#define STATE_ID_MAX 255u

enum {
	STATE_NO_LOCK = -1,
	STATE_LOCK_MS = 10000, /* how long a command waits for another one */
};

/* --- the root ----------------------------------------------------------------------------- */

/* What the choice of the root depends on. */
struct state_where {
	const char *option;      /* --root; NULL: not given */
	const char *runtime_dir; /* XDG_RUNTIME_DIR; NULL: not set */
	const char *run;         /* "/run" */
	uid_t uid;               /* effective */
	bool user_namespace;     /* the caller is in a user namespace of its own */
};

struct state_root {
	const char *path; /* absolute, without ".", ".." and double slashes */
	mode_t mode;      /* to make it with */
};

/* Chooses the root: --root; /run/crun-lite for the host's root, whatever XDG_RUNTIME_DIR says;
 * else $XDG_RUNTIME_DIR/crun-lite or /run/user/UID/crun-lite.
 * ret      path in the arena
 * Returns  0; -EINVAL a bad option, -ENOENT nothing to choose, -EPERM a directory that others may
 *          write to */
CHECKED int state_root(
	const struct state_where *where, struct arena *a, struct state_root *ret, struct err *e);

/* Opens the root, and verifies that it is a directory of ours that only we may write to.
 * make     make it, and what is missing above it
 * ret      the caller's to close; FD_NONE when it is missing and shall not be made */
CHECKED int state_root_open(const struct state_root *root, bool make, int *ret, struct err *e);

/* --- one container ------------------------------------------------------------------------ */

/* Is this fit to name a container?  [A-Za-z0-9_+-][A-Za-z0-9_+.-]*, at most 255 bytes. */
CHECKED int state_check_id(const char *id, struct err *e);

/* An open directory of a container. */
struct state_dir {
	int root;       /* as given by the caller, and the caller's */
	int fd;         /* ROOT/ID */
	const char *id; /* the caller's */
	bool locked;
};

#define STATE_DIR_NONE ((struct state_dir){ .root = FD_NONE, .fd = FD_NONE })
#define AUTO_STATE_DIR __attribute__((cleanup(state_done))) struct state_dir

/* Gives the lock back, also where a child still holds a copy of the descriptor, and closes. */
void state_done(struct state_dir *d);

/* Makes ROOT/ID, takes its lock and writes the record: to be called before anything else is done
 * for the container.  After a failure nothing is left.
 * r        id, bundle and all names that are about to be made are given; phase, boot, runtime_pid,
 *          runtime_start, uid and created are filled in here, texts in the arena.  r->config is
 * kept as it is; size and sum of it are filled in Returns  0; -EEXIST there is one of this id; else
 * -errno */
CHECKED int state_create(
	int root, struct arena *a, struct state_record *r, struct state_dir *ret, struct err *e);

/* Opens ROOT/ID.
 * root        FD_NONE: there is no root, so there is no container
 * timeout_ms  to wait for the lock, or STATE_NO_LOCK to do without
 * Returns     0; -ENOENT no such container; -ETIMEDOUT another command holds it; else -errno */
CHECKED int state_open(
	int root, const char *id, int timeout_ms, struct state_dir *ret, struct err *e);

/* Takes the lock of an open directory.  Returns 0; -ENOENT it was removed meanwhile; -ETIMEDOUT */
CHECKED int state_lock(struct state_dir *d, int timeout_ms, struct err *e);

/* Gives the lock back; the directory stays open. */
void state_unlock(struct state_dir *d);

/* Removes all files of the container, unknown ones too, and ROOT/ID.  Needs the lock.
 * What is missing already is no failure. */
CHECKED int state_remove(struct state_dir *d, struct err *e);

/* Calls each with every container of the root, in the order of their ids.
 * root  FD_NONE: none
 * each  r is NULL when the record cannot be read, then *why says the reason; both are gone after
 *       the call; status is that of state_look.  A negative result ends the list and is the result
 * of it all. */
typedef int (*state_each_fn)(void *data, const char *id, const struct state_record *r,
	enum state_status status, const struct err *why);
CHECKED int state_list(int root, state_each_fn each, void *data, struct err *e);

/* --- its files ---------------------------------------------------------------------------- */

/* Writes a file that is not there yet and that nobody looks for before the record says so.  Needs
 * the lock. */
CHECKED int state_add(
	const struct state_dir *d, const char *name, struct state_bytes bytes, struct err *e);

/* Replaces a file of the directory as a whole.  Needs the lock. */
CHECKED int state_put(
	const struct state_dir *d, const char *name, struct state_bytes bytes, struct err *e);

/* Reads a file of the directory into the arena. */
CHECKED int state_get(const struct state_dir *d, const char *name, struct arena *a,
	struct state_bytes *ret, struct err *e);

/* The two halves of state_write, for who has better to do at the second: the record as a file
 * beside the old one, and its taking that one's place. */
CHECKED int state_prepare(const struct state_dir *d, const struct state_record *r, struct err *e);
CHECKED int state_commit(const struct state_dir *d, struct err *e);

/* Replaces the record.  Needs the lock. */
CHECKED int state_write(const struct state_dir *d, const struct state_record *r, struct err *e);

/* Reads the record.
 * Returns  0; -ENODATA there is none: a `create` was killed at its very beginning; -EBUSY one is
 *          there, or a `delete` at its end; -ENOENT that has ended; -EINVAL a torn or foreign file;
 * -EPROTONOSUPPORT of a newer version; else -errno */
CHECKED int state_read(
	const struct state_dir *d, struct arena *a, struct state_record *ret, struct err *e);

/* Makes the FIFO that a created container waits at, for the process that shall wait: one byte
 * read from it means go.  Opened for both directions, so that a read waits for a byte and not for
 * an end of file; whoever does not wait closes it. */
CHECKED int state_fifo_make(const struct state_dir *d, int *ret, struct err *e);

/* Lets the waiting process go.  Returns 0; -ENXIO nobody waits; else -errno */
CHECKED int state_fifo_release(const struct state_dir *d, struct err *e);

#endif
