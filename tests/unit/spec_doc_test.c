/* The reference of the configuration: no text is missing, each path leads to its row, and one that
 * leads nowhere gets a hint. */
#include "spec/doc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* What a visit has seen. */
struct seen {
	struct arena arena; /* of the look-ups */
	size_t members, objects, words, rules;
};

static void expect_text(const char *text, const char *path, const char *what)
{
	const size_t len = strlen(text);

	cr_expect(gt(sz, len, 1), "%s: no %s", path, what);
	if (len == 0)
		return;
	cr_expect(text[len - 1] == '.' && text[0] != ' ', "%s: not a sentence: %s", path, text);
	cr_expect(strpbrk(text, "\n\t`") == NULL, "%s: not plain: %s", path, text);
	cr_expect(strstr(text, "  ") == NULL, "%s: two blanks: %s", path, text);
}

static void expect_found(struct seen *s, const struct spec_doc *d)
{
	const struct spec_doc *found = NULL;
	struct err e = { 0 };

	if (strcmp(d->key, "NAME") == 0)
		return; /* the name itself has no path of its own */
	cr_assert(eq(int, spec_doc_find(d->path, &s->arena, &found, &e), 0), "%s", e.text);
	cr_expect(eq(str, (char *)found->path, (char *)d->path));
	cr_expect(eq(str, (char *)found->text, (char *)d->text));
	cr_expect(eq(sz, found->count, d->count));
}

/* "", "5.12", "2.6.36": shown as it is */
static void expect_version(const struct spec_doc *d)
{
	cr_expect(eq(sz, strspn(d->since, "0123456789."), strlen(d->since)), "%s: %s", d->path,
		d->since);
	cr_expect(
		d->since[0] == '\0' || strchr(d->since, '.') != NULL, "%s: %s", d->path, d->since);
}

static int see(const struct spec_doc *d, void *arg)
{
	struct seen *const s = arg;

	expect_text(d->text, d->path, "text");
	expect_version(d);
	cr_expect(d->type[0] != '\0', "%s: no type", d->path);
	for (size_t i = 0; i < d->word_count; i++)
		expect_text(d->words[i].text, d->path, d->words[i].word);
	expect_found(s, d);
	s->members++;
	s->objects += d->count > 0;
	s->words += d->word_count;
	s->rules += d->rule_count;
	return 0;
}

Test(spec_doc, each_member_has_its_texts)
{
	AUTO_ARENA a = { 0 };
	struct seen s = { 0 };

	cr_expect(eq(int, spec_doc_visit(&a, see, &s), 0));
	cr_expect(gt(sz, s.members, 230));
	cr_expect(gt(sz, s.objects, 40));
	cr_expect(gt(sz, s.words, 400));
	arena_done(&s.arena);
}

static int stop(const struct spec_doc *d, void *arg)
{
	(void)arg;
	return strcmp(d->path, "process.cwd") == 0 ? 7 : 0;
}

Test(spec_doc, visit_can_be_ended)
{
	AUTO_ARENA a = { 0 };

	cr_expect(eq(int, spec_doc_visit(&a, stop, NULL), 7));
}

/* Each rule is told at the member that it names. */
static const struct {
	const char *name, *where;
} rules[] = {
#define RULE(severity, name, subject, where, holds) { #name, where },
#include "spec/rules.def"
#undef RULE
};

Test(spec_doc, each_rule_is_at_its_member)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		AUTO_ARENA a = { 0 };
		const struct spec_doc *d = NULL;
		struct err e = { 0 };
		size_t n = 0;

		cr_assert(eq(int, spec_doc_find(rules[i].where, &a, &d, &e), 0), "%s", e.text);
		for (size_t j = 0; j < d->rule_count; j++)
			n += strcmp(d->rules[j].name, rules[i].name) == 0;
		cr_expect(eq(sz, n, 1), "%s", rules[i].name);
	}
}

