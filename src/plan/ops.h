/* The operations of a plan as types: what the rows of spec/ops.def become. */
#ifndef CRUN_LITE_PLAN_OPS_H
#define CRUN_LITE_PLAN_OPS_H

#include "base/err.h"

enum plan_kind {
#define OP(name, side, say, members) PLAN_##name,
#include "spec/ops.def"
#undef OP
	PLAN_KINDS,
};

enum plan_side {
	SIDE_PARENT = 1,
	SIDE_CHILD = 2,
	SIDE_BOTH = 3
};

/* Descriptors that operations hand to each other.  A slot is -1 until an operation fills it. */
enum plan_slot {
	SLOT_NONE = -1,
	SLOT_ROOT,   /* the container's root mount */
	SLOT_STAGE,  /* the container's state directory: where the new root is put at first */
	SLOT_PROC,   /* the host's /proc, verified */
	SLOT_CGROUP, /* the container's cgroup directory */
	SLOT_TREE,   /* the detached mount at hand */
	SLOT_NULL,   /* detached clone of the host's /dev/null, verified */
	SLOT_EMPTY,  /* detached empty read-only tmpfs, for masks */
	SLOT_UPPER,
	SLOT_WORK,
	SLOT_FIFO,
	SLOT_FILTER, /* memfd of the compiled seccomp filter */
	SLOT_PTS,
	SLOT_FIRST_FREE, /* numbers from here on are given out by plan_slot_new */
};

#define STR(op, member)  const char *member;
#define NUM(op, member)  uint64_t member;
#define INT(op, member)  int64_t member;
#define OCT(op, member)  uint64_t member;
#define HEX(op, member)  uint64_t member;
#define SLOT(op, member) int member;
#define LIST(op, member) const char *const *member;
#define DATA(op, member) const void *member;
#define OP(name, side, say, members) \
	struct plan_##name {         \
		members              \
	};
#include "spec/ops.def"
#undef OP
#undef STR
#undef NUM
#undef INT
#undef OCT
#undef HEX
#undef SLOT
#undef LIST
#undef DATA

/* attach: what the mount point may be, and what else follows from it. */
enum plan_attach_how {
	ATTACH_PLAIN_DIR = 1,  /* a real directory, no link on the way */
	ATTACH_OVER_PROC = 2,  /* may lie on a proc file system */
	ATTACH_TAKE_MODE = 4,  /* the new root directory takes the mode of what it covers */
	ATTACH_KEEP = 8,       /* the slot stays open: it is used again */
	ATTACH_NOFOLLOW = 16,  /* a link there is mounted on, not followed */
	ATTACH_UNSURE = 64,    /* only a look at it tells what lies there, as behind a link */
	ATTACH_COPY_LINK = 32, /* what is a link is not mounted: such a link is made */
	ATTACH_READONLY = 128, /* it becomes read-only as the last before it is put in place */
};

struct plan_op {
	enum plan_kind kind;
	struct src_pos at; /* the place in config.json that asked for it */
	const char *path;  /* its config path, "mounts[3]"; never NULL */
	union {
#define OP(name, side, say, members) struct plan_##name name;
#include "spec/ops.def"
#undef OP
	};
};

const char *plan_kind_name(enum plan_kind kind);
enum plan_side plan_kind_side(enum plan_kind kind);

/* The members of an operation, for printing: rows made of spec/ops.def. */
enum plan_member_type {
	MEMBER_STR,
	MEMBER_NUM,
	MEMBER_INT,
	MEMBER_OCT,
	MEMBER_HEX,
	MEMBER_SLOT,
	MEMBER_LIST,
	MEMBER_DATA
};

struct plan_member {
	const char *name; /* NULL ends the rows of a kind */
	enum plan_member_type type;
	size_t offset; /* in struct plan_op */
};

const struct plan_member *plan_kind_members(enum plan_kind kind);
const char *plan_kind_say(enum plan_kind kind);

#endif
