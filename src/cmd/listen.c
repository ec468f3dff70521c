/* Socket activation, as sd_listen_fds(3) has it: what a service manager hands to this process goes
 * on to the container's. */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <unistd.h>

/* A decimal number of at most max; -1: something else. */
static long number(const char *text, long max)
{
	char *end;
	long ret;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	ret = strtol(text, &end, 10);
	return *end != '\0' || errno != 0 || ret > max ? -1 : ret;
}

int cmd_listen(const struct cmd_args *a, struct cmd_listen *ret, struct err *e)
{
	const char *const fds = getenv("LISTEN_FDS");
	long count;

	*ret = (struct cmd_listen){ 0 };
	if (fds == NULL || (a->command != CMD_run && a->command != CMD_create) ||
		number(getenv("LISTEN_PID"), INT32_MAX) != getpid())
		return 0;
	count = number(fds, CMD_FDS_MAX);
	if (count < 0)
		return err_set(e, EINVAL, POS_NONE,
			"environment variable LISTEN_FDS: expected a number of descriptors, found \"%.32s\"",
			fds);
	*ret = (struct cmd_listen){ (unsigned)count, getenv("LISTEN_FDNAMES") };
	return 0;
}
