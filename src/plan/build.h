/* The builders of a plan, one file a subject, in the order of the list that they make.
 * Inside plan/ only.  Each appends what its subject needs, or nothing, and returns 0 or a negative
 * errno with *e set. */
#ifndef CRUN_LITE_PLAN_BUILD_H
#define CRUN_LITE_PLAN_BUILD_H

#include "plan/plan.h"

/* From here on destinations of mounts do not begin with the host's path of the root. */
CHECKED int plan_mounts_inside(struct plan *p, struct err *e);

/* Decisions, no operations: new, joined and user namespaces; id maps; cgroup path. */
CHECKED int plan_labels(struct plan *p, struct err *e); /* are their security modules there? */
CHECKED int plan_namespaces(struct plan *p, struct err *e);
CHECKED int plan_ids(struct plan *p, struct err *e);
/* Is it no error that there is no cgroup, as long as nobody asks for limits? */
bool plan_is_rootless(const struct plan *p);
CHECKED int plan_cgroup_path(struct plan *p, struct err *e);

CHECKED int plan_seccomp(struct plan *p, struct err *e); /* filter, its agent */
CHECKED int plan_cgroup(struct plan *p, struct err *e);  /* group and limits */
CHECKED int plan_rdt(struct plan *p, struct err *e);     /* resctrl groups */
CHECKED int plan_pidfd_connect(struct plan *p, struct err *e);
CHECKED int plan_console_connect(struct plan *p, struct err *e);     /* --console-socket */
CHECKED int plan_overlay_dirs(struct plan *p, struct err *e);        /* what is asked for; DIR */
CHECKED int plan_spawn(struct plan *p, struct err *e);               /* joins, clone, id maps */
CHECKED int plan_overlay_fuse(struct plan *p, struct err *e);        /* root by fuse-overlayfs */
CHECKED int plan_rdt_join(struct plan *p, struct err *e);            /* process into groups */
CHECKED int plan_net_devices(struct plan *p, struct err *e);         /* moved by the parent */
CHECKED int plan_filters(struct plan *p, struct err *e);             /* seccomp, by the parent */
CHECKED int plan_device_filter(struct plan *p, struct err *e);       /* by the parent */
CHECKED int plan_namespaces_inside(struct plan *p, struct err *e);   /* cgroup and time */
CHECKED int plan_root(struct plan *p, struct err *e);                /* root tree or overlay */
CHECKED int plan_mounts(struct plan *p, struct err *e);              /* mounts[], network */
CHECKED int plan_namespaces_settings(struct plan *p, struct err *e); /* lo, names, sysctls */
CHECKED int plan_devices(struct plan *p, struct err *e);             /* /dev, terminal */
CHECKED int plan_masks(struct plan *p, struct err *e);
CHECKED int plan_hooks_before(struct plan *p, struct err *e); /* all before the pivot */
CHECKED int plan_program_labels(struct plan *p, struct err *e);
CHECKED int plan_root_finish(struct plan *p, struct err *e); /* read-only, pivot */
CHECKED int plan_process(struct plan *p, struct err *e);     /* credentials, exec */
CHECKED int plan_hooks_after(struct plan *p, struct err *e); /* poststart, poststop */

/* Parts of plan_cgroup, plan_device_filter and plan_rdt, for who changes a container that is there:
 * the limits that r has; a filter, or an operation without instructions that takes it away; the
 * schemata that r has. */
CHECKED int plan_limits(struct plan *p, const struct spec_resources *r, struct err *e);
CHECKED int plan_device_change(struct plan *p, struct err *e);
CHECKED int plan_rdt_change(struct plan *p, const struct spec_intel_rdt *r, struct err *e);

/* Sends the descriptor of the process, if somebody wants it. */
CHECKED int plan_pidfd_send(struct plan *p, struct err *e);

/* Parts of plan_process and plan_root_finish. */
CHECKED int plan_credentials(struct plan *p, struct err *e);
CHECKED int plan_rlimits(struct plan *p, struct err *e);
CHECKED int plan_scheduling_self(struct plan *p, struct err *e);      /* by the child */
CHECKED int plan_scheduling_by_parent(struct plan *p, struct err *e); /* by the caller's rights */
CHECKED int plan_cwd_make(struct plan *p, struct err *e);

/* The session keyring: part of plan_process, or of plan_program_labels when it gets a label. */
CHECKED int plan_keyring(struct plan *p, struct err *e);
bool plan_keyring_labelled(const struct plan *p);

