/* What only exec does outside of the container: which process is the program's, and sockets for
 * it.  Makes and removes nothing of the container. */
#include "parent/exec.h"

#include "base/sys.h"
#include "host/target.h"
#include "parent/console.h"
#include "parent/hooks.h"
#include "parent/ops.h"
#include "plan/exec.h"
#include "plan/id_list.h"
#include "proto/proto.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

enum {
	LAST_SECONDS = 2, /* for the last words of a process that may be frozen */
	TAKE_BACK_MS = 30000,
};

int do_affinity_first(struct parent *p, const struct plan_affinity_first *op, struct err *e)
{
	const struct id_list *const given = op->mask;

	(void)p;
	(void)e;
	return sys_sched_setaffinity(given->bits, sizeof(given->bits));
}

int do_cgroup_use(struct parent *p, const struct plan_cgroup_use *op, struct err *e)
{
	(void)e;
	p->slots[op->into] =
		openat(AT_FDCWD, op->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return p->slots[op->into] < 0 ? -errno : 0;
}

int exec_use_cgroup_of(struct parent *p, pid_t pid)
{
	const struct host_target t = { .pid = pid, .cgroup = p->plan->options->target->cgroup };
	char path[PATH_MAX];
	int fd;

	TRY(host_target_cgroup(&t, path, sizeof(path)));
	fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	fd_close(&p->slots[SLOT_CGROUP]);
	p->slots[SLOT_CGROUP] = fd;
	return 0;
}

/* Is it a child of ours?  Nobody else then gets its number before we have reaped it. */
static bool is_child(pid_t pid)
{
	siginfo_t si = { 0 };

	return pid > 0 && waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0;
}

int exec_adopt(struct parent *p, pid_t from)
{
	int code, pidfd;

	if (p->adopted || from == p->pid)
		return 0;
	if (!is_child(from))
		return -EPROTO;
	pidfd = sys_pidfd_open(from);
	if (pidfd < 0) {
		(void)kill(from, SIGKILL);
		(void)waitpid(from, NULL, 0);
		return pidfd;
	}
	(void)!sys_wait_pidfd(p->pidfd, &code); /* it only made the other one */
	fd_close(&p->pidfd);
	p->pidfd = pidfd;
	p->pid = from;
	p->adopted = true;
	return 0;
}

void exec_end_unseen(struct parent *p)
{
	const struct timeval limit = { .tv_sec = LAST_SECONDS };
	pid_t from = 0, seen = 0;
	struct proto_msg m;
	int fd = FD_NONE;

	if (p->sock == FD_NONE ||
		setsockopt(p->sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return;
	/* It finds nobody there, says so, and with that, which process it is. */
	(void)shutdown(p->sock, SHUT_WR);
	while (proto_recv_from(p->sock, &m, &fd, &from) == 0) {
		fd_close(&fd);
		seen = is_child(from) ? from : seen;
	}
	if (seen > 0)
		(void)waitpid(seen, NULL, 0);
}

void exec_let_end(struct parent *p, struct err *e)
{
	struct pollfd ended = { .fd = p->pidfd, .events = POLLIN };

	if (p->sock == FD_NONE || p->pid <= 0)
		return;
	(void)shutdown(p->sock, SHUT_WR);       /* nobody answers any more: see child_fail */
	if (poll(&ended, 1, TAKE_BACK_MS) == 0) /* something of the container holds it */
		(void)err_hint(e, "it does not come back: what it has mounted so far is left");
}

int exec_heed_signals(struct parent *p)
{
	if (!p->plan->hot || p->plan->ops[p->next].kind == PLAN_release)
		return 0;
	return hooks_await_child(p) > 0 ? -EINTR : 0;
}

int exec_ended_by_signal(const struct parent *p, struct err *e)
{
	const char *const id = p->plan->options->id;

	if (p->plan->hot)
		return err_set(e, EINTR, POS_NONE, "mounts of container \"%s\": ended by signal %d",
			id, p->signal);
	return err_set(e, EINTR, POS_NONE,
		"exec in container \"%s\": ended by signal %d before the program has started", id,
		p->signal);
}
