/* See listen.h.  Engines that are activated by sockets pass their descriptors on by --preserve-fds
 * and write LISTEN_FDS into the configuration, and we see the variables too: then they are the same
 * ones.  Else those of LISTEN_FDS come first, and those of --preserve-fds behind. */
#include "lib/listen.h"

#include "base/sys.h"

#include <fcntl.h>
#include <string.h>

static bool tells_itself(const struct spec_process *p)
{
	static const char name[] = "LISTEN_FDS=";

	for (size_t i = 0; i < p->env.count; i++)
		if (strncmp(p->env.items[i].value, name, sizeof(name) - 1) == 0)
			return true;
	return false;
}

int listen_settle(const struct spec_process *p, const struct listen_given *given,
	struct plan_options *ret, struct err *e)
{
	const unsigned all = given->preserve + given->listen;
	const bool own = given->listen > 0 && tells_itself(p);
	const unsigned larger = given->preserve > given->listen ? given->preserve : given->listen;
	const unsigned count = own ? larger : all;

	ret->preserve_fds = count;
	ret->listening = own ? 0 : given->listen;
	ret->listen_names = given->names;
	if (given->listen == 0)
		return 0;
	for (unsigned fd = 3; fd < 3 + count; fd++)
		if (!sys_is_inherited((int)fd))
			return err_sys(e, EBADF, POS_NONE,
				"%s: descriptor %u is not open, or close-on-exec",
				fd < 3 + given->listen ? "LISTEN_FDS" : "option --preserve-fds",
				fd);
	for (unsigned fd = 3 + count; fd < 3 + all; fd++)
		(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC); /* may not be open */
	return 0;
}
