/* What the probe sees of itself and around it, as JSON on standard output.  Changes nothing. */
#define _GNU_SOURCE

#include "probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* --- JSON ------------------------------------------------------------------------------------ */

static void text(const char *s, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 32 || c > 126)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void key(const char *name)
{
	text(name, strlen(name));
	putchar(':');
}

static void member(const char *name, const char *value)
{
	key(name);
	text(value, strlen(value));
	puts(",");
}

static void number(const char *name, long long value)
{
	key(name);
	printf("%lld,\n", value);
}

static void strings(const char *name, char **list)
{
	key(name);
	putchar('[');
	for (char **s = list; *s != NULL; s++) {
		if (s != list)
			putchar(',');
		text(*s, strlen(*s));
	}
	puts("],");
}

/* The whole file as a string, null when it cannot be read. */
static void file(const char *path)
{
	static char buffer[1 << 20];
	size_t size = 0;
	ssize_t got = 0;
	int fd;

	key(path);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (fd >= 0 && size < sizeof(buffer) &&
		(got = read(fd, buffer + size, sizeof(buffer) - size)) > 0)
		size += (size_t)got;
	if (fd < 0 || got < 0)
		printf("null");
	else
		text(buffer, size);
	if (fd >= 0)
		close(fd);
}

/* --- view ------------------------------------------------------------------------------------ */

static const char *type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "other";
	}
}

/* What an entry is: type, mode, owner, numbers of a device, target of a link. */
static void entry(const char *path, const struct stat *s)
{
	char target[PATH_MAX];
	const ssize_t len = readlink(path, target, sizeof(target));

	printf("{\"type\":\"%s\",\"mode\":%u,\"uid\":%u,\"gid\":%u,\"dev\":%llu,\"ino\":%llu,"
	       "\"major\":%u,\"minor\":%u,\"target\":",
		type_of(s->st_mode), s->st_mode & 07777, s->st_uid, s->st_gid,
		(unsigned long long)s->st_dev, (unsigned long long)s->st_ino, major(s->st_rdev),
		minor(s->st_rdev));
	text(target, len > 0 ? (size_t)len : 0);
	putchar('}');
}

static void descriptors(void)
{
	struct stat s;
	bool first = true;

	key("fds");
	putchar('{');
	for (int fd = 0; fd < 4096; fd++) {
		char path[64];

		if (fstat(fd, &s) != 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		printf("%s\"%d\":", first ? "" : ",", fd);
		entry(path, &s);
		first = false;
	}
	puts("},");
}

static void directory(const char *path)
{
	DIR *const dir = opendir(path);
	const struct dirent *d;
	bool first = true;

	key(path);
	putchar('{');
	while (dir != NULL && (d = readdir(dir)) != NULL) {
		char full[PATH_MAX];
		struct stat s;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(full, sizeof(full), "%s/%s", path, d->d_name);
		if (lstat(full, &s) != 0)
			continue;
		printf("%s\n", first ? "" : ",");
		key(d->d_name);
		entry(full, &s);
		first = false;
	}
	puts("},");
	if (dir != NULL)
		closedir(dir);
}

static void ids(void)
{
	uid_t r, e, s;
	gid_t groups[1024];
	const int count = getgroups(1024, groups);

	getresuid(&r, &e, &s);
	printf("\"uids\":[%u,%u,%u],\n", r, e, s);
	getresgid(&r, &e, &s);
	printf("\"gids\":[%u,%u,%u],\n\"groups\":[", r, e, s);
	for (int i = 0; i < count; i++)
		printf("%s%u", i != 0 ? "," : "", groups[i]);
	puts("],");
	number("pid", getpid());
	number("ppid", getppid());
	number("sid", getsid(0));
	number("pgid", getpgid(0));
	number("securebits", prctl(PR_GET_SECUREBITS));
	number("dumpable", prctl(PR_GET_DUMPABLE));
	number("personality", personality(0xffffffff));
	/* KEYCTL_GET_KEYRING_ID of KEY_SPEC_SESSION_KEYRING */
	number("session_keyring", syscall(SYS_keyctl, 0, -3, 0));
}

static void limits(void)
{
	key("rlimits");
	putchar('[');
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l = { 0, 0 };

		(void)getrlimit((__rlimit_resource_t)i, &l);
		printf("%s[%llu,%llu]", i != 0 ? "," : "", (unsigned long long)l.rlim_cur,
			(unsigned long long)l.rlim_max);
	}
	puts("],");
}

