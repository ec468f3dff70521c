/* The program that tests put into a container: says as JSON what it sees there, or tries system
 * calls and says how they ended.  Knows nothing of crun-lite; statically linked, needs no file.
 *
 *   probe [--to FILE] view [FILE...]     everything below, and the text of these files
 *   probe try CALL ARG... [-- CALL ...]  one errno's number per call, 0: it worked
 *   probe signals                        "ready", then a line per signal; ends after SIGTERM
 *   probe hunt SECONDS                   how writing to other processes' programs ends
 *   probe stalk SECONDS                  what can be got of processes that are about to become
 *                                        a program of /bin
 *   probe swap A B                       exchanges two names as fast as it can, until SIGTERM
 *   probe met FILE...                    these files, where it is, and where things are mounted
 *   probe rounds COUNT [--tty] WORD...   runs a command that often, says how it ended each time
 *   probe exit N | die N | pause         ends like that; or waits
 */
#define _GNU_SOURCE

#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- try ------------------------------------------------------------------------------------- */

static int try_write(const char *path, const char *data)
{
	const int fd = openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	return write(fd, data, strlen(data)) < 0 ? -1 : close(fd);
}

static int try_open(const char *path, int flags)
{
	const int fd = openat(AT_FDCWD, path, flags | O_CLOEXEC | O_NONBLOCK, 0600);

	return fd < 0 ? -1 : close(fd);
}

/* Runs the file in a child, which would be the first to fail. */
static int try_exec(const char *path)
{
	const pid_t pid = vfork();
	int status = 0;

	if (pid == 0) {
		execl(path, path, "exit", "0", (char *)NULL);
		_exit(errno & 0xff);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno == 0 ? 0 : -1;
}

static int fill(const char *path, long kib)
{
	static char block[1024];
	const int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (long i = 0; fd >= 0 && i < kib; i++)
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			return -1;
	return fd < 0 ? -1 : 0;
}

static int try_one(char **a)
{
	const char *const call = a[0];
	const char *const path = a[1] != NULL ? a[1] : "";

#define IS(name) (strcmp(call, name) == 0)
	if (IS("read"))
		return try_open(path, O_RDONLY);
	if (IS("openw"))
		return try_open(path, O_WRONLY);
	if (IS("rdwr"))
		return try_open(path, O_RDWR);
	if (IS("create"))
		return try_open(path, O_WRONLY | O_CREAT);
	if (IS("write"))
		return try_write(path, a[2]);
	if (IS("fill"))
		return fill(path, atol(a[2]));
	if (IS("mkdir"))
		return mkdir(path, 0755);
	if (IS("chmod"))
		return chmod(path, (mode_t)strtoul(a[2], NULL, 8));
	if (IS("chown"))
		return chown(path, (uid_t)atol(a[2]), (gid_t)-1);
	if (IS("unlink"))
		return unlink(path);
	if (IS("exec"))
		return try_exec(path);
	if (IS("mknod"))
		return mknod(path, (*a[2] == 'b' ? S_IFBLK : S_IFCHR) | 0666,
			makedev((unsigned)atol(a[3]), (unsigned)atol(a[4])));
	if (IS("mount"))
		return mount("none", path, a[2], 0, NULL);
	if (IS("remount"))
		return mount("none", path, NULL, MS_REMOUNT | MS_BIND, NULL);
	if (IS("umount"))
		return umount2(path, MNT_DETACH);
	if (IS("unshare-user"))
		return unshare(CLONE_NEWUSER);
	if (IS("sethostname"))
		return sethostname(path, strlen(path));
	if (IS("kill"))
		return kill((pid_t)atol(path), 0);
	if (IS("tiocsti"))
		return ioctl(0, TIOCSTI, "x");
	errno = 255;
	return -1;
#undef IS
}

static void try_all(char **a)
{
	putchar('[');
	for (bool first = true; *a != NULL; first = false) {
		char **end = a;

		while (*end != NULL && strcmp(*end, "--") != 0)
			end++;
		const bool more = *end != NULL;
		*end = NULL;
		printf("%s%d", first ? "" : ",", try_one(a) == 0 ? 0 : errno);
		a = more ? end + 1 : end;
	}
	puts("]");
}

/* --- the rest -------------------------------------------------------------------------------- */

static int signals(void)
{
	sigset_t all;
	siginfo_t si;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	puts("ready");
	fflush(stdout);
	while (sigwaitinfo(&all, &si) > 0) {
		if (si.si_signo == SIGWINCH) {
			struct winsize w = { 0, 0, 0, 0 };

			(void)ioctl(0, TIOCGWINSZ, &w);
			printf("window %u %u\n", w.ws_row, w.ws_col);
		} else {
			printf("signal %d\n", si.si_signo);
		}
		fflush(stdout);
		if (si.si_signo == SIGTERM)
			return 0;
	}
	return 1;
}

/* Opens the program of a process that is not ours, and asks to write to it. */
static void hunt_one(const char *pid, const struct stat *own)
{
	char path[300], again[64];
	struct stat s;
	int fd, w;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &s) == 0 && s.st_ino != own->st_ino) {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
		w = openat(AT_FDCWD, again, O_WRONLY | O_CLOEXEC);
		printf("caught %d\n", w >= 0 ? 0 : errno);
		if (w >= 0)
			close(w);
	}
	close(fd);
}

