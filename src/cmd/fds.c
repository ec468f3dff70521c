/* Which of the caller's descriptors are handed on: --preserve-fds and LISTEN_FDS.  Opens none but a
 * list of them. */
#include "cmd/fds.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	FDS_MAX = 65536
};

/* Digits alone, up to a limit.  Returns -1 when it is none. */
static long read_number(const char *text, long most)
{
	char *end;
	long n;

	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	return errno != 0 || n > most ? -1 : n;
}

static int bad(const char *name, const char *expected, const char *text, struct err *e)
{
	char shown[TEXT_SHOWN];

	return err_set(e, EINVAL, POS_NONE, "%s: expected %s, found \"%s\"", name, expected,
		text_escape(shown, sizeof(shown), text, strlen(text)));
}

int fds_listen(const char *fds, const char *pid, struct err *e)
{
	long n;

	if (fds == NULL || fds[0] == '\0' || pid == NULL || pid[0] == '\0')
		return 0;
	n = read_number(pid, INT32_MAX);
	if (n < 0)
		return bad("LISTEN_PID", "the number of a process", pid, e);
	if (n != getpid())
		return 0; /* they are another one's: sd_listen_fds(3) */
	n = read_number(fds, FDS_MAX);
	return n < 0 ? bad("LISTEN_FDS", "a number of descriptors", fds, e) : (int)n;
}

static int mark_fds_one_by_one(unsigned long first)
{
	AUTO_FD list = openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *const dir = list < 0 ? NULL : fdopendir(list);
	const struct dirent *d;
	int rc = 0;

	if (dir == NULL)
		return -errno;
	(void)fd_take(&list); /* the stream's now */
	while (rc == 0 && (d = readdir(dir)) != NULL) {
		const unsigned long fd = strtoul(d->d_name, NULL, 10); /* 0 for "." and ".." */

		if (fd >= first && fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
			rc = -errno;
	}
	(void)closedir(dir);
	return rc;
}

static int check_open(const char *name, unsigned first, unsigned count, struct err *e)
{
	for (unsigned fd = first; fd < 3 + count; fd++)
		if (fcntl((int)fd, F_GETFD) < 0)
			return err_sys(
				e, errno, POS_NONE, "%s: descriptor %u is not open", name, fd);
	return 0;
}

/* Is it a command that starts a program? */
static bool hands_on(const struct cmd_args *a)
{
	return a->command == CMD_run || a->command == CMD_create || a->command == CMD_exec ||
	       a->command == CMD_plan;
}

/* How many of each; that both are meant, one behind the other, only the configuration tells. */
static int read_counts(const struct cmd_args *a, struct cmd_fds *ret, struct err *e)
{
	long n = 0;
	int listen = 0;

	if (a->preserve_fds != NULL)
		n = read_number(a->preserve_fds, FDS_MAX);
	if (n < 0)
		return bad("option --preserve-fds", "a number of descriptors", a->preserve_fds, e);
	if (hands_on(a))
		listen = fds_listen(getenv("LISTEN_FDS"), getenv("LISTEN_PID"), e);
	if (listen < 0)
		return listen;
	*ret = (struct cmd_fds){ (unsigned)n, (unsigned)listen };
	TRY(check_open("LISTEN_FDS", 3, ret->listen, e));
	return check_open("option --preserve-fds", 3 + ret->listen, ret->preserve, e);
}

/* What the caller leaves open is nobody's but what is handed on. */
int fds_guard(const struct cmd_args *a, struct cmd_fds *ret, struct err *e)
{
	unsigned first;
	int rc;

	TRY(read_counts(a, ret, e));
	first = 3 + ret->preserve + ret->listen;
	rc = syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) == 0 ? 0 : -errno;
	if (rc == -EINVAL) /* the call is of Linux 5.9, its flag of 5.11 */
		rc = mark_fds_one_by_one(first);
	if (rc < 0)
		return err_sys(
			e, -rc, POS_NONE, "cannot mark descriptors close-on-exec: close_range");
	return 0;
}
