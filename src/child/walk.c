/* The walk of the child and its half of the hand-shake.  See child.h for what it may not do. */
#include "child/child.h"

#include "child/handover.h"
#include "child/look.h"
#include "child/ops.h"
#include "proto/proto.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* One handler a kind, NULL for the parent's; the call goes through the operation's own struct. */
#define ROW_CHILD(name)                                                  \
	static int run_##name(struct child *c, const struct plan_op *op) \
	{                                                                \
		return do_##name(c, &op->name);                          \
	}
#define ROW_PARENT(name)
#define ROW_BOTH(name)               ROW_CHILD(name)
#define OP(name, side, say, members) ROW_##side(name)
#include "spec/ops.def"
#undef OP
#undef ROW_CHILD
#undef ROW_PARENT

#define ROW_CHILD(name) [PLAN_##name] = run_##name,
#define ROW_PARENT(name)
#define OP(name, side, say, members) ROW_##side(name)
static int (*const handlers[PLAN_KINDS])(struct child *c, const struct plan_op *op) = {
#include "spec/ops.def"
};
#undef OP
#undef ROW_CHILD
#undef ROW_PARENT
#undef ROW_BOTH

static void flush_spent(struct child *c)
{
	while (c->spent_count > 0) {
		unsigned first = (unsigned)c->spent[0], last = first;

		/* the run of neighbours around the first of them */
		for (unsigned i = 0; i < c->spent_count; i++) {
			const unsigned fd = (unsigned)c->spent[i];

			if (fd + 1 != first && fd != last + 1)
				continue;
			first = fd < first ? fd : first;
			last = fd > last ? fd : last;
			i = 0; /* it has grown: look again at all */
		}
		(void)syscall(SYS_close_range, first, last, 0); /* cannot fail: first <= last */
		for (unsigned i = 0; i < c->spent_count;)
			if ((unsigned)c->spent[i] >= first && (unsigned)c->spent[i] <= last)
				c->spent[i] = c->spent[--c->spent_count];
			else
				i++;
	}
}

void child_spend(struct child *c, int *fd)
{
	if (*fd < 0)
		return;
	if (c->spent_count == ARRAY_LEN(c->spent))
		flush_spent(c);
	c->spent[c->spent_count++] = fd_take(fd);
}

int child_recv(struct child *c, struct proto_msg *ret, int *ret_fd)
{
	for (;;) {
		TRY(proto_recv(c->sock, ret, ret_fd));
		if (ret->kind != PROTO_DONE || ret->op >= c->at ||
			c->plan->ops[ret->op].kind != PLAN_net_make)
			return 0;
		c->net_made = true;
	}
}

int do_parent_done(struct child *c, const struct plan_parent_done *op)
{
	struct proto_msg m;
	AUTO_FD fd = FD_NONE;

	(void)op; /* its words are for people */
	TRY(child_recv(c, &m, &fd));
	return m.kind == PROTO_DONE && m.op == c->at ? 0 : -EPROTO;
}

int do_child_done(struct child *c, const struct plan_child_done *op)
{
	(void)op;
	return proto_send(c->sock, &(struct proto_msg){ .kind = PROTO_DONE, .op = c->at }, FD_NONE);
}

int do_map_ids(struct child *c, const struct plan_map_ids *op)
{
	TRY(proto_send(c->sock, &(struct proto_msg){ .kind = PROTO_TREE, .op = c->at },
		c->slots[op->tree]));
	return do_parent_done(c, NULL);
}

/* A detached mount that the parent has made. */
static int take_tree(struct child *c, int into)
{
	struct proto_msg m;
	AUTO_FD tree = FD_NONE;

	TRY(child_recv(c, &m, &tree));
	if (m.kind != PROTO_TREE || m.op != c->at)
		return -EPROTO;
	return child_fill(c, into, fd_take(&tree));
}

int do_image(struct child *c, const struct plan_image *op)
{
	return take_tree(c, op->into);
}

int do_given_tree(struct child *c, const struct plan_given_tree *op)
{
	return take_tree(c, op->into);
}

void child_made(struct child *c, struct look_made *made)
{
	struct proto_msg m = { .kind = PROTO_MADE,
		.op = c->at,
		.error = (int32_t)made->from,
		.how = (int32_t)made->leaf };

	if (made->dir < 0)
		return;
	memcpy(m.detail, made->path, sizeof(m.detail));
	(void)!proto_send(c->sock, &m, made->dir);
	child_spend(c, &made->dir);
}

int do_born(struct child *c, const struct plan_born *op)
{
	(void)op;
	return do_child_done(c, NULL);
}

