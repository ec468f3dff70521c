/* The seccomp listener on its way to the agent.
 *
 * seccomp(2) returns the listener with the filter already in force: any call that the process makes
 * from then on may be one that the filter notifies of, and would wait for an agent who has no
 * listener yet.  So it makes none.  A thread, made before the filter and therefore not under it,
 * sends the listener; the two talk through memory alone: the one looks for the listener from time
 * to time, the other turns round until it is sent.  A thread and not a process, for exec ends it
 * and the program finds no child that it never made. */
#include "child/handover.h"

#include "base/sys.h"
#include "child/ops.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

enum {
	STACK = 64 * 1024,
	PAUSE_NANOSECONDS = 20000
};

void handover_fds(const struct child *c, int ret[HANDOVER_FDS])
{
	ret[0] = ret[1] = FD_NONE;
	for (size_t i = 0; i < c->plan->count; i++) {
		const struct plan_op *const op = &c->plan->ops[i];

		if (op->kind != PLAN_listener_helper)
			continue;
		ret[0] = c->slots[op->listener_helper.socket];
		ret[1] = c->slots[op->listener_helper.message];
	}
}

/* The first piece carries the descriptor; what a short buffer leaves over follows. */
static int send_all(int sock, int listener, const char *text, size_t size)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .align = { .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS,
			      .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct msghdr msg = { .msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };

	memcpy(CMSG_DATA(&control.align), &listener, sizeof(listener));
	for (size_t done = 0; done < size;) {
		struct iovec rest = { (char *)(uintptr_t)text + done, size - done };
		ssize_t rc;

		msg.msg_iov = &rest;
		msg.msg_iovlen = 1;
		rc = sendmsg(sock, &msg, MSG_NOSIGNAL);
		if (rc < 0 && errno != EINTR)
			return -errno;
		if (rc <= 0)
			continue;
		done += (size_t)rc;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
	return 0;
}

/* A fault of the thread's is the process's: it tells the parent, which the process itself may not
 * be able to, and ends both. */
static int helper(void *data)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NANOSECONDS };
	struct child *const c = data;
	struct handover *const h = &c->handover;
	int listener, rc;

	while ((listener = __atomic_load_n(&h->listener, __ATOMIC_ACQUIRE)) == FD_NONE)
		(void)nanosleep(&pause, NULL);
	rc = send_all(*h->sock, listener, h->text, h->size);
	if (rc < 0)
		child_fail(c, -rc);
	/* Held here as well, the listener would never be seen closed: a call would wait for ever
	 * for an agent that has died. */
	(void)close(listener);
	fd_close(h->sock);
	__atomic_store_n(&h->sent, true, __ATOMIC_RELEASE);
	(void)syscall(SYS_exit, 0);
	return 0;
}

int do_listener_helper(struct child *c, const struct plan_listener_helper *op)
{
	const struct sched_param plain = { 0 };
	struct handover *const h = &c->handover;
	struct stat st;
	char *stack;
	pid_t thread;

	if (fstat(c->slots[op->message], &st) < 0)
		return -errno;
	h->size = (size_t)st.st_size;
	h->text = mmap(NULL, h->size, PROT_READ, MAP_PRIVATE, c->slots[op->message], 0);
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
		-1, 0);
	if (h->text == MAP_FAILED || stack == MAP_FAILED)
		return -errno;
	h->sock = &c->slots[op->socket];
	h->listener = FD_NONE;
	thread = clone(helper, stack + STACK,
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		c);
	if (thread < 0)
		return -errno;
	/* With SCHED_FIFO it would never get the processor that we turn round on. */
	(void)sched_setscheduler(thread, SCHED_OTHER, &plain);
	return 0;
}

int do_listener_send(struct child *c, const struct plan_listener_send *op)
{
	__atomic_store_n(&c->handover.listener, c->slots[op->listener], __ATOMIC_RELEASE);
	c->slots[op->listener] = FD_NONE;
	while (!__atomic_load_n(&c->handover.sent, __ATOMIC_ACQUIRE))
		; /* no call: see above */
	return 0;
}
