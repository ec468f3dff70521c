/* Asking the kernel about a container's first process.  Joins nothing and changes nothing. */
#include "host/target.h"

#include "base/proc.h"
#include "base/sys.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

enum {
	SMALL_FILE = 4096,
	NAME_SIZE = 32,
	MAP_FILE = 340 * 34 + 2 /* the kernel takes 340 lines (user_namespaces(7)) */
};

/* Those that somebody with all rights need not tell apart come last: entering one's own is nothing
 * to him. */
static const struct {
	uint64_t flag;
	const char *file;
} kinds[] = {
	{ CLONE_NEWUSER, "user" }, /* the kernel refuses one's own */
	{ CLONE_NEWNS, "mnt" },
	{ CLONE_NEWPID, "pid" },
	{ CLONE_NEWTIME, "time" },
	{ CLONE_NEWNET, "net" },
	{ CLONE_NEWIPC, "ipc" },
	{ CLONE_NEWUTS, "uts" },
	{ CLONE_NEWCGROUP, "cgroup" },
};

enum {
	ALWAYS_COMPARED = 4
};

static int hidden(const struct host_target *t, int error, struct err *e)
{
	if (error == ENOENT || error == ESRCH)
		return err_sys(e, ESRCH, POS_NONE,
			"the container's first process %d has ended: container not running",
			(int)t->pid);
	(void)err_sys(
		e, error, POS_NONE, "cannot look at the namespaces of process %d", (int)t->pid);
	return err_hint(e, "it belongs to another user, or has not become its program yet: as a "
			   "plain user, start the container first");
}

/* What the kernel calls a namespace: "mnt:[4026531841]".  Reading it costs half of a stat(2). */
static int read_name(int proc, int pid, const char *file, char name[NAME_SIZE])
{
	char path[32];
	ssize_t len;

	if (pid == 0)
		(void)snprintf(path, sizeof(path), "self/ns/%s", file);
	else
		(void)snprintf(path, sizeof(path), "%d/ns/%s", pid, file);
	len = readlinkat(proc, path, name, NAME_SIZE - 1);
	name[len < 0 ? 0 : len] = '\0';
	return len < 0 ? -errno : 0;
}

/* Which namespaces are others than ours. */
static int compare(const struct host_target *t, int proc, struct host_facts *h, struct err *e)
{
	const bool all_rights = (h->capabilities >> CAP_SYS_ADMIN & 1) != 0 && !h->user_namespace;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char own[NAME_SIZE], theirs[NAME_SIZE];
		int rc;

		if (i >= ALWAYS_COMPARED && all_rights && !t->exact) {
			h->target_ns |= kinds[i].flag;
			continue;
		}
		if (read_name(proc, 0, kinds[i].file, own) < 0)
			continue; /* a kernel without this kind */
		rc = read_name(proc, t->pid, kinds[i].file, theirs);
		if (rc < 0)
			return hidden(t, -rc, e);
		if (strcmp(own, theirs) != 0)
			h->target_ns |= kinds[i].flag;
	}
	return 0;
}

/* "0 100000 65536,65536 ...": one line, without the kernel's columns. */
static const char *squeeze(char *text)
{
	char *to = text;
	bool blank = true;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == ' ' || *c == '\n') {
			if (!blank)
				*to++ = *c == '\n' ? ',' : ' ';
			blank = true;
			continue;
		}
		*to++ = *c;
		blank = false;
	}
	while (to > text && (to[-1] == ',' || to[-1] == ' '))
		to--;
	*to = '\0';
	return text;
}

static int read_map(int dir, const char *file, struct arena *arena, const char **ret, struct err *e)
{
	char *const text = arena_alloc(arena, MAP_FILE);
	ssize_t rc;

	if (text == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	rc = sys_read_text(dir, file, text, MAP_FILE);
	if (rc < 0)
		return err_sys(e, (int)-rc, POS_NONE, "cannot read the container's %s", file);
	*ret = squeeze(text);
	return 0;
}

static int read_maps(int dir, struct arena *arena, struct host_facts *h, struct err *e)
{
	TRY(read_map(dir, "uid_map", arena, &h->target_uids, e));
	TRY(read_map(dir, "gid_map", arena, &h->target_gids, e));
	h->target_no_setgroups = host_setgroups_denied(dir);
	return 0;
}

int host_target_cgroup(const struct host_target *t, char *ret, size_t size)
{
	static const char *const mounts[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	char text[SMALL_FILE], path[32];
	const char *below = NULL, *line;
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(mounts) && below == NULL; i++)
		if (strncmp(t->cgroup, mounts[i], strlen(mounts[i])) == 0)
			below = t->cgroup + strlen(mounts[i]);
	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)t->pid);
	if (below == NULL || sys_read_text(AT_FDCWD, path, text, sizeof(text)) < 0)
		return -ENOENT;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	line = line == NULL ? NULL : strchr(line, '/');
	len = strlen(below);
	if (line == NULL || strncmp(line, below, len) != 0 || line[len] != '/')
		return -ENOENT;
	len = (size_t)(below - t->cgroup);
	return (size_t)snprintf(ret, size, "%.*s%.*s", (int)len, t->cgroup,
		       (int)strcspn(line, "\n"), line) < size
		       ? 0
		       : -ENAMETOOLONG;
}

int host_probe_target(
	const struct host_target *t, struct arena *arena, struct host_facts *h, struct err *e)
{
	AUTO_FD proc = proc_open();
	AUTO_FD dir = FD_NONE;
	char name[16];

	if (proc < 0)
		return err_sys(e, -proc, POS_NONE, "cannot open /proc");
	h->target_pid = (uint64_t)t->pid;
	TRY(compare(t, proc, h, e));
	if ((h->target_ns & CLONE_NEWUSER) == 0)
		return 0;
	(void)snprintf(name, sizeof(name), "%d", (int)t->pid);
	dir = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? hidden(t, errno, e) : read_maps(dir, arena, h, e);
}
