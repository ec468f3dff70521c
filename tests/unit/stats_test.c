/* Statistics: files of a stand-in directory in, the JSON of `events` out; durations. */
#include "lib/stats.h"

#include "cmd/duration.h"

#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void put(int dir, const char *name, const char *text)
{
	AUTO_FD fd = FD_NONE;
	char part[128];

	for (const char *slash = name; (slash = strchr(slash + 1, '/')) != NULL;) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
		(void)!mkdirat(dir, part, 0755);
	}
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

#define CPUSET                                                                                         \
	"\"cpuset\":{\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0," \
	"\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,"                     \
	"\"sched_load_balance\":0,\"sched_relax_domain_level\":0}"
#define NOTHING   "\"limit\":0,\"failcnt\":0"
#define KERNEL    "\"kernel\":{" NOTHING "},\"kernelTCP\":{" NOTHING "}"
#define NO_MEMORY "\"memory\":{\"usage\":{" NOTHING "},\"swap\":{" NOTHING "}," KERNEL "}"
#define NO_CPU    "\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{}}"
#define END       "\"intel_rdt\":{},\"network_interfaces\":null"

/* clang-format off */
static const struct {
	const char *label;
	struct { const char *name, *text; } files[10];
	uint64_t pids;
	const char *data;
} cases[] = {
	{ "an empty group without controllers", { { NULL, NULL } }, 0,
		NO_CPU "," CPUSET "," NO_MEMORY ",\"pids\":{},\"blkio\":{},\"hugetlb\":{}," END },
	{ "cpu: microseconds become nanoseconds",
		{ { "cpu.stat", "usage_usec 12\nuser_usec 7\nsystem_usec 5\nnr_periods 3\nnr_throttled 2\n"
			"throttled_usec 9\nnr_bursts 1\n" } }, 0,
		"\"cpu\":{\"usage\":{\"total\":12000,\"kernel\":5000,\"user\":7000},\"throttling\":"
		"{\"periods\":3,\"throttledPeriods\":2,\"throttledTime\":9000}}," CPUSET "," NO_MEMORY
		",\"pids\":{},\"blkio\":{},\"hugetlb\":{}," END },
	{ "pressure", { { "cpu.pressure", "some avg10=0.05 avg60=1.50 avg300=12.00 total=34\n"
			"full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" } }, 0,
		"\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{},\"psi\":{\"some\":"
		"{\"avg10\":0.05,\"avg60\":1.50,\"avg300\":12.00,\"total\":34},\"full\":{\"avg10\":0.00,"
		"\"avg60\":0.00,\"avg300\":0.00,\"total\":0}}}," CPUSET "," NO_MEMORY
		",\"pids\":{},\"blkio\":{},\"hugetlb\":{}," END },
	{ "memory: swap is told together with memory",
		{ { "memory.current", "100\n" }, { "memory.max", "1000\n" }, { "memory.peak", "300\n" },
			{ "memory.stat", "anon 60\nfile 40\ninactive_file 4\n" },
			{ "memory.swap.current", "5\n" }, { "memory.swap.max", "50\n" } }, 0,
		NO_CPU "," CPUSET ",\"memory\":{\"cache\":40,\"usage\":{\"limit\":1000,\"usage\":100,"
		"\"max\":300,\"failcnt\":0},\"swap\":{\"limit\":1050,\"usage\":105,\"failcnt\":0},"
		KERNEL ",\"raw\":{\"anon\":60,\"file\":40,\"inactive_file\":4}},\"pids\":{},\"blkio\":{},"
		"\"hugetlb\":{}," END },
	{ "memory: no limits",
		{ { "memory.max", "max\n" }, { "memory.swap.max", "max\n" } }, 0,
		NO_CPU "," CPUSET ",\"memory\":{\"usage\":{\"limit\":18446744073709551615,\"failcnt\":0},"
		"\"swap\":{\"limit\":18446744073709551615,\"failcnt\":0}," KERNEL
		"},\"pids\":{},\"blkio\":{},\"hugetlb\":{}," END },
	{ "pids", { { "pids.current", "3\n" }, { "pids.max", "9\n" } }, 7,
		NO_CPU "," CPUSET "," NO_MEMORY ",\"pids\":{\"current\":3,\"limit\":9},\"blkio\":{},"
		"\"hugetlb\":{}," END },
	{ "pids without a limit", { { "pids.current", "3\n" }, { "pids.max", "max\n" } }, 0,
		NO_CPU "," CPUSET "," NO_MEMORY ",\"pids\":{\"current\":3},\"blkio\":{},\"hugetlb\":{}," END },
	{ "pids without the controller: they are counted", { { NULL, NULL } }, 7,
		NO_CPU "," CPUSET "," NO_MEMORY ",\"pids\":{\"current\":7},\"blkio\":{},\"hugetlb\":{}," END },
	{ "io", { { "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=0 dbytes=5 dios=6\n0:3 rbytes=0\n" } }, 0,
		NO_CPU "," CPUSET "," NO_MEMORY ",\"pids\":{},\"blkio\":{\"ioServiceBytesRecursive\":["
		"{\"major\":8,\"op\":\"Read\",\"value\":1},{\"major\":8,\"op\":\"Write\",\"value\":2},"
		"{\"minor\":3,\"op\":\"Read\"},{\"minor\":3,\"op\":\"Write\"}],\"ioServicedRecursive\":["
		"{\"major\":8,\"op\":\"Read\",\"value\":3},{\"major\":8,\"op\":\"Write\"},"
		"{\"minor\":3,\"op\":\"Read\"},{\"minor\":3,\"op\":\"Write\"}]},\"hugetlb\":{}," END },
	{ "hugetlb: what is reserved, if it is told",
		{ { "hugetlb.2MB.current", "4\n" }, { "hugetlb.2MB.rsvd.current", "8\n" },
			{ "hugetlb.2MB.events", "max 3\n" }, { "hugetlb.1GB.current", "5\n" } }, 0,
		NO_CPU "," CPUSET "," NO_MEMORY ",\"pids\":{},\"blkio\":{},\"hugetlb\":{\"1GB\":{\"usage\":5,"
		"\"failcnt\":0},\"2MB\":{\"usage\":8,\"failcnt\":3}}," END },
	{ "files that are damaged are as those that are missing",
		{ { "cpu.stat", "usage_usec\nuser_usec x" }, { "memory.current", "" },
			{ "cpu.pressure", "some avg10=1" }, { "io.stat", "x\n8: y\n\n" } }, 0,
		NO_CPU "," CPUSET "," NO_MEMORY ",\"pids\":{},\"blkio\":{},\"hugetlb\":{}," END },
};
/* clang-format on */

