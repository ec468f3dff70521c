/* What the command line asks for, beside the configuration.  Holds no decisions. */
#ifndef CRUN_LITE_PLAN_OPTIONS_H
#define CRUN_LITE_PLAN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_target; /* plan/target.h */

enum plan_rootless {
	PLAN_ROOTLESS_AUTO, /* a plain user, or root of a user namespace */
	PLAN_ROOTLESS_YES,
	PLAN_ROOTLESS_NO
};

struct plan_options {
	const char *id;
	const char *bundle;               /* absolute */
	const char *state_dir;            /* absolute: where this container's state is kept */
	const char *overlay_dir;          /* writes are kept here; NULL: not on the command line */
	const char *const *overlay_lower; /* absolute */
	size_t overlay_lower_count;
	const char *overlay_size; /* NULL: not on the command line */
	bool overlay_idmap, overlay_fuse;
	bool overlay; /* --overlay, with or without a directory */
	bool no_pivot;
	bool no_new_keyring;
	bool wait_start; /* create: the program waits for `start` */
	bool pid_file;   /* exec: one is written before the program starts */
	bool detach;     /* the runtime does not stay: a terminal needs a console socket */
	const char *console_socket;       /* NULL: none */
	const char *pidfd_socket;         /* NULL: none */
	uint64_t preserve_fds, listening; /* from 3 on; LISTEN_FDS tells of the first of them */
	const char *listen_names;         /* NULL: none */
	bool no_cgroup;                   /* --cgroup-manager disabled */
	enum plan_rootless rootless;      /* --rootless */
	bool notify;                      /* NOTIFY_SOCKET is set: somebody waits for it */
	const char *seccomp_receiver;     /* RUN_OCI_SECCOMP_RECEIVER; NULL: not set */
	const struct plan_target *target; /* NULL: a container is made */
};

#endif
