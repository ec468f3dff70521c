/* What a filter must answer: an interpreter of the OCI profile, written from the specification, and
 * a machine for classic BPF.  Neither knows how the filter was made. */
#ifndef CRUN_LITE_TESTS_SECCOMP_MODEL_H
#define CRUN_LITE_TESTS_SECCOMP_MODEL_H

#include "spec/spec.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

enum {
	NOT_A_PROGRAM = 0x00990099
}; /* no answer of a filter */

struct model_filter {
	struct sock_filter insns[BPF_MAXINSNS];
	size_t count;
};

/* Compiles a profile.  Returns 0, or a negative errno with *e set, and then the count is 0. */
int model_compile(const struct spec_seccomp *s, struct model_filter *ret, struct err *e);

/* The number of a call, x32 with its bit; -1: there is none. */
int model_number(const char *name, uint32_t arch, bool x32);

/* The answer of the profile, SECCOMP_RET_*, on a machine of type x86_64. */
uint32_t model_answer(const struct spec_seccomp *s, const struct seccomp_data *call);

/* The answer of a program. */
uint32_t model_run(const struct sock_filter *insns, size_t count, const struct seccomp_data *call);

#endif
