/* The walk of the parent, and its half of the hand-shake. */
#include "parent/parent.h"

#include "base/proc.h"
#include "base/sys.h"
#include "parent/cgroup.h"
#include "parent/console.h"
#include "parent/exec.h"
#include "parent/fuse.h"
#include "parent/hooks.h"
#include "parent/made.h"
#include "parent/ops.h"
#include "parent/relay.h"
#include "parent/spawn.h"
#include "plan/explain.h"
#include "plan/hooks.h"
#include "proto/proto.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ROW_PARENT(name)                                                                 \
	static int run_##name(struct parent *p, const struct plan_op *op, struct err *e) \
	{                                                                                \
		return do_##name(p, &op->name, e);                                       \
	}
#define ROW_CHILD(name)
#define ROW_BOTH(name)
#define OP(name, side, say, members) ROW_##side(name)
#include "spec/ops.def"
#undef OP
#undef ROW_PARENT
#undef ROW_BOTH

static int run_parent_done(struct parent *p, const struct plan_op *op, struct err *e);
static int run_child_done(struct parent *p, const struct plan_op *op, struct err *e);
static int run_map_ids(struct parent *p, const struct plan_op *op, struct err *e);
static int run_release(struct parent *p, const struct plan_op *op, struct err *e);
static int run_born(struct parent *p, const struct plan_op *op, struct err *e);
static int run_image(struct parent *p, const struct plan_op *op, struct err *e);
static int run_given_tree(struct parent *p, const struct plan_op *op, struct err *e);
static int run_fuse_serve(struct parent *p, const struct plan_op *op, struct err *e);
static int run_fuse_ready(struct parent *p, const struct plan_op *op, struct err *e);

#define ROW_PARENT(name)             [PLAN_##name] = run_##name,
#define ROW_BOTH(name)               ROW_PARENT(name)
#define OP(name, side, say, members) ROW_##side(name)
static int (*const handlers[PLAN_KINDS])(
	struct parent *p, const struct plan_op *op, struct err *e) = {
#include "spec/ops.def"
};
#undef OP
#undef ROW_PARENT
#undef ROW_CHILD
#undef ROW_BOTH

