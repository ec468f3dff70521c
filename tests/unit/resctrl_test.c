/* linux.intelRdt on a directory that stands in for resctrl: what the kernel would make in a new
 * group, the test makes. */
#include "parent/ops.h"
#include "parent/resctrl.h"

#include "base/sys.h"

#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define HAVE "    L3:0=00ff;1=f0f\n    MB:0=  50;1=100\nL2:0=f\n"

static const struct {
	const char *label, *wanted, *missing; /* "" when nothing is */
} has[] = {
	{ "nothing", "", "" },
	{ "one", "L3:0=ff", "" },
	{ "all", "L3:0=ff;1=f0f\nMB:0=50;1=100\nL2:0=f\n", "" },
	{ "another order", "L2:0=f\n  L3: 1 = F0F ; 0 = 0ff ;\n", "" },
	{ "id with zeros", "L3:01=f0f", "" },
	{ "another value", "L2:0=f\nL3:0=ff;1=f0\n", "L3:0=ff;1=f0" },
	{ "beginning of a value", "MB:1=10", "MB:1=10" },
	{ "no such id", "L3:2=ff", "L3:2=ff" },
	{ "no such resource", "L3CODE:0=ff", "L3CODE:0=ff" },
	{ "beginning of a name", "L:0=ff", "L:0=ff" },
	{ "no entry", "L3", "" },
	{ "no value", "L3:0", "L3:0" },
};

Test(resctrl, schemata_are_compared_by_meaning)
{
	for (size_t i = 0; i < ARRAY_LEN(has); i++) {
		const char *line = "";
		size_t len = 0;
		char text[64];
		const bool rc = resctrl_has(has[i].wanted, HAVE, &line, &len);

		(void)snprintf(text, sizeof(text), "%.*s", (int)len, line);
		cr_expect(eq(int, rc, has[i].missing[0] == '\0'), "%s", has[i].label);
		cr_expect(eq(str, text, (char *)has[i].missing), "%s", has[i].label);
	}
}

static void put(const struct scratch *s, const char *path, const char *text)
{
	AUTO_FD fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0 && sys_write_once(fd, text, strlen(text)) == 0);
}

static const char *get(const struct scratch *s, const char *path, char *buf, size_t size)
{
	return sys_read_text(s->fd, path, buf, size) < 0 ? "none" : buf;
}

/* A parent at one operation of a plan. */
struct at {
	struct plan_op op;
	struct plan_options options;
	struct plan plan;
	struct parent parent;
	int slots[2];
	char group[128], monitor[160];
};

static void begin(struct at *a, const struct scratch *s)
{
	memset(a, 0, sizeof(*a));
	(void)snprintf(a->group, sizeof(a->group), "%s/box", s->path);
	(void)snprintf(a->monitor, sizeof(a->monitor), "%s/mon_groups/box", a->group);
	a->options.id = "box";
	a->op.path = "linux.intelRdt.schemata";
	a->plan = (struct plan){ .ops = &a->op,
		.count = 1,
		.options = &a->options,
		.rdt_group = a->group,
		.rdt_monitor = a->monitor };
	a->slots[0] = a->slots[1] = FD_NONE;
	a->parent = (struct parent){ .plan = &a->plan, .slots = a->slots, .pid = 77 };
}

Test(resctrl, a_group_is_made_filled_joined_and_removed)
{
	AUTO_SCRATCH s = scratch_new();
	struct err e = { 0 };
	struct at a;
	char text[64];

	begin(&a, &s);
	cr_assert(
		eq(int, do_rdt_make(&a.parent, &(struct plan_rdt_make){ .path = a.group }, &e), 0));
	put(&s, "box/schemata", "L3:0=fff\n");
	put(&s, "box/tasks", "");
	a.op.kind = PLAN_rdt_schemata;
	a.op.rdt_schemata = (struct plan_rdt_schemata){ .text = "L3:0=ff\n", .root = s.path };
	cr_assert(eq(int, do_rdt_schemata(&a.parent, &a.op.rdt_schemata, &e), 0));
	/* the kernel replaces what a file has; this one keeps the rest */
	cr_expect(eq(str, (char *)get(&s, "box/schemata", text, sizeof(text)), "L3:0=ff\n\n"));
	must(mkdirat(s.fd, "box/mon_groups", 0755) == 0);
	cr_assert(eq(int,
		do_rdt_monitor(
			&a.parent, &(struct plan_rdt_monitor){ .path = a.monitor, .into = 1 }, &e),
		0));
	put(&s, "box/mon_groups/box/tasks", "");
	for (int slot = 0; slot < 2; slot++)
		cr_assert(eq(int,
			do_rdt_join(&a.parent, &(struct plan_rdt_join){ .group = slot }, &e), 0));
	cr_expect(eq(str, (char *)get(&s, "box/tasks", text, sizeof(text)), "77"));
	cr_expect(eq(str, (char *)get(&s, "box/mon_groups/box/tasks", text, sizeof(text)), "77"));

	/* resctrl lets a group go with all its files */
	must(unlinkat(s.fd, "box/mon_groups/box/tasks", 0) == 0);
	must(unlinkat(s.fd, "box/tasks", 0) == 0 && unlinkat(s.fd, "box/schemata", 0) == 0);
	parent_rdt_undo(&a.parent);
	cr_expect(eq(sz, entries(&s, "box/mon_groups"), 0), "the monitoring group is gone");
	must(unlinkat(s.fd, "box/mon_groups", AT_REMOVEDIR) == 0);
	a.parent.rdt_made = true;
	parent_rdt_undo(&a.parent);
	cr_expect(eq(sz, entries(&s, "."), 0), "the group is gone");
	parent_rdt_undo(&a.parent);
	fd_close(&a.slots[0]);
	fd_close(&a.slots[1]);
}

