/* The plan: what will be done, in order, as data.
 *
 * A pure function of the configuration, the facts of the host and the command line's options.
 * The parent and the child each walk the same list and carry out their own rows; the list can be
 * printed, compared and timed.  No system call happens in this folder. */
#ifndef CRUN_LITE_PLAN_PLAN_H
#define CRUN_LITE_PLAN_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "host/host.h"
#include "spec/spec.h"

enum plan_kind {
#define OP(name, side, say, members) PLAN_##name,
#include "spec/ops.def"
#undef OP
	PLAN_KINDS,
};

enum plan_side { SIDE_PARENT = 1, SIDE_CHILD = 2, SIDE_BOTH = 3 };

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
#undef OCT
#undef HEX
#undef SLOT
#undef LIST
#undef DATA

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

/* What the command line asks for, beside the configuration. */
struct plan_options {
	const char *id;
	const char *bundle;      /* absolute */
	const char *state_dir;   /* absolute: where this container's state is kept */
	const char *overlay_dir; /* writes are kept here; NULL: not on the command line */
	bool overlay;            /* --overlay, with or without a directory */
	bool no_pivot;
	bool no_new_keyring;
	bool wait_start;         /* create: the program waits for `start` */
	bool detach;             /* the runtime does not stay: a terminal needs a console socket */
	const char *console_socket; /* NULL: none */
	uint64_t preserve_fds;
};

struct plan {
	struct arena *arena;
	const struct spec_config *config;
	const struct host_facts *host;
	const struct plan_options *options;

	struct plan_op *ops;
	size_t count, capacity;
	int slots;               /* how many descriptor slots there are */

	/* Decisions that several builders need; set by plan_build before it calls them. */
	uint64_t new_ns;         /* CLONE_NEW* flags of namespaces to be made */
	uint64_t joined_ns;      /* and of those joined by path */
	bool own_user_ns;        /* made for this container, by the configuration or by us */
	const char *cgroup;      /* absolute below the cgroup mount; NULL: no cgroup */
};

/* Decides everything.  *ret and all in it live in the arena.
 * Returns 0, or a negative errno with *e set; then nothing was done, for nothing is done here. */
CHECKED int plan_build(const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o, struct plan *ret, struct err *e);

/* Appends an operation with zeroed members.
 * path  config path, kept in the arena: printf format
 * Returns the operation, valid until the next append; NULL when memory is short (*e set). */
CHECKED struct plan_op *plan_append(struct plan *p, enum plan_kind kind, struct src_pos at,
	struct err *e, const char *path, ...) PRINTF(5, 6);

/* A new descriptor slot. */
int plan_slot_new(struct plan *p);

/* Builders, one file a subject, called by plan_build in the order of the list. */
CHECKED int plan_cgroup(struct plan *p, struct err *e);        /* cgroup.c: make, limits */
CHECKED int plan_device_filter(struct plan *p, struct err *e); /* device_filter.c */

const char *plan_kind_name(enum plan_kind kind);
enum plan_side plan_kind_side(enum plan_kind kind);

#endif
