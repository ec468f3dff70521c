/* Making the child.  Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_SPAWN_H
#define CRUN_LITE_PARENT_SPAWN_H

#include "parent/parent.h"

/* Back into the host's network namespace, if net_make left it. */
CHECKED int parent_net_restore(struct parent *p);

#endif
