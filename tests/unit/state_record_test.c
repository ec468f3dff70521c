/* The record's text form: what is written, what is believed, what is refused. */
#include "state/record.h"

#include "base/proc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define FIRST "crun-lite-state=4\n"
#define ROWS                                                                                         \
	"id=box\nphase=running\npid=12\nstart=345\nboot=b-1\nruntime_pid=6\nruntime_start=7\n"       \
	"bundle=/b\nrootfs=/b/rootfs\ncgroup=/sys/fs/cgroup/box\ncgroup_inode=89\ncgroup_levels=2\n" \
	"rdt_group=/r/box\nrdt_made=1\nrdt_monitor=/r/box/mon_groups/box\n"                          \
	"manager=cgroupfs\nscope=\nrootless=0\nuid=0\ncreated=2026-01-01T00:00:00.000000000Z\n"      \
	"detached=1\nterminal=0\nconfig_size=3\nconfig_sum=4\nhooks=5\n"                             \
	"upper=/u/upper\nlower=/b/rootfs:/c\nuserxattr=1\nfuse_pid=14\nfuse_start=15\nuids=0 1 2\\0a\ngids=0 3 4\\0a\n"

static const struct spec_pair pairs[] = {
	{ { .value = "a=b\n" }, { .value = "c=\\d\x7f\xc3\xa9" } },
	{ { .value = "empty" }, { .value = "" } },
};

static const struct state_record sample = {
	.id = "box",
	.phase = STATE_RUNNING,
	.pid = 12,
	.start = 345,
	.boot = "b-1",
	.runtime_pid = 6,
	.runtime_start = 7,
	.bundle = "/b",
	.rootfs = "/b/rootfs",
	.cgroup = "/sys/fs/cgroup/box",
	.cgroup_inode = 89,
	.cgroup_levels = 2,
	.rdt_group = "/r/box",
	.rdt_made = true,
	.rdt_monitor = "/r/box/mon_groups/box",
	.manager = "cgroupfs",
	.created = "2026-01-01T00:00:00.000000000Z",
	.detached = true,
	.config_size = 3,
	.config_sum = 4,
	.hooks = 5,
	.upper = "/u/upper",
	.lower = "/b/rootfs:/c",
	.userxattr = true,
	.fuse_pid = 14,
	.fuse_start = 15,
	.uids = "0 1 2\n",
	.gids = "0 3 4\n",
};

/* The rows with the right sum behind. */
static struct state_bytes with_sum(const char *body, char *buf, size_t size)
{
	const int len =
		snprintf(buf, size, "%ssum=%016" PRIx64 "\n", body, state_sum(body, strlen(body)));

	return (struct state_bytes){ buf, (size_t)len };
}

Test(state_record, is_written_as_described)
{
	AUTO_ARENA a = { 0 };
	struct state_record r = sample;
	struct state_bytes bytes = { 0 };
	struct err e = { 0 };
	char want[2048];

	r.annotations = (struct spec_map){ .items = pairs, .count = ARRAY_LEN(pairs) };
	cr_assert(eq(int, state_format(&r, &a, &bytes, &e), 0));
	(void)with_sum(FIRST ROWS "annotation=a\\3db\\0a=c=\\5cd\\7f\xc3\xa9\nannotation=empty=\n",
		want, sizeof(want));
	cr_expect(eq(str, (char *)bytes.text, want));
	cr_expect(eq(sz, bytes.size, strlen(want)));
}

Test(state_record, comes_back)
{
	AUTO_ARENA a = { 0 };
	struct state_record r = sample, back = { 0 };
	struct state_bytes bytes = { 0 }, again = { 0 };
	struct err e = { 0 };

	r.annotations = (struct spec_map){ .items = pairs, .count = ARRAY_LEN(pairs) };
	r.bundle = "/a\nb\\c\x1b";
	r.start = UINT64_MAX;
	cr_assert(eq(int, state_format(&r, &a, &bytes, &e), 0));
	cr_assert(eq(int, state_parse(bytes.text, bytes.size, &a, &back, &e), 0), "%s", e.text);
	cr_expect(eq(str, (char *)back.bundle, (char *)r.bundle));
	cr_expect(eq(u64, back.start, UINT64_MAX));
	cr_expect(eq(int, back.phase, STATE_RUNNING));
	cr_expect(eq(sz, back.annotations.count, 2));
	cr_expect(eq(str, (char *)back.annotations.items[0].key.value, "a=b\n"));
	cr_assert(eq(int, state_format(&back, &a, &again, &e), 0));
	cr_expect(eq(str, (char *)again.text, (char *)bytes.text));
}

#define TORN "its state record is cut short or damaged"
#define ODD  "its state record makes no sense: "

