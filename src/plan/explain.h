/* From a failed operation and an errno to what went wrong, where it was asked for, and what to do.
 * Makes text; prints nothing. */
#ifndef CRUN_LITE_PLAN_EXPLAIN_H
#define CRUN_LITE_PLAN_EXPLAIN_H

#include "plan/plan.h"

/* Fills *e: "<config path>: cannot <what>[: <detail>]: <the errno's words>", or the text that
 * spec/failures.def has for it; the place in config.json; the hint.
 *
 * index    of the operation, from 0; error  errno value.  Both may come from the child, which is
 * not trusted: what cannot be is -EPROTO detail   what else the kernel or a helper said; foreign
 * text, "" when nothing Returns  -e->code, which is -error but for a few rows of the table */
int plan_explain(const struct plan *p, size_t index, int error, const char *detail, struct err *e);

/* The same for a child that ended without a word.
 * index      of the operation at which the parent waited; any number
 * exit_code  0..255 as exited, 128 + number when killed by a signal
 * oom        the kernel killed a process of the container's cgroup for its memory
 * Returns    -EPIPE; -ENOMEM when oom */
int plan_explain_death(const struct plan *p, size_t index, int exit_code, bool oom, struct err *e);

#endif
