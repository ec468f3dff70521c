/* What the options of exec make of a process. */
#include "lib/exec_process.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct spec_str env[] = { { "A=1", { 3, 1 } } };
static const struct spec_uint gids[] = { { 8, { 4, 1 } } };
static const struct spec_enum kill_cap[] = { { 5, { 5, 1 } } };

static const struct spec_user user = {
	.uid = { 1, { 2, 1 } }, .gid = { 2, { 2, 2 } }, .additionalGids = { gids, 1, { 4, 1 } }
};
static const struct spec_capabilities caps = { .bounding = { kill_cap, 1, { 5, 1 } },
	.inheritable = { kill_cap, 1, { 5, 1 } } };
static const struct spec_process from = { .terminal = { true, { 1, 1 } },
	.user = &user,
	.env = { env, 1, { 3, 1 } },
	.cwd = { "/w", { 6, 1 } },
	.capabilities = &caps };

static const char *const *words(const char *a, const char *b)
{
	static const char *list[3];

	list[0] = a;
	list[1] = b;
	list[2] = NULL;
	return list;
}

/* One line of what counts. */
static const char *told(const struct spec_process *p, char *buf, size_t size)
{
	size_t len = (size_t)snprintf(buf, size,
		"tty=%d cwd=%s uid=%u gid=%u groups=", p->terminal.value, p->cwd.value,
		(unsigned)p->user->uid.value, (unsigned)p->user->gid.value);

	for (size_t i = 0; i < p->user->additionalGids.count; i++)
		len += (size_t)snprintf(buf + len, size - len, "%u,",
			(unsigned)p->user->additionalGids.items[i].value);
	len += (size_t)snprintf(buf + len, size - len, " env=");
	for (size_t i = 0; i < p->env.count; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s,", p->env.items[i].value);
	(void)snprintf(buf + len, size - len, " caps=%zu %zu %zu %zu %zu nnp=%d",
		p->capabilities->bounding.count, p->capabilities->effective.count,
		p->capabilities->permitted.count, p->capabilities->inheritable.count,
		p->capabilities->ambient.count, p->noNewPrivileges.value);
	return buf;
}

Test(exec_process, change)
{
	const struct {
		const char *label;
		struct crl_exec_options o;
		const char *expected;
	} rows[] = {
		{ "nothing: no terminal", { 0 },
			"tty=0 cwd=/w uid=1 gid=2 groups=8, env=A=1, caps=1 0 0 1 0 nnp=0" },
		{ "a file's terminal stays", { .process = "f" },
			"tty=1 cwd=/w uid=1 gid=2 groups=8, env=A=1, caps=1 0 0 1 0 nnp=0" },
		{ "but not against --tty=false", { .process = "f", .terminal = CRL_NO },
			"tty=0 cwd=/w uid=1 gid=2 groups=8, env=A=1, caps=1 0 0 1 0 nnp=0" },
		{ "terminal, no_new_privs", { .terminal = CRL_YES, .no_new_privileges = CRL_YES },
			"tty=1 cwd=/w uid=1 gid=2 groups=8, env=A=1, caps=1 0 0 1 0 nnp=1" },
		{ "directory", { .cwd = "/x" },
			"tty=0 cwd=/x uid=1 gid=2 groups=8, env=A=1, caps=1 0 0 1 0 nnp=0" },
		{ "the user keeps group and groups", { .user = "7" },
			"tty=0 cwd=/w uid=7 gid=2 groups=8, env=A=1, caps=1 0 0 1 0 nnp=0" },
		{ "user and group", { .user = "4294967294:0" },
			"tty=0 cwd=/w uid=4294967294 gid=0 groups=8, env=A=1, caps=1 0 0 1 0 nnp=0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_ARENA a = { 0 };
		const struct spec_process *p;
		struct err e = { 0 };
		char buf[512];

		cr_assert(eq(int, exec_process_change(&from, &rows[i].o, &a, &p, &e), 0), "%s: %s",
			rows[i].label, e.text);
		cr_expect(eq(str, (char *)told(p, buf, sizeof(buf)), (char *)rows[i].expected),
			"%s", rows[i].label);
	}
}

Test(exec_process, lists)
{
	AUTO_ARENA a = { 0 };
	const struct spec_process *p;
	struct err e = { 0 };
	char buf[512];
	struct crl_exec_options o = { .env = words("B=2", "C=x=y,z") };

	cr_assert(eq(int, exec_process_change(&from, &o, &a, &p, &e), 0));
	cr_expect(eq(str, (char *)told(p, buf, sizeof(buf)),
		"tty=0 cwd=/w uid=1 gid=2 groups=8, env=A=1,B=2,C=x=y,z, caps=1 0 0 1 0 nnp=0"));
	o = (struct crl_exec_options){ .additional_gids = words("0", "9") };
	cr_assert(eq(int, exec_process_change(&from, &o, &a, &p, &e), 0));
	cr_expect(eq(str, (char *)told(p, buf, sizeof(buf)),
		"tty=0 cwd=/w uid=1 gid=2 groups=8,0,9, env=A=1, caps=1 0 0 1 0 nnp=0"));
	/* of the two only CAP_KILL is inheritable, and becomes ambient */
	o = (struct crl_exec_options){ .caps = words("kill", "CAP_SYS_TIME") };
	cr_assert(eq(int, exec_process_change(&from, &o, &a, &p, &e), 0));
	cr_expect(eq(str, (char *)told(p, buf, sizeof(buf)),
		"tty=0 cwd=/w uid=1 gid=2 groups=8, env=A=1, caps=3 2 2 1 1 nnp=0"));
	cr_expect(eq(i64, p->capabilities->ambient.items[0].value, 5));
}

Test(exec_process, refused)
{
	static const struct {
		const char *user, *gid, *cap, *env, *cwd, *text;
	} rows[] = {
#define USER_TEXT "option --user: expected UID or UID:GID in numbers from 0 to 4294967294, found "
		{ .user = "", .text = USER_TEXT "\"\"" },
		{ .user = "root", .text = USER_TEXT "\"root\"" },
		{ .user = "-1", .text = USER_TEXT "\"-1\"" },
		{ .user = "01", .text = USER_TEXT "\"01\"" },
		{ .user = "4294967295", .text = USER_TEXT "\"4294967295\"" },
		{ .user = "99999999999999999999", .text = USER_TEXT "\"99999999999999999999\"" },
		{ .user = "1:", .text = USER_TEXT "\"1:\"" },
		{ .user = ":2", .text = USER_TEXT "\":2\"" },
		{ .user = "1:2:3", .text = USER_TEXT "\"1:2:3\"" },
		{ .user = "1 ", .text = USER_TEXT "\"1 \"" },
		{ .gid = "1,2",
			.text = "option --additional-gids: expected a GID, a number from 0 to "
				"4294967294, found \"1,2\"" },
		{ .cap = "CAP_",
			.text = "option --cap: expected the name of a capability, like "
				"CAP_KILL, found \"CAP_\"" },
		{ .env = "A", .text = "option --env: expected NAME=VALUE, found \"A\"" },
		{ .env = "=A", .text = "option --env: expected NAME=VALUE, found \"=A\"" },
		{ .cwd = "x", .text = "option --cwd: expected an absolute path, found \"x\"" },
		{ .cwd = "", .text = "option --cwd: expected an absolute path, found \"\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_ARENA a = { 0 };
		const struct spec_process *p;
		const struct crl_exec_options o = { .user = rows[i].user,
			.additional_gids = rows[i].gid != NULL ? words(rows[i].gid, NULL) : NULL,
			.caps = rows[i].cap != NULL ? words(rows[i].cap, NULL) : NULL,
			.env = rows[i].env != NULL ? words(rows[i].env, NULL) : NULL,
			.cwd = rows[i].cwd };
		struct err e = { 0 };

		cr_expect(eq(int, exec_process_change(&from, &o, &a, &p, &e), -EINVAL));
		cr_expect(eq(str, e.text, (char *)rows[i].text));
		cr_expect(eq(u32, e.at.line, 0));
	}
}
