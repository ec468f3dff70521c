/* Containers that are there: delete, and what other commands share with it. */
#include "lib/live.h"

#include "base/sys.h"
#include "parent/cgroup.h"
#include "parent/fuse.h"
#include "parent/resctrl.h"
#include "plan/hooks.h"
#include "state/look.h"
#include "state/salvage.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

void live_close(struct live *l)
{
	state_done(&l->dir);
	arena_done(&l->arena);
}

int live_open(struct crl *c, const char *id, int lock_ms, struct live *l, struct err *e)
{
	TRY(state_check_id(id, e));
	TRY(crl_open_root(c, false, e));
	TRY(state_open(c->root_fd, id, lock_ms, &l->dir, e));
	return 0;
}

int live_read(struct live *l, struct err *e)
{
	TRY(state_look(&l->dir, &l->arena, &l->record, &l->status, e));
	l->status = live_status(&l->record, l->status);
	return 0;
}

int live_find(struct crl *c, const char *id, struct live *l, int *ret_pidfd, struct err *e)
{
	int rc;

	TRY(live_open(c, id, STATE_NO_LOCK, l, e));
	TRY(state_read(&l->dir, &l->arena, &l->record, e));
	if (l->record.pid == 0)
		TRY(state_look(&l->dir, &l->arena, &l->record, &l->status, e));
	if (l->record.pid == 0)
		return 0;
	l->status = l->record.phase;
	rc = state_pidfd(&l->record, ret_pidfd, e);
	if (rc == -ESRCH)
		l->status = STATE_STOPPED;
	return rc == -ESRCH ? 0 : rc;
}

enum state_status live_status(const struct state_record *r, enum state_status status)
{
	AUTO_FD dir = FD_NONE;

	if (status != STATE_CREATED && status != STATE_RUNNING)
		return status;
	if (r->cgroup_inode != 0)
		dir = cgroup_open(r->cgroup, r->cgroup_inode);
	return dir >= 0 && cgroup_is_frozen(dir) ? STATE_PAUSED : status;
}

int live_cgroup(const struct live *l, const char *verb, int *ret, struct err *e)
{
	const struct state_record *const r = &l->record;
	int dir;

	if (r->cgroup_inode == 0) {
		(void)err_set(e, ENOTSUP, POS_NONE,
			"cannot %s container \"%s\": the container is not using cgroups: it has no "
			"cgroup of its own",
			verb, r->id);
		return err_hint(e,
			"for a plain user: have a cgroup delegated before it is made, systemd-run "
			"--user --scope -p Delegate=yes COMMAND");
	}
	dir = cgroup_open(r->cgroup, r->cgroup_inode);
	if (dir < 0)
		return err_sys(e, -dir, POS_NONE, "cannot %s container \"%s\": its cgroup \"%s\"",
			verb, r->id, r->cgroup);
	*ret = dir;
	return 0;
}

int live_not_running(const char *verb, const char *id, struct err *e)
{
	return err_set(e, ESRCH, POS_NONE,
		"cannot %s container \"%s\": container not running: No such process", verb, id);
}

int live_hooks(struct live *l, struct err *e)
{
	const struct spec_config *config;

	TRY(crl_config(&l->dir, &l->record, &l->arena, &config, e));
	l->options = (struct plan_options){ .id = l->record.id, .bundle = l->record.bundle };
	l->hooks.arena = &l->arena;
	return plan_hooks_left(config, &l->options, &l->hooks, e);
}

void live_await_end(const struct live *l, int timeout_ms)
{
	struct err ignored = { 0 };
	AUTO_FD pidfd = FD_NONE;
	struct pollfd p = { .events = POLLIN };

	if (state_pidfd(&l->record, &pidfd, &ignored) < 0)
		return; /* it has ended */
	p.fd = pidfd;
	(void)poll(&p, 1, timeout_ms);
}

int live_end(const struct live *l, struct err *e)
{
	AUTO_FD pidfd = FD_NONE;
	struct pollfd p = { .events = POLLIN };
	int rc;

	if (l->record.pid == 0)
		return 0;
	rc = state_pidfd(&l->record, &pidfd, e);
	if (rc == -ESRCH)
		return 0;
	TRY(rc);
	rc = sys_pidfd_send_signal(pidfd, SIGKILL);
	if (rc < 0 && rc != -ESRCH)
		return err_sys(e, -rc, POS_NONE, "cannot kill container \"%s\"", l->record.id);
	p.fd = pidfd;
	rc = poll(&p, 1, END_MS);
	if (rc == 0 && l->record.fuse_pid != 0) {
		/* a question that fuse-overlayfs has read and not answered holds it */
		TRY(live_end_fuse(&l->record, e));
		rc = poll(&p, 1, END_MS);
	}
	if (rc <= 0)
		return err_set(e, EBUSY, POS_NONE,
			"container \"%s\": process %d does not end after SIGKILL", l->record.id,
			(int)l->record.pid);
	return 0;
}

