/* The parts of spec_validate, one subject each: rules between members, no facts of the host.
 * For src/spec only.  All that are CHECKED return 0, or -EINVAL with *e set. */
#ifndef CRUN_LITE_SPEC_VALIDATE_H
#define CRUN_LITE_SPEC_VALIDATE_H

#include "spec/spec.h"

/* Puts a path and "." in front of a text that begins with a member's name.  Returns -e->code. */
int validate_in(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* linux.namespaces: no type twice, paths absolute, a mount namespace is there. */
CHECKED int validate_namespaces(const struct spec_config *c, struct err *e);

/* linux.uidMappings and linux.gidMappings. */
CHECKED int validate_ids(const struct spec_config *c, struct err *e);

/* linux.sysctl against spec/sysctls.def. */
CHECKED int validate_sysctls(const struct spec_config *c, struct err *e);

/* linux.resources. */
CHECKED int validate_resources(const struct spec_resources *r, struct err *e);

/* linux.seccomp. */
CHECKED int validate_seccomp(const struct spec_seccomp *s, struct err *e);

#endif
