/* Which trees are compared, and how they were made: filled by lib/ from a container's record. */
#ifndef CRUN_LITE_DIFF_PLACE_H
#define CRUN_LITE_DIFF_PLACE_H

#include "base/err.h"

#include <sys/types.h>

struct view_place {
	const char *const
		*layers; /* absolute, NULL-terminated; of a stopped one that of writes first */
	size_t count;
	bool userxattr;   /* how it marks what is gone */
	int pidfd;        /* of its first process; FD_NONE: it has stopped */
	const char *fuse; /* fuse-overlayfs, if that has served its root; NULL: the kernel did */
	const char *name; /* of the container */
	const char *uids, *gids; /* lines of its id maps; "": it has the caller's ids */
};

#endif
