/* A plan as text and as JSON: each type of member, what is left out, what is escaped. */
#include "plan/print.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const char *const args[] = { "sh", "-c", "echo \"hi\"", "", "a]", "two\nlines", NULL };
static const char *const env[] = { "PASSWORD=secret", NULL };

static const struct {
	struct plan_op op;
	const char *text; /* of the line, behind the number */
} rows[] = {
	{ { PLAN_pivot, { 3, 11 }, "root.path", .cgroup_make = { 0 } },
		"child   make the new root the root  root.path :3" },
	{ { PLAN_pivot, { 0, 0 }, "--no-pivot", .cgroup_make = { 0 } },
		"child   make the new root the root  --no-pivot" },
	{ { PLAN_hostname, { 9, 2 }, "hostname", .hostname = { "a\"b" } },
		"child   set the host name to \"a\\\"b\"  hostname :9" },
	{ { PLAN_cgroup_write, { 9, 2 }, "linux.resources.pids.limit",
		  .cgroup_write = { "pids.max", "5", 1 } },
		"parent  set \"pids.max\" to \"5\" optional=1  linux.resources.pids.limit :9" },
	{ { PLAN_parent_done, { 0, 0 }, "process", .parent_done = { "id maps" } },
		"both    wait for the parent: id maps  process" },
	{ { PLAN_node, { 41, 1 }, "linux.devices[0]",
		  .node = { "/dev/fuse", 020666, 10, 229, 0, 0 } },
		"child   make device \"/dev/fuse\" mode=020666 major=10 minor=229  "
		"linux.devices[0] :41" },
	{ { PLAN_attach, { 41, 1 }, "mounts[3] (/da\x1bta)",
		  .attach = { "/da\x1bta", SLOT_TREE, 3 } },
		"child   mount on \"/da\\x1bta\" tree=tree how=0x3  mounts[3] (/da\\x1bta) :41" },
	{ { PLAN_attach, { 41, 1 }, "mounts[3] (/d)", .attach = { "/d", SLOT_FIRST_FREE + 2, 0 } },
		"child   mount on \"/d\" tree=fd#14  mounts[3] (/d) :41" },
	{ { PLAN_mask, { 1, 1 }, "linux.maskedPaths[0]",
		  .mask = { "/a", SLOT_NONE, NULL, SLOT_EMPTY, SLOT_NONE, 0 } },
		"child   mask \"/a\" empty=empty  linux.maskedPaths[0] :1" },
	{ { PLAN_time_offset, { 1, 1 }, "linux.timeOffsets.boottime",
		  .time_offset = { "boottime", -60, 5 } },
		"child   set the time offset of boottime to -60 s 5 ns  linux.timeOffsets.boottime :1" },
	{ { PLAN_umask, { 1, 1 }, "process.user.umask", .umask = { 0 } },
		"child   set umask to 0  process.user.umask :1" },
	{ { PLAN_exec, { 1, 1 }, "process.args", .exec = { "sh", args, env } },
		"child   execute \"sh\" args=[sh -c \"echo \\\"hi\\\"\" \"\" \"a]\" \"two\\nlines\"] "
		"env=[PASSWORD=secret]  process.args :1" },
	{ { PLAN_groups, { 1, 1 }, "process.user.additionalGids",
		  .groups = { "1 2", "not shown", 2 } },
		"child   set the groups: 1 2 count=2  process.user.additionalGids :1" },
};

Test(plan_print, each_row)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_ARENA a = { 0 };
		struct plan_op op = rows[i].op;
		const struct plan p = { .arena = &a, .ops = &op, .count = 1 };
		const char *text = NULL, *one = NULL;
		struct err e = { 0 };

		cr_assert(eq(int, plan_print_text(&p, &text, &e), 0));
		cr_expect(eq(str, (char *)text, arena_printf(&a, "  1  %s\n", rows[i].text)));
		cr_assert(eq(int, plan_print_operation(&p, 0, &one, &e), 0));
		cr_expect(strncmp(one, rows[i].text + 8, strlen(one)) == 0, "%s", one);
		cr_expect(strstr(one, op.path) == NULL || strcmp(op.path, "hostname") == 0);
	}
}

Test(plan_print, empty)
{
	AUTO_ARENA a = { 0 };
	const struct plan p = { .arena = &a };
	const char *text = NULL;
	struct err e = { 0 };

	cr_assert(eq(int, plan_print_text(&p, &text, &e), 0));
	cr_expect(eq(str, (char *)text, ""));
}

