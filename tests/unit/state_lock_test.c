/* Several commands at one container: who wins, who waits, what the killed leave. */
#include "state/state.h"

#include "base/proc.h"
#include "state/dir.h"
#include "state/look.h"
#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum {
	CREATORS = 8,
	ROUNDS = 50
};

static int create_in_child(int root)
{
	AUTO_ARENA a = { 0 };
	struct state_dir d = STATE_DIR_NONE;
	struct state_record r = record("box");
	struct err e = { 0 };

	return -state_create(root, &a, &r, &d, &e); /* ends with the process, as after a kill */
}

Test(state_lock, one_creator_wins)
{
	AUTO_SCRATCH s = scratch_new();

	for (int round = 0; round < ROUNDS; round++) {
		AUTO_STATE_DIR d = STATE_DIR_NONE;
		AUTO_ARENA a = { 0 };
		struct state_record r;
		enum state_status status = STATE_CREATING;
		struct err e = { 0 };
		int gate[2], won = 0, lost = 0, status_word;
		char byte;

		must(pipe(gate) == 0);
		for (int i = 0; i < CREATORS; i++) {
			if (fork() != 0)
				continue;
			(void)close(gate[1]);
			must(read(gate[0], &byte, 1) == 0); /* all start when the gate closes */
			_exit(create_in_child(s.fd));
		}
		(void)close(gate[0]);
		(void)close(gate[1]);
		while (wait(&status_word) > 0) {
			won += WEXITSTATUS(status_word) == 0;
			lost += WEXITSTATUS(status_word) == EEXIST;
		}
		cr_assert(eq(int, won, 1));
		cr_assert(eq(int, lost, CREATORS - 1));
		cr_assert(eq(int, state_open(s.fd, "box", 0, &d, &e), 0), "%s", e.text);
		cr_assert(eq(int, state_read(&d, &a, &r, &e), 0), "%s", e.text);
		cr_assert(eq(int, state_status(&r, &status, &e), 0));
		cr_assert(eq(int, status, STATE_STOPPED), "its maker is dead");
		cr_assert(eq(int, state_remove(&d, &e), 0));
	}
}

static int delete_in_child(int root)
{
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	struct err e = { 0 };

	TRY(state_open(root, "box", STATE_LOCK_MS, &d, &e));
	return state_remove(&d, &e);
}

/* Makers and removers in a crowd: each wins whole or fails for a reason of the others. */
Test(state_lock, create_and_remove_race)
{
	AUTO_SCRATCH s = scratch_new();
	struct err e = { 0 };
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	int status_word;

	for (int i = 0; i < CREATORS; i++) {
		if (fork() != 0)
			continue;
		for (int round = 0; round < ROUNDS * 4; round++) {
			const int rc = i % 2 == 0 ? create_in_child(s.fd) : -delete_in_child(s.fd);

			if (rc != 0 && rc != ENOENT && rc != (i % 2 == 0 ? EEXIST : 0))
				_exit(rc);
		}
		_exit(0);
	}
	while (wait(&status_word) > 0)
		cr_expect(eq(int, WEXITSTATUS(status_word), 0));
	if (state_open(s.fd, "box", 0, &d, &e) == 0)
		cr_expect(eq(int, state_remove(&d, &e), 0));
	cr_expect(eq(sz, entries(&s, "."), 0));
}

Test(state_lock, lock_is_waited_for)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE, other = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box");
	struct err e = { 0 };
	char want[200];

	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0));
	cr_expect(eq(int, state_open(s.fd, "box", 20, &other, &e), -ETIMEDOUT));
	(void)snprintf(want, sizeof(want),
		"container \"box\": process %d holds its lock, still after 20 ms", getpid());
	cr_expect(eq(str, e.text, want));
	state_unlock(&d);
	cr_assert(eq(int, state_open(s.fd, "box", 20, &other, &e), 0), "%s", e.text);
	cr_expect(eq(int, state_lock(&d, 0, &e), -ETIMEDOUT));
	cr_assert(eq(int, state_remove(&other, &e), 0));
	state_done(&other);
	cr_expect(eq(int, state_lock(&d, 0, &e), -ENOENT), "removed while it was not locked");
	cr_expect(eq(str, e.text,
		"cannot open container \"box\": container does not exist: No such file or directory"));
}

Test(state_lock, lock_of_the_killed_is_free)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	struct err e = { 0 };
	const pid_t pid = fork();

	if (pid == 0) {
		(void)create_in_child(s.fd);
		(void)kill(getpid(), SIGKILL);
	}
	must(waitpid(pid, NULL, 0) == pid);
	cr_expect(eq(int, state_open(s.fd, "box", 0, &d, &e), 0), "%s", e.text);
}