Test(resctrl, a_group_that_is_there_must_be_as_asked)
{
	AUTO_SCRATCH s = scratch_new();
	struct err e = { 0 };
	struct at a;
	char text[64];

	begin(&a, &s);
	must(mkdirat(s.fd, "box", 0755) == 0);
	put(&s, "box/schemata", HAVE);
	cr_expect(eq(int, do_rdt_make(&a.parent, &(struct plan_rdt_make){ .path = a.group }, &e),
		-EEXIST));
	cr_assert(eq(int,
		do_rdt_make(&a.parent, &(struct plan_rdt_make){ .path = a.group, .keep = 1 }, &e),
		0));
	a.op.kind = PLAN_rdt_schemata;
	a.op.at = (struct src_pos){ 4, 9 };
	a.op.rdt_schemata.text = "L2:0=f\n";
	cr_expect(eq(int, do_rdt_schemata(&a.parent, &a.op.rdt_schemata, &e), 0));
	a.op.rdt_schemata.text = "L2:0=f\nL3:0=f\n";
	cr_expect(eq(int, do_rdt_schemata(&a.parent, &a.op.rdt_schemata, &e), -EEXIST));
	cr_expect(eq(str, e.text,
		"linux.intelRdt.schemata: the resctrl group was there before, with other schemata: "
		"it has no L3:0=f: File exists"));
	cr_expect(eq(u32, e.at.line, 4));
	cr_expect(eq(str, (char *)get(&s, "box/schemata", text, sizeof(text)), HAVE), "untouched");
	parent_rdt_undo(&a.parent);
	cr_expect(eq(sz, entries(&s, "."), 1), "it is not ours to remove");
	fd_close(&a.slots[0]);
}

Test(resctrl, a_refused_write_is_told_in_the_kernels_words)
{
	AUTO_SCRATCH s = scratch_new();
	struct err e = { 0 };
	struct at a;

	begin(&a, &s);
	must(mkdirat(s.fd, "info", 0755) == 0);
	put(&s, "info/last_cmd_status", "Unknown resource name 'L9'\n");
	cr_assert(
		eq(int, do_rdt_make(&a.parent, &(struct plan_rdt_make){ .path = a.group }, &e), 0));
	a.op.kind = PLAN_rdt_schemata;
	a.op.rdt_schemata = (struct plan_rdt_schemata){ .text = "L9:0=f\n", .root = s.path };
	cr_expect(eq(int, do_rdt_schemata(&a.parent, &a.op.rdt_schemata, &e), -ENOENT));
	cr_expect(eq(str, e.text,
		"linux.intelRdt.schemata: cannot have resctrl schemata \"L9:0=f\\n\": Unknown "
		"resource name 'L9': No such file or directory"));
	parent_rdt_undo(&a.parent);
	cr_expect(eq(sz, entries(&s, "."), 1), "only info is left");
	fd_close(&a.slots[0]);
}

/* The group "gold", as its members leave it. */
static const struct {
	const char *label, *tasks, *id;
	bool monitored, goes;
} ends[] = {
	{ "nobody", "", "box", false, true },
	{ "our own process, not reaped", "77\n", "box", false, true },
	{ "somebody", "78\n", "box", false, false },
	{ "ours and somebody's", "77\n12\n", "box", false, false },
	{ "somebody's monitoring group", "", "box", true, false },
	{ "its name is the container's", "78\n", "gold", false, true },
};

Test(resctrl, a_shared_group_stays_while_others_are_in_it)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		AUTO_SCRATCH s = scratch_new();
		AUTO_FD dir = FD_NONE;
		char group[128];
		struct err e = { 0 };

		(void)snprintf(group, sizeof(group), "%s/gold", s.path);
		must(mkdirat(s.fd, "gold", 0755) == 0 &&
			mkdirat(s.fd, "gold/mon_groups", 0755) == 0);
		put(&s, "gold/tasks", ends[i].tasks);
		if (ends[i].monitored)
			must(mkdirat(s.fd, "gold/mon_groups/other", 0755) == 0);
		const struct resctrl_made made = { group, NULL, ends[i].id, 77 };

		/* a directory that is not empty cannot go here: that it was tried is seen */
		cr_expect(eq(int, resctrl_remove(&made, &e), ends[i].goes ? -ENOTEMPTY : 0), "%s",
			ends[i].label);
		dir = openat(s.fd, "gold", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cr_expect(eq(int, resctrl_is_free(dir, 77),
				  ends[i].goes &&strcmp(ends[i].id, "box") == 0),
			"%s", ends[i].label);
	}
}

Test(resctrl, what_is_gone_already_is_no_failure)
{
	const struct resctrl_made made = { "/none/box", "/none/box/mon_groups/box", "box", 0 };
	struct err e = { 0 };

	cr_expect(eq(int, resctrl_remove(&made, &e), 0));
	cr_expect(eq(int, resctrl_remove(&(struct resctrl_made){ .group = "", .id = "x" }, &e), 0));
}
