/* The operations of the parent: one function per PARENT row of spec/ops.def, all of one shape, and
 * what they share.  Inside parent/, and
 * for what diff/ shares with it. */
#ifndef CRUN_LITE_PARENT_OPS_H
#define CRUN_LITE_PARENT_OPS_H

#include "parent/parent.h"

/* 0, or a negative errno.  *e is set only where more is known than an errno. */
#define DECLARE_PARENT(name) \
	CHECKED int do_##name(struct parent *p, const struct plan_##name *op, struct err *e);
#define DECLARE_CHILD(name)
#define DECLARE_BOTH(name)
#define OP(name, side, say, members) DECLARE_##side(name)
#include "spec/ops.def"
#undef OP
#undef DECLARE_CHILD
#undef DECLARE_PARENT
#undef DECLARE_BOTH

/* Brings the network devices back that were moved: names, addresses, masters and states as before;
 * what then fails, fails.  The container's processes have ended. */
void parent_net_undo(struct parent *p);

/* Lets go of both network namespaces: the container's can end with its last process from then on.
 */
void parent_net_close(struct parent *p);

/* Removes the directories for writes that were made, unless there is data in them. */
void parent_overlay_undo(struct parent *p);

/* Removes the resctrl groups that were made. */
void parent_rdt_undo(struct parent *p);

/* Writes to /proc/PID/FILE of the child, or of another one of ours. */
CHECKED int parent_write_proc(const struct parent *p, const char *file, const char *text);
CHECKED int parent_write_proc_of(pid_t pid, const char *file, const char *text);

/* The parent's half of image: a detached mount, the caller's. */
CHECKED int parent_image(
	struct parent *p, const struct plan_image *op, int *ret_tree, struct err *e);

/* The parent's half of fuse_serve: starts the program.  The device stays the caller's. */
CHECKED int parent_fuse_start(
	struct parent *p, const struct plan_fuse_serve *op, int device, struct err *e);

/* /proc/PID/ns/user. */
CHECKED int parent_open_userns(pid_t pid);

/* Why there is no answer, as far as the program has said so. */
CHECKED int parent_fuse_explain(struct parent *p, int rc, struct err *e);

/* The parent's half of given_tree: a detached mount, the caller's. */
CHECKED int parent_given_tree(const struct plan_given_tree *op);

/* Runs newuidmap or newgidmap for a process.
 * ret_said  the first line of what it said
 * Returns   0; -EPERM it refused; -errno */
CHECKED int parent_run_helper(
	pid_t pid, const struct plan_map_helper *op, char *ret_said, size_t size);

/* The parent's half of map_ids; tree is the mount that the child has made. */
CHECKED int parent_map_ids(
	struct parent *p, const struct plan_map_ids *op, int tree, struct err *e);

#endif
