/* Names of system calls that nobody knows.  Inside plan/ and lib/ only. */
#ifndef CRUN_LITE_PLAN_SECCOMP_NAMES_H
#define CRUN_LITE_PLAN_SECCOMP_NAMES_H

#include "spec/spec.h"

/* A place in linux.seccomp.syscalls. */
struct seccomp_place {
	size_t rule, name;
};

/* The first name from a place on that the linked libseccomp knows of no architecture.
 * at       begins zeroed; set to the place of the name
 * Returns  NULL when there is none */
const struct spec_str *plan_seccomp_unknown(const struct spec_seccomp *s, struct seccomp_place *at);

#endif