static const struct {
	const char *path, *found, *type, *kernel;
} good[] = {
	{ "", "", "object", "" },
	{ "ociVersion", "ociVersion", "string", "" },
	{ ".process.cwd", "process.cwd", "string", "chdir(2)" },
	{ "linux.resources.cpu.shares", "linux.resources.cpu.shares", "whole number from 0",
		"cpu.weight" },
	{ "linux.resources.cpu.quota", "linux.resources.cpu.quota", "whole number", "cpu.max" },
	{ "linux.resources.memory.limit", "linux.resources.memory.limit", "whole number from -1",
		"memory.max" },
	{ "process.oomScoreAdj", "process.oomScoreAdj", "whole number from -1000 to 1000",
		"/proc/PID/oom_score_adj" },
	{ "linux.devices[0].type", "linux.devices[].type", "one of: c, u, b, p", "mknodat(2)" },
	{ "process.rlimits", "process.rlimits", "list of objects", "prlimit(2)" },
	{ "process.rlimits[]", "process.rlimits[]", "object", "prlimit(2)" },
	{ "process.rlimits[12]", "process.rlimits[]", "object", "prlimit(2)" },
	{ "process.rlimits[].soft", "process.rlimits[].soft", "whole number from 0",
		"prlimit(2) rlim_cur" },
	{ "process.rlimits.soft", "process.rlimits[].soft", "whole number from 0",
		"prlimit(2) rlim_cur" },
	{ "process.args", "process.args", "list of strings, at least one", "execve(2)" },
	{ "process.args[0]", "process.args[]", "string", "execve(2)" },
	{ "process.scheduler.flags[0]", "process.scheduler.flags[]",
		"one of: SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN, "
		"SCHED_FLAG_KEEP_POLICY, SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_UTIL_CLAMP_MIN, "
		"SCHED_FLAG_UTIL_CLAMP_MAX",
		"sched_setattr(2) sched_flags" },
	{ "process.user.additionalGids[1]", "process.user.additionalGids[]",
		"whole number from 0 to 4294967294", "setgroups(2)" },
	{ "linux.seccomp.syscalls[3].args[0].op", "linux.seccomp.syscalls[].args[].op",
		"one of: SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, "
		"SCMP_CMP_GT, SCMP_CMP_MASKED_EQ",
		"struct seccomp_data args" },
	{ "linux.sysctl", "linux.sysctl", "object of strings", "/proc/sys" },
	{ "linux.sysctl[\"net.ipv4.ip_forward\"]", "linux.sysctl[\"NAME\"]", "string",
		"/proc/sys" },
	{ "linux.sysctl.net.ipv4.ip_forward", "linux.sysctl[\"NAME\"]", "string", "/proc/sys" },
	{ "linux.resources.rdma", "linux.resources.rdma", "object of objects, each by its name",
		"rdma.max" },
	{ "linux.resources.rdma[\"mlx5_0\"].hcaHandles",
		"linux.resources.rdma[\"NAME\"].hcaHandles", "whole number from 0 to 4294967295",
		"rdma.max hca_handle" },
	{ "linux.resources.rdma.mlx5_0.hcaHandles", "linux.resources.rdma[\"NAME\"].hcaHandles",
		"whole number from 0 to 4294967295", "rdma.max hca_handle" },
	{ "linux.netDevices[\"a\\\"]b\"].name", "linux.netDevices[\"NAME\"].name", "string",
		"rtnetlink(7) IFLA_IFNAME" },
	{ "mounts[3] (/data)", "mounts[]", "object", "open_tree(2), fsopen(2), move_mount(2)" },
	{ "process.cwd: must be absolute", "process.cwd", "string", "chdir(2)" },
	{ "windows", "windows", "object", "" },
};

Test(spec_doc, found_by_path)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO_ARENA a = { 0 };
		const struct spec_doc *d = NULL;
		struct err e = { 0 };

		cr_assert(eq(int, spec_doc_find(good[i].path, &a, &d, &e), 0), "%s", e.text);
		cr_expect(eq(str, (char *)d->path, (char *)good[i].found));
		cr_expect(eq(str, (char *)d->type, (char *)good[i].type), "%s", good[i].path);
		cr_expect(eq(str, (char *)d->kernel, (char *)good[i].kernel), "%s", good[i].path);
	}
}

#define HAS_NO(path) path ": the configuration has no such member"
#define UNKNOWN(path, hint)              \
	{                                \
		path, HAS_NO(path), hint \
	}

static const struct {
	const char *path, *text, *hint;
} bad[] = {
	UNKNOWN("linux.resources.cpu.share", "did you mean linux.resources.cpu.shares?"),
	UNKNOWN("linux.recources.cpu.shares", "did you mean linux.resources.cpu.shares?"),
	UNKNOWN("mounts[3].option", "did you mean mounts[].options?"),
	UNKNOWN("Process.CWD", "did you mean process.cwd?"),
	UNKNOWN("shares", "did you mean linux.resources.cpu.shares?"),
	UNKNOWN("cpu.shares", "did you mean linux.resources.cpu.shares?"),
	UNKNOWN("linux.cgroup.cpu.shares", "did you mean linux.resources.cpu.shares?"),
	UNKNOWN("linux.resources.pids.most", "linux.resources.pids has the members limit"),
	UNKNOWN("linux.netDevices[\"a\"].xyz", "linux.netDevices[\"NAME\"] has the members name"),
	UNKNOWN("process.args.foo", "process.args has no members"),
	UNKNOWN("process.cwd.", "did you mean process.cwd?"),
	UNKNOWN("process.cwd[0]", "did you mean process.cwd?"),
	UNKNOWN("process.args[x]", "did you mean process.args?"),
	UNKNOWN("process.args[0", "did you mean process.args?"),
	UNKNOWN("process.args[0]x", "process.args[] has no members"),
	UNKNOWN("linux.memory", "did you mean linux.resources.memory?"),
	UNKNOWN("zzzzz",
		"the file has the members ociVersion, root, process, hostname, domainname, mounts, "
		"annotations, hooks, linux, windows, solaris, freebsd, zos, vm"),
};

