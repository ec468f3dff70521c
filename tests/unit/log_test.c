/* The log: what a line may hold, and a pipe that nobody reads. */
#include "cmd/log.h"

#include "base/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <unistd.h>

Test(log, nobody_reads)
{
	struct cmd_log l = { .level = LOG_LEVEL_WARNING };
	sigset_t waiting;
	int pair[2];

	cr_assert(eq(int, pipe(pair), 0));
	(void)close(pair[0]);
	l.fd = pair[1];
	log_write(&l, LOG_LEVEL_ERROR, POS_NONE, "text");
	l.json = true;
	log_write(&l, LOG_LEVEL_ERROR, POS_NONE, "JSON");
	cr_assert(eq(int, sigpending(&waiting), 0));
	cr_expect(eq(int, sigismember(&waiting, SIGPIPE), 0));
	(void)close(pair[1]);
}

Test(log, one_line)
{
	const struct cmd_log l = { .config = "/b/config.json" };
	char buf[64];

	cr_expect(eq(str,
		(char *)log_line(&l, (struct src_pos){ 3, 4 }, "a\nb \xc2\x9b \xe2\x80\xae", buf,
			sizeof(buf)),
		"/b/config.json:3:4: a?b ? ?"));
}