int parent_init(struct parent *ret, const struct plan *p, struct err *e)
{
	*ret = (struct parent){ .plan = p, PARENT_NO_FDS };
	ret->slots = arena_array(p->arena, (size_t)p->slots, sizeof(int));
	if (ret->slots == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	for (int i = 0; i < p->slots; i++)
		ret->slots[i] = FD_NONE;
	TRY(hooks_prepare(ret, e));
	if (p->seccomp == NULL)
		return 0;
	/* made before the clone, so that both sides hold it */
	ret->slots[SLOT_FILTER] = memfd_create("seccomp", MFD_CLOEXEC);
	if (ret->slots[SLOT_FILTER] < 0)
		return err_sys(e, errno, POS_NONE,
			"cannot make room for the seccomp filter: memfd_create");
	return 0;
}

void parent_done(struct parent *p)
{
	for (int i = 0; p->slots != NULL && i < p->plan->slots; i++)
		fd_close(&p->slots[i]);
	fd_close(&p->pidfd);
	fd_close(&p->sock);
	fd_close(&p->console);
	fd_close(&p->master);
	fd_close(&p->host_net);
	fuse_close(&p->fuse);
	fd_close(&p->fuse_users);
	parent_net_close(p);
	made_forget(p);
}

/* The child has gone without a word: what it died of is all there is to tell. */
static int explain_death(struct parent *p, struct err *e)
{
	int code = 0;

	(void)!sys_pidfd_send_signal(p->pidfd, SIGKILL); /* for one that only closed its socket */
	(void)!sys_wait_pidfd(p->pidfd, &code);          /* reaped already: nothing to add */
	p->pid = 0;
	return plan_explain_death(p->plan, p->next, code,
		code == 128 + SIGKILL && cgroup_was_oom(p->slots[SLOT_CGROUP]), e);
}

static int take_master(struct parent *p, int fd)
{
	int rc;

	p->master = fd;
	if (p->console == FD_NONE) {
		relay_ready(fd);
		return 0;
	}
	rc = console_send(p->console, fd);
	if (rc < 0) /* EPIPE would mean that the child is gone, and it is not */
		return rc == -EPIPE ? -ECONNRESET : rc;
	fd_close(&p->master); /* the receiver's from now on, and nobody else's */
	return 0;
}

/* The next message that is neither the terminal nor of something made, and the descriptor that came
 * along. */
static int next_with_fd(struct parent *p, struct proto_msg *ret, int *ret_fd)
{
	for (;;) {
		TRY(exec_heed_signals(p));
		TRY(proto_recv(p->sock, ret, ret_fd));
		if (ret->kind == PROTO_MADE) {
			made_note(p, ret, ret_fd);
			fd_close(ret_fd);
			continue;
		}
		if (ret->kind != PROTO_MASTER)
			return 0;
		TRY(take_master(p, fd_take(ret_fd)));
	}
}

/* The same where none is awaited.  *ret may be of kind DONE or FAILED. */
static int next_message(struct parent *p, struct proto_msg *ret)
{
	AUTO_FD fd = FD_NONE;

	return next_with_fd(p, ret, &fd);
}

static bool is_failure(const struct proto_msg *m)
{
	return m->kind == PROTO_FAILED || m->kind == PROTO_HOOK;
}

/* Why the child could not go on, in its own words. */
static int explain_message(const struct parent *p, const struct proto_msg *m, struct err *e)
{
	struct plan_hook_end end = { .error = m->error, .how = m->how };

	if (m->kind != PROTO_HOOK)
		return plan_explain(p->plan, m->op, m->error, m->detail, e);
	(void)snprintf(end.output, sizeof(end.output), "%s", m->detail);
	return plan_explain_hook(p->plan, m->op, &end, e);
}

/* Why the child could not go on, in its own words, or by its death. */
static int last_words(struct parent *p, struct err *e)
{
	struct proto_msg m;
	int rc;

	do {
		rc = next_message(p, &m);
	} while (rc == 0 && !is_failure(&m));
	if (rc < 0 && rc != -EPIPE)
		return rc;
	if (rc < 0 || m.op >= p->plan->count)
		return explain_death(p, e);
	return explain_message(p, &m, e);
}

static int call_idle(struct parent *p, struct err *e)
{
	int (*const idle)(void *data, struct err *e) = p->idle;

	p->idle = NULL;
	return idle != NULL ? idle(p->data, e) : 0;
}

static int run_child_done(struct parent *p, const struct plan_op *op, struct err *e)
{
	struct proto_msg m;

	(void)op;
	TRY(call_idle(p, e));
	TRY(hooks_await(p, e));
	TRY(next_message(p, &m));
	if (is_failure(&m) && m.op < p->plan->count)
		return explain_message(p, &m, e);
	if (m.kind != PROTO_DONE || m.op != p->next)
		return -EPROTO;
	return parent_net_restore(p);
}

/* The first word of what will be the program tells which process that is. */
static int run_born(struct parent *p, const struct plan_op *op, struct err *e)
{
	struct proto_msg m;
	AUTO_FD fd = FD_NONE;
	pid_t from;
	int rc;

	(void)op;
	do {
		rc = hooks_await_child(p);
		if (rc > 0)
			return exec_ended_by_signal(p, e);
		TRY(rc);
		TRY(proto_recv_from(p->sock, &m, &fd, &from));
		if (m.kind == PROTO_MASTER)
			TRY(take_master(p, fd_take(&fd)));
	} while (m.kind == PROTO_MASTER);
	TRY(exec_adopt(p, from));
	if (is_failure(&m) && m.op < p->plan->count)
		return explain_message(p, &m, e);
	return m.kind == PROTO_DONE && m.op == p->next ? 0 : -EPROTO;
}

static int run_parent_done(struct parent *p, const struct plan_op *op, struct err *e)
{
	(void)op;
	(void)e;
	return proto_send(p->sock,
		&(struct proto_msg){ .kind = PROTO_DONE, .op = (uint32_t)p->next }, FD_NONE);
}

/* A descriptor of the child's for the operation at hand. */
static int next_tree(struct parent *p, int *ret_fd, struct err *e)
{
	struct proto_msg m;

	TRY(next_with_fd(p, &m, ret_fd));
	if (is_failure(&m) && m.op < p->plan->count)
		return explain_message(p, &m, e);
	return m.kind == PROTO_TREE && m.op == p->next ? 0 : -EPROTO;
}

static int run_map_ids(struct parent *p, const struct plan_op *op, struct err *e)
{
	AUTO_FD tree = FD_NONE;

	TRY(next_tree(p, &tree, e));
	TRY(parent_map_ids(p, &op->map_ids, tree, e));
	return run_parent_done(p, op, e);
}

static int send_tree(const struct parent *p, int tree)
{
	return proto_send(
		p->sock, &(struct proto_msg){ .kind = PROTO_TREE, .op = (uint32_t)p->next }, tree);
}

static int run_image(struct parent *p, const struct plan_op *op, struct err *e)
{
	AUTO_FD tree = FD_NONE;

	TRY(parent_image(p, &op->image, &tree, e));
	return send_tree(p, tree);
}

static int run_given_tree(struct parent *p, const struct plan_op *op, struct err *e)
{
	AUTO_FD tree = parent_given_tree(&op->given_tree);

	(void)e;
	return tree < 0 ? tree : send_tree(p, tree);
}

static int run_fuse_serve(struct parent *p, const struct plan_op *op, struct err *e)
{
	AUTO_FD device = FD_NONE;

	TRY(next_tree(p, &device, e));
	return parent_fuse_start(p, &op->fuse_serve, device, e);
}

static int run_fuse_ready(struct parent *p, const struct plan_op *op, struct err *e)
{
	struct proto_msg m;
	int rc = fuse_await(&p->fuse, p->sock, op->fuse_ready.seconds);

	if (rc == 0)
		rc = next_message(p, &m);
	if (rc == 0 && is_failure(&m) && m.op < p->next)
		return explain_message(p, &m, e);
	if (rc == 0 && m.kind == PROTO_FAILED)
		rc = -m.error;
	if (rc < 0 && rc != -EPIPE)
		return parent_fuse_explain(p, rc, e);
	return rc < 0 || (m.kind == PROTO_DONE && m.op == p->next) ? rc : -EPROTO;
}

static int run_release(struct parent *p, const struct plan_op *op, struct err *e)
{
	return op->release.at_once != 0 ? 0 : run_parent_done(p, op, e);
}

static void stepped(struct parent *p)
{
	if (p->stepped != NULL)
		p->stepped(p->watcher, p->pid);
}

/* Carries out one operation; an errno without words gets those of the plan. */
static int step(struct parent *p, struct err *e)
{
	const struct plan_op *const op = &p->plan->ops[p->next];
	int rc;

	if (handlers[op->kind] == NULL)
		return 0;
	e->code = 0;
	plan_time_begin(p->times.parent, p->next);
	rc = handlers[op->kind](p, op, e);
	if (rc >= 0)
		plan_time_end(p->times.parent, p->next);
	stepped(p);
	if (rc == -EPIPE && p->sock != FD_NONE && e->code == 0)
		rc = last_words(p, e); /* the other side is gone, and knows better */
	if (rc == -EINTR && p->signal > 0 && e->code == 0)
		rc = exec_ended_by_signal(p, e);
	else if (rc < 0 && e->code == 0)
		rc = plan_explain(p->plan, p->next, -rc, "", e);
	else if (rc < 0 && e->at.line == 0)
		e->at = op->at;
	return rc;
}

int parent_make(struct parent *p, struct err *e)
{
	for (; p->next < p->plan->count; p->next++) {
		int rc;

		if (p->plan->ops[p->next].kind == PLAN_release)
			return 0;
		rc = step(p, e);
		if (rc < 0) {
			parent_undo(p, e);
			return rc;
		}
	}
	must(false); /* every plan has a release */
	return -EINVAL;
}

int parent_release(struct parent *p, struct err *e)
{
	const int rc = step(p, e);

	if (rc < 0)
		parent_undo(p, e);
	return rc;
}

/* A filter may forbid execve, and to tell of that, too.  Its socket is then closed by its end. */
static bool is_filtered_away(const struct parent *p)
{
	struct proc_stat now;

	return p->plan->seccomp != NULL && proc_stat(p->pid, &now) == 0 && now.forked;
}

int parent_confirm(struct parent *p, struct err *e)
{
	struct proto_msg m;
	int rc = hooks_await(p, e);

	if (rc == 0)
		rc = next_message(p, &m);
	if (rc == -EPIPE) /* closed by exec */
		plan_time_end(p->times.child, p->plan->count - 1);
	stepped(p);
	if (rc == -EPIPE && !is_filtered_away(p)) {
		made_forget(p);
		parent_net_close(p);
		return 0;
	}
	if (rc == -EPIPE)
		rc = explain_death(p, e);
	else if (rc == 0 && is_failure(&m) && m.op < p->plan->count)
		rc = explain_message(p, &m, e);
	else if (rc == -EAGAIN)
		rc = plan_explain(p->plan, p->next, EAGAIN, "", e); /* agent_limit is over */
	else if (e->code == 0)
		rc = err_sys(e, rc < 0 ? -rc : EPROTO, POS_NONE,
			"cannot understand the container's first process");
	parent_undo(p, e);
	return rc;
}
