/* The loop of a program in the foreground.  Copies without loss: what one side does not take yet
 * is kept, and no more is read meanwhile. */
#include "parent/relay.h"

#include "base/clock.h"
#include "base/self.h"
#include "base/sys.h"
#include "parent/raw.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

enum {
	BUFFER_SIZE = 4096 /* a terminal gives no more at once */
};

/* One direction of the terminal. */
struct pipe {
	int from, to;
	size_t have, done; /* bytes read, of them written */
	bool ended;        /* from has no more */
	bool deaf;         /* to takes no more: what comes is read and thrown away */
	bool paused;       /* from is a terminal whose foreground is not ours */
	char buf[BUFFER_SIZE];
};

struct relay {
	pid_t pid;
	int pidfd, signals;
	int *master;
	bool ended; /* the program has, and is reaped */
	bool quit;  /* asked to end since then */
	int status;
	struct pipe in, out;
	struct raw raw;
	struct notify *notify; /* NULL: none */
};

int relay_block(sigset_t *ret_old, struct err *e)
{
	sigset_t all;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, ret_old) < 0)
		return err_sys(e, errno, POS_NONE, "cannot block signals");
	return 0;
}

void relay_unblock(const sigset_t *before, int signal)
{
	if (signal > 0)
		(void)raise(signal);
	(void)sigprocmask(SIG_SETMASK, before, NULL); /* cannot fail: it was valid before */
}

static void set_size(int master)
{
	struct winsize size;

	if (master != FD_NONE && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(master, TIOCSWINSZ, &size); /* a terminal that is gone has no size */
}

/* "\n" would become "\r\n", which files and pipes do not want. */
static void keep_newlines(int master)
{
	struct termios t;

	if (tcgetattr(master, &t) < 0)
		return; /* gone already */
	t.c_oflag &= ~(tcflag_t)ONLCR;
	(void)tcsetattr(master, TCSANOW, &t); /* of a master these are the slave's */
}

void relay_ready(int master)
{
	set_size(master);
	if (isatty(STDOUT_FILENO) == 0)
		keep_newlines(master);
}

/* Reaps what has ended: the program, and orphans that came to us. */
static void reap(struct relay *r)
{
	pid_t pid;
	int status;

	while (!r->ended && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != r->pid)
			continue;
		r->ended = true;
		r->status = sys_exit_code(status);
	}
}

/* The caller's terminal is ours to change while we are in its foreground (termios(3),
 * tcgetpgrp(3)). */
static int take_terminal(struct relay *r, struct err *e)
{
	if (*r->master == FD_NONE || tcgetpgrp(STDIN_FILENO) != getpgrp())
		return 0;
	r->in.paused = false;
	set_size(*r->master);
	return raw_set(&r->raw, STDIN_FILENO, e);
}

/* As the shell's job control wants it: the terminal as it was, and stopped until somebody says go.
 */
static void stop_here(struct relay *r)
{
	struct err ignored = { 0 };

	raw_done(&r->raw);
	(void)raise(SIGSTOP);
	(void)!take_terminal(r, &ignored); /* without it the terminal stays as the shell has it */
}

static bool is_ignored(int sig)
{
	struct sigaction now;

	return sigaction(sig, NULL, &now) < 0 || now.sa_handler == SIG_IGN;
}

/* One that our caller ignores for itself, as under nohup(1), is not the program's either. */
static void pass_on(const struct relay *r, int sig)
{
	if (!is_ignored(sig))
		(void)!sys_pidfd_send_signal(r->pidfd, sig); /* one that has just ended */
}

