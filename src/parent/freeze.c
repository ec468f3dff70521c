/* Freezing a cgroup.  Waits by cgroup.events, which tells of a change; signals nobody.
 * Source: kernel, Documentation/admin-guide/cgroup-v2.rst, "cgroup.freeze" */
#include "parent/cgroup.h"

#include "base/clock.h"
#include "base/sys.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>

enum {
	EVENTS_SIZE = 256
};

bool cgroup_is_frozen(int dir)
{
	char text[8];

	return sys_read_text(dir, "cgroup.freeze", text, sizeof(text)) > 0 && text[0] == '1';
}

/* frozen of an open cgroup.events: 1 or 0. */
static int read_frozen(int events)
{
	char text[EVENTS_SIZE];
	const ssize_t rc = pread(events, text, sizeof(text) - 1, 0);

	if (rc < 0)
		return -errno;
	text[rc] = '\0';
	return strstr(text, "frozen 1") != NULL;
}

int cgroup_freeze(int dir, bool frozen, int timeout_ms)
{
	AUTO_FD events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct pollfd p = { .fd = events, .events = POLLPRI };
	const int64_t end = clock_now_ms() + timeout_ms;

	if (events < 0)
		return -errno;
	TRY(sys_write_file(dir, "cgroup.freeze", frozen ? "1" : "0"));
	for (;;) {
		const int rc = read_frozen(events);
		const int64_t left = end - clock_now_ms();

		if (rc < 0)
			return rc;
		if (rc == frozen)
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}
