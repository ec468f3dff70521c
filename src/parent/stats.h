/* What a cgroup of version 2 tells of its use: the rows of spec/stats.def as a struct.
 * Reads only; a file that is not there, for its controller or the kernel has none, is no failure.
 */
#ifndef CRUN_LITE_PARENT_STATS_H
#define CRUN_LITE_PARENT_STATS_H

#include "base/arena.h"
#include "base/err.h"

/* A number for each STAT row. */
enum cgroup_stat {
#define STAT(member, file, key, scale) CGROUP_STAT_##member,
#include "spec/stats.def"
#undef STAT
	CGROUP_STATS
};

/* Shares of time in hundredths of a percent, over the last 10, 60 and 300 seconds; microseconds. */
struct cgroup_stall {
	uint64_t avg10, avg60, avg300, total;
};

struct cgroup_pressure {
	bool known, full_known; /* cpu.pressure has no `full` before Linux 5.13 */
	struct cgroup_stall some, full;
};

struct cgroup_io {
	uint64_t major, minor;
#define STAT_IO(member, key) uint64_t member;
#include "spec/stats.def"
#undef STAT_IO
};

struct cgroup_hugetlb {
	const char *size; /* "2MB" */
	uint64_t usage, failures;
};

struct cgroup_stats {
#define STAT(member, file, key, scale) uint64_t member;
#include "spec/stats.def"
#undef STAT
#define STAT_PRESSURE(member, file) struct cgroup_pressure member;
#include "spec/stats.def"
#undef STAT_PRESSURE
	uint64_t known;          /* bit n: the row of enum cgroup_stat is there */
	const char *memory_stat; /* all of that file; "" when there is none */
	const struct cgroup_io *io;
	size_t io_count;
	const struct cgroup_hugetlb *hugetlb; /* in the order of their names */
	size_t hugetlb_count;
};

static inline bool cgroup_stats_knows(const struct cgroup_stats *s, enum cgroup_stat row)
{
	return (s->known >> row & 1) != 0;
}

/* Reads all of it.
 * dir      the group's directory
 * Returns  0; -ENODEV the group is gone; else -errno */
CHECKED int cgroup_stats_read(int dir, struct arena *a, struct cgroup_stats *ret);

/* The value of a key in text of lines "key value"; false when there is none. */
bool cgroup_stats_find(const char *text, const char *key, uint64_t *ret);

#endif
