/* A hook's process, from the clone to its end.
 *
 * Its output goes through a pipe that is read until it has ended, and then no more than what is
 * there: a process that it leaves behind may hold the other end for ever.  Its standard input is a
 * file, so that nothing waits for it to be read, and nobody gets a SIGPIPE for it. */
#include "child/hook.h"

#include "base/clock.h"
#include "base/sys.h"
#include "child/ops.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum {
	SIGNALS = 64,
	ROUNDS_AFTER =
		32 /* reads of what an ended hook has left in the pipe: 64 KiB hold no more */
};

/* A hook at work. */
struct running {
	pid_t pid, parent;
	int pidfd;
	int out, out_theirs;   /* the pipe of its output */
	int fail, fail_theirs; /* the pipe of struct failure; closed by exec */
	size_t have;           /* bytes of output kept */
	bool cut;              /* there were more before them */
};

struct failure {
	int error, step;
};

static void running_done(struct running *r)
{
	fd_close(&r->pidfd);
	fd_close(&r->out);
	fd_close(&r->out_theirs);
	fd_close(&r->fail);
	fd_close(&r->fail_theirs);
}

/* --- in the hook's process -------------------------------------------------------------------- */

/* What rt_sigaction(2) takes; the C library's own keeps signals 32 and 33 to itself. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static void reset_signals(void)
{
	const struct kernel_sigaction usual = { .handler = SIG_DFL };
	const uint64_t none = 0;

	for (int sig = 1; sig <= SIGNALS; sig++) /* SIGKILL and SIGSTOP are so already */
		(void)syscall(SYS_rt_sigaction, sig, &usual, NULL, sizeof(none));
}

/* Descriptors 0, 1 and 2, and no other but the one that exec closes. */
static int take_stdio(const struct hook_run *h, const struct running *r)
{
	const int keep[] = { r->fail_theirs };

	if (lseek(h->state, 0, SEEK_SET) < 0 || dup2(h->state, 0) < 0 ||
		dup2(h->out != FD_NONE ? h->out : r->out_theirs, 1) < 0 ||
		dup2(h->err != FD_NONE ? h->err : r->out_theirs, 2) < 0)
		return -errno;
	return child_close_but(h->close_singly, 3, keep, ARRAY_LEN(keep), ~0u);
}

static int prepare(const struct hook_run *h, const struct running *r)
{
	const uint64_t none = 0;

	/* It shall not outlive a runtime that is killed; which may have happened already. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	if (getppid() != r->parent)
		return -ESRCH;
	if (setsid() < 0)
		return -errno;
	if (h->fresh) {
		reset_signals();
		(void)umask(0022);
	}
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none)) < 0)
		return -errno;
	return take_stdio(h, r);
}

_Noreturn static void become(const struct hook_run *h, const struct running *r)
{
	/* execve(2) takes what it does not change without const. */
	char *const *const args = (char *const *)(uintptr_t)h->args;
	char *const *const env = (char *const *)(uintptr_t)h->env;
	struct failure f = { .step = HOOK_START };
	const int rc = prepare(h, r);

	f.error = -rc;
	if (rc == 0 && h->dir != NULL && chdir(h->dir) < 0) {
		f = (struct failure){ errno, HOOK_DIR };
	} else if (rc == 0) {
		(void)execve(h->program, args, env);
		f = (struct failure){ errno, HOOK_EXEC };
	}
	(void)!write(r->fail_theirs, &f, sizeof(f)); /* a parent that is gone hears nothing */
	_exit(127);
}

/* --- in ours ---------------------------------------------------------------------------------- */

static int start(const struct hook_run *h, struct running *r)
{
	int out[2], fail[2];

	*r = (struct running){ .pidfd = FD_NONE,
		.out = FD_NONE,
		.out_theirs = FD_NONE,
		.fail = FD_NONE,
		.fail_theirs = FD_NONE,
		.parent = getpid() };
	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	r->out = out[0];
	r->out_theirs = out[1];
	if (pipe2(fail, O_CLOEXEC) < 0)
		return -errno;
	r->fail = fail[0];
	r->fail_theirs = fail[1];
	/* Not clone3(2): the filters of engines refuse it to all, and it may be the filter's turn.
	 * The first three arguments stand in the same place on all architectures. */
	r->pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &r->pidfd, NULL, NULL);
	if (r->pid < 0)
		return -errno;
	if (r->pid == 0)
		become(h, r);
	fd_close(&r->out_theirs);
	fd_close(&r->fail_theirs);
	return 0;
}

