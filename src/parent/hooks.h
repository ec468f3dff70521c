/* What hooks need of the parent beside being run.  Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_HOOKS_H
#define CRUN_LITE_PARENT_HOOKS_H

#include "parent/parent.h"

/* Makes the files for what the container's own hooks are told, if it has some; the child inherits
 * them. */
CHECKED int hooks_prepare(struct parent *p, struct err *e);

/* Waits until the child says something, or ends; when it has hooks to run, which may take long,
 * also until we are asked to end: -EINTR, p->signal says by what. */
CHECKED int hooks_await(struct parent *p, struct err *e);

/* The same whether there are hooks or not.  Returns 1 when we are asked to end. */
CHECKED int hooks_await_child(struct parent *p);

#endif
