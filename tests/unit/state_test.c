/* The directory of a container: made, read, listed and removed. */
#include "state/state.h"

#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

Test(state, from_create_to_remove)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE, again = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box"), back;
	enum state_status status = STATE_STOPPED;
	struct err e = { 0 };
	struct stat st;

	(void)umask(0);
	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0), "%s", e.text);
	cr_expect(eq(int, fstatat(s.fd, "box", &st, 0), 0));
	cr_expect(eq(uint, st.st_mode & 07777, 0700));
	cr_expect(eq(int, fstatat(s.fd, "box/state.first", &st, 0), 0));
	cr_expect(eq(uint, st.st_mode & 07777, 0600));
	cr_expect(eq(int, fcntl(d.fd, F_GETFD), FD_CLOEXEC));
	cr_assert(eq(int, state_open(s.fd, "box", STATE_NO_LOCK, &again, &e), 0), "%s", e.text);
	cr_assert(eq(int, state_read(&again, &a, &back, &e), 0), "%s", e.text);
	cr_expect(eq(u64, back.runtime_pid, (uint64_t)getpid()));
	cr_expect(eq(u64, back.uid, geteuid()));
	cr_assert(eq(int, state_status(&back, &status, &e), 0));
	cr_expect(eq(int, status, STATE_CREATING));
	r.phase = STATE_RUNNING;
	r.pid = 1;
	cr_assert(eq(int, state_prepare(&d, &r, &e), 0), "%s", e.text);
	cr_assert(eq(int, state_read(&again, &a, &back, &e), 0), "%s", e.text);
	cr_expect(eq(int, back.phase, STATE_CREATING), "not yet committed");
	cr_assert(eq(int, state_commit(&d, &e), 0), "%s", e.text);
	cr_assert(eq(int, state_read(&again, &a, &back, &e), 0), "%s", e.text);
	cr_expect(eq(int, back.phase, STATE_RUNNING));
	cr_assert(eq(int, state_remove(&d, &e), 0), "%s", e.text);
	cr_expect(eq(int, fstatat(s.fd, "box", &st, 0), -1));
	cr_expect(eq(int, state_remove(&d, &e), 0), "what is gone needs no removal");
}

Test(state, texts_that_engines_match)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE, other = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box");
	struct err e = { 0 };

	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0), "%s", e.text);
	cr_expect(eq(int, state_create(s.fd, &a, &r, &other, &e), -EEXIST));
	cr_expect(eq(str, e.text, "container \"box\" already exists"));
	cr_expect(eq(str, e.hint, "choose another id, or remove it: crun-lite delete --force box"));
	for (int i = 0; i < 2; i++) {
		cr_expect(
			eq(int, state_open(i == 0 ? s.fd : FD_NONE, "no", 0, &other, &e), -ENOENT));
		cr_expect(eq(str, e.text,
			"cannot open container \"no\": container does not exist: No such file or "
			"directory"));
	}
	cr_expect(eq(int, state_open(s.fd, "../box", 0, &other, &e), -EINVAL));
}

Test(state, nothing_is_left_of_a_failed_create)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box");
	struct rlimit kept, none;
	struct err e = { 0 };

	must(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && getrlimit(RLIMIT_FSIZE, &kept) == 0);
	none = (struct rlimit){ 0, kept.rlim_max };
	must(setrlimit(RLIMIT_FSIZE, &none) == 0); /* as on a full file system */
	cr_expect(eq(int, state_create(s.fd, &a, &r, &d, &e), -EFBIG));
	must(setrlimit(RLIMIT_FSIZE, &kept) == 0);
	cr_expect(eq(str, e.text,
		"cannot create container \"box\": cannot write state.first of container \"box\": "
		"File too large"));
	cr_expect(eq(sz, entries(&s, "."), 0));
	cr_expect(eq(int, d.fd, FD_NONE));
}

/* --- what is there already ---------------------------------------------------------------- */

static const struct {
	const char *label;
	mode_t mode;
	bool foreign;
	const char *text;
} directories[] = {
	{ "group may read", 0750, false,
		"the directory of container \"box\" is open to others: its mode is 0750" },
	{ "others may write", 0702, false,
		"the directory of container \"box\" is open to others: its mode is 0702" },
	{ "another's", 0700, true, "container \"box\" belongs to user 4242" },
};

