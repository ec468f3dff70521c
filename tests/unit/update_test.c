/* Limits changed in a directory that stands in for the container's cgroup: all of them or none; and
 * what its files say against what was written. */
#include "parent/update.h"

#include "base/sys.h"
#include "parent/limit_file.h"

#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* clang-format off */
static const struct {
	const char *file, *value, *text;
	const char *undo;
	bool holds;
} files[] = {
	{ "pids.max", "5", "max\n", "max", false },
	{ "pids.max", "5", "5\n", "5", true },
	{ "pids.max", "max", "max\n", "max", true },
	{ "memory.max", "5000", "4096\n", "4096", true },
	{ "memory.max", "4096", "8192\n", "8192", false },
	{ "memory.max", "50000000", "4096\n", "4096", false },
	{ "hugetlb.2MB.max", "3000000", "2097152\n", "2097152", true },
	{ "pids.max", "5000", "4096\n", "4096", false },
	{ "cpu.max", "5000 100000", "5000 100000\n", "5000 100000", true },
	{ "cpu.max", "max 20000", "5000 100000\n", "5000 100000", false },
	{ "cpu.weight", "59", "0\n", "", false },
	{ "cpu.weight", "59", "100\n", "100", false },
	{ "cpu.idle", "1", "0\n", "0", false },
	{ "cpuset.cpus", "0,1", "0-1\n", "0-1", true },
	{ "cpuset.cpus", "0", "0-1\n", "0-1", false },
	{ "cpuset.cpus", "0", "\n", "\n", false },
	{ "cpuset.cpus", "0", "", "\n", false },
	{ "io.max", "8:0 rbps=5", "", "8:0 rbps=max wbps=max riops=max wiops=max", false },
	{ "io.max", "8:0 rbps=5", "8:16 rbps=5 wbps=max riops=max wiops=max\n8:0 rbps=5 wbps=7 riops=max wiops=max\n",
		"8:0 rbps=5 wbps=7 riops=max wiops=max", true },
	{ "io.max", "8:0 rbps=5", "8:0 rbps=55 wbps=5 riops=max wiops=max\n",
		"8:0 rbps=55 wbps=5 riops=max wiops=max", false },
	{ "io.max", "8:0 rbps=max", "", "8:0 rbps=max wbps=max riops=max wiops=max", false },
	{ "io.weight", "300", "default 100\n8:0 50\n", "default 100", false },
	{ "io.weight", "300", "default 300\n", "default 300", true },
	{ "io.bfq.weight", "300", "300\n8:0 50\n", "300", true },
	{ "io.bfq.weight", "8:0 50", "default 300\n8:0 50\n", "8:0 50", true },
	{ "io.bfq.weight", "8:16 50", "default 300\n8:0 50\n", "8:16 default", false },
	{ "rdma.max", "a hca_handle=3", "b hca_handle=3 hca_object=max\na hca_handle=max hca_object=9\n",
		"a hca_handle=max hca_object=9", false },
	{ "rdma.max", "a hca_handle=3", "a hca_handle=3 hca_object=9\n", "a hca_handle=3 hca_object=9", true },
	{ "misc.max", "x 1", "x max\n", "x max", false },
};
/* clang-format on */

Test(update, what_files_say)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_ARENA a = { 0 };
		const char *const undo =
			limit_file_undo(files[i].file, files[i].value, files[i].text, &a);

		cr_expect(eq(str, (char *)undo, (char *)files[i].undo), "%s %s", files[i].file,
			files[i].value);
		cr_expect(eq(int, limit_file_holds(files[i].file, files[i].value, files[i].text),
				  files[i].holds),
			"%s %s", files[i].file, files[i].value);
	}
}