/* What sched_getattr(2) fills, in its first size. */
struct scheduler {
	unsigned size, policy;
	unsigned long long flags;
	int nice;
	unsigned priority;
	unsigned long long runtime, deadline, period;
};

static void scheduling(void)
{
	struct scheduler s = { 0 };
	unsigned long nodes[1024 / (8 * sizeof(long))] = { 0 };
	int mode = -1;

	(void)syscall(SYS_sched_getattr, 0, &s, sizeof(s), 0);
	printf("\"scheduler\":{\"policy\":%u,\"flags\":%llu,\"nice\":%d,\"priority\":%u,"
	       "\"runtime\":%llu,\"deadline\":%llu,\"period\":%llu},\n",
		s.policy, s.flags, s.nice, s.priority, s.runtime, s.deadline, s.period);
	number("ioprio", syscall(SYS_ioprio_get, 1, 0));
	(void)syscall(SYS_get_mempolicy, &mode, nodes, sizeof(nodes) * 8, NULL, 0);
	printf("\"mempolicy\":[%d,%lu],\n", mode, nodes[0]);
}

static void namespaces(void)
{
	static const char *const names[] = { "pid", "net", "ipc", "uts", "mnt", "cgroup", "user",
		"time" };

	key("ns");
	putchar('{');
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[64], target[64] = "";

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		(void)!readlink(path, target, sizeof(target) - 1);
		printf("%s\"%s\":\"%s\"", i != 0 ? "," : "", names[i], target);
	}
	puts("},");
}

static void host(void)
{
	struct utsname u;
	struct timespec boot, mono;
	struct winsize w = { 0, 0, 0, 0 };

	uname(&u);
	member("hostname", u.nodename);
	member("domainname", u.domainname);
	member("machine", u.machine);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	number("boottime", boot.tv_sec);
	number("monotonic", mono.tv_sec);
	number("tty", isatty(0));
	if (ioctl(0, TIOCGWINSZ, &w) == 0)
		printf("\"window\":[%u,%u],\n", w.ws_row, w.ws_col);
	number("foreground", tcgetpgrp(0));
}

static void places(void)
{
	static char path[PATH_MAX];
	struct stat s;
	const mode_t mask = umask(0);

	(void)umask(mask);
	number("umask", mask);
	member("cwd", getcwd(path, sizeof(path)) != NULL ? path : "");
	key("root");
	if (stat("/", &s) == 0)
		entry("/", &s);
	puts(",");
	key("dirs");
	puts("{");
	directory("/dev");
	directory("/dev/pts");
	directory("/dev/shm");
	directory("/");
	puts("\"\":{}},");
}

void probe_view(int argc, char **argv)
{
	static const char *const always[] = { "/proc/self/status", "/proc/self/mountinfo",
		"/proc/self/cgroup", "/proc/self/oom_score_adj", "/proc/self/uid_map",
		"/proc/self/gid_map", "/proc/self/setgroups", "/proc/self/timens_offsets",
		"/proc/1/comm", "/proc/net/dev" };

	puts("{");
	descriptors();
	strings("argv", argv);
	strings("env", environ);
	ids();
	limits();
	scheduling();
	namespaces();
	host();
	places();
	probe_mounts();
	key("files");
	putchar('{');
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++) {
		printf("%s\n", i != 0 ? "," : "");
		file(always[i]);
	}
	for (int i = 0; i < argc; i++) {
		puts(",");
		file(argv[i]);
	}
	puts("}}");
}