static void handle_signal(struct relay *r, int sig)
{
	struct err ignored = { 0 };

	switch (sig) {
	case SIGCHLD:
		reap(r);
		break;
	case SIGWINCH:
		set_size(*r->master);
		break;
	case SIGPIPE: /* of our own writing */
		break;
	case SIGTSTP: /* job control of our own terminal is about us too */
	case SIGTTIN:
	case SIGTTOU:
		pass_on(r, sig);
		stop_here(r);
		break;
	case SIGCONT:
		pass_on(r, sig);
		(void)!take_terminal(r, &ignored);
		break;
	case SIGHUP:
		r->in.paused =
			false; /* reading tells whether the caller's terminal is still there */
		r->quit = r->ended;
		pass_on(r, sig);
		break;
	case SIGINT:
	case SIGTERM:
	case SIGQUIT:
		r->quit = r->ended;
		pass_on(r, sig);
		break;
	default:
		pass_on(r, sig);
	}
}

static void pump_read(struct pipe *p)
{
	const ssize_t rc = read(p->from, p->buf, sizeof(p->buf));

	if (rc > 0) {
		p->have = p->deaf ? 0 : (size_t)rc;
		p->done = 0;
	} else if (rc < 0 && errno == EIO && p->from == STDIN_FILENO) {
		p->paused = true; /* in the background; SIGCONT tells of the end of that */
	} else if (rc == 0 || (errno != EINTR && errno != EAGAIN)) {
		p->ended = true;
	}
}

static void pump_write(struct pipe *p)
{
	const ssize_t rc = write(p->to, p->buf + p->done, p->have - p->done);

	if (rc > 0)
		p->done += (size_t)rc;
	else if (rc < 0 && errno != EINTR && errno != EAGAIN) {
		p->deaf = true;
		p->done = p->have;
	}
}

static void pump(struct pipe *p, short from_events, short to_events)
{
	if (!p->ended && p->have == p->done && (from_events & (POLLIN | POLLHUP | POLLERR)) != 0)
		pump_read(p);
	else if (p->have > p->done && (to_events & (POLLOUT | POLLHUP | POLLERR)) != 0)
		pump_write(p);
}

static bool reads(const struct pipe *p)
{
	return !p->ended && !p->paused && p->have == p->done;
}

static bool writes(const struct pipe *p)
{
	return p->have > p->done;
}

enum {
	POLL_SIGNALS,
	POLL_MASTER,
	POLL_STDIN,
	POLL_STDOUT,
	POLL_NOTIFY,
	POLL_BARRIER,
	POLLS
};

/* What the program tells of itself, and the end of what the host was sent because of that. */
static void handle_notify(struct relay *r, short from_program, short from_host)
{
	if (from_host != 0)
		notify_read(r->notify);
	if (from_program != 0)
		notify_pass(r->notify);
}

/* Waits for anything to do and does it. */
static int turn(struct relay *r, int timeout_ms)
{
	struct signalfd_siginfo si;
	struct pollfd p[POLLS] = {
		[POLL_SIGNALS] = { r->signals, POLLIN, 0 },
		[POLL_MASTER] = { reads(&r->out) || writes(&r->in) ? *r->master : -1,
			(short)((reads(&r->out) ? POLLIN : 0) | (writes(&r->in) ? POLLOUT : 0)),
			0 },
		[POLL_STDIN] = { reads(&r->in) ? STDIN_FILENO : -1, POLLIN, 0 },
		[POLL_STDOUT] = { writes(&r->out) ? STDOUT_FILENO : -1, POLLOUT, 0 },
		[POLL_NOTIFY] = { r->notify != NULL ? r->notify->sock : -1, POLLIN, 0 },
		[POLL_BARRIER] = { r->notify != NULL ? r->notify->barrier : -1, POLLIN, 0 },
	};
	const int rc = poll(p, POLLS, timeout_ms);

	if (rc < 0)
		return errno == EINTR ? 1 : -errno;
	if (p[POLL_SIGNALS].revents != 0 && read(r->signals, &si, sizeof(si)) == sizeof(si))
		handle_signal(r, (int)si.ssi_signo);
	handle_notify(r, p[POLL_NOTIFY].revents, p[POLL_BARRIER].revents);
	pump(&r->in, p[POLL_STDIN].revents, p[POLL_MASTER].revents);
	pump(&r->out, p[POLL_MASTER].revents, p[POLL_STDOUT].revents);
	return rc;
}

