/* The two sides of a race: names that are exchanged without a pause, and a command that is run
 * again and again meanwhile; and what a program can tell of where it is.
 * Knows nothing of crun-lite. */
#define _GNU_SOURCE

#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Stays on the last of the processors that it may use: the others are the runtime's. */
static void stay(void)
{
	cpu_set_t may, own;
	int found = -1;

	if (sched_getaffinity(0, sizeof(may), &may) < 0 || CPU_COUNT(&may) < 2)
		return;
	for (int n = 0; n < CPU_SETSIZE; n++)
		if (CPU_ISSET(n, &may))
			found = n;
	CPU_ZERO(&own);
	CPU_SET(found, &own);
	(void)sched_setaffinity(0, sizeof(own), &own);
}

static int exchange(const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
}

int probe_swap(const char *a, const char *b)
{
	/* in storms, and calms in which what makes a hundred look-ups gets through them */
	const struct timespec storm = { 0, 0 }, calm = { 0, 4 * 1000 * 1000 };
	unsigned long count = 0;
	sigset_t end;

	stay();
	if (getpid() != 1) /* whose parent is the runtime, which may end */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	while (count % 64 != 0 ||
		sigtimedwait(&end, NULL, count % 4096 == 0 ? &calm : &storm) < 0) {
		if (exchange(a, b) < 0 && errno != ENOENT) /* one that is still to come */
			return errno;
		count++; /* ends at an even one: as it was */
	}
	printf("%lu\n", count);
	return 0;
}

/* --- what was met ---------------------------------------------------------------------------- */

static void show_file(const char *path)
{
	const int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[256];
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n > 0)
		printf("%s: %.*s\n", path, (int)n, text);
	if (fd >= 0)
		close(fd);
}

void probe_met(char **files)
{
	FILE *const mounts = fopen("/proc/self/mountinfo", "re");
	char line[4096], point[4096];
	int count = 0;

	for (; *files != NULL; files++)
		show_file(*files);
	if (getcwd(line, sizeof(line)) != NULL)
		printf("at %s\n", line);
	while (mounts != NULL && fgets(line, sizeof(line), mounts) != NULL)
		if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1)
			count += printf("at %s\n", point) > 0;
	printf("mounts %d\n", count);
}

/* --- rounds ---------------------------------------------------------------------------------- */

enum {
	LONGEST = 20 /* seconds for one round */
};

/* A terminal that nobody else has; *ret_master is what is typed and seen. */
static int open_terminal(int *ret_master)
{
	int unlock = 0, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -1;
	*ret_master = master;
	return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static pid_t start(char **words, int in, int out, int err)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (in == out) {
		setsid();
		(void)ioctl(in, TIOCSCTTY, 0);
	}
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	alarm(LONGEST);
	signal(SIGALRM, SIG_DFL);
	execv(words[0], words);
	_exit(127);
}

static void copy_out(int from, off_t size)
{
	char block[4096];
	ssize_t n;

	for (off_t at = 0; at < size && (n = pread(from, block, sizeof(block), at)) > 0; at += n)
		fwrite(block, 1, (size_t)n, stdout);
}

/* What was written to the terminal until all its users were gone, put into a file. */
static void drain(int master, int file)
{
	char block[4096];
	ssize_t n;

	while ((n = read(master, block, sizeof(block))) > 0)
		if (write(file, block, (size_t)n) != n)
			break;
}

static int one_round(char **words, bool tty, int out, int err)
{
	int in = -1, master = -1, status = 0;
	pid_t pid;

	if (ftruncate(out, 0) < 0 || ftruncate(err, 0) < 0 || lseek(out, 0, SEEK_SET) < 0 ||
		lseek(err, 0, SEEK_SET) < 0)
		return -1;
	in = tty ? open_terminal(&master) : openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC);
	pid = in < 0 ? -1 : start(words, in, tty ? in : out, err);
	if (pid < 0)
		return -1;
	close(in);
	if (tty) {
		drain(master, out);
		close(master);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int probe_rounds(int count, char **words)
{
	const int out = (int)syscall(SYS_memfd_create, "out", 1u);
	const int err = (int)syscall(SYS_memfd_create, "err", 1u);
	const bool tty = strcmp(words[0], "--tty") == 0;
	char **const made = words + tty;

	for (words += tty; strcmp(words[0], "--rmdir") == 0;)
		words += 2;
	for (int i = 0; i < count; i++) {
		int status;
		off_t out_size, err_size;

		for (char **w = made; w < words; w += 2)
			(void)rmdir(w[1]); /* what the last round has made */
		status = one_round(words, tty, out, err);
		out_size = lseek(out, 0, SEEK_END);
		err_size = lseek(err, 0, SEEK_END);
		if (status < 0 || out_size < 0 || err_size < 0)
			return errno;
		printf("round %d %ld %ld\n", status, (long)out_size, (long)err_size);
		copy_out(out, out_size);
		copy_out(err, err_size);
	}
	return 0;
}
