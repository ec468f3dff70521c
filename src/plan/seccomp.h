/* The decisions on linux.seccomp and its annotations.  Inside plan/ only, but for the tests. */
#ifndef CRUN_LITE_PLAN_SECCOMP_H
#define CRUN_LITE_PLAN_SECCOMP_H

#include "plan/plan.h"

struct plan_seccomp {
	const struct spec_seccomp *profile; /* NULL: only an annotation asks for a filter */
	const void *raw;                    /* a ready program; NULL: the profile is compiled */
	size_t raw_count;                   /* of its instructions */
	const char *path;                   /* the config path that asks for the filter */
	struct src_pos at;
	uint64_t flags; /* of seccomp(2) */

	/* Who answers notifications. */
	const char
		*agent; /* absolute path of its socket; NULL: nobody, and the rest means nothing */
	const char *agent_path; /* the config path that names it */
	struct src_pos agent_at;
	int socket, message, listener; /* slots */
};

#endif
