/* Limits into a directory that stands in for the container's cgroup: a file that is missing, and
 * whether that may be. */
#include "parent/ops.h"

#include "base/sys.h"

#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum {
	A = 1, /* is there before */
	B = 2
};

static void put(const struct scratch *s, const char *name)
{
	AUTO_FD fd = openat(s->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	must(fd >= 0);
}

static const char *get(const struct scratch *s, const char *name, char *buf, size_t size)
{
	return sys_read_text(s->fd, name, buf, size) < 0 ? "none" : buf;
}

static int carry_out(const struct scratch *s, const struct plan_op *op, struct err *e)
{
	int slots[] = { [SLOT_CGROUP] = s->fd };
	struct parent p = { .slots = slots };

	return op->kind == PLAN_cgroup_write ? do_cgroup_write(&p, &op->cgroup_write, e)
					     : do_cgroup_write_any(&p, &op->cgroup_write_any, e);
}

static const struct {
	const char *label;
	struct plan_op op;
	unsigned before; /* bits A, B */
	int rc;
	const char *a, *b; /* what the files hold then */
} cases[] = {
	{ "needed", { PLAN_cgroup_write, .cgroup_write = { "a", "5", 0 } }, A, 0, "5", "none" },
	{ "needed, missing", { PLAN_cgroup_write, .cgroup_write = { "a", "5", 0 } }, B, -ENOENT,
		"none", "" },
	{ "optional", { PLAN_cgroup_write, .cgroup_write = { "a", "5", 1 } }, A, 0, "5", "none" },
	{ "optional, missing", { PLAN_cgroup_write, .cgroup_write = { "a", "5", 1 } }, B, 0, "none",
		"" },
	{ "any: both", { PLAN_cgroup_write_any, .cgroup_write_any = { "a", "5", "b", "6" } }, A | B,
		0, "5", "6" },
	{ "any: the first", { PLAN_cgroup_write_any, .cgroup_write_any = { "a", "5", "b", "6" } },
		A, 0, "5", "none" },
	{ "any: the other", { PLAN_cgroup_write_any, .cgroup_write_any = { "a", "5", "b", "6" } },
		B, 0, "none", "6" },
	{ "any: neither", { PLAN_cgroup_write_any, .cgroup_write_any = { "a", "5", "b", "6" } }, 0,
		-ENOENT, "none", "none" },
	{ "any: the first fails",
		{ PLAN_cgroup_write_any, .cgroup_write_any = { ".", "5", "b", "6" } }, B, -EISDIR,
		"none", "" },
	{ "any: the other fails",
		{ PLAN_cgroup_write_any, .cgroup_write_any = { "a", "5", ".", "6" } }, A, -EISDIR,
		"5", "none" },
};

Test(cgroup_ops, limits_and_missing_files)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_SCRATCH s = scratch_new();
		char a[16], b[16];
		struct err e = { 0 };

		if ((cases[i].before & A) != 0)
			put(&s, "a");
		if ((cases[i].before & B) != 0)
			put(&s, "b");
		cr_expect(eq(int, carry_out(&s, &cases[i].op, &e), cases[i].rc), "%s",
			cases[i].label);
		cr_expect(eq(int, e.code, 0), "%s", cases[i].label);
		cr_expect(eq(str, (char *)get(&s, "a", a, sizeof(a)), (char *)cases[i].a), "%s",
			cases[i].label);
		cr_expect(eq(str, (char *)get(&s, "b", b, sizeof(b)), (char *)cases[i].b), "%s",
			cases[i].label);
	}
}
