/* Id-mapped mounts: where a mount's ids come from.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_IDMAP_H
#define CRUN_LITE_PLAN_IDMAP_H

#include "plan/mount_options.h"

/* A detached mount whose ids may have to be mapped. */
struct plan_idmap_job {
	size_t index; /* in mounts[] */
	const struct plan_mount_options *options;
	int tree;         /* slot of the mount */
	const char *type; /* of a file system made for it; NULL: it is a clone */
};

/* Appends what maps the ids of the mount, when the configuration asks for it.
 * Returns 0; -EINVAL maps that are missing, contradict each other or are not well formed; -EPERM
 * the caller may not map ids; -ENOSYS the kernel cannot; -ENOMEM; *e is set. */
CHECKED int plan_idmap(struct plan *p, const struct plan_idmap_job *m, struct err *e);

/* Appends what maps the ids of a detached mount by the container's own user namespace, which there
 * must be. */
CHECKED int plan_idmap_own(
	struct plan *p, struct src_pos at, const char *path, int tree, struct err *e);

/* Reads "uids=F-H-N#F-H-N;gids=F-H-N": N ids from F on of the file system are those from H on of
 * the host, or with "@F-H-N" those from H on of the container.
 * ret  [0] users, [1] groups; set on success only
 * Returns NULL; else what is wrong with the text */
const char *plan_idmap_option(struct plan *p, const char *text, struct plan_id_map ret[2]);

#endif
