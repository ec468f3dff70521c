/* The C API of crun-lite, continued: other limits for a container that is there.  The rules are
 * those of crun-lite.h. */
#ifndef CRUN_LITE_UPDATE_H
#define CRUN_LITE_UPDATE_H

#include "crun-lite/crun-lite.h"

#ifdef __cplusplus
extern "C" {
#endif

struct crl_update_options {
	const char *resources; /* JSON, an object as linux.resources; NULL: none of them changes */
	size_t size;
	const char *l3_cache_schema, *mem_bw_schema; /* of linux.intelRdt; NULL: as before */
};

/* Changes what is given, and leaves the rest.  All of it or, on failure, none.  Places of an error
 * are those of the resources' text.  Later commands find the container's configuration changed. */
int crl_update(
	struct crl *c, const char *id, const struct crl_update_options *o, struct crl_error *e);

#ifdef __cplusplus
}
#endif
#endif
