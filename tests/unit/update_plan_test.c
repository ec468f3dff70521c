/* A change of limits, as text: what it makes of the container's, in its configuration and in the
 * files of its cgroup; where an error of it stands. */
#include "plan/update.h"

#include "base/json_out.h"
#include "spec/change.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

enum {
	TEXT_MAX = 2048
};

#define HEAD                                                                              \
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\"," \
	"\"args\":[\"a\"],\"user\":{\"uid\":0,\"gid\":0}},\n\"linux\":{"
#define TAIL "\"namespaces\":[{\"type\":\"mount\"}]}}"

/* clang-format off */
static const struct {
	const char *label;
	const char *base, *change;
	const char *writes; /* "file=value\n", "?" in front of an optional one */
	const char *merged; /* resources as they are kept then */
} cases[] = {
	{ "nothing before", "", "{\"pids\":{\"limit\":5}}", "pids.max=5\n", "{\"pids\":{\"limit\":5}}" },
	{ "nothing asked", "{\"pids\":{\"limit\":5}}", "{}", "", "{\"pids\":{\"limit\":5}}" },
	{ "what is not asked stays", "{\"pids\":{\"limit\":5},\"cpu\":{\"shares\":1024,\"cpus\":\"0\"}}",
		"{\"cpu\":{\"cpus\":\"0-1\"}}", "cpuset.cpus=0-1\n",
		"{\"cpu\":{\"shares\":1024,\"cpus\":\"0-1\"},\"pids\":{\"limit\":5}}" },

	{ "memory: the limit alone leaves swap as it is", "{\"memory\":{\"limit\":100,\"swap\":300}}",
		"{\"memory\":{\"limit\":500}}", "memory.swap.max=200\nmemory.max=500\n",
		"{\"memory\":{\"limit\":500,\"swap\":700}}" },
	{ "memory: no swap stays no swap", "{\"memory\":{\"limit\":100,\"swap\":100}}",
		"{\"memory\":{\"limit\":50}}", "?memory.swap.max=0\nmemory.max=50\n",
		"{\"memory\":{\"limit\":50,\"swap\":50}}" },
	{ "memory: any swap stays any swap", "{\"memory\":{\"limit\":100,\"swap\":-1}}",
		"{\"memory\":{\"limit\":50}}", "memory.max=50\n", "{\"memory\":{\"limit\":50,\"swap\":-1}}" },
	{ "memory: no limit ends that of swap", "{\"memory\":{\"limit\":100,\"swap\":300}}",
		"{\"memory\":{\"limit\":-1}}", "?memory.swap.max=max\nmemory.max=max\n",
		"{\"memory\":{\"limit\":-1,\"swap\":-1}}" },
	{ "memory: swap alone, by the limit of before", "{\"memory\":{\"limit\":100,\"swap\":100}}",
		"{\"memory\":{\"swap\":300}}", "memory.swap.max=200\n",
		"{\"memory\":{\"limit\":100,\"swap\":300}}" },
	{ "memory: both", "{\"memory\":{\"limit\":100,\"swap\":300}}",
		"{\"memory\":{\"limit\":10,\"swap\":15}}", "memory.swap.max=5\nmemory.max=10\n",
		"{\"memory\":{\"limit\":10,\"swap\":15}}" },
	{ "memory: a limit after none", "{\"memory\":{\"limit\":-1,\"swap\":30}}",
		"{\"memory\":{\"limit\":100}}", "memory.swap.max=30\nmemory.max=100\n",
		"{\"memory\":{\"limit\":100,\"swap\":130}}" },
	{ "memory: 0 is as if not given", "{\"memory\":{\"limit\":100,\"swap\":300,\"reservation\":7}}",
		"{\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0}}", "",
		"{\"memory\":{\"limit\":100,\"reservation\":7,\"swap\":300}}" },
	{ "memory: reservation", "{\"memory\":{\"limit\":100}}", "{\"memory\":{\"reservation\":50}}",
		"memory.low=50\n", "{\"memory\":{\"limit\":100,\"reservation\":50}}" },

	{ "cpu: quota keeps the period", "{\"cpu\":{\"quota\":5000,\"period\":20000}}",
		"{\"cpu\":{\"quota\":7000}}", "cpu.max=7000 20000\n",
		"{\"cpu\":{\"quota\":7000,\"period\":20000}}" },
	{ "cpu: period keeps the quota", "{\"cpu\":{\"quota\":5000,\"period\":20000}}",
		"{\"cpu\":{\"period\":30000}}", "cpu.max=5000 30000\n",
		"{\"cpu\":{\"quota\":5000,\"period\":30000}}" },
	{ "cpu: no quota keeps the period", "{\"cpu\":{\"quota\":5000,\"period\":20000}}",
		"{\"cpu\":{\"quota\":-1}}", "cpu.max=max 20000\n",
		"{\"cpu\":{\"quota\":-1,\"period\":20000}}" },
	{ "cpu: quota and period 0 are those of the beginning",
		"{\"cpu\":{\"quota\":5000,\"period\":20000}}", "{\"cpu\":{\"quota\":0,\"period\":0}}",
		"cpu.max=max 100000\n", "{\"cpu\":{\"quota\":-1,\"period\":100000}}" },
	{ "cpu: one of them 0 is as if not given", "{\"cpu\":{\"quota\":5000,\"period\":20000}}",
		"{\"cpu\":{\"quota\":6000,\"period\":0}}", "cpu.max=6000 20000\n",
		"{\"cpu\":{\"quota\":6000,\"period\":20000}}" },
	{ "cpu: idle forgets no shares", "{\"cpu\":{\"shares\":512}}", "{\"cpu\":{\"idle\":1}}",
		"cpu.idle=1\n", "{\"cpu\":{\"shares\":512,\"idle\":1}}" },
	{ "cpu: they come back with its end", "{\"cpu\":{\"shares\":512,\"idle\":1}}",
		"{\"cpu\":{\"idle\":0}}", "?cpu.idle=0\ncpu.weight=59\n",
		"{\"cpu\":{\"shares\":512,\"idle\":0}}" },
	{ "cpu: shares end idleness", "{\"cpu\":{\"idle\":1}}", "{\"cpu\":{\"shares\":1024}}",
		"?cpu.idle=0\ncpu.weight=100\n", "{\"cpu\":{\"shares\":1024,\"idle\":0}}" },
	{ "cpu: shares 0", "{\"cpu\":{\"shares\":512}}", "{\"cpu\":{\"shares\":0}}", "",
		"{\"cpu\":{\"shares\":512}}" },
	{ "cpu: burst", "{\"cpu\":{\"quota\":5000}}", "{\"cpu\":{\"burst\":3000}}", "cpu.max.burst=3000\n",
		"{\"cpu\":{\"quota\":5000,\"burst\":3000}}" },

	{ "io: lists are put together by their devices",
		"{\"blockIO\":{\"weight\":100,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},"
		"{\"major\":8,\"minor\":16,\"rate\":2}]}}",
		"{\"blockIO\":{\"weight\":0,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":32,\"rate\":3},"
		"{\"major\":8,\"minor\":0,\"rate\":9}]}}", "io.max=8:32 rbps=3\nio.max=8:0 rbps=9\n",
		"{\"blockIO\":{\"weight\":100,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":9},"
		"{\"major\":8,\"minor\":16,\"rate\":2},{\"major\":8,\"minor\":32,\"rate\":3}]}}" },
	{ "huge pages by their size", "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":2}]}",
		"{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4},{\"pageSize\":\"1GB\",\"limit\":0}]}",
		"hugetlb.2MB.max=4\n?hugetlb.2MB.rsvd.max=4\nhugetlb.1GB.max=0\n?hugetlb.1GB.rsvd.max=0\n",
		"{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4},{\"pageSize\":\"1GB\",\"limit\":0}]}" },
	{ "rdma by its name, members by themselves", "{\"rdma\":{\"a\":{\"hcaHandles\":1,\"hcaObjects\":2}}}",
		"{\"rdma\":{\"a\":{\"hcaObjects\":5},\"b\":{\"hcaHandles\":7}}}",
		"rdma.max=a hca_object=5\nrdma.max=b hca_handle=7\n",
		"{\"rdma\":{\"a\":{\"hcaHandles\":1,\"hcaObjects\":5},\"b\":{\"hcaHandles\":7}}}" },
	{ "unified by its files", "{\"unified\":{\"memory.high\":\"1\",\"pids.max\":\"2\"}}",
		"{\"unified\":{\"memory.high\":\"5\"}}", "memory.high=5\n",
		"{\"unified\":{\"pids.max\":\"2\",\"memory.high\":\"5\"}}" },
	{ "device rules as a whole", "{\"devices\":[{\"allow\":false}]}",
		"{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":1,\"access\":\"rw\"}]}", "filter\n",
		"{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":1,\"access\":\"rw\"}]}" },
	{ "all devices: the filter goes", "{\"devices\":[{\"allow\":false}]}", "{\"devices\":[{\"allow\":true}]}",
		"no filter\n", "{\"devices\":[{\"allow\":true}]}" },
	{ "what is behind keeps its line", "{\"pids\":\n{\"limit\":\n\n5}}", "{\"pids\":{\"limit\":6}}",
		"pids.max=6\n", "{\"pids\":{\"limit\":6}}\n\n\n" },
	{ "pids 0 and -1", "{\"pids\":{\"limit\":5}}", "{\"pids\":{\"limit\":-1}}", "pids.max=max\n",
		"{\"pids\":{\"limit\":-1}}" },
};

