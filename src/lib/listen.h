/* Descriptors that a program gets, of --preserve-fds and LISTEN_FDS.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_LISTEN_H
#define CRUN_LITE_LIB_LISTEN_H

#include "plan/plan.h"

struct listen_given {
	unsigned preserve, listen;
	const char *names;
};

/* How many the program gets, and how many it is told of, by what its environment says itself.
 * ret  preserve_fds, listening and listen_names are filled */
CHECKED int listen_settle(const struct spec_process *p, const struct listen_given *given,
	struct plan_options *ret, struct err *e);

#endif
