/* Statistics in the JSON that runc's `events` prints: names, units, and what is left out when it is
 * zero.  The units are those of cgroup version 1.  Reads nothing but the struct. */
#include "lib/stats.h"

#include <stdlib.h>
#include <string.h>

/* Left out when zero. */
static void some(struct json_out *j, const char *key, uint64_t value)
{
	if (value != 0)
		json_uint(j, key, value);
}

static void put_stall(struct json_out *j, const char *key, const struct cgroup_stall *s)
{
	json_object(j, key);
	json_fixed(j, "avg10", s->avg10, 2);
	json_fixed(j, "avg60", s->avg60, 2);
	json_fixed(j, "avg300", s->avg300, 2);
	json_uint(j, "total", s->total);
	json_end(j);
}

static void put_pressure(struct json_out *j, const struct cgroup_pressure *p)
{
	if (!p->known)
		return;
	json_object(j, "psi");
	put_stall(j, "some", &p->some);
	put_stall(j, "full", &p->full);
	json_end(j);
}

static void put_cpu(struct json_out *j, const struct cgroup_stats *s)
{
	json_object(j, "cpu");
	json_object(j, "usage");
	some(j, "total", s->cpu_usage);
	json_uint(j, "kernel", s->cpu_system);
	json_uint(j, "user", s->cpu_user);
	json_end(j);
	json_object(j, "throttling");
	some(j, "periods", s->cpu_periods);
	some(j, "throttledPeriods", s->cpu_periods_throttled);
	some(j, "throttledTime", s->cpu_throttled);
	json_end(j);
	put_pressure(j, &s->cpu_pressure);
	json_end(j);
}

/* cgroup v2 tells none of these. */
static void put_cpuset(struct json_out *j)
{
	static const char *const keys[] = { "cpu_exclusive", "mem_hardwall", "mem_exclusive",
		"memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure",
		"sched_load_balance", "sched_relax_domain_level" };

	json_object(j, "cpuset");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		json_uint(j, keys[i], 0);
	json_end(j);
}

static void put_entry(
	struct json_out *j, const char *key, uint64_t limit, uint64_t usage, uint64_t most)
{
	json_object(j, key);
	json_uint(j, "limit", limit);
	some(j, "usage", usage);
	some(j, "max", most);
	json_uint(j, "failcnt", 0);
	json_end(j);
}

/* Lines "key number". */
static void put_raw(struct json_out *j, const char *text)
{
	if (text[0] == '\0')
		return;
	json_object(j, "raw");
	while (*text != '\0') {
		const size_t len = strcspn(text, " \n");
		char key[64];

		if (text[len] == ' ' && len < sizeof(key)) {
			memcpy(key, text, len);
			key[len] = '\0';
			json_uint(j, key, strtoull(text + len + 1, NULL, 10));
		}
		text += len + strcspn(text + len, "\n");
		text += *text == '\n';
	}
	json_end(j);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* The entry of swap counts memory and swap together, as cgroup v1 did; their peaks have no sum. */
static void put_memory(struct json_out *j, const struct cgroup_stats *s)
{
	json_object(j, "memory");
	some(j, "cache", s->memory_cache);
	put_entry(j, "usage", s->memory_limit, s->memory_usage, s->memory_peak);
	put_entry(j, "swap", sum(s->swap_limit, s->memory_limit),
		sum(s->swap_usage, s->memory_usage), 0);
	put_entry(j, "kernel", 0, 0, 0);
	put_entry(j, "kernelTCP", 0, 0, 0);
	put_raw(j, s->memory_stat);
	put_pressure(j, &s->memory_pressure);
	json_end(j);
}

static void put_io_entry(struct json_out *j, const struct cgroup_io *d, const char *op, uint64_t n)
{
	json_object(j, NULL);
	some(j, "major", d->major);
	some(j, "minor", d->minor);
	json_text(j, "op", op);
	some(j, "value", n);
	json_end(j);
}

static void put_io(struct json_out *j, const struct cgroup_stats *s)
{
	json_object(j, "blkio");
	if (s->io_count > 0) {
		json_array(j, "ioServiceBytesRecursive");
		for (size_t i = 0; i < s->io_count; i++) {
			put_io_entry(j, &s->io[i], "Read", s->io[i].read_bytes);
			put_io_entry(j, &s->io[i], "Write", s->io[i].written_bytes);
		}
		json_end(j);
		json_array(j, "ioServicedRecursive");
		for (size_t i = 0; i < s->io_count; i++) {
			put_io_entry(j, &s->io[i], "Read", s->io[i].reads);
			put_io_entry(j, &s->io[i], "Write", s->io[i].writes);
		}
		json_end(j);
	}
	put_pressure(j, &s->io_pressure);
	json_end(j);
}

static void put_hugetlb(struct json_out *j, const struct cgroup_stats *s)
{
	json_object(j, "hugetlb");
	for (size_t i = 0; i < s->hugetlb_count; i++) {
		json_object(j, s->hugetlb[i].size);
		some(j, "usage", s->hugetlb[i].usage);
		json_uint(j, "failcnt", s->hugetlb[i].failures);
		json_end(j);
	}
	json_end(j);
}

static void put_pids(struct json_out *j, const struct stats_line *l)
{
	const struct cgroup_stats *const s = l->stats;

	json_object(j, "pids");
	some(j, "current", cgroup_stats_knows(s, CGROUP_STAT_pids) ? s->pids : l->pids);
	some(j, "limit", s->pids_limit == UINT64_MAX ? 0 : s->pids_limit);
	json_end(j);
}

int stats_line(struct json_out *j, const struct stats_line *l, const char **ret, struct err *e)
{
	size_t len;

	json_object(j, NULL);
	json_text(j, "type", "stats");
	json_text(j, "id", l->id);
	json_object(j, "data");
	put_cpu(j, l->stats);
	put_cpuset(j);
	put_memory(j, l->stats);
	put_pids(j, l);
	put_io(j, l->stats);
	put_hugetlb(j, l->stats);
	json_object(j, "intel_rdt");
	if (l->rdt_group != NULL && l->rdt_group[0] != '\0')
		stats_rdt(j, l->rdt_root, l->rdt_group);
	json_end(j);
	json_null(j, "network_interfaces");
	json_end(j);
	json_end(j);
	return json_finish(j, ret, &len, e);
}
