/* The last steps: directory, HOME, program, filter, exec.  From here on the root is the
 * container's. */
#include "child/handover.h"
#include "child/ops.h"

#include "base/sys.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

int do_chdir(struct child *c, const struct plan_chdir *op)
{
	AUTO_FD dir = FD_NONE;
	char cwd[4096];

	(void)c;
	/* A magic link (/proc/self/fd/N) could lead out of the root. */
	dir = sys_openat2(AT_FDCWD, op->path, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	if (dir < 0)
		return dir;
	if (fchdir(dir) < 0)
		return -errno;
	/* The system call itself says "(unreachable)" for what lies outside of the root. */
	if (syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0)
		return -errno;
	return cwd[0] == '/' ? 0 : -EXDEV;
}

/* One line of /etc/passwd, without its newline: takes the home directory if it is uid's. */
static bool take_home(struct child *c, char *line, uint64_t uid)
{
	const char *field[7] = { 0 };
	char *end = line;
	size_t n = 0;

	for (char *f = line; f != NULL && n < ARRAY_LEN(field); n++)
		field[n] = strsep(&f, ":");
	if (n < 6 || field[2][0] < '0' || field[2][0] > '9' ||
		strtoull(field[2], &end, 10) != uid || *end != '\0' || field[5][0] != '/')
		return false;
	return (size_t)snprintf(c->home, sizeof(c->home), "HOME=%s", field[5]) < sizeof(c->home);
}

enum {
	PASSWD_MAX = 1024 * 1024
};

/* Looks through an image's passwd file: at most 1 MiB of it, a piece at a time. */
static void search_passwd(struct child *c, int fd, uint64_t uid)
{
	char buf[4096];
	size_t have = 0, total = 0;
	ssize_t rc;

	while (total < PASSWD_MAX && (rc = read(fd, buf + have, sizeof(buf) - have - 1)) > 0) {
		char *line = buf, *end;

		have += (size_t)rc;
		total += (size_t)rc;
		for (; (end = memchr(line, '\n', have)) != NULL; line = end + 1) {
			have -= (size_t)(end + 1 - line);
			*end = '\0';
			if (take_home(c, line, uid))
				return;
		}
		if (have == sizeof(buf) - 1)
			have = 0; /* a line of that length is nobody's */
		memmove(buf, line, have);
	}
	buf[have] = '\0';
	(void)(have > 0 && take_home(c, buf, uid)); /* a last line without newline */
}

int do_home(struct child *c, const struct plan_home *op)
{
	AUTO_FD fd = sys_openat2(AT_FDCWD, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0,
		RESOLVE_NO_MAGICLINKS);
	struct stat st;

	(void)snprintf(c->home, sizeof(c->home), "HOME=/");
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		search_passwd(c, fd, op->uid);
	return 0;
}

/* access(2) goes by the real user and leaves capabilities out that execve(2) takes into account;
 * the newer call may be forbidden to the container. */
static bool may_execute(const char *path)
{
	return access(path, X_OK) == 0 || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* 0 a program; -ENOENT; else why not. */
static int check_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) || !may_execute(path))
		return -EACCES;
	return 0;
}

int do_find_program(struct child *c, const struct plan_find_program *op)
{
	int why = -ENOENT;

	for (size_t i = 0; op->places[i] != NULL; i++) {
		const int rc = check_program(op->places[i]);

		if (rc == 0) {
			c->program = op->places[i];
			return 0;
		}
		if (rc != -ENOENT && (rc != -EISDIR || strchr(op->name, '/') != NULL))
			why = rc;
	}
	return why;
}

int do_wait_start(struct child *c, const struct plan_wait_start *op)
{
	struct pollfd p = { .fd = c->slots[op->fifo], .events = POLLIN };
	char byte;

	/* The parent's end is not needed any more: closed, it shows nobody a half-made container.
	 */
	fd_close(&c->sock);
	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (read(p.fd, &byte, 1) != 1)
		return -EPIPE;
	fd_close(&c->slots[op->fifo]); /* start works once */
	return 0;
}

/* What rt_sigaction(2) takes; the C library's own keeps signals 32 and 33 to itself. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

int do_signals(struct child *c, const struct plan_signals *op)
{
	const struct kernel_sigaction usual = { .handler = SIG_DFL };
	const uint64_t none = 0;

	(void)op;
	/* the clone has already reset those with handlers */
	for (int sig = 1; sig <= 64; sig++)
		if ((c->ignored >> (sig - 1) & 1) != 0 &&
			syscall(SYS_rt_sigaction, sig, &usual, NULL, sizeof(none)) < 0)
			return -errno;
	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none)) < 0 ? -errno : 0;
}

int do_close_fds(struct child *c, const struct plan_close_fds *op)
{
	enum {
		FIXED = 5
	};
	/* close-on-exec all of them; the parent is still to hear of a failure */
	int keep[FIXED + HANDOVER_FDS] = { c->sock, c->slots[SLOT_FIFO], c->slots[SLOT_FILTER],
		child_slot(c, c->plan->hook_slots[1]), child_slot(c, c->plan->report_slot) };

	handover_fds(c, keep + FIXED);

	for (int fd = 3; (uint64_t)fd < op->first; fd++) {
		const int flags = fcntl(fd, F_GETFD);

		if (flags < 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) < 0)
			return -errno;
	}
	return child_close_but(
		c->plan->close_singly, (unsigned)op->first, keep, ARRAY_LEN(keep), ~0u);
}

int do_seccomp_load(struct child *c, const struct plan_seccomp_load *op)
{
	const int fd = c->slots[SLOT_FILTER];
	struct sock_fprog prog = { 0 };
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return -errno;
	prog.len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	prog.filter = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (prog.filter == MAP_FAILED)
		return -errno;
	rc = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, op->flags, &prog);
	if (rc < 0)
		return -errno;
	if (op->listener != SLOT_NONE)
		c->slots[op->listener] = rc;
	return 0;
}

int do_listen_pid(struct child *c, const struct plan_listen_pid *op)
{
	char *const text = (char *)(uintptr_t)op->text;
	const size_t name = strlen("LISTEN_PID=");

	(void)c;
	/* no more digits than there are blanks: plan/listen.c */
	(void)snprintf(text + name, strlen(text) - name, "%d", (int)getpid());
	return 0;
}

int do_exec(struct child *c, const struct plan_exec *op)
{
	/* execve(2) takes what it does not change without const. */
	char *const *const args = (char *const *)(uintptr_t)op->args;
	char **const env = (char **)(uintptr_t)op->env;

	if (c->home[0] != '\0')
		env[0] = c->home; /* its place: plan_process */
	(void)execve(c->program, args, env);
	return -errno;
}