Test(state, directories_of_others_are_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(directories); i++) {
		AUTO_SCRATCH s = scratch_new();
		AUTO_STATE_DIR d = STATE_DIR_NONE;
		struct err e = { 0 };

		if (directories[i].foreign && geteuid() != 0)
			continue;
		must(mkdirat(s.fd, "box", 0700) == 0);
		must(fchmodat(s.fd, "box", directories[i].mode, 0) == 0);
		if (directories[i].foreign)
			must(fchownat(s.fd, "box", 4242, 4242, 0) == 0);
		cr_expect(eq(int, state_open(s.fd, "box", STATE_NO_LOCK, &d, &e), -EPERM), "%s",
			directories[i].label);
		cr_expect(eq(str, e.text, (char *)directories[i].text), "%s", directories[i].label);
	}
}

Test(state, links_are_not_followed)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r;
	struct err e = { 0 };

	must(mkdirat(s.fd, "box", 0700) == 0 && symlinkat("box", s.fd, "link") == 0);
	cr_expect(eq(int, state_open(s.fd, "link", STATE_NO_LOCK, &d, &e), -ENOTDIR));
	cr_expect(eq(str, e.text, "cannot open container \"link\": Not a directory"));
	must(symlinkat("/etc/passwd", s.fd, "box/state") == 0);
	cr_assert(eq(int, state_open(s.fd, "box", 0, &d, &e), 0), "%s", e.text);
	cr_expect(eq(int, state_read(&d, &a, &r, &e), -ELOOP));
	cr_expect(eq(int, state_remove(&d, &e), 0), "the link goes, its target stays");
	cr_expect(eq(int, faccessat(AT_FDCWD, "/etc/passwd", F_OK, 0), 0));
}

#define HINT "remove what is left of it: crun-lite delete --force box"

static const struct {
	const char *label, *state; /* NULL: none */
	int rc;
	const char *text;
} broken[] = {
	{ "none", NULL, -ENODATA,
		"container \"box\": no state is recorded: its creation was cut short" },
	{ "empty", "", -EINVAL, "container \"box\": its state record is not one of crun-lite" },
	{ "foreign", "{\"pid\":1}", -EINVAL,
		"container \"box\": its state record is not one of crun-lite" },
	{ "torn", "crun-lite-state=4\nid=b", -EINVAL,
		"container \"box\": its state record is cut short or damaged" },
};

Test(state, broken_ones_are_told_and_removed)
{
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		AUTO_SCRATCH s = scratch_new();
		AUTO_STATE_DIR d = STATE_DIR_NONE;
		AUTO_ARENA a = { 0 };
		struct state_record r;
		struct err e = { 0 };

		must(mkdirat(s.fd, "box", 0700) == 0);
		if (broken[i].state != NULL)
			write_text(&s, "box/state", broken[i].state);
		cr_assert(eq(int, state_open(s.fd, "box", 0, &d, &e), 0), "%s", broken[i].label);
		cr_expect(eq(int, state_read(&d, &a, &r, &e), broken[i].rc), "%s", broken[i].label);
		cr_expect(eq(str, e.text, (char *)broken[i].text), "%s", broken[i].label);
		cr_expect(eq(str, e.hint, HINT), "%s", broken[i].label);
		cr_expect(eq(int, state_remove(&d, &e), 0), "%s", broken[i].label);
		cr_expect(eq(sz, entries(&s, "."), 0), "%s", broken[i].label);
	}
}

Test(state, record_of_another_is_refused)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE, other = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box"), back;
	struct err e = { 0 };

	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0));
	must(renameat(s.fd, "box", s.fd, "fox") == 0);
	cr_assert(eq(int, state_open(s.fd, "fox", STATE_NO_LOCK, &other, &e), 0));
	cr_expect(eq(int, state_read(&other, &a, &back, &e), -EINVAL));
	cr_expect(eq(str, e.text, "container \"fox\": its state record is that of \"box\""));
}

Test(state, unknown_files_go_too)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box");
	struct err e = { 0 };

	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0));
	write_text(&s, "box/config.json", "{}");
	write_text(&s, "box/state.new", "left");
	must(mkdirat(s.fd, "box/notify", 0700) == 0 && mkdirat(s.fd, "box/empty", 0700) == 0);
	write_text(&s, "box/notify/one", "");
	cr_expect(eq(int, state_remove(&d, &e), 0), "%s", e.text);
	cr_expect(eq(sz, entries(&s, "."), 0));
}

/* --- files -------------------------------------------------------------------------------- */