static void put(const struct scratch *s, const char *name, const char *text)
{
	AUTO_FD fd = openat(s->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static const char *get(const struct scratch *s, const char *name, char *buf, size_t size)
{
	return sys_read_text(s->fd, name, buf, size) < 0 ? "none" : buf;
}

#define WRITE(name, text, maybe)                                                        \
	{                                                                               \
		.kind = PLAN_cgroup_write, .at = { 3, 4 }, .path = "linux.resources.x", \
		.cgroup_write = {                                                       \
			name,                                                           \
			text,                                                           \
			maybe                                                           \
		}                                                                       \
	}
#define ANY(name, text, other, more)                                                        \
	{                                                                                   \
		.kind = PLAN_cgroup_write_any, .at = { 3, 4 }, .path = "linux.resources.x", \
		.cgroup_write_any = {                                                       \
			name,                                                               \
			text,                                                               \
			other,                                                              \
			more                                                                \
		}                                                                           \
	}

/* The files a, b, c begin as 111, 222, 333; d is a directory, e is missing. */
static const struct {
	const char *label;
	struct plan_op ops[3];
	size_t count;
	int rc;
	const char *a, *b, *c, *text;
} runs[] = {
	{ "all", { WRITE("a", "444", 0), WRITE("b", "555", 0), WRITE("c", "666", 0) }, 3, 0,
		"444\n", "555\n", "666\n", "" },
	{ "none", { { 0 } }, 0, 0, "111\n", "222\n", "333\n", "" },
	{ "the last fails", { WRITE("a", "444", 0), WRITE("b", "555", 0), WRITE("d", "666", 0) }, 3,
		-EISDIR, "111\n", "222\n", "333\n",
		"linux.resources.x: cannot set \"d\" to \"666\": Is a directory" },
	{ "the first fails", { WRITE("e", "444", 0), WRITE("b", "555", 0), WRITE("c", "666", 0) },
		3, -ENOENT, "111\n", "222\n", "333\n",
		"linux.resources.x: cannot set \"e\" to \"444\": No such file or directory" },
	{ "the same file twice, then a failure",
		{ WRITE("a", "444", 0), WRITE("a", "555", 0), WRITE("d", "666", 0) }, 3, -EISDIR,
		"111\n", "222\n", "333\n",
		"linux.resources.x: cannot set \"d\" to \"666\": Is a directory" },
	{ "the same file twice: the last counts", { WRITE("a", "444", 0), WRITE("a", "555", 0) }, 2,
		0, "555\n", "222\n", "333\n", "" },
	{ "a file that may be missing", { WRITE("e", "444", 1), WRITE("b", "555", 0) }, 2, 0,
		"111\n", "555\n", "333\n", "" },
	{ "either of two", { ANY("e", "444", "b", "555") }, 1, 0, "111\n", "555\n", "333\n", "" },
	{ "both of two, then a failure", { ANY("a", "444", "b", "555"), WRITE("d", "666", 0) }, 2,
		-EISDIR, "111\n", "222\n", "333\n",
		"linux.resources.x: cannot set \"d\" to \"666\": Is a directory" },
	{ "what is read back is another value", { WRITE("b", "555", 0), WRITE("a", "4", 0) }, 2,
		-EIO, "111\n", "222\n", "333\n",
		"linux.resources.x: cannot set \"a\" to \"4\": 411: Input/output error" },
};

Test(update, all_or_nothing)
{
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		AUTO_SCRATCH s = scratch_new();
		AUTO_ARENA arena = { 0 };
		struct plan_op ops[3];
		const struct plan p = { .arena = &arena, .ops = ops, .count = runs[i].count };
		struct update u = UPDATE_NONE(&p, &arena);
		struct err e = { 0 };
		char buf[64];

		memcpy(ops, runs[i].ops, sizeof(ops));
		put(&s, "a", "111\n");
		put(&s, "b", "222\n");
		put(&s, "c", "333\n");
		must(mkdirat(s.fd, "d", 0755) == 0);
		u.cgroup = s.fd;
		cr_expect(eq(int, update_run(&u, &e), runs[i].rc), "%s", runs[i].label);
		cr_expect(eq(str, e.text, (char *)runs[i].text), "%s", runs[i].label);
		cr_expect(eq(u32, e.at.line, runs[i].rc < 0 ? 3 : 0), "%s", runs[i].label);
		cr_expect(eq(str, (char *)get(&s, "a", buf, sizeof(buf)), (char *)runs[i].a), "%s",
			runs[i].label);
		cr_expect(eq(str, (char *)get(&s, "b", buf, sizeof(buf)), (char *)runs[i].b), "%s",
			runs[i].label);
		cr_expect(eq(str, (char *)get(&s, "c", buf, sizeof(buf)), (char *)runs[i].c), "%s",
			runs[i].label);
		update_undo(&u);
		cr_expect(eq(str, (char *)get(&s, "a", buf, sizeof(buf)), "111\n"), "%s: undone",
			runs[i].label);
		update_done(&u);
	}
}

/* The weight is noted before the group becomes idle, and comes back after it. */
Test(update, idle_and_weight)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_ARENA arena = { 0 };
	struct plan_op ops[] = { WRITE("cpu.idle", "1", 0), WRITE("e", "1", 0) };
	const struct plan p = { .arena = &arena, .ops = ops, .count = 1 };
	struct update u = UPDATE_NONE(&p, &arena);
	struct err e = { 0 };

	put(&s, "cpu.idle", "0\n");
	put(&s, "cpu.weight", "59\n");
	u.cgroup = s.fd;
	cr_assert(eq(int, update_run(&u, &e), 0), "%s", e.text);
	cr_assert(eq(sz, u.count, 2));
	cr_expect(eq(str, (char *)u.done[0].file, "cpu.weight"));
	cr_expect(eq(str, (char *)u.done[0].text, "59"));
	cr_expect(eq(str, (char *)u.done[1].file, "cpu.idle"));
	cr_expect(eq(str, (char *)u.done[1].text, "0"));
}
