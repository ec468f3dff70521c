/* The handle behind the public API.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_CRL_H
#define CRUN_LITE_LIB_CRL_H

#include "crun-lite/crun-lite.h"

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"
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

/* Warns that nobody could be told that the program is ready, which does not harm the container.
 * error  an errno value; 0: somebody could */
void crl_tell_notify(struct crl *c, int error);

/* A plan for people, or as JSON; the text is malloc'd. */
CHECKED int crl_plan_text(const struct plan *p, bool json, char **ret, struct err *e);

/* An internal error in its public form.  Returns rc. */
int crl_fail(int rc, const struct err *from, struct crl_error *to);

/* The configuration that a container was made with, as it was then, whatever has become of the
 * bundle since.  All of *ret lives in the arena. */
CHECKED int crl_config(const struct state_dir *d, const struct state_record *r, struct arena *a,
	const struct spec_config **ret, struct err *e);

/* What the end of a container needs, whoever brings it about: kills what is left in its cgroup,
 * removes the cgroup and resctrl groups, runs the poststop hooks, removes the state.  The lock is
 * held.
 * hooks  a plan that has them; NULL: there are none */
CHECKED int crl_remove(struct crl *c, struct state_dir *d, const struct state_record *r,
	const struct plan *hooks, struct err *e);

/* The hooks of a container that stands (parent_hooks); those of poststop cannot fail: what they
 * cannot do goes to the log. */
CHECKED int crl_poststart(const struct plan *hooks, pid_t pid, struct err *e);
void crl_poststop(struct crl *c, const struct plan *hooks);

/* Which hooks the configuration has for later commands: bits of enum state_hooks. */
uint64_t crl_hooks(const struct spec_config *c);

#endif
