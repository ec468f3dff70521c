/* Statistics of a container on their way to JSON.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_STATS_H
#define CRUN_LITE_LIB_STATS_H

#include "base/json_out.h"
#include "parent/stats.h"

/* The line {"type":"stats",...} of runc's `events`, on one line.
 * pids   how many processes there are, for want of the controller pids
 * group  its resctrl group below root, both absolute; NULL or "": none
 * ret    belongs to j */
struct stats_line {
	const char *id;
	const struct cgroup_stats *stats;
	uint64_t pids;
	const char *rdt_root, *rdt_group;
};
CHECKED int stats_line(
	struct json_out *j, const struct stats_line *l, const char **ret, struct err *e);

/* The members of "intel_rdt", into the object that the caller has begun. */
void stats_rdt(struct json_out *j, const char *root, const char *group);

#endif
