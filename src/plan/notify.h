/* What NOTIFY_SOCKET in the runtime's environment adds to a container.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_NOTIFY_H
#define CRUN_LITE_PLAN_NOTIFY_H

#include "plan/plan.h"

/* Puts a mount of the socket's directory and a variable into p->config, unless the configuration
 * has its own. */
CHECKED int plan_notify(struct plan *p, struct err *e);

/* Is it that mount? */
bool plan_is_notify(const struct plan *p, const struct spec_mount *m);

#endif