Test(stats, each_case)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_SCRATCH s = scratch_new();
		AUTO_ARENA arena = { 0 };
		AUTO_JSON j = { 0 };
		struct cgroup_stats stats;
		const struct stats_line line = { "x", &stats, cases[i].pids, NULL, "" };
		struct err e = { 0 };
		char want[4096];
		const char *text;

		put(s.fd, "cgroup.events", "populated 1\nfrozen 0\n");
		for (size_t k = 0; cases[i].files[k].name != NULL; k++)
			put(s.fd, cases[i].files[k].name, cases[i].files[k].text);
		(void)snprintf(want, sizeof(want),
			"{\"type\":\"stats\",\"id\":\"x\",\"data\":{%s}}", cases[i].data);
		cr_assert(
			eq(int, cgroup_stats_read(s.fd, &arena, &stats), 0), "%s", cases[i].label);
		cr_assert(eq(int, stats_line(&j, &line, &text, &e), 0), "%s", cases[i].label);
		cr_expect(eq(str, (char *)text, want), "%s", cases[i].label);
	}
}

Test(stats, a_group_that_is_gone)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_ARENA arena = { 0 };
	struct cgroup_stats stats;

	cr_expect(eq(int, cgroup_stats_read(s.fd, &arena, &stats), -ENODEV));
}

