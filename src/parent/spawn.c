/* The clone, and the joining of namespaces before it.
 *
 * Without namespaces to join one clone3 makes the child.  With some, a helper that shares our
 * memory and descriptors (and stops us meanwhile, as vfork does) joins them and makes the child as
 * our own (CLONE_PARENT): joining is not to be undone, so it must not happen to ourselves. */
#include "parent/spawn.h"

#include "base/sys.h"
#include "child/child.h"
#include "parent/exec.h"
#include "parent/ops.h"
#include "plan/explain.h"
#include "proto/proto.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

enum {
	JOIN_STACK = 128 * 1024,
	STATUS_SIZE = 8192
};

struct spawn {
	struct parent *parent;
	struct child child;
	struct clone_args args;
	pid_t pid;
	int error;        /* errno value of the helper */
	size_t failed_at; /* number of the operation that failed in it */
};

/* Signals that the caller ignores: they would stay ignored over exec. */
static int read_ignored(uint64_t *ret)
{
	char text[STATUS_SIZE];
	const ssize_t rc = sys_read_text(AT_FDCWD, "/proc/self/status", text, sizeof(text));
	const char *line;

	if (rc < 0)
		return (int)rc;
	line = strstr(text, "\nSigIgn:");
	if (line == NULL)
		return -EPROTO;
	*ret = strtoull(line + strlen("\nSigIgn:"), NULL, 16);
	return 0;
}

static bool has_op(const struct plan *plan, enum plan_kind kind)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->ops[i].kind == kind)
			return true;
	return false;
}

int do_ns_join(struct parent *p, const struct plan_ns_join *op, struct err *e)
{
	const int fd = openat(AT_FDCWD, op->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	(void)e;
	/* Opened now, so that a wrong path is told before anything is made; joined by spawn. */
	p->slots[op->into] = fd < 0 ? FD_NONE : fd;
	return fd < 0 ? -errno : 0;
}

/* Joins those of the plan's namespaces that are not joined yet: user namespaces only, or all but
 * them.
 * tolerate  an errno that leaves one for later; 0: none */
static int join_some(struct spawn *s, bool user, int tolerate, uint64_t *joined)
{
	const struct plan *const plan = s->parent->plan;

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_op *const op = &plan->ops[i];

		if (op->kind != PLAN_ns_join || op->ns_join.by_child != 0 ||
			(*joined & op->ns_join.flag) != 0 ||
			(op->ns_join.flag == CLONE_NEWUSER) != user)
			continue;
		if (setns(s->parent->slots[op->ns_join.into], (int)op->ns_join.flag) == 0) {
			*joined |= op->ns_join.flag;
		} else if (errno != tolerate) {
			s->failed_at = i;
			return -errno;
		}
	}
	return 0;
}

/* All joins of the plan.  The rights for some may come from our own user namespace, for others from
 * the joined one, so what is refused before is tried again after. */
static int join_all(struct spawn *s)
{
	const bool has_user = (s->parent->plan->joined_ns & CLONE_NEWUSER) != 0;
	uint64_t joined = 0;

	TRY(join_some(s, false, has_user ? EPERM : 0, &joined));
	TRY(join_some(s, true, 0, &joined));
	return join_some(s, false, 0, &joined);
}

static int clone_child(struct spawn *s)
{
	const pid_t pid = sys_clone3(&s->args, sizeof(s->args));

	if (pid == 0)
		child_main(&s->child);
	s->pid = pid;
	return pid < 0 ? pid : 0;
}

static int join_and_clone(void *arg)
{
	struct spawn *const s = arg;
	int rc = join_all(s);

	if (rc == 0) {
		s->failed_at = s->parent->next;
		s->args.flags |= CLONE_PARENT;
		s->args.exit_signal = 0;
		rc = clone_child(s);
	}
	s->error = -rc;
	_exit(0);
}

