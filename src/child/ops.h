/* The operations of the child: one function per CHILD and BOTH row of spec/ops.def, all of one
 * shape.  Inside child/ only. */
#ifndef CRUN_LITE_CHILD_OPS_H
#define CRUN_LITE_CHILD_OPS_H

#include "child/child.h"

/* 0, or a negative errno; c->detail may say more. */
#define DECLARE_CHILD(name) CHECKED int do_##name(struct child *c, const struct plan_##name *op);
#define DECLARE_PARENT(name)
#define DECLARE_BOTH(name)           DECLARE_CHILD(name)
#define OP(name, side, say, members) DECLARE_##side(name)
#include "spec/ops.def"
#undef OP
#undef DECLARE_CHILD
#undef DECLARE_PARENT
#undef DECLARE_BOTH

/* Tells the parent that the operation at hand failed with an errno value, and ends the process. */
_Noreturn void child_fail(struct child *c, int error);

/* Gives up *fd, which becomes FD_NONE.  A few are kept and closed in one go: they are mostly
 * neighbours, and half of all calls of a start would be close(2) otherwise. */
void child_spend(struct child *c, int *fd);

/* Tells a `start` that waits for it; to be called once nobody else does.  It has no plan: hooks,
 * done or failed, are told by their number, other operations by their kind.  m->op is filled in. */
struct proto_msg;
void child_report(struct child *c, struct proto_msg *m);

/* The descriptor in a slot that the plan may not have; FD_NONE then. */
int child_slot(const struct child *c, int slot);

/* Waits for a message of the parent's about an operation of both.  That the network namespace is
 * made it says when that is so, which may be before: it is kept for net_join. */
CHECKED int child_recv(struct child *c, struct proto_msg *ret, int *ret_fd);

/* Tells the parent what the operation at hand has made of its path, so that a start that fails can
 * take it away; gives up made->dir.  The container does not fail because of it. */
struct look_made;
void child_made(struct child *c, struct look_made *made);

/* Takes away what was mounted so far, in a container that is there. */
void child_take_back(struct child *c);

/* Is /dev a file system of our own making, so that what is made in it goes with it? */
bool child_owns_dev(const struct child *c);

/* Puts fd into a slot; a negative one is the error. */
CHECKED int child_fill(struct child *c, int slot, int fd);

/* Gives a new file system its source and its options; then its superblock and detached mount, which
 * goes into a slot. */
CHECKED int child_fs_options(int fs, const char *source, const char *const *data);
CHECKED int child_fs_mount(struct child *c, int fs, uint64_t attr, int slot);

/* Really closes the descriptors from first to last, but for some.
 * singly  not by close_range(2)
 * keep    in any order; FD_NONE among them is nothing */
CHECKED int child_close_but(
	bool singly, unsigned first, const int *keep, size_t count, unsigned last);

/* The host's /proc, verified: by its path, or by the descriptor that was opened while it could be
 * seen.  Only before the root is changed. */
CHECKED int child_open_proc(const struct child *c);

/* Writes a file of the host's /proc. */
CHECKED int child_write_proc(const struct child *c, const char *file, const char *text);

#endif