static void hunt(long seconds)
{
	const time_t end = time(NULL) + seconds;
	struct stat own;
	DIR *const proc = opendir("/proc");
	const struct dirent *d;

	(void)stat("/proc/self/exe", &own);
	puts("ready");
	fflush(stdout);
	while (proc != NULL && time(NULL) < end) {
		rewinddir(proc);
		while ((d = readdir(proc)) != NULL)
			if (d->d_name[0] >= '1' && d->d_name[0] <= '9')
				hunt_one(d->d_name, &own);
	}
}

/* What could be read of a process before it was its program. */
struct prey {
	long seen, denied, caught;
	unsigned long long caps; /* all that its effective sets ever held */
	char links[1024];        /* of its descriptors, root and directory */
};

static void note_caps(struct prey *p, int pid)
{
	char path[64], line[256];
	unsigned long long caps;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			p->caps |= caps;
	if (f != NULL)
		fclose(f);
}

static void note_link(struct prey *p, int pid, const char *name)
{
	char path[64], target[128], *colon;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return;
	target[len] = '\0';
	colon = strstr(target, ":[");
	if (colon != NULL)
		*colon = '\0';
	if (strstr(p->links, target) == NULL && strlen(p->links) + 160 < sizeof(p->links))
		sprintf(p->links + strlen(p->links), " %s", target);
}

/* Looks at one process until it is a program, or gone. */
static void stalk_one(struct prey *p, int pid)
{
	char path[64], exe[256], fd[16];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	for (bool tried = false;; tried = true) {
		const ssize_t len = readlink(path, exe, sizeof(exe) - 1);

		if (len < 0 && errno != EACCES && errno != EPERM)
			return;
		exe[len < 0 ? 0 : len] = '\0';
		if (strncmp(exe, "/bin/", 5) == 0)
			return;
		p->seen += !tried;
		note_caps(p, pid);
		if (len < 0) {
			p->denied += !tried;
			continue;
		}
		p->caught += !tried;
		note_link(p, pid, "root");
		note_link(p, pid, "cwd");
		for (int i = 0; i < 16; i++) {
			snprintf(fd, sizeof(fd), "fd/%d", i);
			note_link(p, pid, fd);
		}
	}
}

static void stalk(long seconds)
{
	const time_t end = time(NULL) + seconds;
	struct prey p = { 0 };
	int next = getpid() + 1;
	char path[64];

	puts("ready");
	fflush(stdout);
	while (time(NULL) < end)
		for (int pid = next; pid < next + 4; pid++) {
			snprintf(path, sizeof(path), "/proc/%d", pid);
			if (access(path, F_OK) < 0)
				continue;
			stalk_one(&p, pid);
			next = pid + 1;
		}
	printf("{\"seen\":%ld,\"denied\":%ld,\"caught\":%ld,\"caps\":%llu,\"links\":\"%s\"}\n",
		p.seen, p.denied, p.caught, p.caps, p.links);
}

int main(int argc, char **argv)
{
	char **a = argv + 1;

	if (argc > 2 && strcmp(a[0], "--to") == 0) {
		if (freopen(a[1], "we", stdout) == NULL)
			return 99;
		a += 2;
	}
	if (*a == NULL)
		return 98;
	if (strcmp(a[0], "view") == 0)
		probe_view(argc - (int)(a - argv) - 1, a + 1);
	else if (strcmp(a[0], "try") == 0)
		try_all(a + 1);
	else if (strcmp(a[0], "signals") == 0)
		return signals();
	else if (strcmp(a[0], "hunt") == 0)
		hunt(atol(a[1]));
	else if (strcmp(a[0], "stalk") == 0)
		stalk(atol(a[1]));
	else if (strcmp(a[0], "swap") == 0 && argc > 3)
		return probe_swap(a[1], a[2]);
	else if (strcmp(a[0], "met") == 0)
		probe_met(a + 1);
	else if (strcmp(a[0], "rounds") == 0 && argc > 3)
		return probe_rounds(atoi(a[1]), a + 2);
	else if (strcmp(a[0], "notify") == 0)
		return probe_notify(a + 1);
	else if (strcmp(a[0], "exit") == 0)
		return atoi(a[1]);
	else if (strcmp(a[0], "die") == 0)
		raise(atoi(a[1]));
	else if (strcmp(a[0], "pause") == 0)
		pause();
	else
		return 97;
	return 0;
}
