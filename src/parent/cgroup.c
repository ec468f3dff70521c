/* Life and end of a cgroup directory.  Waits by cgroup.events, not by sleeping blindly. */
#include "parent/cgroup.h"

#include "base/clock.h"
#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	EVENTS_SIZE = 256,
	DEPTH_MAX = 64,
	END_MS = 10000, /* how long killed processes have to end */
	ROUND_MS = 100,
	THAW_TRIES = 3,
	FREEZE_MS = 500,
};

static int open_dir(const char *path)
{
	const int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

/* populated of an open cgroup.events: 1 or 0; negative when it cannot be read.  Reading is also
 * what makes poll(2) wait for the next change. */
static int read_populated(int events)
{
	char text[EVENTS_SIZE];
	const ssize_t rc = pread(events, text, sizeof(text) - 1, 0);

	if (rc < 0)
		return -errno;
	text[rc] = '\0';
	return strstr(text, "populated 1") != NULL;
}

static int populated(int dir)
{
	AUTO_FD events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return events < 0 ? -errno : read_populated(events);
}

int cgroup_open(const char *path, uint64_t inode)
{
	AUTO_FD dir = open_dir(path);
	struct stat st;

	if (dir < 0)
		return dir;
	if (fstat(dir, &st) < 0)
		return -errno;
	return st.st_ino == inode ? fd_take(&dir) : -ENOENT;
}

/* What is done with each cgroup of a tree. */
struct visit {
	int (*each)(const struct visit *v, int parent, const char *name, int dir);
	void *data;
	int depth;
};

bool cgroup_is_populated(const char *path, uint64_t inode)
{
	AUTO_FD dir = cgroup_open(path, inode);

	return dir >= 0 && populated(dir) == 1;
}

/* Visits all cgroups right below dir. */
static int for_children(int dir, const struct visit *v)
{
	const struct visit below = { v->each, v->data, v->depth + 1 };
	DIR *const list = v->depth < DEPTH_MAX ? fdopendir(dup(dir)) : NULL;
	const struct dirent *entry;
	int rc = 0;

	if (list == NULL)
		return v->depth < DEPTH_MAX ? -errno : -ELOOP;
	rewinddir(list);
	while (rc >= 0 && (entry = readdir(list)) != NULL) {
		AUTO_FD child = FD_NONE;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		child = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (child >= 0)
			rc = v->each(&below, dir, entry->d_name, child);
	}
	(void)closedir(list);
	return rc;
}

struct walk {
	cgroup_each_fn each;
	void *data;
};

static int walk_one(const struct visit *v, int parent, const char *name, int dir)
{
	const struct walk *const w = v->data;

	(void)parent;
	(void)name;
	TRY(w->each(w->data, dir));
	return for_children(dir, v);
}

/* Not once: what stays frozen can do nothing about it, and its user would not know. */
static int thaw(int dir)
{
	int rc = -EINTR;

	for (int i = 0; i < THAW_TRIES && rc < 0; i++)
		rc = sys_write_file(dir, "cgroup.freeze", "0");
	return rc;
}

int cgroup_walk(int dir, cgroup_each_fn each, void *data)
{
	struct walk w = { each, data };

	return walk_one(&(struct visit){ .each = walk_one, .data = &w }, FD_NONE, "", dir);
}

static int signal_one(void *data, pid_t pid)
{
	const int *const sig = data;
	AUTO_FD pidfd = sys_pidfd_open(pid);

	if (pidfd >= 0)
		(void)!sys_pidfd_send_signal(pidfd, *sig); /* ESRCH: has ended */
	return 0;
}

/* One by one; what forks meanwhile is met in the next round, or is frozen. */
static int signal_each(void *data, int dir)
{
	return cgroup_each_pid(dir, signal_one, data);
}

/* One that was frozen before stays so: what is signalled then comes when it goes on, but for
 * SIGKILL, which the kernel lets through. */
static int signal_all(int dir, int sig)
{
	int rc = sig == SIGKILL ? sys_write_file(dir, "cgroup.kill", "1") : -ENOENT;
	int thawed = 0;
	bool before;

	if (rc != -ENOENT)
		return rc;
	before = cgroup_is_frozen(dir);
	if (!before) /* who does not stop in time is met as it is */
		(void)!cgroup_freeze(dir, true, FREEZE_MS);
	rc = cgroup_walk(dir, signal_each, &sig);
	if (!before && cgroup_is_frozen(dir))
		thawed = thaw(dir);
	return rc < 0 ? rc : thawed;
}

int cgroup_signal(const char *path, uint64_t inode, int sig)
{
	AUTO_FD dir = cgroup_open(path, inode);

	return dir < 0 ? dir : signal_all(dir, sig);
}

/* Kills until nobody is left; a frozen cgroup dies of cgroup.kill too. */
static int empty(int dir)
{
	AUTO_FD events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct pollfd p = { .fd = events, .events = POLLPRI };
	const int64_t end = clock_now_ms() + END_MS;

	if (events < 0)
		return -errno;
	do {
		const int rc = read_populated(events);

		if (rc <= 0)
			return rc;
		TRY(signal_all(dir, SIGKILL));
		(void)poll(&p, 1, ROUND_MS); /* the file says when it changes (cgroups(7)) */
	} while (clock_now_ms() < end);
	return -EBUSY;
}

static int remove_tree(const struct visit *v, int parent, const char *name, int dir)
{
	TRY(for_children(dir, v));
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

/* The kernel lets a cgroup go a moment after its last process has ended. */
static int remove_emptied(const char *path, int dir)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	const int64_t end = clock_now_ms() + END_MS;
	int rc = -EBUSY;

	for (int i = 0; rc == -EBUSY && clock_now_ms() < end; i++) {
		if (i > 0)
			(void)nanosleep(&moment, NULL); /* cut short: the round comes sooner */
		rc = rmdir(path) < 0 ? -errno : 0;
		if (rc == -EBUSY) {
			TRY(empty(dir));
			rc = for_children(dir, &(struct visit){ .each = remove_tree });
			if (rc == 0)
				rc = rmdir(path) < 0 ? -errno : 0;
		}
	}
	return rc == -ENOENT ? 0 : rc;
}

/* Directories above that were made for this one; those in use stay. */
static void remove_above(const char *path, int levels)
{
	char *const above = strdup(path);

	for (int i = 1; above != NULL && i < levels; i++) {
		char *const slash = strrchr(above, '/');

		if (slash == NULL || slash == above)
			break;
		*slash = '\0';
		if (rmdir(above) < 0)
			break;
	}
	free(above);
}

int cgroup_missing(const char *root, const char *path, int *ret)
{
	char *const above = strdup(path);
	struct stat st;
	int missing = 0, rc = above == NULL ? -ENOMEM : 0;

	while (rc == 0 && strlen(above) > strlen(root) && stat(above, &st) < 0) {
		char *const slash = strrchr(above, '/');

		if (errno != ENOENT || slash == NULL)
			rc = -errno;
		else
			*slash = '\0';
		missing++;
	}
	*ret = missing;
	free(above);
	return rc;
}

bool cgroup_was_oom(int dir)
{
	char text[EVENTS_SIZE];
	const char *line;

	if (dir < 0 || sys_read_text(dir, "memory.events", text, sizeof(text)) < 0)
		return false;
	line = strstr(text, "oom_kill ");
	return line != NULL && strtoul(line + strlen("oom_kill "), NULL, 10) > 0;
}

int cgroup_remove(const char *path, int levels, uint64_t inode, struct err *e)
{
	AUTO_FD dir = FD_NONE;
	struct stat st;
	int rc;

	if (inode == 0 && levels == 0)
		return 0;
	if (stat(path, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : err_sys(e, errno, POS_NONE, "cannot look at cgroup \"%s\"", path);
	if (inode != 0 && st.st_ino != inode)
		return 0; /* somebody else's by now */
	if (rmdir(path) < 0) {
		dir = open_dir(path);
		rc = dir < 0 ? dir : remove_emptied(path, dir);
		if (rc < 0 && rc != -ENOENT)
			return err_sys(e, -rc, POS_NONE, "cannot remove cgroup \"%s\"", path);
	}
	remove_above(path, levels);
	return 0;
}