Test(spec_doc, unknown_path)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_ARENA a = { 0 };
		const struct spec_doc *d = NULL;
		struct err e = { 0 };
		char text[1024], *quote;

		cr_expect(eq(int, spec_doc_find(bad[i].path, &a, &d, &e), -ENOENT), "%s",
			bad[i].path);
		cr_expect(eq(ptr, (void *)d, NULL));
		cr_expect(eq(u32, e.at.line, 0));
		(void)snprintf(text, sizeof(text), "%s", e.text);
		while ((quote = strstr(text, "\\\"")) != NULL) /* as errors show a quote */
			memmove(quote, quote + 1, strlen(quote));
		cr_expect(eq(str, text, (char *)bad[i].text));
		cr_expect(eq(str, e.hint, (char *)bad[i].hint), "%s", bad[i].path);
	}
}

Test(spec_doc, members_and_words_of_one)
{
	AUTO_ARENA a = { 0 };
	const struct spec_doc *d = NULL;
	struct err e = { 0 };

	cr_assert(eq(int, spec_doc_find("linux.netDevices", &a, &d, &e), 0));
	cr_assert(eq(sz, d->count, 2));
	cr_expect(eq(str, (char *)d->members[0].key, "NAME"));
	cr_expect(eq(str, (char *)d->members[0].path, "linux.netDevices[\"NAME\"]"));
	cr_expect(eq(str, (char *)d->members[1].path, "linux.netDevices[\"NAME\"].name"));
	cr_expect(eq(str, (char *)d->object, "net_device"));
	cr_assert(eq(int, spec_doc_find("mounts[0].options", &a, &d, &e), 0));
	cr_expect(eq(str, (char *)d->table, "mount_option"));
	cr_expect(eq(str, (char *)d->words[0].word, "defaults"));
	cr_assert(eq(int, spec_doc_find("process.capabilities.ambient", &a, &d, &e), 0));
	cr_expect(eq(sz, d->word_count, 41));
	cr_expect(eq(str, (char *)d->words[40].word, "CAP_CHECKPOINT_RESTORE"));
	cr_expect(not(d->required));
	cr_assert(eq(int, spec_doc_find("process.cwd", &a, &d, &e), 0));
	cr_expect(d->required);
	cr_expect(eq(str, (char *)d->format, "an absolute path"));
	cr_assert(eq(int, spec_doc_find("linux.maskedPaths", &a, &d, &e), 0));
	cr_expect(eq(str, (char *)d->format, "an absolute path"));
}

/* In brackets and without; what is near; what is nothing. */
Test(spec_doc, rules_by_name)
{
	static const struct {
		const char *word, *name, *where; /* where NULL: not found */
		enum spec_severity severity;
	} rows[] = {
		{ "rlimit_order", "rlimit_order", "process.rlimits", SPEC_ERROR },
		{ "[no_seccomp]", "no_seccomp", "linux.seccomp", SPEC_LINT },
		{ "[unknown-key]", "unknown-key", "", SPEC_WARNING },
		{ "plan", "plan", "", SPEC_ERROR },
		{ "[unknown_key]", "unknown-key", NULL, SPEC_ERROR },
		{ "rlimit-order", "rlimit_order", NULL, SPEC_ERROR },
		{ "", NULL, NULL, SPEC_ERROR },
		{ "[", NULL, NULL, SPEC_ERROR },
		{ "nothing-like-it", NULL, NULL, SPEC_ERROR },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spec_doc_rule r;

		cr_expect(eq(int, spec_doc_rule(rows[i].word, &r), rows[i].where != NULL), "%s",
			rows[i].word);
		cr_assert(eq(int, r.name == NULL, rows[i].name == NULL), "%s", rows[i].word);
		if (r.name != NULL)
			cr_expect(eq(str, (char *)r.name, (char *)rows[i].name));
		if (rows[i].where == NULL)
			continue;
		cr_expect(eq(str, (char *)r.where, (char *)rows[i].where));
		cr_expect(eq(int, r.severity, rows[i].severity));
	}
}

static const struct spec_doc_rule findings[] = {
#define FINDING(word, severity, text) { SPEC_##severity, word, text, "" },
#include "spec/findings.def"
#undef FINDING
};

Test(spec_doc, findings_are_sentences)
{
	for (size_t i = 0; i < ARRAY_LEN(findings); i++)
		expect_text(findings[i].holds, findings[i].name, "text");
}
