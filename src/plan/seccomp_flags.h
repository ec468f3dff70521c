/* Flags of seccomp(2) that a profile asks for.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_SECCOMP_FLAGS_H
#define CRUN_LITE_PLAN_SECCOMP_FLAGS_H

#include "spec/spec.h"

/* SECCOMP_FILTER_FLAG_* bits: SPEC_ALLOW when the profile has no list or is NULL, else what it
 * lists; TSYNC is left out, for the filter is for one thread. */
uint64_t plan_seccomp_flags(const struct spec_seccomp *s);

#endif
