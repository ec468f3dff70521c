/* Running one hook: how each end is seen, and that nothing it does keeps us waiting. */
#include "child/hook.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

static int state_of(const char *text)
{
	const int fd = memfd_create("state", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	return fd;
}

static int run(const char *text, uint64_t timeout, const char *dir, struct plan_hook_end *end)
{
	AUTO_FD state = state_of("{\"a\":1}");
	const char *const args[] = { "sh", "-c", text, NULL };
	const char *const env[] = { "A=1", NULL };
	const struct hook_run h = {
		.program = "/bin/sh",
		.args = args,
		.env = env,
		.dir = dir,
		.timeout = timeout,
		.state = state,
		.out = FD_NONE,
		.err = FD_NONE,
		.watch = FD_NONE,
		.fresh = true,
	};

	return hook_run(&h, end);
}

static const struct {
	const char *label, *text;
	uint64_t timeout;
	const char *dir;
	int rc, error, how;
	const char *output; /* NULL: any */
} rows[] = {
	{ "well", "true", 0, NULL, 0, 0, 0, "" },
	{ "status", "exit 9", 0, NULL, 1, 0, 9, "" },
	{ "status like that of a failed exec", "exit 127", 0, NULL, 1, 0, 127, "" },
	{ "status like that of a shell's signal", "exit 137", 0, NULL, 1, 0, 137, "" },
	{ "signal", "kill -KILL $$", 0, NULL, 1, 0, HOOK_SIGNAL + SIGKILL, "" },
	{ "input", "cat; exit 1", 0, NULL, 1, 0, 1, "{\"a\":1}" },
	{ "both outputs in order", "echo a; echo b >&2; echo c; exit 1", 0, NULL, 1, 0, 1,
		"a\nb\nc" },
	{ "in time", "sleep 0.1; exit 2", 30, NULL, 1, 0, 2, "" },
	{ "too late", "echo x; sleep 60", 1, NULL, 1, 0, HOOK_TIMEOUT, "x" },
	{ "too late, deaf to signals", "trap '' TERM INT HUP; sleep 60 & wait; wait", 1, NULL, 1, 0,
		HOOK_TIMEOUT, "" },
	{ "directory", "pwd; exit 1", 0, "/usr", 1, 0, 1, "/usr" },
	{ "no directory", "true", 0, "/no/where", 1, ENOENT, HOOK_DIR, "" },
	{ "who holds the pipe", "sleep 30 & exit 3", 0, NULL, 1, 0, 3, "" },
	{ "closed output", "exec >&- 2>&-; sleep 0.1; exit 4", 0, NULL, 1, 0, 4, "" },
	{ "much output", "head -c 10485760 /dev/zero; exit 5", 0, NULL, 1, 0, 5, NULL },
	{ "environment", "test \"$A\" = 1 && test -z \"$HOME$PATH_X\"", 0, NULL, 0, 0, 0, "" },
	{ "descriptors", "test -e /proc/$$/fd/2 && ! test -e /proc/$$/fd/99", 0, NULL, 0, 0, 0,
		"" },
};

Test(hook_run, each_end)
{
	const time_t began = time(NULL);

	must(dup2(STDIN_FILENO, 99) == 99); /* not close-on-exec */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_hook_end end;

		cr_expect(
			eq(int, run(rows[i].text, rows[i].timeout, rows[i].dir, &end), rows[i].rc),
			"%s", rows[i].label);
		cr_expect(eq(int, end.error, rows[i].error), "%s", rows[i].label);
		cr_expect(eq(int, end.how, rows[i].how), "%s", rows[i].label);
		if (rows[i].output != NULL)
			cr_expect(eq(str, end.output, (char *)rows[i].output), "%s", rows[i].label);
		cr_expect(lt(int, waitpid(-1, NULL, WNOHANG), 0), "%s: a child is left",
			rows[i].label);
	}
	cr_expect(lt(sz, (size_t)(time(NULL) - began), 20), "waited for what a hook has left");
}

Test(hook_run, the_end_of_much_output)
{
	static const char text[] =
		"i=0; while [ $i -lt 9999 ]; do i=$((i+1)); echo é$i; done; exit 1";
	struct plan_hook_end end;
	const int rc = run(text, 0, NULL, &end);
	const size_t len = strlen(end.output);

	cr_expect(eq(int, rc, 1));
	cr_expect(gt(sz, len, HOOK_OUTPUT_MAX - 8));
	cr_expect(strncmp(end.output, "...", 3) == 0);
	cr_expect(ne(uint, (unsigned char)end.output[3] & 0xc0, 0x80), "cut in two");
	cr_expect(strcmp(end.output + len - 6, "é9999") == 0, "%s", end.output);
}

Test(hook_run, no_program)
{
	AUTO_FD state = state_of("");
	const char *const none[] = { NULL };
	const struct hook_run h = { .program = "/no/such",
		.args = none,
		.env = none,
		.state = state,
		.out = FD_NONE,
		.err = FD_NONE,
		.watch = FD_NONE };
	struct plan_hook_end end;

	cr_expect(eq(int, hook_run(&h, &end), 1));
	cr_expect(eq(int, end.error, ENOENT));
	cr_expect(eq(int, end.how, HOOK_EXEC));
}

/* What is watched ends it, and its whole group. */
Test(hook_run, watched)
{
	AUTO_FD state = state_of(""), to = FD_NONE, from = FD_NONE, mine = FD_NONE,
		theirs = FD_NONE;
	const char *const args[] = { "sh", "-c", "sleep 60 & sleep 60", NULL };
	const char *const env[] = { NULL };
	struct hook_run h = {
		.program = "/bin/sh", .args = args, .env = env, .state = state, .err = FD_NONE
	};
	struct plan_hook_end end;
	int fds[2];
	char byte;

	must(pipe2(fds, O_CLOEXEC) == 0);
	from = fds[0];
	to = fds[1];
	must(pipe2(fds, O_CLOEXEC) == 0);
	mine = fds[0];
	theirs = fds[1];
	h.watch = from;
	h.watch_for = POLLIN;
	h.out = theirs; /* held by all of the group */
	must(write(to, "x", 1) == 1);
	cr_expect(eq(int, hook_run(&h, &end), 1));
	cr_expect(eq(int, end.error, 0));
	cr_expect(eq(int, end.how, HOOK_ENDED));
	fd_close(&theirs);
	cr_expect(eq(sz, (size_t)read(mine, &byte, 1), 0), "nobody is left");
	must(read(from, &byte, 1) == 1);
	h.watch_for = 0;
	fd_close(&to);
	cr_expect(eq(int, hook_run(&h, &end), 1), "hung up");
	cr_expect(eq(int, end.how, HOOK_ENDED));
}
