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
#include "plan/ops.h"
#include "plan/options.h"
#include "spec/spec.h"

/* One line of a uid_map or gid_map. */
struct plan_id_range {
	uint64_t inside, outside, count;
};

struct plan_id_map {
	const struct plan_id_range *ranges;
	size_t count;
};

/* Something that was asked for and is not given, but need not stop a container by the
 * specification.  Goes to the log, never to the terminal. */
struct plan_warning {
	struct plan_warning *next;
	struct src_pos at;
	const char *text;
};

/* A user namespace that only holds the maps of id-mapped mounts. */
struct plan_userns {
	const struct plan_userns *next;
	const char *uids, *gids; /* as the map files have them; NULL: the container's own */
	int slot;
};

struct plan_late {
	const struct plan_late *next;
	struct src_pos at;
	const char *path;
	int tree;
};

/* Where the kernel shows itself, and masks count: /proc and /sys. */
enum {
	PLAN_KERNEL_TREES = 2
};

struct plan {
	struct arena *arena;
	const struct spec_config *config;
	const struct host_facts *host;
	const struct plan_options *options;

	struct plan_op *ops;
	size_t count, capacity;
	int slots; /* how many descriptor slots there are */

	/* Decisions that several builders need; set by plan_build before it calls them. */
	uint64_t new_ns;    /* CLONE_NEW* flags of namespaces to be made */
	uint64_t joined_ns; /* and of those joined by path */
	bool user_ns;       /* lives in a user namespace other than ours, made or joined */
	bool in_user_ns;    /* or in ours, when that is not the host's: no rights over the host */
	bool auto_user_ns;  /* one that the configuration did not ask for */
	struct plan_id_map uids, gids; /* of a user namespace to be made */
	bool setgroups;                /* setgroups(2) is possible in the container */
	const int *mount_slots; /* one a mount: slot of a source opened early, or SLOT_NONE */
	bool root_alone; /* the mount namespace is made of the new root, not of the host's mounts */
	int dev_slot;    /* a /dev of our making, SLOT_NONE: it is not ours */
	bool dev_is_copy;                  /* it begins with what the image has in its own */
	int tree_slots[PLAN_KERNEL_TREES]; /* the mounts on /proc and /sys, if kept for masks */
	int pts_slot;                      /* the devpts of /dev/pts, SLOT_NONE: none of ours */
	const char *mount_label;           /* data that labels a new file system; NULL: none */
	bool program_labelled;             /* the program gets a label by AppArmor or SELinux */
	int shown_slot;    /* where hooks look for the root, SLOT_NONE: no such hooks */
	int hook_slots[2]; /* state for createContainer and startContainer hooks */
	int pidfd_slot;    /* the connection of --pidfd-socket; SLOT_NONE: none */
	int report_slot;   /* by which a start is told of a failure, the caller's to fill */
	int target_slot;   /* exec: pidfd of the container's first process, the caller's to fill */
	bool notify;       /* the last mount is the directory of the notify socket */
	char *listen_pid;  /* the text of LISTEN_PID, for the child to fill; NULL: none */
	bool hot; /* mounts of a container that is there: what is done is taken back on failure */
	uint64_t filter_caps; /* needed, beside the program's own, until the filter is loaded */
	struct plan_capabilities own_caps;            /* the program's */
	const struct plan_late *late;                 /* mounts that become read-only at the end */
	const struct plan_userns *idmaps;             /* those made or opened so far */
	struct plan_warning *warnings, *last_warning; /* in the order in which they were found */
	const struct plan_overlay_wish *overlay;      /* the root as an overlay: plan/overlay.h */
	bool overlay_fuse;     /* which fuse-overlayfs makes: plan/overlay_fuse.c */
	const char *rdt_group; /* absolute: its resctrl group; NULL: linux.intelRdt is not there */
	bool rdt_make;         /* which is made, if it is not there */
	const char *rdt_monitor; /* absolute; NULL: none is made */
	int rdt_slot, rdt_monitor_slot;
	const struct plan_seccomp *seccomp; /* the filter: plan/seccomp.h; NULL: none */
	bool close_singly;      /* the filter may forbid close_range(2) to what runs under it */
	bool dies_with_runtime; /* the program has asked for a signal at the runtime's death */
	const char *cgroup;     /* absolute below the cgroup mount; NULL: no cgroup */
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

/* Adds a warning. */
CHECKED int plan_warn(struct plan *p, struct src_pos at, struct err *e, const char *fmt, ...)
	PRINTF(4, 5);

#endif
