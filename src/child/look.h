/* Finding and making things below the container's root.  Inside child/ only.
 *
 * The rootfs is hostile: every look-up is scoped to the root's descriptor by openat2(2)
 * (RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS), and what was found is used by descriptor. */
#ifndef CRUN_LITE_CHILD_LOOK_H
#define CRUN_LITE_CHILD_LOOK_H

#include "base/defs.h"

enum look_kind {
	LOOK_DIR,
	LOOK_FILE
};

/* Opens what is there, O_PATH.  plain: no link anywhere on the way.
 * Returns a descriptor; -ENOENT nothing there; -ELOOP a link where none may be; else -errno. */
CHECKED int look_up(int root, const char *path, bool plain);

/* The same, with links on the way but not as last component: that one is opened itself. */
CHECKED int look_up_nofollow(int root, const char *path);

/* The same as look_up, and where nothing is there makes a directory (0755) or an empty file (0644),
 * and the directories above it. */
CHECKED int look_or_make(int root, const char *path, enum look_kind kind, bool plain);

/* Opens the directory that holds the last component, made when missing; *ret_name points into
 * path.  -EINVAL when path names the root itself. */
CHECKED int look_parent(int root, const char *path, const char **ret_name);

#endif
