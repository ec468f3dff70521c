/* Subordinate ids of the caller, and the helpers that map them.  Inside host/ only. */
#ifndef CRUN_LITE_HOST_SUBID_H
#define CRUN_LITE_HOST_SUBID_H

#include "host/host.h"

/* Fills newuidmap, newgidmap, subuid_* and subgid_*; what is not there stays empty. */
CHECKED int host_probe_subids(struct host_facts *h, struct arena *arena, struct err *e);

/* The first range that a file of the form of subuid(5) grants.
 * user   login name of the caller; NULL: unknown, then only lines with the number count
 * Returns whether there is one. */
bool host_subid_find(
	const char *text, const char *user, uint64_t id, uint64_t *ret_start, uint64_t *ret_count);

#endif
