/* Who a process is, and moments as text. */
#include "base/clock.h"
#include "base/proc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define ZEROS "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "

static const struct {
	const char *label, *text;
	int rc, pid;
	char state;
	uint64_t start;
} stats[] = {
	{ "plain", "7 (sh) S " ZEROS "99 5 6\n", 0, 7, 'S', 99 },
	{ "flags", "7 (sh) S 0 0 0 0 0 4194560 0 0 0 0 0 0 0 0 0 0 0 0 99", 0, 7, 'S', 99 },
	{ "ends with the start", "7 (sh) R " ZEROS "99", 0, 7, 'R', 99 },
	{ "hostile name", "7 (x) R 1 2\n) Z " ZEROS "18446744073709551615 1", 0, 7, 'Z',
		UINT64_MAX },
	{ "too short", "7 (sh) S 0 0 0\n", -EINVAL, 0, 0, 0 },
	{ "no name", "7 sh S " ZEROS "99\n", -EINVAL, 0, 0, 0 },
	{ "no state", "7 (sh)", -EINVAL, 0, 0, 0 },
	{ "start is no number", "7 (sh) S " ZEROS "-1 \n", -EINVAL, 0, 0, 0 },
	{ "start too large", "7 (sh) S " ZEROS "18446744073709551616 ", -EINVAL, 0, 0, 0 },
	{ "pid too large", "4294967296 (sh) S " ZEROS "1 ", -EINVAL, 0, 0, 0 },
	{ "pid 0", "0 (sh) S " ZEROS "1 ", -EINVAL, 0, 0, 0 },
	{ "empty", "", -EINVAL, 0, 0, 0 },
};

Test(proc, stat_text)
{
	for (size_t i = 0; i < ARRAY_LEN(stats); i++) {
		struct proc_stat s = { 0 };

		cr_expect(eq(int, proc_stat_parse(stats[i].text, &s), stats[i].rc), "%s",
			stats[i].label);
		cr_expect(eq(int, s.pid, stats[i].pid), "%s", stats[i].label);
		cr_expect(eq(chr, s.state, stats[i].state), "%s", stats[i].label);
		cr_expect(eq(u64, s.start, stats[i].start), "%s", stats[i].label);
	}
}

Test(proc, of_itself)
{
	struct proc_stat self, same;

	cr_assert(eq(int, proc_stat(0, &self), 0));
	cr_assert(eq(int, proc_stat(getpid(), &same), 0));
	cr_expect(eq(int, self.pid, getpid()));
	cr_expect(eq(u64, self.start, same.start));
	cr_expect(eq(int, proc_is_alive(self.pid, self.start), 1));
	cr_expect(eq(int, proc_is_alive(self.pid, self.start + 1), 0));
}

Test(proc, zombies_are_dead)
{
	const pid_t pid = fork();
	struct proc_stat child;
	siginfo_t si;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	cr_assert(eq(int, proc_stat(pid, &child), 0));
	cr_expect(eq(int, proc_is_alive(pid, child.start), 1));
	cr_assert(eq(int, kill(pid, SIGKILL), 0));
	cr_assert(eq(int, waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0));
	cr_expect(eq(int, proc_is_alive(pid, child.start), 0), "a zombie");
	cr_assert(eq(int, proc_stat(pid, &child), 0));
	cr_expect(child.forked, "a zombie that was never another program");
	cr_assert(eq(int, waitpid(pid, NULL, 0), pid));
	cr_expect(eq(int, proc_stat(pid, &child), -ESRCH));
	cr_expect(eq(int, proc_is_alive(pid, child.start), 0), "reaped");
}

Test(proc, boot_id)
{
	char once[PROC_BOOT_ID_SIZE], again[PROC_BOOT_ID_SIZE];

	cr_assert(eq(int, proc_boot_id(once), 0));
	cr_assert(eq(int, proc_boot_id(again), 0));
	cr_expect(eq(str, once, again));
	cr_expect(eq(sz, strspn(once, "0123456789abcdef-"), PROC_BOOT_ID_SIZE - 1));
}

static const struct {
	struct timespec t;
	const char *text;
} moments[] = {
	{ { 0, 0 }, "1970-01-01T00:00:00.000000000Z" },
	{ { 951782399, 1 }, "2000-02-28T23:59:59.000000001Z" },
	{ { 951782400, 0 }, "2000-02-29T00:00:00.000000000Z" },
	{ { 951868800, 0 }, "2000-03-01T00:00:00.000000000Z" },
	{ { 1709164800, 0 }, "2024-02-29T00:00:00.000000000Z" },
	{ { 1735689599, 999999999 }, "2024-12-31T23:59:59.999999999Z" },
	{ { 4107542400, 0 }, "2100-03-01T00:00:00.000000000Z" },
	{ { 253402300799, 0 }, "9999-12-31T23:59:59.000000000Z" },
};

Test(clock, text)
{
	for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
		char text[CLOCK_TEXT_SIZE];

		clock_text(moments[i].t, text);
		cr_expect(eq(str, text, (char *)moments[i].text));
	}
}
