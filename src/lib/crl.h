/* The handle behind the public API.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_CRL_H
#define CRUN_LITE_LIB_CRL_H

#include "crun-lite/crun-lite.h"

#include "base/arena.h"
#include "base/err.h"
#include "spec/spec.h"
#include "state/state.h"

struct crl {
	struct crl_settings settings;
	struct arena arena;
	struct state_root root;
	int root_fd; /* FD_NONE until it is needed */
};

/* Opens the state directory, once.  With make it is made when missing; without, a missing one
 * leaves root_fd FD_NONE and is no error. */
CHECKED int crl_open_root(struct crl *c, bool make, struct err *e);

/* Says something that is neither result nor error. */
void crl_tell(
	const struct crl_settings *s, enum crl_level level, struct src_pos at, const char *text);

/* An internal error in its public form.  Returns rc. */
int crl_fail(int rc, const struct err *from, struct crl_error *to);

/* The configuration that a container was made with, as it was then, whatever has become of the
 * bundle since.  All of *ret lives in the arena. */
CHECKED int crl_config(const struct state_dir *d, const struct state_record *r, struct arena *a,
	const struct spec_config **ret, struct err *e);

/* What the end of a container needs, whoever brings it about: kills what is left in its cgroup,
 * removes the cgroup, resctrl groups and the state.  The lock is held. */
CHECKED int crl_remove(struct state_dir *d, const struct state_record *r, struct err *e);

#endif
