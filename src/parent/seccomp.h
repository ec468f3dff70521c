/* linux.seccomp as a program of classic BPF, which the child loads.  Loads nothing.
 *
 * Semantics, as the other runtimes have them:
 * - the conditions of one rule must all hold; of several rules for one call the first that holds
 *   counts;
 * - a rule that names an argument twice becomes one rule for each of its conditions;
 * - of rules without conditions the first counts, and hides those with conditions;
 * - a rule whose action is the default's says nothing; unknown names are skipped;
 * - numbers are compared with 64 bits, on 32-bit architectures with the lower 32;
 * - the native architecture is always in; calls of one that is not listed kill the thread;
 * - where the default action refuses, calls newer than any that the profile names give ENOSYS, for
 *   then the C library tries an older one;
 * - a call that can also be made through socketcall(2) or ipc(2) is answered there in the same way.
 *   Conditions can't be looked at there; so a rule with some counts only if it is stricter than the
 *   default. */
#ifndef CRUN_LITE_PARENT_SECCOMP_H
#define CRUN_LITE_PARENT_SECCOMP_H

#include "spec/spec.h"

/* Compiles a profile.
 *
 * filter_fd  an empty file, best a memfd: gets an array of struct sock_filter from its beginning;
 *            on failure it may hold anything
 * Returns    0; -E2BIG more instructions than the kernel takes; -ENOMEM; another negative errno;
 *            *e says which member
 * Source     runtime-spec 1.3, config-linux.md, "Seccomp"; seccomp(2) */
CHECKED int seccomp_compile(const struct spec_seccomp *s, int filter_fd, struct err *e);

#endif