static const struct {
	const char *label, *base, *change;
	uint32_t line, column;
	const char *text;
} refused[] = {
	{ "a wrong type", "", "{\"pids\":\n{\"limit\":\"x\"}}", 2, 10,
		"pids.limit: expected a whole number from -9223372036854775808 to 9223372036854775807, "
		"found \"x\"" },
	{ "swap below the limit of before", "{\"memory\":{\"limit\":100}}", "{\"memory\":\n {\"swap\":50}}", 2, 10,
		"memory.swap: 50 is below the limit 100: swap counts memory and swap together" },
	{ "swap without a limit", "", "{\"memory\":{\"swap\":50}}", 1, 19,
		"memory.swap: cannot set swap limit without the memory limit" },
	{ "a quota below the burst of before", "{\"cpu\":{\"quota\":9000,\"burst\":5000}}",
		"{\"cpu\":\n{\"quota\":4000}}", 2, 1, "cpu.burst: 5000 is above the quota 4000" },
	{ "a file that moves processes", "", "{\"unified\":{\"cgroup.procs\":\"1\"}}", 1, 13,
		"unified[\"cgroup.procs\"]: not a cgroup file that a container may set" },
	{ "a weight that is none", "", "{\"blockIO\":{\"weight\":9}}", 1, 22,
		"blockIO.weight: expected 0 or a number from 10 to 1000, found 9" },
};
/* clang-format on */

