/* What a container uses at this moment, as plain numbers.  Keeps nothing between two calls. */
#include "crun-lite/stats.h"
#include "lib/live.h"

#include "base/clock.h"
#include "parent/cgroup.h"
#include "parent/stats.h"

static uint64_t without(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

static int fill(int dir, struct arena *a, struct crl_stats *ret)
{
	struct cgroup_stats s;
	const int *pids;
	size_t count;

	TRY(cgroup_stats_read(dir, a, &s));
	ret->has_cpu = cgroup_stats_knows(&s, CGROUP_STAT_cpu_usage);
	ret->cpu = s.cpu_usage;
	ret->has_memory = cgroup_stats_knows(&s, CGROUP_STAT_memory_usage);
	ret->memory = without(s.memory_usage, s.memory_inactive);
	ret->memory_limit = s.memory_limit;
	ret->has_io = s.io_count > 0;
	for (size_t i = 0; i < s.io_count; i++) {
		ret->read += s.io[i].read_bytes;
		ret->written += s.io[i].written_bytes;
	}
	ret->has_pids = true;
	ret->pids = s.pids;
	ret->pids_limit =
		cgroup_stats_knows(&s, CGROUP_STAT_pids_limit) ? s.pids_limit : UINT64_MAX;
	if (cgroup_stats_knows(&s, CGROUP_STAT_pids))
		return 0;
	TRY(cgroup_pids(dir, a, &pids, &count));
	ret->pids = count;
	return 0;
}

static int read_stats(struct crl *c, const char *id, struct crl_stats *ret, struct err *e)
{
	AUTO_LIVE l = LIVE_NONE;
	AUTO_FD dir = FD_NONE;
	int rc = 0;

	TRY(live_open(c, id, STATE_NO_LOCK, &l, e));
	TRY(live_read(&l, e));
	*ret = (struct crl_stats){ .status = state_status_word(l.status), .at = clock_now_ms() };
	if (l.status == STATE_STOPPED || l.record.cgroup_inode == 0)
		return 0;
	dir = cgroup_open(l.record.cgroup, l.record.cgroup_inode);
	if (dir >= 0)
		rc = fill(dir, &l.arena, ret);
	if (rc == -ENOMEM)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	return 0; /* it may end while we look */
}

int crl_stats(struct crl *c, const char *id, struct crl_stats *ret, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(read_stats(c, id, ret, &e), &e, error);
}