Test(stats, resctrl)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_JSON j = { 0 };
	struct err e = { 0 };
	char group[512];
	const char *text;
	size_t len;

	put(s.fd, "info/L3/cbm_mask", "fff\n");
	put(s.fd, "info/L3/min_cbm_bits", "1\n");
	put(s.fd, "info/L3/num_closids", "16\n");
	put(s.fd, "schemata", "    MB:0=100\n    L3:0=fff;1=fff\n");
	put(s.fd, "x/schemata", "    MB:0= 20\n    L3:0=00f;1=fff\n");
	put(s.fd, "x/mon_data/mon_L3_00/mbm_total_bytes", "7\n");
	put(s.fd, "x/mon_data/mon_L3_00/mbm_local_bytes", "Unavailable\n");
	put(s.fd, "x/mon_data/mon_L3_01/llc_occupancy", "9\n");
	(void)snprintf(group, sizeof(group), "%s/x", s.path);
	json_object(&j, NULL);
	stats_rdt(&j, s.path, group);
	json_end(&j);
	cr_assert(eq(int, json_finish(&j, &text, &len, &e), 0));
	cr_expect(eq(str, (char *)text,
		"{\"l3_cache_info\":{\"cbm_mask\":\"fff\",\"min_cbm_bits\":1,\"num_closids\":16},"
		"\"l3_cache_schema_root\":\"L3:0=fff;1=fff\",\"l3_cache_schema\":\"L3:0=00f;1=fff\","
		"\"mem_bw_schema_root\":\"MB:0=100\",\"mem_bw_schema\":\"MB:0= 20\","
		"\"schemata\":[\"MB:0= 20\",\"L3:0=00f;1=fff\"],"
		"\"mbm_stats\":[{\"mbm_total_bytes\":7},{}],"
		"\"cmt_stats\":[{},{\"llc_occupancy\":9}]}"));
}

#define EXPECTED(word) "option --interval: expected a duration, found \"" word "\""
#define ZERO           "option --interval: a duration must be greater than 0"

static const struct {
	const char *word;
	unsigned ms;
	const char *text;
} durations[] = {
	{ "5s", 5000, "" },
	{ "500ms", 500, "" },
	{ "1m30s", 90000, "" },
	{ "1.5h", 5400000, "" },
	{ "0.25s", 250, "" },
	{ ".5s", 500, "" },
	{ "1.s", 1000, "" },
	{ "1h2m3.004s", 3723004, "" },
	{ "1ns", 1, "" },
	{ "1500us", 2, "" },
	{ "1500\u00b5s", 2, "" },
	{ "3", 3000, "" },
	{ "0.5", 500, "" },
	{ "2147483647ms", 2147483647, "" },
	{ "2147483648ms", 0, EXPECTED("2147483648ms") },
	{ "99999999999999999999h", 0, EXPECTED("99999999999999999999h") },
	{ "0", 0, ZERO },
	{ "0s", 0, ZERO },
	{ "0h0.0m", 0, ZERO },
	{ "", 0, EXPECTED("") },
	{ "s", 0, EXPECTED("s") },
	{ ".s", 0, EXPECTED(".s") },
	{ "-1s", 0, EXPECTED("-1s") },
	{ "5 s", 0, EXPECTED("5 s") },
	{ "5sec", 0, EXPECTED("5sec") },
	{ "5s5", 0, EXPECTED("5s5") },
	{ "1d", 0, EXPECTED("1d") },
};

Test(stats, durations)
{
	for (size_t i = 0; i < ARRAY_LEN(durations); i++) {
		unsigned ms = 0;
		struct err e = { 0 };
		const int rc = duration_of("interval", durations[i].word, &ms, &e);

		cr_expect(eq(int, rc, durations[i].text[0] == '\0' ? 0 : -EINVAL), "%s",
			durations[i].word);
		cr_expect(eq(uint, ms, durations[i].ms), "%s", durations[i].word);
		cr_expect(eq(str, e.text, (char *)durations[i].text), "%s", durations[i].word);
	}
}
