/* flock(2) with an end to the waiting.  A kill of the holder gives the lock back at once. */
#include "state/dir.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

enum {
	FIRST_PAUSE_US = 500,
	LONGEST_PAUSE_US = 50 * 1000
};

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void pause_us(int64_t us)
{
	const struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	(void)nanosleep(&t, NULL); /* cut short by a signal: looks once more than needed */
}

/* Who holds the lock: a line "N: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE ..." of /proc/locks.
 * 0 when that cannot be told, as for a process outside of our pid namespace. */
static int find_holder(int fd)
{
	AUTO_FD locks = openat(AT_FDCWD, "/proc/locks", O_RDONLY | O_CLOEXEC);
	FILE *file = locks < 0 ? NULL : fdopen(locks, "r");
	struct stat st;
	char line[256];
	int holder = 0;

	if (file == NULL)
		return 0;
	(void)fd_take(&locks); /* closed with the file */
	if (fstat(fd, &st) < 0)
		st = (struct stat){ 0 }; /* like none */
	while (holder == 0 && fgets(line, sizeof(line), file) != NULL) {
		unsigned major_no, minor_no;
		uint64_t inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s WRITE %d %x:%x:%" SCNu64, &pid, &major_no,
			    &minor_no, &inode) == 4 &&
			inode == st.st_ino && makedev(major_no, minor_no) == st.st_dev)
			holder = pid;
	}
	(void)fclose(file); /* only read */
	return holder > 0 ? holder : 0;
}

static int timed_out(int fd, int timeout_ms, struct err *e)
{
	const int holder = find_holder(fd);

	if (holder == 0)
		return err_set(e, ETIMEDOUT, POS_NONE,
			"another command holds its lock, still after %d ms", timeout_ms);
	return err_set(e, ETIMEDOUT, POS_NONE, "process %d holds its lock, still after %d ms",
		holder, timeout_ms);
}

int state_lock_take(int fd, int timeout_ms, struct err *e)
{
	const int64_t end = now_us() + (int64_t)timeout_ms * 1000;

	for (int64_t wait = FIRST_PAUSE_US;; wait = wait * 2 < LONGEST_PAUSE_US ? wait * 2 : wait) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, errno, POS_NONE, "cannot take its lock");
		if (now_us() >= end)
			return timed_out(fd, timeout_ms, e);
		pause_us(wait);
	}
}

void state_lock_drop(int fd)
{
	(void)flock(fd, LOCK_UN); /* of an open descriptor: nothing can fail */
}
