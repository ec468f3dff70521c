/* Which descriptors of LISTEN_FDS and --preserve-fds a program gets, and whose variables count. */
#include "cmd/fds.h"
#include "lib/listen.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const struct {
	const char *fds, *pid; /* "own": the number of this process */
	int result;
	const char *error;
} variables[] = {
	{ NULL, NULL, 0, "" },
	{ "", "x", 0, "" },
	{ "0", "own", 0, "" },
	{ "2", NULL, 0, "" }, /* nobody's */
	{ "2", "", 0, "" },
	{ "2", "own", 2, "" },
	{ "2", "1", 0, "" },
	{ "x", "1", 0, "" }, /* another one's: nothing of it is ours to judge */
	{ "65536", "own", 65536, "" },
	{ "65537", "own", -EINVAL,
		"LISTEN_FDS: expected a number of descriptors, found \"65537\"" },
	{ "-1", "own", -EINVAL, "LISTEN_FDS: expected a number of descriptors, found \"-1\"" },
	{ " 1", "own", -EINVAL, "LISTEN_FDS: expected a number of descriptors, found \" 1\"" },
	{ "1x", "own", -EINVAL, "LISTEN_FDS: expected a number of descriptors, found \"1x\"" },
	{ "99999999999999999999", "own", -EINVAL,
		"LISTEN_FDS: expected a number of descriptors, found \"99999999999999999999\"" },
	{ "1", "me", -EINVAL, "LISTEN_PID: expected the number of a process, found \"me\"" },
	{ "1", "-1", -EINVAL, "LISTEN_PID: expected the number of a process, found \"-1\"" },
};

Test(listen, variables)
{
	char own[16];

	(void)snprintf(own, sizeof(own), "%d", (int)getpid());
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		const char *const pid = variables[i].pid;
		struct err e = { 0 };

		cr_expect(eq(int,
				  fds_listen(variables[i].fds,
					  pid != NULL && pid[0] == 'o' ? own : pid, &e),
				  variables[i].result),
			"%zu", i);
		cr_expect(eq(str, e.text, (char *)variables[i].error));
	}
}

static const struct {
	unsigned preserve, listen, open; /* open: how many there are from 3 on */
	const char *env;                 /* of the program */
	int rc;
	unsigned count, told;
	const char *error;
} cases[] = {
	{ 0, 0, 0, "A=1", 0, 0, 0, "" },
	{ 2, 0, 2, "LISTEN_FDS=5", 0, 2, 0, "" },
	{ 0, 2, 2, "A=1", 0, 2, 2, "" },
	{ 1, 2, 3, "A=1", 0, 3, 2, "" },
	{ 2, 2, 2, "LISTEN_FDS=2", 0, 2, 0, "" },
	{ 3, 2, 4, "LISTEN_FDS=2", 0, 3, 0, "" },
	{ 0, 2, 2, "LISTEN_FDS=2", 0, 2, 0, "" },
	{ 1, 2, 2, "A=1", -EBADF, 0, 0,
		"option --preserve-fds: descriptor 5 is not open, or close-on-exec: "
		"Bad file descriptor" },
	{ 0, 2, 1, "A=1", -EBADF, 0, 0,
		"LISTEN_FDS: descriptor 4 is not open, or close-on-exec: Bad file descriptor" },
};

Test(listen, counts)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct spec_str env[] = { { cases[i].env, { 1, 1 } } };
		const struct spec_process process = { .env = { env, 1, { 1, 1 } } };
		const struct listen_given given = { cases[i].preserve, cases[i].listen, "n" };
		struct plan_options o = { 0 };
		struct err e = { 0 };
		int kept[8];

		for (int fd = 3; fd < 11; fd++) {
			kept[fd - 3] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
			(void)close(fd);
			if (fd < 3 + (int)cases[i].open)
				(void)dup2(STDOUT_FILENO, fd);
		}
		cr_expect(eq(int, listen_settle(&process, &given, &o, &e), cases[i].rc), "%zu", i);
		cr_expect(eq(str, e.text, (char *)cases[i].error));
		if (cases[i].rc == 0) {
			cr_expect(eq(u64, o.preserve_fds, cases[i].count), "%zu", i);
			cr_expect(eq(u64, o.listening, cases[i].told), "%zu", i);
		}
		/* what the program does not get is nobody else's either */
		if (cases[i].rc == 0 && cases[i].open > cases[i].count)
			cr_expect(eq(int, fcntl(3 + (int)cases[i].count, F_GETFD), FD_CLOEXEC));
		for (int fd = 3; fd < 11; fd++) {
			(void)close(fd);
			if (kept[fd - 3] >= 0)
				(void)dup3(kept[fd - 3], fd, O_CLOEXEC);
			(void)close(kept[fd - 3]);
		}
	}
}
