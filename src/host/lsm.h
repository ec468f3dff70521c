/* Which security modules give labels here.  Inside host/ only. */
#ifndef CRUN_LITE_HOST_LSM_H
#define CRUN_LITE_HOST_LSM_H

#include "host/host.h"

/* Fills apparmor, apparmor_confined and selinux, as far as they are wished for. */
CHECKED int host_probe_lsm(const struct host_wish *wish, struct host_facts *h, struct err *e);

/* Does a label of /proc/PID/attr/apparmor/current confine?  "unconfined" does not, nor does a
 * profile in the mode of that name, as Ubuntu has for programs that need user namespaces. */
bool host_apparmor_confines(const char *label);

#endif