/* What the container has, or NULL; lives in the arena. */
static const struct spec_config *config_of(
	const char *resources, struct arena *a, struct spec_text *ret_text)
{
	const struct spec_config *config = NULL;
	struct err e = { 0 };

	ret_text->bytes = resources[0] == '\0'
				  ? HEAD TAIL
				  : arena_printf(a, HEAD "\"resources\":\n%s\n," TAIL, resources);
	ret_text->size = strlen(ret_text->bytes);
	cr_assert(eq(int, spec_load(ret_text->bytes, ret_text->size, a, &config, &e), 0), "%s",
		e.text);
	return config;
}

struct result {
	const struct spec_resources *change, *merged;
};

/* As the command does it. */
static int merge(const struct spec_config *config, const char *change, struct arena *a,
	struct result *ret, struct err *e)
{
	struct spec_report report = { .arena = a, .errors_only = true };
	const struct spec_resources *given = NULL;

	if (spec_read_change(change, strlen(change), &report, &given) < 0)
		return spec_report_err(&report, e);
	cr_assert(eq(int, plan_update_complete(config->os->resources, given, a, &ret->change), 0));
	cr_assert(eq(
		int, spec_merge_resources(config->os->resources, ret->change, a, &ret->merged), 0));
	report = (struct spec_report){ .arena = a, .errors_only = true };
	spec_judge_resources(ret->merged, &report);
	return spec_report_err(&report, e);
}

static const char *writes(const struct plan *p, char *buf)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_op *const op = &p->ops[i];

		if (op->kind == PLAN_cgroup_write)
			len += (size_t)snprintf(buf + len, TEXT_MAX - len, "%s%s=%s\n",
				op->cgroup_write.optional == 1 ? "?" : "", op->cgroup_write.file,
				op->cgroup_write.value);
		if (op->kind == PLAN_device_filter)
			len += (size_t)snprintf(buf + len, TEXT_MAX - len, "%s\n",
				op->device_filter.insns == NULL ? "no filter" : "filter");
	}
	return buf;
}

