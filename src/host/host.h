/* What this kernel, cgroup tree and user can do, as far as a plan asks.
 * Reads only; asked once for a command.  Tests read the same facts from a text file. */
#ifndef CRUN_LITE_HOST_HOST_H
#define CRUN_LITE_HOST_HOST_H

#include "base/arena.h"
#include "base/err.h"

struct host_facts {
#define NUMBER(member, name)          uint64_t member;
#define LIMIT(member, name, resource) uint64_t member;
#define FLAG(member, name)            bool member;
#define TEXT(member, name)            const char *member;
#include "spec/host.def"
#undef NUMBER
#undef LIMIT
#undef FLAG
#undef TEXT
};

/* A layer of an overlay, and what named it. */
struct host_layer {
	const char *path; /* absolute */
	const char *where;
	struct src_pos at;
};

/* What of the facts a configuration needs; what it does not need is not asked for. */
struct host_wish {
	const char *cgroup_path; /* linux.cgroupsPath, NULL when none */
	const char *cgroup_ns;   /* the path of the cgroup namespace to join, NULL when none */
	uint64_t rlimits;        /* one bit a RLIMIT_*: which hard limits */
	bool no_cgroup;          /* none is made: nothing of cgroups is asked */
	bool apparmor, selinux;  /* a profile or a label is asked for */
	bool resctrl;            /* linux.intelRdt is there */
	bool overlay;            /* the root shall be one, */
	bool fuse;               /* by fuse-overlayfs in any case */
	const struct host_layer *layers;
	size_t layer_count;
};

/* Facts of which nothing is known: numbers 0, texts empty. */
void host_facts_empty(struct host_facts *ret);

/* A host on which everything can be had, for judging a configuration by itself. */
void host_facts_ideal(struct host_facts *ret);

/* The caller's hard limit of a RLIMIT_*. */
uint64_t host_hard_limit(const struct host_facts *h, int64_t resource);

/* Asks the kernel.
 * arena  all texts live there
 * ret    set on success only */
CHECKED int host_probe(
	const struct host_wish *wish, struct arena *arena, struct host_facts *ret, struct err *e);

/* Is the caller in a user namespace other than the initial one? */
CHECKED int host_in_user_namespace(bool *ret, struct err *e);

/* Does the user namespace of a process deny setgroups(2)?  dir: /proc/PID */
bool host_setgroups_denied(int dir);

/* The program fuse-overlayfs: in PATH, as far as that is absolute, or where it usually is.
 * Returns its absolute path, "" there is none; NULL when memory is short */
const char *host_find_fuse_overlayfs(const char *path, struct arena *arena);

/* Reads the text form of spec/host.def; facts that it does not name are 0 or empty. */
CHECKED int host_read(const char *text, struct arena *arena, struct host_facts *ret, struct err *e);

/* Where a container's cgroup shall be: absolute below the cgroup mount.
 * wanted   linux.cgroupsPath: absolute as it is; relative, or NULL or "": beside the caller's own
 * Returns  NULL when memory is short */
char *host_cgroup_path(
	const struct host_facts *h, const char *wanted, const char *id, struct arena *arena);

#endif
