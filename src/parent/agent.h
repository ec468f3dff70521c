/* What the seccomp agent is told.  Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_AGENT_H
#define CRUN_LITE_PARENT_AGENT_H

#include "plan/plan.h"

#include <sys/types.h>

/* Writes the message that goes with the listener: a ContainerProcessState of a container that is
 * being made, or there.
 * op        metadata: linux.seccomp.listenerMetadata; NULL: none
 * pid       of the container's process, in our pid namespace
 * fd        an empty file
 * Source    runtime-spec 1.3, config-linux.md, "The Container Process State" */
CHECKED int agent_message(const struct plan *plan, const struct plan_listener_message *op,
	pid_t pid, int fd, struct err *e);

#endif