int live_end_fuse(const struct state_record *r, struct err *e)
{
	struct state_record server = *r; /* the same boot, another process */
	AUTO_FD pidfd = FD_NONE;
	int rc;

	if (r->fuse_pid == 0)
		return 0;
	server.pid = r->fuse_pid;
	server.start = r->fuse_start;
	rc = state_pidfd(&server, &pidfd, e);
	if (rc == -ESRCH) {
		*e = (struct err){ 0 };
		return 0;
	}
	TRY(rc);
	rc = fuse_finish(pidfd);
	if (rc == 0)
		return 0;
	return err_sys(e, -rc, POS_NONE,
		"container \"%s\": fuse-overlayfs, process %d, does not end", r->id,
		(int)r->fuse_pid);
}

int crl_remove(struct crl *c, struct state_dir *d, const struct state_record *r,
	const struct plan *hooks, struct err *e)
{
	const struct resctrl_made made = { r->rdt_made ? r->rdt_group : NULL, r->rdt_monitor, r->id,
		r->pid };

	TRY(live_end_fuse(r, e));
	TRY(resctrl_remove(&made, e));
	if (r->cgroup != NULL && r->cgroup[0] != '\0')
		TRY(cgroup_remove(r->cgroup, (int)r->cgroup_levels, r->cgroup_inode, e));
	if (hooks != NULL)
		crl_poststop(c, hooks);
	return state_remove(d, e);
}

static bool may_delete(enum state_status status)
{
	return status == STATE_STOPPED || status == STATE_CREATED;
}

/* The poststop hooks, NULL when there are none; what cannot be read does not keep a container. */
static const struct plan *stop_hooks(struct crl *c, struct live *l)
{
	struct err why = { 0 };

	if ((l->record.hooks & STATE_HOOKS_POSTSTOP) == 0)
		return NULL;
	if (live_hooks(l, &why) == 0)
		return &l->hooks;
	(void)err_add(&why, "no poststop hook is run");
	crl_tell(&c->settings, CRL_WARNING, why.at, why.text);
	return NULL;
}

/* One whose record is damaged, or of another version: what can be read of it is ended and removed,
 * and then its directory. */
static int delete_broken(struct crl *c, struct live *l, struct err *e)
{
	(void)err_add(e, "deleted without a whole record, something of it may be left");
	crl_tell(&c->settings, CRL_WARNING, POS_NONE, e->text);
	*e = (struct err){ 0 };
	state_salvage(&l->dir, &l->arena, &l->record);
	TRY(live_end(l, e));
	return crl_remove(c, &l->dir, &l->record, NULL, e);
}

/* Under the lock a directory without a record is what a killed `create` has left, or what one has
 * just made and not locked yet: that one comes first, when it is given a moment. */
static int read_settled(struct live *l, struct err *e)
{
	int rc = live_read(l, e);

	if (rc != -ENODATA)
		return rc;
	state_unlock(&l->dir);
	(void)!live_read(l, e); /* waits for that one; what is there then is read under the lock */
	*e = (struct err){ 0 };
	TRY(state_lock(&l->dir, STATE_LOCK_MS, e));
	return live_read(l, e);
}

static int delete_one(struct crl *c, const char *id, bool force, struct err *e)
{
	AUTO_LIVE l = LIVE_NONE;
	int rc = live_open(c, id, STATE_LOCK_MS, &l, e);

	if (rc == -ENOENT && force)
		return 0;
	TRY(rc);
	rc = read_settled(&l, e);
	if (rc < 0 && !l.dir.locked)
		return rc == -ENOENT && force ? 0 : rc;
	/* We hold the lock, so nobody is at work here: a record that is missing was left by a
	 * command that was killed before it had made anything else. */
	if (rc == -ENODATA)
		return state_remove(&l.dir, e);
	if (rc < 0 && force)
		return delete_broken(c, &l, e);
	TRY(rc);
	if (!force && !may_delete(l.status))
		return err_set(e, EBUSY, POS_NONE,
			"cannot delete container %s that is not stopped: %s (the container `%s` is not "
			"in `created` or `stopped` state)",
			id, state_status_word(l.status), id);
	TRY(live_end(&l, e));
	return crl_remove(c, &l.dir, &l.record, stop_hooks(c, &l), e);
}

int crl_delete(struct crl *c, const char *id, bool force, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(delete_one(c, id, force, &e), &e, error);
}