/* Data of a new file system, and what labels it.  NULL when memory is short. */
const char *const *plan_label_data(struct plan *p, const char *const *data);

/* Parts of plan_process that exec shares.  env: of plan_environment, NULL when memory is short */
CHECKED int plan_barrier(
	struct plan *p, enum plan_kind kind, const char *what, struct err *e); /* of two sides */
CHECKED int plan_settings(struct plan *p, struct err *e); /* keyring, stdio, umask, directory */
CHECKED int plan_clean(struct plan *p, struct err *e);    /* signals, descriptors */
const char *const *plan_environment(struct plan *p);
CHECKED int plan_program(struct plan *p, const char *const *env, struct err *e); /* found */
CHECKED int plan_program_exec(struct plan *p, const char *const *env, struct err *e);

/* Parts of exec: what a start decides otherwise. */
struct plan plan_begin(struct arena *arena, const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o);
CHECKED int plan_program_check(struct plan *p, struct err *e); /* as plan_labels */
CHECKED int plan_ids_of_target(struct plan *p, struct err *e);
CHECKED int plan_rdt_use(struct plan *p, struct err *e);
CHECKED int plan_filter_compile(struct plan *p, struct err *e); /* the two halves of plan_filters */
CHECKED int plan_listener_message(struct plan *p, struct err *e);
CHECKED int plan_capabilities_own(struct plan *p, struct err *e); /* what filter_caps added goes */
const char *plan_namespace_words(struct plan *p, uint64_t flags); /* NULL: no memory */

/* Does a profile surely let this call be made with this first argument? */
bool plan_seccomp_allows(const struct spec_seccomp *s, const char *name, uint64_t first);

/* Parts of plan_process: what shall be ready before the filter, and the filter itself. */
CHECKED int plan_agent_limit(struct plan *p, struct err *e);
CHECKED int plan_listener_helper(struct plan *p, struct err *e);
CHECKED int plan_seccomp_load(struct plan *p, struct err *e);
/* The last part of plan_process before the exec: startContainer. */
CHECKED int plan_hooks_start(struct plan *p, struct err *e);

/* Are there hooks that run before the change of root? */
bool plan_hooks_see_root(const struct plan *p);

/* Parts of plan_spawn. */
CHECKED int plan_rlimits_raise(struct plan *p, struct err *e);
CHECKED int plan_id_maps(struct plan *p, struct err *e);

/* The child waits until its network devices are there. */
CHECKED int plan_net_devices_wait(struct plan *p, struct err *e);

/* The parent makes the network namespace while the child mounts. */
bool plan_net_overlaps(const struct plan *p);

/* Is the id of the container mapped?  Always so without a user namespace of our making. */
/* From here on root's rights of the user namespace are needed, if there is one: file systems made
 * later belong to it.  What the host guards from that root was opened before. */
CHECKED int plan_become_root(struct plan *p, struct src_pos at, struct err *e);

bool plan_uid_mapped(const struct plan *p, uint64_t id);
bool plan_gid_mapped(const struct plan *p, uint64_t id);

/* A map as the files uid_map and gid_map take it; NULL when memory is short. */
const char *plan_id_map_text(struct plan *p, const struct plan_id_map *m);

/* A map of the configuration's. */
CHECKED int plan_id_map_from(struct plan *p, const struct spec_id_map_list *list,
	struct plan_id_map *ret, struct err *e);

/* An absolute path of the configuration as it is, a relative one below the bundle.
 * Returns NULL when memory is short. */
const char *plan_bundle_path(struct plan *p, const char *path, size_t len);

/* Appends what puts a mount on the container's state directory, on top of those there. */
CHECKED int plan_stage(
	struct plan *p, struct src_pos at, const char *path, int tree, struct err *e);

/* The null device that masks are made of; before the host's is out of sight. */
CHECKED int plan_masks_null(struct plan *p, struct err *e);

/* mounts[] whose sources are opened before anything else: see mounts.c. */
CHECKED int plan_mounts_early(struct plan *p, struct err *e);

/* "proc", "sys": the places of plan->tree_slots. */
extern const char *const plan_kernel_trees[PLAN_KERNEL_TREES];

/* The caller has this capability in its own user namespace. */
bool plan_host_can(const struct plan *p, unsigned capability);

#endif
