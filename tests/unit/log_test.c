/* The log: what a line may hold, and a pipe that nobody reads. */
#include "cmd/log.h"

#include "base/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
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

static void read_all(int fd, char *buf, size_t size)
{
	const ssize_t len = pread(fd, buf, size - 1, 0);

	buf[len > 0 ? len : 0] = '\0';
}

Test(log, one_object_a_failure)
{
	struct log_entry second = { NULL, { 5, 6 }, "b" };
	const struct log_entry first = { &second, { 3, 4 }, "a\"" };
	struct cmd_log l = { .config = "c" };
	char buf[256];

	l.fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	log_failure(&l, &first);
	read_all(l.fd, buf, sizeof(buf));
	cr_expect(ne(ptr, strstr(buf, ": c:3:4: a\"\n"), NULL));
	cr_expect(ne(ptr, strstr(buf, ": c:5:6: b\n"), NULL));
	cr_assert(eq(int, ftruncate(l.fd, 0), 0));
	(void)lseek(l.fd, 0, SEEK_SET);
	l.json = true;
	log_failure(&l, &first);
	read_all(l.fd, buf, sizeof(buf));
	cr_expect(ne(ptr, strstr(buf, "\"msg\":\"c:3:4: a\\\"\\nc:5:6: b\","), NULL), "%s", buf);
	cr_expect(eq(ptr, strchr(buf, '\n'), buf + strlen(buf) - 1));
	(void)close(l.fd);
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
