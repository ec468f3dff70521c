/* Stopping all processes of a container, and letting them go on.  Ends none. */
#include "lib/live.h"

#include "parent/cgroup.h"

static int freeze(const struct live *l, bool frozen, struct err *e)
{
	const char *const verb = frozen ? "pause" : "resume";
	AUTO_FD dir = FD_NONE;
	int rc;

	TRY(live_cgroup(l, verb, &dir, e));
	rc = cgroup_freeze(dir, frozen, END_MS);
	if (rc == 0)
		return 0;
	if (frozen) /* nothing half done: a thaw that comes later is as good */
		(void)!cgroup_freeze(dir, false, 0);
	(void)err_sys(e, -rc, POS_NONE, "cannot %s container \"%s\"", verb, l->record.id);
	if (rc == -ETIMEDOUT)
		return err_hint(e, frozen ? "a process of it waits for a device (state D in ps)"
					  : "a cgroup above it is frozen");
	return -e->code;
}

static int pause_one(struct crl *c, const char *id, struct err *e)
{
	AUTO_LIVE l = LIVE_NONE;

	TRY(live_open(c, id, STATE_LOCK_MS, &l, e));
	TRY(live_read(&l, e));
	if (l.status == STATE_PAUSED)
		return err_set(e, EBUSY, POS_NONE,
			"cannot pause container \"%s\": it is paused already: container not running",
			id);
	if (l.status != STATE_CREATED && l.status != STATE_RUNNING)
		return live_not_running("pause", id, e);
	return freeze(&l, true, e);
}

static int resume_one(struct crl *c, const char *id, struct err *e)
{
	AUTO_LIVE l = LIVE_NONE;

	TRY(live_open(c, id, STATE_LOCK_MS, &l, e));
	TRY(live_read(&l, e));
	if (l.status != STATE_PAUSED)
		return err_set(e, EINVAL, POS_NONE,
			"cannot resume container \"%s\": container not paused: it is %s", id,
			state_status_word(l.status));
	return freeze(&l, false, e);
}

int crl_pause(struct crl *c, const char *id, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(pause_one(c, id, &e), &e, error);
}

int crl_resume(struct crl *c, const char *id, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(resume_one(c, id, &e), &e, error);
}
