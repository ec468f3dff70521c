/* Layers as one tree by fuse-overlayfs, for containers whose root it has served: what its marks
 * mean it alone knows.  One process makes the mounts, the one that asked for the comparison starts
 * who answers, outside of all that belongs to the container. */
#ifndef CRUN_LITE_DIFF_SERVED_H
#define CRUN_LITE_DIFF_SERVED_H

#include "diff/place.h"
#include "parent/fuse.h"

enum {
	SERVED_MAX = 2 /* what is below, and the root as it was */
};

/* From here on the process is root of the user namespace that it has joined: the kernel carries no
 * other's questions to the program. */
CHECKED int served_user(const struct view_place *p, struct err *e);

/* The tree of the layers from `first` on: a detached mount.
 * sock  to the process that calls served_start */
CHECKED int served_tree(const struct view_place *p, size_t first, int sock, struct err *e);

/* No more of them. */
void served_end(int sock);

/* Starts whoever is wanted, until the other process has all of its trees or has ended.
 * pid      of that process
 * servers  SERVED_MAX, to be killed when it has ended, or to end its waiting */
CHECKED int served_start(const struct view_place *p, int sock, pid_t pid,
	struct fuse_server *servers, struct err *e);

#endif