/* What the program wrote last is still in the terminal.  Processes that it left behind may hold it
 * open and write on, so an idle terminal is the end, and so is a time that any terminal's buffer
 * is read in; what was read is written out unless a signal asks us to end. */
static int drain(struct relay *r)
{
	enum {
		IDLE_MS = 50,
		LONGEST_MS = 1000
	};
	const int64_t end = clock_now_ms() + LONGEST_MS;

	r->in.ended = true;
	r->in.done = r->in.have;
	while (!r->quit && (!r->out.ended || writes(&r->out))) {
		const int rc = turn(r, IDLE_MS);

		if (rc < 0)
			return rc;
		r->out.ended = r->out.ended || clock_now_ms() > end;
		if (rc == 0 && !writes(&r->out))
			return 0;
	}
	return 0;
}

/* The caller's terminal is gone, and nobody has said that this does not matter, as nohup(1) does.
 * For the program it shall be as on that terminal itself: its first process alone in a pid
 * namespace would ignore SIGHUP, and an idle shell would wait for ever. */
static bool has_hung_up(const struct relay *r)
{
	struct termios t;

	return *r->master != FD_NONE && r->in.ended && tcgetattr(STDIN_FILENO, &t) < 0 &&
	       errno == EIO && !is_ignored(SIGHUP);
}

/* The terminal's other side is held open while the program runs: it may close all of its own and
 * open one anew. */
static int watch(struct relay *r, struct err *e)
{
	AUTO_FD held = *r->master == FD_NONE
			       ? FD_NONE
			       : ioctl(*r->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	TRY(take_terminal(r, e));
	reap(r); /* it may have ended before there was anything to tell of it */
	while (!r->ended) {
		const int rc = turn(r, -1);

		if (rc < 0)
			return err_sys(e, -rc, POS_NONE, "cannot watch the program");
		if (has_hung_up(r)) {
			fd_close(r->master);
			return 0;
		}
	}
	fd_close(&held);
	if (*r->master == FD_NONE)
		return 0;
	return drain(r) < 0 ? err_sys(e, EIO, POS_NONE, "cannot watch the terminal") : 0;
}

/* With more to watch than signals, these are one more descriptor. */
static int run_watching(struct relay *r, const sigset_t *all, struct err *e)
{
	AUTO_FD signals = signalfd(-1, all, SFD_CLOEXEC | SFD_NONBLOCK);
	int rc;

	if (signals < 0)
		return err_sys(e, errno, POS_NONE, "cannot watch signals");
	r->signals = signals;
	r->in = (struct pipe){ .from = STDIN_FILENO, .to = *r->master };
	r->out = (struct pipe){ .from = *r->master, .to = STDOUT_FILENO };
	r->in.ended = r->out.ended = *r->master == FD_NONE;
	rc = watch(r, e);
	raw_done(&r->raw);
	return rc;
}

/* A program that does not end at once may run for days, and all that while the runtime with it. */
static int next_signal(const sigset_t *all, bool *rests)
{
	const struct timespec moment = { .tv_nsec = 100000000 };
	int sig;

	if (*rests)
		return sigwaitinfo(all, NULL);
	sig = sigtimedwait(all, NULL, &moment);
	if (sig < 0 && errno == EAGAIN) {
		self_rest();
		*rests = true;
	}
	return sig;
}

int relay_run(const struct relay_job *job, int *ret_status, struct err *e)
{
	struct relay r = { .pid = job->pid,
		.pidfd = job->pidfd,
		.master = job->master,
		.notify = job->notify,
		.raw = RAW_NONE };
	sigset_t all;
	bool rests = false;

	(void)sigfillset(&all);
	while (!r.ended && (*r.master != FD_NONE || r.notify != NULL)) /* until it hangs up */
		TRY(run_watching(&r, &all, e));
	while (!r.ended) {
		const int sig = next_signal(&all, &rests);

		if (sig > 0)
			handle_signal(&r, sig);
	}
	*ret_status = r.status;
	return 0;
}