/* The helper lives until the child is made, on a stack of its own. */
static int spawn_joined(struct spawn *s)
{
	char *const stack = mmap(NULL, JOIN_STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t helper;
	int rc = 0;

	if (stack == MAP_FAILED)
		return -errno;
	helper = clone(join_and_clone, stack + JOIN_STACK,
		CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, s);
	if (helper < 0 || waitpid(helper, NULL, 0) < 0)
		rc = -errno;
	(void)munmap(stack, JOIN_STACK);
	return rc < 0 ? rc : -s->error;
}

/* In namespaces that others live in already somebody may look at the child before it is the
 * program: it must not be traceable while it still holds the host's root and ids (CVE-2016-9962).
 * The child's copy of the setting lasts until exec. */
static int spawn_guarded(struct spawn *s)
{
	int rc;

	if ((s->parent->plan->joined_ns & (CLONE_NEWUSER | CLONE_NEWPID)) == 0)
		return spawn_joined(s);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	rc = spawn_joined(s);
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* what it was before */
	return rc;
}

/* What both sides know before there is a child.
 * ret_theirs  the child's end of the connection, the caller's to close */
static int prepare(struct spawn *s, int me, int *ret_theirs)
{
	struct parent *const p = s->parent;
	int pair[2];

	TRY(proto_pair(pair));
	p->sock = pair[0];
	*ret_theirs = pair[1];
	s->child = (struct child){
		.plan = p->plan,
		.slots = p->slots,
		.sock = pair[1],
		.parent_pidfd = me,
		.times = p->times.child,
	};
	TRY(read_ignored(&s->child.ignored));
	/* children of a process that ignores SIGCHLD cannot be waited for */
	if ((s->child.ignored >> (SIGCHLD - 1) & 1) != 0 && signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return -errno;
	return 0;
}

int do_spawn(struct parent *p, const struct plan_spawn *op, struct err *e)
{
	struct spawn s = { .parent = p, .failed_at = p->next };
	AUTO_FD theirs = FD_NONE;
	AUTO_FD me = FD_NONE;
	int rc;

	if (has_op(p->plan, PLAN_net_join)) {
		me = sys_pidfd_open(getpid());
		if (me < 0)
			return me;
	}
	TRY(prepare(&s, me, &theirs));
	s.args = (struct clone_args){
		.flags = op->flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND |
			 (op->into_cgroup != 0 ? (uint64_t)CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)&p->pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = op->into_cgroup != 0 ? (uint64_t)(unsigned)p->slots[SLOT_CGROUP] : 0,
	};
	rc = has_op(p->plan, PLAN_ns_join) ? spawn_guarded(&s) : clone_child(&s);
	if (rc < 0 && s.failed_at != p->next)
		return plan_explain(p->plan, s.failed_at, -rc, "", e);
	if (rc < 0)
		return rc;
	p->pid = s.pid;
	p->spawned = true;
	return 0;
}

/* The child walks its list in our memory: with a stack and slots of its own. */
static int prepare_shared(struct spawn *s)
{
	const size_t size = (size_t)s->parent->plan->slots * sizeof(int);
	void *const stack = mmap(NULL, JOIN_STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return -errno;
	s->args.stack = (uint64_t)(uintptr_t)stack;
	s->args.stack_size = JOIN_STACK;
	s->child.slots = arena_alloc(s->parent->plan->arena, size);
	if (s->child.slots == NULL)
		return -ENOMEM;
	memcpy(s->child.slots, s->parent->slots, size);
	return 0;
}

static void run_child(void *child)
{
	child_main(child);
}

static int clone_into(struct spawn *s, int slot)
{
	struct clone_args *const args = &s->args;

	args->flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND |
		      (slot != SLOT_NONE ? (uint64_t)CLONE_INTO_CGROUP : 0);
	args->cgroup = slot != SLOT_NONE ? (uint64_t)(unsigned)s->parent->slots[slot] : 0;
	if (args->stack == 0)
		return clone_child(s);
	args->flags |= CLONE_VM | CLONE_VFORK;
	s->pid = sys_clone3_near(args, sizeof(*args), run_child, &s->child);
	return s->pid < 0 ? s->pid : 0;
}

int do_spawn_near(struct parent *p, const struct plan_spawn_near *op, struct err *e)
{
	struct spawn s = { .parent = p };
	const int yes = 1;
	AUTO_FD theirs = FD_NONE;
	int rc;

	(void)e;
	TRY(prepare(&s, FD_NONE, &theirs));
	/* the process that will be the program is told by its first message: see born */
	if (op->shared == 0 && setsockopt(p->sock, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0)
		return -errno;
	s.args = (struct clone_args){ .pidfd = (uint64_t)(uintptr_t)&p->pidfd,
		.exit_signal = SIGCHLD };
	rc = op->shared != 0 ? prepare_shared(&s) : 0;
	if (rc == 0)
		rc = clone_into(&s, op->cgroup);
	if ((rc == -EBUSY || rc == -EOPNOTSUPP) && op->with != 0 &&
		exec_use_cgroup_of(p, (pid_t)op->with) == 0)
		rc = clone_into(&s, op->cgroup);
	if (s.args.stack != 0) /* what was made on it is a copy */
		(void)munmap((void *)(uintptr_t)s.args.stack, JOIN_STACK);
	if (rc < 0)
		return rc;
	p->pid = s.pid;
	if (op->shared == 0)
		return 0;
	fd_close(&theirs);
	/* -EPIPE: it has said why */
	return s.child.appeared == 0 ? -EPIPE : exec_adopt(p, s.child.appeared);
}

int do_net_make(struct parent *p, const struct plan_net_make *op, struct err *e)
{
	(void)op;
	(void)e;
	p->host_net = openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (p->host_net < 0 || unshare(CLONE_NEWNET) < 0)
		return -errno;
	return proto_send(p->sock,
		&(struct proto_msg){ .kind = PROTO_DONE, .op = (uint32_t)p->next }, FD_NONE);
}

int parent_net_restore(struct parent *p)
{
	if (p->host_net == FD_NONE)
		return 0;
	if (setns(p->host_net, CLONE_NEWNET) < 0)
		return -errno;
	fd_close(&p->host_net);
	return 0;
}