/* Keeps the end of what was written. */
static void keep(struct running *r, struct plan_hook_end *ret, const char *text, size_t size)
{
	const size_t room = sizeof(ret->output) - 1;

	if (size > room) {
		text += size - room;
		size = room;
		r->cut = true;
	}
	if (r->have + size > room) {
		const size_t drop = r->have + size - room;

		memmove(ret->output, ret->output + drop, r->have - drop);
		r->have -= drop;
		r->cut = true;
	}
	memcpy(ret->output + r->have, text, size);
	r->have += size;
}

/* Once, when there is something; at its end the pipe is closed. */
static void read_output(struct running *r, struct plan_hook_end *ret)
{
	char text[4096];
	const ssize_t rc = read(r->out, text, sizeof(text));

	if (rc > 0)
		keep(r, ret, text, (size_t)rc);
	else if (rc == 0 || errno != EINTR)
		fd_close(&r->out);
}

/* Text ends with its last line, and begins with a whole character. */
static void finish_output(const struct running *r, struct plan_hook_end *ret)
{
	static const char dots[] = "...";
	size_t len = r->have, skip = 0;

	while (len > 0 && strchr("\n\r\t ", ret->output[len - 1]) != NULL)
		len--;
	ret->output[len] = '\0';
	if (!r->cut || len < sizeof(dots))
		return;
	memcpy(ret->output, dots, sizeof(dots) - 1);
	skip = sizeof(dots) - 1;
	while (((unsigned char)ret->output[skip] & 0xc0) == 0x80)
		skip++;
	memmove(ret->output + sizeof(dots) - 1, ret->output + skip, len - skip + 1);
}

/* Waits; 0: it has ended by itself, 1: it shall be ended, *ret says why. */
static int attend(const struct hook_run *h, struct running *r, struct plan_hook_end *ret)
{
	const int64_t end =
		h->timeout == 0 ? INT64_MAX : clock_now_ms() + (int64_t)h->timeout * 1000;

	for (;;) {
		struct pollfd p[] = { { .fd = r->pidfd, .events = POLLIN },
			{ .fd = r->out, .events = POLLIN },
			{ .fd = h->watch, .events = h->watch_for } };
		const int64_t left = h->timeout == 0 ? -1 : end - clock_now_ms();

		if (h->timeout != 0 && left <= 0) {
			ret->how = HOOK_TIMEOUT;
			return 1;
		}
		if (poll(p, ARRAY_LEN(p), left > INT_MAX ? INT_MAX : (int)left) < 0) {
			if (errno == EINTR)
				continue;
			ret->error = errno;
			ret->how = HOOK_START;
			return 1;
		}
		if (p[2].revents != 0) {
			ret->how = HOOK_ENDED;
			return 1;
		}
		if (p[1].revents != 0)
			read_output(r, ret);
		if (p[0].revents != 0)
			return 0;
	}
}

/* What is in the pipe when the hook has ended. */
static void drain(struct running *r, struct plan_hook_end *ret)
{
	for (int i = 0; i < ROUNDS_AFTER && r->out != FD_NONE; i++) {
		struct pollfd p = { .fd = r->out, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0)
			return;
		read_output(r, ret);
	}
}

/* Did it fail before it was the hook's own program?  Its end of that pipe is closed by now. */
static void read_failure(const struct running *r, struct plan_hook_end *ret)
{
	struct failure f;

	if (read(r->fail, &f, sizeof(f)) != sizeof(f))
		return;
	ret->error = f.error;
	ret->how = f.step;
}

static int reap(const struct running *r, struct plan_hook_end *ret, bool killed)
{
	siginfo_t si = { 0 };

	while (waitid(P_PIDFD, (id_t)r->pidfd, &si, WEXITED) < 0)
		if (errno != EINTR) {
			ret->error = errno;
			ret->how = HOOK_START;
			return 1;
		}
	if (killed)
		return 1;
	ret->how = si.si_code == CLD_EXITED ? si.si_status : HOOK_SIGNAL + si.si_status;
	if (ret->how == 127)
		read_failure(r, ret);
	return ret->how != 0 || ret->error != 0;
}

static int run(const struct hook_run *h, struct running *r, struct plan_hook_end *ret)
{
	const int rc = start(h, r);
	bool killed;

	if (rc < 0) {
		ret->error = -rc;
		ret->how = HOOK_START;
		return 1;
	}
	killed = attend(h, r, ret) != 0;
	if (killed) {
		(void)kill(-r->pid, SIGKILL); /* before it has a group of its own there is none */
		(void)!sys_pidfd_send_signal(r->pidfd, SIGKILL); /* it may have ended just now */
	}
	drain(r, ret);
	return reap(r, ret, killed);
}

int hook_run(const struct hook_run *h, struct plan_hook_end *ret)
{
	struct running r;
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = run(h, &r, ret);
	finish_output(&r, ret);
	running_done(&r);
	return rc;
}
