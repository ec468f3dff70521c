/* Socket activation (sd_listen_fds(3)): variables of the program's environment that tell it which
 * of its descriptors are sockets.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_LISTEN_H
#define CRUN_LITE_PLAN_LISTEN_H

#include "plan/plan.h"

/* Puts the variables into p->config.  Called when the namespaces are decided. */
CHECKED int plan_listen(struct plan *p, struct err *e);

/* Fills in the number of the process, where only the process knows it. */
CHECKED int plan_listen_pid(struct plan *p, struct err *e);

#endif