Test(state_lock, done_unlocks_for_copies_too)
{
	AUTO_SCRATCH s = scratch_new();
	struct state_dir d = STATE_DIR_NONE;
	AUTO_STATE_DIR other = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box");
	struct err e = { 0 };
	AUTO_FD copy = FD_NONE;

	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0));
	copy = dup(d.fd); /* as a forgetful child has it */
	state_done(&d);
	cr_expect(eq(int, d.fd, FD_NONE));
	cr_expect(eq(int, state_open(s.fd, "box", 0, &other, &e), 0), "%s", e.text);
}

/* Two who make one: a `delete` took the directory of the first, and both write into that of the
 * second. */
Test(state_lock, a_record_is_not_written_over)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE, other = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box"), second = record("box"), back;
	struct err e = { 0 };

	cr_assert(eq(int, state_create(s.fd, &a, &r, &d, &e), 0), "%s", e.text);
	state_unlock(&d);
	second = r;
	second.bundle = "/another";
	cr_assert(eq(int, state_open(s.fd, "box", 0, &other, &e), 0), "%s", e.text);
	cr_expect(eq(int, state_begin(&other, &second, &e), -EEXIST));
	cr_assert(eq(int, state_read(&other, &a, &back, &e), 0), "%s", e.text);
	cr_expect(eq(str, (char *)back.bundle, (char *)r.bundle));
	cr_expect(eq(int, faccessat(other.fd, STATE_FIRST ".new", F_OK, 0), -1), "left beside it");
}

/* --- readers, who take no lock ---------------------------------------------------------------- */

enum {
	BEGIN_MS = 40 /* longer than a reader waits for somebody who has no lock */
};

static void sleep_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* Holds the lock of the empty directory, then writes the record or removes all. */
static void work_in_child(int root, bool removes)
{
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	struct state_record r = record("box");
	struct err e = { 0 };

	r.runtime_pid = (uint64_t)getpid();
	r.boot = "b";
	r.created = "now";
	must(state_open(root, "box", 0, &d, &e) == 0);
	sleep_ms(BEGIN_MS);
	if (removes)
		must(state_remove(&d, &e) == 0);
	else
		must(state_begin(&d, &r, &e) == 0);
	_exit(0);
}

static const struct {
	const char *label;
	bool removes;
	int rc;
	const char *text;
} middles[] = {
	{ "a create at its beginning", false, 0, "" },
	{ "a delete at its end", true, -ENOENT,
		"cannot open container \"box\": container does not exist: No such file or directory" },
};

Test(state_lock, no_record_for_a_moment)
{
	for (size_t i = 0; i < ARRAY_LEN(middles); i++) {
		AUTO_SCRATCH s = scratch_new();
		AUTO_STATE_DIR d = STATE_DIR_NONE;
		AUTO_ARENA a = { 0 };
		struct state_record r;
		struct err e = { 0 };

		must(mkdirat(s.fd, "box", 0700) == 0);
		if (fork() == 0)
			work_in_child(s.fd, middles[i].removes);
		sleep_ms(BEGIN_MS / 4); /* it holds the lock by now; if not, it is the same */
		cr_assert(eq(int, state_open(s.fd, "box", STATE_NO_LOCK, &d, &e), 0), "%s", e.text);
		cr_expect(
			eq(int, state_read(&d, &a, &r, &e), middles[i].rc), "%s", middles[i].label);
		cr_expect(eq(str, e.text, (char *)middles[i].text), "%s", middles[i].label);
		must(wait(NULL) > 0);
	}
}

/* Makes a container whose process is the parent, and is gone itself at once. */
static void make_in_child(int root)
{
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r = record("box");
	struct proc_stat stat;
	struct err e = { 0 };

	must(state_create(root, &a, &r, &d, &e) == 0 && proc_stat(getppid(), &stat) == 0);
	r.phase = STATE_CREATED;
	r.pid = (uint64_t)getppid();
	r.start = stat.start;
	must(state_prepare(&d, &r, &e) == 0 && state_commit(&d, &e) == 0);
	_exit(0);
}

/* Its maker is dead as soon as it has written that it is made: never "stopped" for that. */
Test(state_lock, a_create_that_ends_leaves_no_stopped_one)
{
	AUTO_SCRATCH s = scratch_new();

	for (int round = 0; round < ROUNDS * 4; round++) {
		AUTO_STATE_DIR d = STATE_DIR_NONE;
		enum state_status status = STATE_CREATING;
		struct state_record r;
		struct err e = { 0 };
		const pid_t pid = fork();

		if (pid == 0)
			make_in_child(s.fd);
		while (state_open(s.fd, "box", STATE_NO_LOCK, &d, &e) < 0)
			(void)sched_yield();
		while (status == STATE_CREATING) {
			AUTO_ARENA a = { 0 };

			cr_assert(eq(int, state_look(&d, &a, &r, &status, &e), 0), "%s", e.text);
		}
		cr_assert(eq(int, status, STATE_CREATED), "round %d", round);
		must(waitpid(pid, NULL, 0) == pid);
		cr_assert(eq(int, state_lock(&d, 0, &e), 0), "%s", e.text);
		cr_assert(eq(int, state_remove(&d, &e), 0), "%s", e.text);
	}
}
