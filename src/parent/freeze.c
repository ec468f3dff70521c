/* Freezing a cgroup, and waiting for its end: by cgroup.events, which tells of a change.
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

/* Is the line in an open cgroup.events?  1 or 0. */
static int has_line(int events, const char *line)
{
	char text[EVENTS_SIZE];
	const ssize_t rc = pread(events, text, sizeof(text) - 1, 0);

	if (rc < 0)
		return -errno;
	text[rc] = '\0';
	return strstr(text, line) != NULL;
}

bool cgroup_stands_still(int dir)
{
	AUTO_FD events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return events >= 0 && has_line(events, "frozen 1") == 1;
}

static int await(int events, const char *line, bool wanted, int timeout_ms)
{
	struct pollfd p = { .fd = events, .events = POLLPRI };
	const int64_t end = clock_now_ms() + timeout_ms;

	for (;;) {
		const int rc = has_line(events, line);
		const int64_t left = end - clock_now_ms();

		if (rc < 0)
			return rc;
		if (rc == wanted)
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}

int cgroup_freeze(int dir, bool frozen, int timeout_ms)
{
	AUTO_FD events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);

	if (events < 0)
		return -errno;
	TRY(sys_write_file(dir, "cgroup.freeze", frozen ? "1" : "0"));
	return await(events, "frozen 1", frozen, timeout_ms);
}

void cgroup_await_end(const char *path, uint64_t inode, int timeout_ms)
{
	AUTO_FD dir = cgroup_open(path, inode);
	AUTO_FD events = dir < 0 ? FD_NONE : openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);

	if (events >= 0)
		(void)!await(events, "populated 1", false, timeout_ms); /* as long as asked for */
}
