/* Finding and making things below the container's root.  Inside child/ only.
 *
 * The rootfs is hostile: every look-up is scoped to the root's descriptor by openat2(2)
 * (RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS), and what was found is used by descriptor. */
#ifndef CRUN_LITE_CHILD_LOOK_H
#define CRUN_LITE_CHILD_LOOK_H

#include "base/defs.h"

#include <sys/types.h>

enum look_kind {
	LOOK_DIR,
	LOOK_FILE
};

/* What a look-up has made, which is removed should the start fail. */
struct look_made {
	int dir;     /* the directory that the first of it was made in; FD_NONE: nothing was made */
	size_t from; /* where in the path it begins; all behind it was made too */
	mode_t leaf; /* the type of the last component; 0: that one was there, or was not made */
	char path[160]; /* "": that of the operation; else what a link led to, from the directory on
			 */
};

#define LOOK_MADE_NONE ((struct look_made){ .dir = FD_NONE })

/* Opens what is there, O_PATH.  plain: no link anywhere on the way.
 * Returns a descriptor; -ENOENT nothing there; -ELOOP a link where none may be; else -errno. */
CHECKED int look_up(int root, const char *path, bool plain);

/* The same, with links on the way but not as last component: that one is opened itself. */
CHECKED int look_up_nofollow(int root, const char *path);

/* The same as look_up, and where nothing is there makes a directory (0755) or an empty file (0644),
 * and the directories above it.  Links may lead to what is missing: it is made where they lead.
 * made  empty before; what it says afterwards, on failure too, is for child_made */
CHECKED int look_or_make(
	int root, const char *path, enum look_kind kind, bool plain, struct look_made *made);

/* Something was made in the directory, byte `from` of the path on; *dir is given up when it is the
 * first of it, and is FD_NONE then.
 * leaf  its type when it is the last component, else 0 */
void look_note(struct look_made *made, int *dir, size_t from, mode_t leaf);

/* Opens the directory that holds the last component, made when missing; *ret_name points into
 * path.  -EINVAL when path names the root itself. */
CHECKED int look_parent(int root, const char *path, const char **ret_name, struct look_made *made);

#endif