static void check_case(size_t i)
{
	static const struct host_facts host = { .cgroup_root = "/c",
		.cgroup_controllers = "cpuset cpu io memory hugetlb pids rdma",
		.capabilities = UINT64_MAX };
	AUTO_ARENA a = { 0 };
	struct spec_text text, after;
	const struct spec_config *config = config_of(cases[i].base, &a, &text), *again = NULL;
	struct spec_config changed = *config;
	struct spec_linux os = *config->os;
	const struct plan_options options = { .id = "x", .bundle = "/b" };
	struct plan p = {
		.arena = &a, .config = &changed, .host = &host, .options = &options, .cgroup = "/c"
	};
	struct result r = { 0 };
	struct err e = { 0 };
	char buf[TEXT_MAX];

	cr_assert(eq(int, merge(config, cases[i].change, &a, &r, &e), 0), "%s: %s", cases[i].label,
		e.text);
	os.resources = r.merged;
	changed.os = &os;
	cr_assert(
		eq(int, plan_update(&p, r.change, NULL, &e), 0), "%s: %s", cases[i].label, e.text);
	cr_expect(eq(str, (char *)writes(&p, buf), (char *)cases[i].writes), "%s", cases[i].label);
	cr_assert(eq(int, spec_put_resources(text, config, r.merged, &a, &after), 0));
	cr_expect(ne(ptr, memmem(after.bytes, after.size, cases[i].merged, strlen(cases[i].merged)),
			  NULL),
		"%s: %.*s", cases[i].label, (int)after.size, after.bytes);
	cr_assert(eq(int, spec_load(after.bytes, after.size, &a, &again, &e), 0), "%s: %s",
		cases[i].label, e.text);
	cr_expect(eq(u32, again->os->namespaces.at.line, config->os->namespaces.at.line), "%s",
		cases[i].label);
}

Test(update_plan, each_case)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(i);
}

Test(update_plan, each_refusal)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		AUTO_ARENA a = { 0 };
		struct spec_text text;
		const struct spec_config *const config = config_of(refused[i].base, &a, &text);
		struct result r = { 0 };
		struct err e = { 0 };

		cr_expect(eq(int, merge(config, refused[i].change, &a, &r, &e), -EINVAL), "%s",
			refused[i].label);
		cr_expect(eq(str, e.text, (char *)refused[i].text), "%s", refused[i].label);
		cr_expect(eq(u32, e.at.line, refused[i].line), "%s", refused[i].label);
		cr_expect(eq(u32, e.at.column, refused[i].column), "%s", refused[i].label);
	}
}

/* All members of a file that engines write come back as they were. */
Test(update_plan, everything_is_written_back)
{
	static const char all[] =
		"{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"b\","
		"\"major\":-1,\"minor\":3}],\"memory\":{\"limit\":100,\"reservation\":50,\"swap\":200,"
		"\"swappiness\":60,\"disableOOMKiller\":true},\"cpu\":{\"shares\":5,\"quota\":-1,"
		"\"period\":9000,\"burst\":0,\"cpus\":\"0-1\",\"mems\":\"\"},\"pids\":{\"limit\":0},"
		"\"blockIO\":{\"weight\":10,\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":10}]},"
		"\"hugepageLimits\":[],\"rdma\":{\"a\":{\"hcaHandles\":1}},\"unified\":{\"a.b\":\"c\\n\"},"
		"\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"l\\\"o\",\"priority\":2}]}}";
	AUTO_ARENA a = { 0 };
	struct spec_text text, after;
	const struct spec_config *const config = config_of(all, &a, &text);

	cr_assert(eq(int, spec_put_resources(text, config, config->os->resources, &a, &after), 0));
	cr_expect(ne(ptr, memmem(after.bytes, after.size, all, sizeof(all) - 1), NULL), "%.*s",
		(int)after.size, after.bytes);
}

Test(update_plan, resctrl)
{
	static const char change[] = "{\"memBwSchema\":\"MB:0=20\"}";
	static const struct host_facts host = { .resctrl = "/r" };
	AUTO_ARENA a = { 0 };
	struct spec_report report = { .arena = &a };
	const struct spec_intel_rdt *base = NULL, *given = NULL, *both = NULL;
	struct plan p = { .arena = &a, .host = &host, .slots = SLOT_FIRST_FREE };
	struct err e = { 0 };
	static const char old[] = "{\"closID\":\"x\",\"l3CacheSchema\":\"L3:0=f\"}";

	cr_assert(eq(int, spec_read_rdt_change(old, sizeof(old) - 1, &report, &base), 0));
	cr_assert(eq(int, spec_read_rdt_change(change, sizeof(change) - 1, &report, &given), 0));
	cr_assert(eq(int, spec_merge_rdt(base, given, &a, &both), 0));
	cr_expect(eq(str, (char *)both->l3CacheSchema.value, "L3:0=f"));
	cr_expect(eq(str, (char *)both->memBwSchema.value, "MB:0=20"));
	cr_assert(eq(int, plan_update(&p, NULL, given, &e), 0));
	cr_assert(eq(sz, p.count, 1));
	cr_expect(eq(int, p.ops[0].kind, PLAN_rdt_schemata));
	cr_expect(eq(str, (char *)p.ops[0].rdt_schemata.text, "MB:0=20\n"));
}
