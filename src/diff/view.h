/* Where the two trees of a container are to be seen: its root as it is, and what lies below.
 *
 * The layer of writes is never read itself.  The kernel merges it: what whiteouts, opaque
 * directories and redirects mean is its own affair.  Of a container that runs the root is looked
 * at, by a clone of that one mount, which shows what the mounts on top of it hide; of one that has
 * stopped an overlay is made, of the directory that kept the writes and what was below. */
#ifndef CRUN_LITE_DIFF_VIEW_H
#define CRUN_LITE_DIFF_VIEW_H

#include "base/err.h"

#include <sys/types.h>

struct view_place {
	const char *const *layers; /* absolute; of a stopped one that of writes first */
	size_t count;
	bool userxattr;          /* how it marks what is gone */
	int pidfd;               /* of its first process; FD_NONE: it has stopped */
	const char *uids, *gids; /* lines of its id maps; "": it has the caller's ids */
};

struct view {
	int below, above;
};

void view_done(struct view *v);

/* Opens both.  To be called in a process of its own: it changes namespaces, and sees ids as the
 * container does.
 * maps  socket to the process that calls view_map, if one has to */
CHECKED int view_open(const struct view_place *p, int maps, struct view *ret, struct err *e);

/* May an overlay of this host show a directory under another name than it has below, without a copy
 * of what is in it? */
bool view_may_redirect(void);

/* Whether the other process waits for its ids. */
bool view_needs_map(const struct view_place *p);

/* Waits until it does, and maps them.  Returns 0 also when that one has ended before. */
CHECKED int view_map(const struct view_place *p, int maps, pid_t pid, struct err *e);

#endif
