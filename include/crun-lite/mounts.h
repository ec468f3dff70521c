/* The C API of crun-lite, continued: mounts of a container that is there.  The rules are those of
 * crun-lite.h. */
#ifndef CRUN_LITE_MOUNTS_H
#define CRUN_LITE_MOUNTS_H

#include "crun-lite/crun-lite.h"

#ifdef __cplusplus
extern "C" {
#endif

struct crl_mounts_options {
	const char *file; /* a JSON list, as `mounts` of a configuration; "-": standard input */
	bool remove;      /* of crl_mounts_plan: the plan of crl_mounts_remove */
	bool json;        /* and as JSON */
};

/* Mounts what the file says in a container that is created, running or paused.  All of it or, on
 * failure, nothing.  Places of an error are those of the file. */
int crl_mounts_add(
	struct crl *c, const char *id, const struct crl_mounts_options *o, struct crl_error *e);

/* Takes away what is mounted on the destinations of the file; none, if one of them cannot be. */
int crl_mounts_remove(
	struct crl *c, const char *id, const struct crl_mounts_options *o, struct crl_error *e);

/* What would be done; does nothing. */
int crl_mounts_plan(struct crl *c, const char *id, const struct crl_mounts_options *o, char **ret,
	struct crl_error *e);

#ifdef __cplusplus
}
#endif
#endif
