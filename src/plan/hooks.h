/* What is left of a plan when another command goes on with a container: its hooks.  And how a hook
 * that failed is told. */
#ifndef CRUN_LITE_PLAN_HOOKS_H
#define CRUN_LITE_PLAN_HOOKS_H

#include "plan/plan.h"

/* How a hook ended: 0 to 255 it exited so; the others */
enum plan_hook_how {
	HOOK_SIGNAL = 256,  /* + n: killed by signal n */
	HOOK_TIMEOUT = 512, /* killed by us */
	HOOK_ENDED = 1024,  /* + n: likewise, for the runtime was asked to end by signal n */
	HOOK_OUTPUT_MAX = 400,
};

/* What could not be done, if there is an error. */
enum plan_hook_step {
	HOOK_START,
	HOOK_DIR,
	HOOK_OUTPUT,
	HOOK_EXEC,
};

struct plan_hook_end {
	int error;                    /* errno value, > 0: it could not be run; 0: it was */
	int how;                      /* enum plan_hook_step with an error, else plan_hook_how */
	char output[HOOK_OUTPUT_MAX]; /* the last of what it wrote, NUL-terminated */
};

/* Fills *e: "hooks.poststop[0]: error running poststop hook #0: "/program": exit status 1", its
 * output.
 * index    of the hook's operation; it and *end may come from the child, which is not trusted
 * Returns  -e->code */
int plan_explain_hook(
	const struct plan *p, size_t index, const struct plan_hook_end *end, struct err *e);

/* A plan of the hooks alone that come from the start on: startContainer, which is numbered from 0
 * then, poststart, poststop.
 * o        id and bundle
 * ret      its arena is given */
CHECKED int plan_hooks_left(
	const struct spec_config *c, const struct plan_options *o, struct plan *ret, struct err *e);

#endif