Test(state, files)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box");
	struct state_bytes bytes = { 0 };
	struct err e = { 0 };
	AUTO_FD large = FD_NONE;
	struct stat st;

	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0));
	cr_expect(eq(int, state_get(&d, "config.json", &a, &bytes, &e), -ENOENT));
	cr_expect(eq(str, e.text,
		"cannot read config.json of container \"box\": No such file or directory"));
	cr_assert(eq(int, state_put(&d, "config.json", (struct state_bytes){ "{ }", 3 }, &e), 0));
	cr_assert(eq(int, state_put(&d, "config.json", (struct state_bytes){ "{}", 2 }, &e), 0));
	cr_assert(eq(int, state_get(&d, "config.json", &a, &bytes, &e), 0));
	cr_expect(eq(str, (char *)bytes.text, "{}"));
	cr_expect(eq(sz, bytes.size, 2));
	cr_expect(eq(int, fstatat(d.fd, "config.json.new", &st, 0), -1));
	must(mkdirat(d.fd, "put", 0700) == 0);
	cr_expect(eq(int, state_put(&d, "put", (struct state_bytes){ "x", 1 }, &e), -EISDIR));
	cr_expect(eq(int, fstatat(d.fd, "put.new", &st, 0), -1), "nothing is left of a failure");
	must(mkfifoat(d.fd, "pipe", 0600) == 0);
	cr_expect(eq(int, state_get(&d, "pipe", &a, &bytes, &e), -EINVAL), "and it does not wait");
	must(ftruncate(large = openat(d.fd, "large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
		     (off_t)STATE_SIZE_MAX + 1) == 0);
	cr_expect(eq(int, state_get(&d, "large", &a, &bytes, &e), -EFBIG));
}

Test(state, fifo)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box");
	struct err e = { 0 };
	AUTO_FD fd = FD_NONE;
	int status_word;
	char byte;

	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0));
	cr_expect(eq(int, state_fifo_release(&d, &e), -ENXIO), "none was made");
	cr_assert(eq(int, state_fifo_make(&d, &fd, &e), 0), "%s", e.text);
	cr_expect(eq(int, fcntl(fd, F_GETFD), FD_CLOEXEC));
	cr_expect(eq(int, fcntl(fd, F_GETFL) & O_NONBLOCK, 0));
	if (fork() == 0)
		_exit(read(fd, &byte, 1) == 1 ? byte : 1); /* waits, though nobody writes yet */
	fd_close(&fd);
	cr_expect(eq(int, state_fifo_release(&d, &e), 0), "%s", e.text);
	must(wait(&status_word) > 0);
	cr_expect(eq(int, WEXITSTATUS(status_word), '0'));
	cr_expect(eq(int, state_fifo_release(&d, &e), -ENXIO), "once only");
	cr_expect(eq(str, e.text, "container \"box\" does not wait to be started"));
	cr_assert(eq(int, state_fifo_make(&d, &fd, &e), 0));
	fd_close(&fd);
	cr_expect(eq(int, state_fifo_release(&d, &e), -ENXIO), "who waited is dead");
}

/* --- all of them -------------------------------------------------------------------------- */

static int note(void *data, const char *id, const struct state_record *r, enum state_status status,
	const struct err *why)
{
	char *const seen = data;

	must((r == NULL) == (why != NULL) && (r == NULL || status == STATE_CREATING));
	(void)snprintf(seen + strlen(seen), 200 - strlen(seen), "%s%s ", id, r == NULL ? "!" : "");
	return strcmp(id, "stop") == 0 ? -ECANCELED : 0;
}

Test(state, list)
{
	AUTO_SCRATCH s = scratch_new();
	static const char *const names[] = { "b", "a", "c" };
	struct err e = { 0 };
	char seen[200] = "";

	cr_expect(eq(int, state_list(s.fd, note, seen, &e), 0));
	cr_expect(eq(int, state_list(FD_NONE, note, seen, &e), 0));
	cr_expect(eq(str, seen, ""));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_ARENA a = { 0 };
		AUTO_STATE_DIR d = STATE_DIR_NONE;
		struct state_record r = record(names[i]);

		cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0));
	}
	must(mkdirat(s.fd, "broken", 0700) == 0 && mkdirat(s.fd, ".hidden", 0700) == 0);
	write_text(&s, "file", "");
	cr_expect(eq(int, state_list(s.fd, note, seen, &e), 0));
	cr_expect(eq(str, seen, "a b broken! c "));
	must(mkdirat(s.fd, "stop", 0700) == 0 && mkdirat(s.fd, "zzz", 0700) == 0);
	seen[0] = '\0';
	cr_expect(eq(int, state_list(s.fd, note, seen, &e), -ECANCELED));
	cr_expect(eq(str, seen, "a b broken! c stop! "));
}
