/* A container that is there, as who joins it has to know it. */
#ifndef CRUN_LITE_HOST_TARGET_H
#define CRUN_LITE_HOST_TARGET_H

#include "host/host.h"

#include <sys/types.h>

struct host_target {
	pid_t pid;          /* of its first process */
	const char *cgroup; /* absolute path of its cgroup's directory; "" none */
	bool exact; /* of namespaces that are the caller's, too, it is to be known that they are */
};

/* Fills the target_* facts of *h, all of whose others stay as they are.  What is found out may be
 * another process's when the first one ends meanwhile: joining by its pidfd tells.
 * Returns  0; -ESRCH it has ended; -EACCES, -EPERM it is hidden from the caller; else -errno */
CHECKED int host_probe_target(
	const struct host_target *t, struct arena *arena, struct host_facts *h, struct err *e);

/* Where the process is now, if that is below the container's cgroup: a program that manages cgroups
 * of its own leaves the uppermost.
 * ret      the absolute path of its directory
 * Returns  0; -ENOENT it is not below, or not known; -ENAMETOOLONG */
CHECKED int host_target_cgroup(const struct host_target *t, char *ret, size_t size);

#endif