/* A row of the record is replaced; the sum is right. */
static const struct {
	const char *label, *from, *to;
	int rc;
	const char *text;
} changes[] = {
	{ "as it is", "", "", 0, "" },
	{ "creating without a process", "running\npid=12", "creating\npid=0", 0, "" },
	{ "another program's", FIRST, "{\"a\":1}", -EINVAL,
		"its state record is not one of crun-lite" },
	{ "newer", "state=4", "state=5", -EPROTONOSUPPORT,
		"its state record is of version 5, written by a newer crun-lite: this one knows version 4" },
	{ "older", "state=4", "state=3", -EPROTONOSUPPORT,
		"its state record is of version 3, written by an older crun-lite: this one knows version 4" },
	{ "version is no number", "state=4", "state=x", -EINVAL, TORN },
	{ "row missing", "pid=12\n", "", -EINVAL, "line 4 of its state record: pid= expected" },
	{ "row twice", "pid=12\n", "pid=12\npid=12\n", -EINVAL,
		"line 5 of its state record: start= expected" },
	{ "unknown row", "gids=0 3 4\\0a\n", "gids=0 3 4\\0a\nmore=1\n", -EINVAL,
		"line 34 of its state record: annotation= expected" },
	{ "annotation without value", "gids=0 3 4\\0a\n", "gids=0 3 4\\0a\nannotation=a\n", -EINVAL,
		"line 34 of its state record: annotation= has no value" },
	{ "not a number", "pid=12", "pid=1x", -EINVAL,
		"line 4 of its state record: pid= is not a number, or too large" },
	{ "no number", "pid=12", "pid=", -EINVAL,
		"line 4 of its state record: pid= is not a number" },
	{ "leading zero", "pid=12", "pid=012", -EINVAL,
		"line 4 of its state record: pid= is not a number" },
	{ "pid too large", "pid=12", "pid=2147483648", -EINVAL,
		"line 4 of its state record: pid= is not a number, or too large" },
	{ "beyond 64 bits", "start=345", "start=18446744073709551616", -EINVAL,
		"line 5 of its state record: start= is not a number, or too large" },
	{ "flag", "detached=1", "detached=2", -EINVAL,
		"line 22 of its state record: detached= is not a number, or too large" },
	{ "hooks of no kind", "hooks=5", "hooks=64", -EINVAL,
		"line 26 of its state record: hooks= is not a number, or too large" },
	{ "no phase", "phase=running", "phase=stopped", -EINVAL,
		"line 4 of its state record: phase= is not known" },
	{ "escape cut", "bundle=/b", "bundle=/b\\0", -EINVAL,
		"line 9 of its state record: value ends in an escape" },
	{ "NUL", "bundle=/b", "bundle=/b\\00", -EINVAL,
		"line 9 of its state record: value is not escaped as it should be" },
	{ "needless escape", "bundle=/b", "bundle=/\\62", -EINVAL,
		"line 9 of its state record: value is not escaped as it should be" },
	{ "bare control", "bundle=/b", "bundle=/\x01", -EINVAL,
		"line 9 of its state record: value is not escaped as it should be" },
	{ "id", "id=box", "id=../box", -EINVAL, ODD "id" },
	{ "bundle", "bundle=/b", "bundle=b", -EINVAL, ODD "a path that is not absolute" },
	{ "cgroup", "cgroup=/sys", "cgroup=sys", -EINVAL, ODD "a path that is not absolute" },
	{ "no maker", "runtime_pid=6", "runtime_pid=0", -EINVAL, ODD "no maker" },
	{ "no process", "pid=12", "pid=0", -EINVAL, ODD "no process" },
	{ "inode", "cgroup=/sys/fs/cgroup/box", "cgroup=", -EINVAL, ODD "an inode of no cgroup" },
};

Test(state_record, changed_rows)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		AUTO_ARENA a = { 0 };
		const char *const all = FIRST ROWS, *const at = strstr(all, changes[i].from);
		struct state_record r;
		struct state_bytes bytes;
		struct err e = { 0 };
		char body[1024], text[1100];

		cr_assert(at != NULL, "%s", changes[i].label);
		(void)snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - all), all, changes[i].to,
			at + strlen(changes[i].from));
		bytes = with_sum(body, text, sizeof(text));
		cr_expect(eq(int, state_parse(bytes.text, bytes.size, &a, &r, &e), changes[i].rc),
			"%s", changes[i].label);
		cr_expect(eq(str, e.text, (char *)changes[i].text), "%s", changes[i].label);
	}
}

/* In memory of exactly its size, so that a sanitizer sees a read beyond it. */
static int parse_exact(const char *text, size_t size)
{
	AUTO_ARENA a = { 0 };
	struct state_record r;
	struct err e = { 0 };
	char *const copy = malloc(size + 1);
	int rc;

	memcpy(copy + 1, text, size);
	rc = state_parse(copy + 1, size, &a, &r, &e);
	cr_expect(eq(int, rc < 0, e.text[0] != '\0'));
	free(copy);
	return rc;
}

Test(state_record, cut_at_every_byte)
{
	char text[1100];
	const struct state_bytes bytes =
		with_sum(FIRST ROWS "annotation=a=b\n", text, sizeof(text));

	cr_assert(eq(int, parse_exact(bytes.text, bytes.size), 0));
	for (size_t cut = 0; cut < bytes.size; cut++)
		cr_expect(lt(int, parse_exact(bytes.text, cut), 0), "cut to %zu bytes", cut);
}

