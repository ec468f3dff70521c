/* Where the two trees of a container are to be seen: its root as it is, and what lies below.
 *
 * The layer of writes is never read itself.  The kernel merges it: what whiteouts, opaque
 * directories and redirects mean is its own affair.  Of a container that runs the root is looked
 * at, by a clone of that one mount, which shows what the mounts on top of it hide; of one that has
 * stopped an overlay is made, of the directory that kept the writes and what was below. */
#ifndef CRUN_LITE_DIFF_VIEW_H
#define CRUN_LITE_DIFF_VIEW_H

#include "diff/place.h"

struct view {
	int below, above;
};

void view_done(struct view *v);

/* Opens both.  To be called in a process of its own: it changes namespaces, and sees ids as the
 * container does.
 * maps  socket to the process that calls view_map and served_start, if one has to */
CHECKED int view_open(const struct view_place *p, int maps, struct view *ret, struct err *e);

/* May the container's overlay show a directory that looks as the one below, although something in
 * it was changed?  By another name than it has below, without a copy of what is in it; or because
 * the kernel remembers what fuse-overlayfs has said of it before. */
bool view_may_redirect(const struct view_place *p);

/* Whether the other process waits for its ids. */
bool view_needs_map(const struct view_place *p);

/* Waits until it does, and maps them.  Returns 0 also when that one has ended before. */
CHECKED int view_map(const struct view_place *p, int maps, pid_t pid, struct err *e);

#endif
