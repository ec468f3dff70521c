/* The words of a hook's failure. */
#include "plan/explain.h"
#include "plan/hooks.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define OF(kind)    "hooks." kind "[2]: error running " kind " hook #2: \"/h\\n\": "
#define FALSE_CLAIM "read from the init process: a failure of a hook that cannot be: Protocol error"

static const struct {
	const char *kind;
	int error, how;
	const char *output;
	int rc;
	const char *text, *hint;
} rows[] = {
	{ "poststop", 0, 1, "", -ECANCELED, OF("poststop") "exit status 1", "" },
	{ "prestart", 0, 255, "a\n\x1b\"b\"", -ECANCELED,
		OF("prestart") "exit status 255, output: a\\n\\x1b\"b\"", "" },
	{ "createRuntime", 0, HOOK_SIGNAL + SIGSYS, "", -ECANCELED,
		OF("createRuntime") "killed by signal 31 (bad system call)", "" },
	{ "startContainer", 0, HOOK_SIGNAL + SIGSYS, "", -ECANCELED,
		OF("startContainer") "killed by signal 31 (bad system call)",
		"linux.seccomp holds for startContainer hooks too: the filter forbids a call that "
		"this one makes" },
	{ "poststart", 0, HOOK_TIMEOUT, "x", -ETIMEDOUT,
		OF("poststart") "still at work after its timeout of 7 s, killed, output: x", "" },
	{ "createRuntime", 0, HOOK_ENDED + SIGTERM, "", -EINTR,
		OF("createRuntime") "ended, for the runtime was asked to by signal 15 (terminated)",
		"" },
	{ "createRuntime", ENOENT, HOOK_EXEC, "", -ENOENT,
		OF("createRuntime") "cannot execute it: No such file or directory",
		"this kind of hook, and its interpreter, is looked up on the host" },
	{ "startContainer", ENOENT, HOOK_EXEC, "", -ENOENT,
		OF("startContainer") "cannot execute it: No such file or directory",
		"startContainer hooks, and their interpreters, are looked up in the container's root" },
	{ "poststop", EACCES, HOOK_EXEC, "", -EACCES,
		OF("poststop") "cannot execute it: Permission denied",
		"it needs execute permission: chmod +x, and +x of each directory on the way" },
	{ "poststop", ENOEXEC, HOOK_EXEC, "", -ENOEXEC,
		OF("poststop") "cannot execute it: Exec format error",
		"a script needs a first line like #!/bin/sh" },
	{ "poststop", ENOENT, HOOK_DIR, "", -ENOENT,
		OF("poststop") "cannot enter the bundle \"/b\": No such file or directory", "" },
	{ "poststop", ELOOP, HOOK_OUTPUT, "", -ELOOP,
		OF("poststop") "cannot open the file for its output that an annotation names: Too "
			       "many levels of symbolic links",
		"" },
	{ "poststop", EAGAIN, HOOK_START, "", -EAGAIN,
		OF("poststop") "cannot start or watch it: Resource temporarily unavailable", "" },
	{ "poststop", 0, 0, "", -EPROTO, FALSE_CLAIM, "" },
	{ "poststop", 0, -1, "", -EPROTO, FALSE_CLAIM, "" },
	{ "poststop", 0, HOOK_SIGNAL + 65, "", -EPROTO, FALSE_CLAIM, "" },
	{ "poststop", 0, HOOK_ENDED, "", -EPROTO, FALSE_CLAIM, "" },
	{ "poststop", 0, INT32_MAX, "", -EPROTO, FALSE_CLAIM, "" },
	{ "poststop", -1, HOOK_EXEC, "", -EPROTO, FALSE_CLAIM, "" },
	{ "poststop", 4096, HOOK_EXEC, "", -EPROTO, FALSE_CLAIM, "" },
	{ "poststop", ENOENT, HOOK_EXEC + 1, "", -EPROTO, FALSE_CLAIM, "" },
};

static struct plan_op op_of(const char *kind)
{
	struct plan_op op = { .kind = PLAN_hook, .at = { 3, 14 } };

	op.hook.kind = kind;
	op.hook.number = 2;
	op.hook.program = "/h\n";
	op.hook.dir = "/b";
	op.hook.timeout = 7;
	return op;
}

Test(explain_hook, each_end)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_op op = op_of(rows[i].kind);
		const struct plan p = { .ops = &op, .count = 1 };
		struct plan_hook_end end = { .error = rows[i].error, .how = rows[i].how };
		struct err e = { 0 };
		char path[64];

		(void)snprintf(path, sizeof(path), "hooks.%s[2]", rows[i].kind);
		(void)snprintf(end.output, sizeof(end.output), "%s", rows[i].output);
		op.path = path;
		cr_expect(eq(int, plan_explain_hook(&p, 0, &end, &e), rows[i].rc), "row %zu", i);
		cr_expect(eq(str, e.text, (char *)rows[i].text), "row %zu", i);
		cr_expect(eq(str, e.hint, (char *)rows[i].hint), "row %zu", i);
		cr_expect(eq(u32, e.at.line, rows[i].rc == -EPROTO ? 0 : 3), "row %zu", i);
	}
}

Test(explain_hook, of_what_is_no_hook)
{
	struct plan_op op = { .kind = PLAN_pivot, .path = "root.path" };
	const struct plan p = { .ops = &op, .count = 1 };
	const struct plan_hook_end end = { .how = 1 };

	for (size_t index = 0; index < 2; index++) {
		struct err e = { 0 };

		cr_expect(eq(int, plan_explain_hook(&p, index, &end, &e), -EPROTO));
		cr_expect(eq(str, e.text, FALSE_CLAIM));
	}
}

/* The longest of all parts together: one line, cut, no character in two. */
Test(explain_hook, long_parts_are_cut)
{
	struct plan_op op = op_of("createContainer");
	const struct plan p = { .ops = &op, .count = 1 };
	struct plan_hook_end end = { .how = 1 };
	struct err e = { 0 };
	char program[600];

	memset(program, 'p', sizeof(program) - 1);
	program[sizeof(program) - 1] = '\0';
	memset(end.output, 1, sizeof(end.output) - 1);
	op.path = "hooks.createContainer[2]";
	op.hook.program = program;
	cr_expect(eq(int, plan_explain_hook(&p, 0, &end, &e), -ECANCELED));
	cr_expect(lt(sz, strlen(e.text), sizeof(e.text)));
	cr_expect(strcmp(e.text + strlen(e.text) - 3, "...") == 0, "%s", e.text);
}