Test(state_record, every_byte_changed)
{
	char text[1100];
	const struct state_bytes bytes =
		with_sum(FIRST ROWS "annotation=a=b\n", text, sizeof(text));

	for (size_t i = 0; i < bytes.size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ (1 << bit));
			cr_expect(lt(int, parse_exact(text, bytes.size), 0), "byte %zu bit %d", i,
				bit);
			text[i] = (char)(text[i] ^ (1 << bit));
		}
	}
}

/* --- the process -------------------------------------------------------------------------- */

static pid_t sleeper(void)
{
	const pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static const struct {
	const char *label;
	enum state_status phase;
	bool dead, reused, other_boot; /* of the process that counts */
	enum state_status status;
} lives[] = {
	{ "creating", STATE_CREATING, false, false, false, STATE_CREATING },
	{ "created", STATE_CREATED, false, false, false, STATE_CREATED },
	{ "running", STATE_RUNNING, false, false, false, STATE_RUNNING },
	{ "maker died", STATE_CREATING, true, false, false, STATE_STOPPED },
	{ "died before start", STATE_CREATED, true, false, false, STATE_STOPPED },
	{ "ended", STATE_RUNNING, true, false, false, STATE_STOPPED },
	{ "number used again", STATE_RUNNING, false, true, false, STATE_STOPPED },
	{ "maker's number used again", STATE_CREATING, false, true, false, STATE_STOPPED },
	{ "machine restarted", STATE_RUNNING, false, false, true, STATE_STOPPED },
	{ "restarted while creating", STATE_CREATING, false, false, true, STATE_STOPPED },
};

Test(state_record, status)
{
	char boot[PROC_BOOT_ID_SIZE];

	cr_assert(eq(int, proc_boot_id(boot), 0));
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		const pid_t pid = sleeper();
		struct state_record r = sample;
		struct proc_stat now;
		enum state_status status = STATE_PAUSED;
		struct err e = { 0 };
		AUTO_FD fd = FD_NONE;
		siginfo_t si;
		int rc;

		cr_assert(eq(int, proc_stat(pid, &now), 0));
		r.phase = lives[i].phase;
		r.boot = lives[i].other_boot ? "00000000-0000-0000-0000-000000000000" : boot;
		r.pid = r.runtime_pid = (uint64_t)pid;
		r.start = r.runtime_start = now.start + lives[i].reused;
		if (lives[i].dead) {
			(void)kill(pid, SIGKILL);
			(void)waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT); /* stays a zombie */
		}
		cr_expect(eq(int, state_status(&r, &status, &e), 0), "%s", lives[i].label);
		cr_expect(eq(int, status, lives[i].status), "%s", lives[i].label);
		rc = state_pidfd(&r, &fd, &e);
		cr_expect(eq(int, rc, lives[i].status == STATE_STOPPED ? -ESRCH : 0), "%s",
			lives[i].label);
		cr_expect(
			eq(str, e.text,
				rc == 0 ? "" : "container \"box\" has no process: No such process"),
			"%s", lives[i].label);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		status = STATE_PAUSED;
		cr_expect(eq(int, state_status(&r, &status, &e), 0), "%s, reaped", lives[i].label);
		cr_expect(eq(int, status, STATE_STOPPED), "%s, reaped", lives[i].label);
	}
}

static const struct {
	enum state_status status;
	uint64_t uid;
	size_t annotations;
	const char *text;
} shown[] = {
	{ STATE_RUNNING, 0, 2,
		"{\n  \"ociVersion\": \"1.3.0\",\n  \"id\": \"box\",\n  \"pid\": 12,\n"
		"  \"status\": \"running\",\n  \"bundle\": \"/b\",\n  \"rootfs\": \"/b/rootfs\",\n"
		"  \"created\": \"2026-01-01T00:00:00.000000000Z\",\n  \"annotations\": {\n"
		"    \"a=b\\n\": \"c=\\\\d\\u007f\xc3\xa9\",\n    \"empty\": \"\"\n  },\n"
		"  \"owner\": \"root\"\n}" },
	{ STATE_STOPPED, 1000, 0,
		"{\n  \"ociVersion\": \"1.3.0\",\n  \"id\": \"box\",\n  \"pid\": 0,\n"
		"  \"status\": \"stopped\",\n  \"bundle\": \"/b\",\n  \"rootfs\": \"/b/rootfs\",\n"
		"  \"created\": \"2026-01-01T00:00:00.000000000Z\",\n  \"owner\": \"#1000\"\n}" },
};

Test(state_record, json)
{
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		AUTO_JSON j = { .pretty = true };
		struct state_record r = sample;
		struct err e = { 0 };
		const char *text = "";
		size_t len = 0;

		r.uid = shown[i].uid;
		r.annotations = (struct spec_map){ .items = pairs, .count = shown[i].annotations };
		json_object(&j, NULL);
		state_json(&j, &r, shown[i].status, shown[i].uid == 0 ? "root" : "#1000");
		json_end(&j);
		cr_assert(eq(int, json_finish(&j, &text, &len, &e), 0));
		cr_expect(eq(str, (char *)text, (char *)shown[i].text));
	}
}
