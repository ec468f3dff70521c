/* Letting the program of a created container go. */
#include "lib/live.h"

#include "parent/notify.h"
#include "plan/hooks.h"
#include "proto/proto.h"
#include "state/kept.h"

#include <poll.h>
#include <stdio.h>

/* Why the process could not become the program, in the words of the plan or, for what is no hook,
 * those of the kind of operation. */
static int explain_report(const struct live *l, const struct proto_msg *m, struct err *e)
{
	struct plan_hook_end end = { .error = m->error, .how = m->how };

	if (m->kind == PROTO_FAILED && m->op < PLAN_KINDS)
		return err_sys(e, m->error, POS_NONE,
			"cannot start container \"%s\": its process failed at \"%s\"", l->record.id,
			plan_kind_name((enum plan_kind)m->op));
	if (m->kind != PROTO_HOOK)
		return err_set(e, EPROTO, POS_NONE,
			"cannot start container \"%s\": its process told what cannot be",
			l->record.id);
	(void)snprintf(end.output, sizeof(end.output), "%s", m->detail);
	return plan_explain_hook(&l->hooks, m->op, &end, e);
}

/* The next message; 0: there is none, the process has become the program or is gone. */
static int read_report(const struct live *l, int report, struct proto_msg *ret, struct err *e)
{
	struct pollfd p = { .fd = report, .events = POLLIN };
	ssize_t rc;

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, POS_NONE, "cannot wait for container \"%s\"",
				l->record.id);
	rc = read(report, ret, sizeof(*ret));
	if (rc > 0 && (rc != sizeof(*ret) || !proto_is_message(ret)))
		ret->kind = PROTO_KINDS;
	return rc > 0;
}

/* How many of the hooks that are left run before the program. */
static size_t count_first(const struct live *l)
{
	size_t count = 0;

	for (size_t i = 0; i < l->hooks.count; i++)
		count += l->hooks.ops[i].kind == PLAN_hook_inside;
	return count;
}

/* Waits until the process has become the program, which closes its end, or says why not. */
static int await_report(const struct live *l, int report, struct err *e)
{
	struct proto_msg m;
	size_t done = 0;
	int rc;

	while ((rc = read_report(l, report, &m, e)) > 0 && m.kind == PROTO_DONE)
		done++;
	if (rc < 0 || (rc == 0 && done == count_first(l)))
		return rc;
	live_await_end(l, END_MS);
	if (rc > 0)
		return explain_report(l, &m, e);
	return err_set(e, EPIPE, l->hooks.ops[done].at,
		"%s: the container \"%s\" has ended meanwhile", l->hooks.ops[done].path,
		l->record.id);
}

static int has_stopped(const char *id, struct err *e)
{
	return err_set(e, EINVAL, POS_NONE,
		"cannot start a container that has stopped: container `%s` is not running", id);
}

/* Somebody may have killed it since we looked: then nobody waits, but it may not be dead yet. */
static int let_go(struct live *l, struct err *e)
{
	const int rc = state_fifo_release(&l->dir, e);

	if (rc == -ENXIO)
		live_await_end(l, KILLED_MS);
	if (rc != -ENXIO || live_read(l, e) < 0 || l->status != STATE_STOPPED)
		return rc;
	*e = (struct err){ 0 };
	return has_stopped(l->dir.id, e);
}

/* The container's first hooks, its program, and the hooks after its start. */
static int release(struct crl *c, struct live *l, struct err *e)
{
	AUTO_FD report = FD_NONE;
	struct err ignored = { 0 };
	int rc;

	if ((l->record.hooks & (STATE_HOOKS_START | STATE_HOOKS_POSTSTART)) != 0) {
		TRY(live_hooks(l, e));
		TRY(state_report_open(&l->dir, &report, e));
	}
	/* First the record: a program that runs must not look like one that can be started. */
	l->record.phase = STATE_RUNNING;
	TRY(state_write(&l->dir, &l->record, e));
	TRY(let_go(l, e));
	if (report != FD_NONE)
		TRY(await_report(l, report, e));
	if ((l->record.hooks & STATE_HOOKS_POSTSTART) == 0)
		return 0;
	rc = crl_poststart(&l->hooks, (pid_t)l->record.pid, e);
	if (rc < 0 && live_end(l, &ignored) == 0) /* runtime-spec 1.3: stopped and destroyed */
		(void)!crl_remove(c, &l->dir, &l->record, &l->hooks, &ignored);
	return rc;
}

/* Where its program says that it is ready, if it was made so that it can, and somebody waits. */
static int make_notify(struct crl *c, const struct live *l, struct notify *n, struct err *e)
{
	const char *const address = c->settings.notify_socket;
	AUTO_FD dir = FD_NONE;

	if (address == NULL)
		return 0;
	TRY(notify_check(address, e));
	TRY(state_notify_open(&l->dir, &dir, e));
	if (dir == FD_NONE)
		return 0;
	TRY(notify_connect(address, n, e));
	n->main = (pid_t)l->record.pid;
	return notify_bind(dir, n, e);
}

/* Other commands on the container need not wait meanwhile. */
static void await_ready(struct crl *c, struct live *l, struct notify *n, int pidfd)
{
	if (n->sock == FD_NONE)
		return;
	state_unlock(&l->dir);
	crl_tell_notify(c, -notify_wait(n, pidfd, NULL));
}

static int release_and_wait(struct crl *c, struct live *l, struct notify *n, struct err *e)
{
	AUTO_FD pidfd = FD_NONE;

	TRY(make_notify(c, l, n, e));
	if (n->sock != FD_NONE)
		TRY(state_pidfd(&l->record, &pidfd, e));
	TRY(release(c, l, e));
	await_ready(c, l, n, pidfd);
	return 0;
}

static int start(struct crl *c, const char *id, struct err *e)
{
	__attribute__((cleanup(notify_done))) struct notify n = NOTIFY_NONE;
	AUTO_LIVE l = LIVE_NONE;

	TRY(live_open(c, id, STATE_LOCK_MS, &l, e));
	TRY(live_read(&l, e));
	if (l.status == STATE_RUNNING)
		return err_set(e, EBUSY, POS_NONE,
			"cannot start an already running container: \"%s\"", id);
	if (l.status == STATE_PAUSED)
		return err_set(e, EBUSY, POS_NONE,
			"cannot start a container in the paused state: \"%s\"", id);
	if (l.status != STATE_CREATED)
		return has_stopped(id, e);
	return release_and_wait(c, &l, &n, e);
}

int crl_start(struct crl *c, const char *id, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(start(c, id, &e), &e, error);
}