int do_release(struct child *c, const struct plan_release *op)
{
	const bool told = op->at_once == 0;

	if (told)
		TRY(do_parent_done(c, NULL));
	/* A runtime that has ended has closed its end.  One that takes its program with it may have
	 * done so between its word and our asking for the signal: nobody would ever send that. */
	return !told || c->plan->dies_with_runtime ? proto_peer(c->sock) : 0;
}

void child_report(struct child *c, struct proto_msg *m)
{
	const struct plan_op *const op = &c->plan->ops[c->at];

	if (c->sock != FD_NONE || c->plan->report_slot == SLOT_NONE)
		return;
	m->version = PROTO_VERSION;
	m->op = m->kind == PROTO_FAILED ? (uint32_t)op->kind : (uint32_t)op->hook_inside.number;
	(void)!write(c->slots[c->plan->report_slot], m, sizeof(*m)); /* it may have gone away */
}

_Noreturn void child_fail(struct child *c, int error)
{
	struct proto_msg m = { .kind = PROTO_FAILED, .op = c->at, .error = error };

	if (c->plan->hot)
		child_take_back(c);
	if (c->hook_failed) {
		m.kind = PROTO_HOOK;
		m.error = c->hook_error;
		m.how = c->hook_how;
	}
	memcpy(m.detail, c->detail, sizeof(m.detail));
	m.detail[sizeof(m.detail) - 1] = '\0';
	if (c->sock == FD_NONE && c->plan->report_slot != SLOT_NONE)
		child_report(c, &m);
	else if (c->sock == FD_NONE) /* only the program's own stderr is left to tell */
		(void)!dprintf(STDERR_FILENO, "crun-lite: container's process: %s: %s\n",
			plan_kind_name(c->plan->ops[c->at].kind), strerror(error));
	else
		(void)!proto_send(c->sock, &m, FD_NONE); /* a parent that is gone hears nothing */
	_exit(1);
}

/* By a call that no profile forbids.  What was open before us, and what we have opened, is
 * close-on-exec all the same. */
static void close_one_by_one(unsigned first, unsigned last)
{
	enum {
		OPENED_MAX = 1024 /* more than any plan opens */
	};

	for (unsigned fd = first; fd <= last && fd < first + OPENED_MAX; fd++)
		(void)close((int)fd);
}

static int close_from_to(bool singly, unsigned first, unsigned last)
{
	if (first > last)
		return 0;
	if (!singly)
		return syscall(SYS_close_range, first, last, 0) < 0 ? -errno : 0;
	close_one_by_one(first, last);
	return 0;
}

int child_close_but(bool singly, unsigned first, const int *keep, size_t count, unsigned last)
{
	for (;;) {
		unsigned next = last;

		for (size_t i = 0; i < count; i++)
			if (keep[i] >= (int)first && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next == last)
			return close_from_to(singly, first, last);
		if (next > first)
			TRY(close_from_to(singly, first, next - 1));
		first = next + 1;
	}
}

int child_slot(const struct child *c, int slot)
{
	return slot == SLOT_NONE ? FD_NONE : c->slots[slot];
}

/* What only the parent needs is closed first of all: its end of the pair, or its death would not be
 * seen; the state directory, whose lock would outlive it; the cgroup. */
static void close_inherited(const struct child *c)
{
	enum {
		FIXED = 8,
		ENTERED = 2 /* kinds of namespaces that are entered here: plan/namespaces.c */
	};
	int keep[FIXED + HANDOVER_FDS + ENTERED] = { c->sock, c->parent_pidfd, c->slots[SLOT_FIFO],
		c->slots[SLOT_FILTER], child_slot(c, c->plan->hook_slots[0]),
		child_slot(c, c->plan->hook_slots[1]), child_slot(c, c->plan->report_slot),
		child_slot(c, c->plan->target_slot) };
	size_t count = FIXED + HANDOVER_FDS;

	handover_fds(c, keep + FIXED);
	for (size_t i = 0; i < c->plan->count && count < ARRAY_LEN(keep); i++)
		if (c->plan->ops[i].kind == PLAN_ns_enter)
			keep[count++] = c->slots[c->plan->ops[i].ns_enter.from];
	(void)!child_close_but(c->plan->close_singly, 3 + (unsigned)c->plan->options->preserve_fds,
		keep, count,
		(unsigned)c->sock - 1); /* what is left is closed once more before the program */
}

void child_main(struct child *c)
{
	close_inherited(c);
	for (c->at = 0; c->at < c->plan->count; c->at++) {
		const struct plan_op *const op = &c->plan->ops[c->at];
		int rc;

		if (handlers[op->kind] == NULL)
			continue;
		plan_time_begin(c->times, c->at);
		rc = handlers[op->kind](c, op);
		if (rc < 0)
			child_fail(c, -rc);
		plan_time_end(c->times, c->at);
	}
	child_fail(c, ENOEXEC); /* a plan ends with exec */
}