Test(plan_print, numbers_and_warnings_in_order)
{
	AUTO_ARENA a = { 0 };
	struct plan_warning second = { NULL, POS_NONE, "three" };
	struct plan_warning first = { &second, { 4, 2 }, "one\ttwo" };
	struct plan_op ops[10];
	const struct plan p = { .arena = &a, .ops = ops, .count = 10, .warnings = &first };
	const char *const end = " 10  child   make a session  process\n"
				"warning     one\\ttwo :4\n"
				"warning     three\n";
	const char *text = NULL;
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		ops[i] = (struct plan_op){ PLAN_session, .path = "process" };
	cr_assert(eq(int, plan_print_text(&p, &text, &e), 0));
	cr_expect(eq(str, (char *)text + strlen(text) - strlen(end), (char *)end));
}

Test(plan_print, json)
{
	AUTO_ARENA a = { 0 };
	struct plan_warning warning = { NULL, { 4, 2 }, "beware" };
	struct plan_op ops[] = {
		{ PLAN_node, { 41, 7 }, "linux.devices[0]",
			.node = { "/dev/f\"", 020666, 10, 229, 0, 0 } },
		{ PLAN_new_fs, { 0, 0 }, "mounts[0] (/t)",
			.new_fs = { "tmpfs", NULL, args + 3, 0x2f, SLOT_FIRST_FREE } },
		{ PLAN_mask, { 1, 1 }, "m",
			.mask = { "/a", SLOT_NONE, NULL, SLOT_EMPTY, SLOT_NONE, 0 } },
		{ PLAN_time_offset, { 1, 1 }, "t", .time_offset = { "boottime", -60, 5 } },
		{ PLAN_groups, { 1, 1 }, "g", .groups = { "1", "not shown", 1 } },
	};
	const struct plan p = {
		.arena = &a, .ops = ops, .count = ARRAY_LEN(ops), .warnings = &warning
	};
	AUTO_JSON j = { 0 };
	const char *text = NULL;
	struct err e = { 0 };
	size_t len;

	json_object(&j, NULL);
	plan_print_json(&p, &j, "operations");
	plan_print_json_warnings(&p, &j, "warnings");
	json_end(&j);
	cr_assert(eq(int, json_finish(&j, &text, &len, &e), 0));
	cr_expect(eq(str, (char *)text,
		"{\"operations\":["
		"{\"number\":1,\"side\":\"child\",\"op\":\"node\","
		"\"text\":\"make device \\\"/dev/f\\\\\\\"\\\"\",\"path\":\"linux.devices[0]\","
		"\"line\":41,\"column\":7,\"args\":{\"path\":\"/dev/f\\\"\",\"mode\":\"020666\","
		"\"major\":10,\"minor\":229,\"uid\":0,\"gid\":0}},"
		"{\"number\":2,\"side\":\"child\",\"op\":\"new_fs\","
		"\"text\":\"make a file system of type \\\"tmpfs\\\"\",\"path\":\"mounts[0] (/t)\","
		"\"line\":0,\"column\":0,\"args\":{\"type\":\"tmpfs\",\"source\":null,"
		"\"data\":[\"\",\"a]\",\"two\\nlines\"],\"attr\":\"0x2f\",\"into\":\"fd#12\"}},"
		"{\"number\":3,\"side\":\"child\",\"op\":\"mask\",\"text\":\"mask \\\"/a\\\"\","
		"\"path\":\"m\",\"line\":1,\"column\":1,"
		"\"args\":{\"path\":\"/a\",\"at\":null,\"below\":null,\"empty\":\"empty\",\"null\":null,\"late\":0}},"
		"{\"number\":4,\"side\":\"child\",\"op\":\"time_offset\","
		"\"text\":\"set the time offset of boottime to -60 s 5 ns\",\"path\":\"t\","
		"\"line\":1,\"column\":1,"
		"\"args\":{\"clock\":\"boottime\",\"secs\":-60,\"nanosecs\":5}},"
		"{\"number\":5,\"side\":\"child\",\"op\":\"groups\",\"text\":\"set the groups: 1\","
		"\"path\":\"g\",\"line\":1,\"column\":1,"
		"\"args\":{\"words\":\"1\",\"count\":1}}],"
		"\"warnings\":[{\"text\":\"beware\",\"line\":4,\"column\":2}]}"));
}
