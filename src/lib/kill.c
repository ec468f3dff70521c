/* Signals to a container: to its first process, or to all of its cgroup.  Takes no lock: a `create`
 * that hangs can be ended too.  Removes nothing. */
#include "lib/live.h"

#include "base/sys.h"
#include "parent/cgroup.h"

#include <sched.h>
#include <signal.h>

/* With a pid namespace of its own the kernel ends all with the first process; without, they would
 * live on, and SIGKILL means all. */
static bool shares_pids(const struct live *l)
{
	AUTO_ARENA arena = { 0 };
	const struct spec_config *config;
	const struct spec_namespace *ns;
	struct err ignored = { 0 }; /* nothing is known: then only the one that is named */

	if (crl_config(&l->dir, &l->record, &arena, &config, &ignored) < 0)
		return false;
	ns = spec_namespace_find(config, CLONE_NEWPID);
	return ns == NULL || (ns->path.value != NULL && ns->path.value[0] != '\0');
}

static int kill_first(const struct live *l, int sig, struct err *e)
{
	AUTO_FD pidfd = FD_NONE;
	int rc;

	if (l->status == STATE_STOPPED || l->record.pid == 0)
		return -ESRCH;
	rc = state_pidfd(&l->record, &pidfd, e);
	if (rc < 0)
		return rc;
	rc = sys_pidfd_send_signal(pidfd, sig);
	if (rc < 0 && rc != -ESRCH)
		return err_sys(e, -rc, POS_NONE, "cannot signal container \"%s\"", l->record.id);
	if (rc == 0 && sig == SIGKILL)
		live_await_end(l, KILLED_MS);
	return rc;
}

/* Everybody in the cgroup, also when the first process is gone; and that one wherever it is. */
static int kill_all(const struct live *l, int sig, struct err *e)
{
	struct err ignored = { 0 };
	const int rc = cgroup_signal(l->record.cgroup, l->record.cgroup_inode, sig);

	if (rc < 0)
		return err_sys(
			e, -rc, POS_NONE, "cannot signal all of container \"%s\"", l->record.id);
	if (sig == SIGKILL) {
		(void)!kill_first(l, sig, &ignored); /* has nearly always ended already */
		cgroup_await_end(l->record.cgroup, l->record.cgroup_inode, KILLED_MS);
	}
	return 0;
}

static int kill_one(struct crl *c, const char *id, int sig, bool all, struct err *e)
{
	AUTO_LIVE l = LIVE_NONE;
	int rc;

	TRY(live_open(c, id, STATE_NO_LOCK, &l, e));
	TRY(live_read(&l, e));
	if (cgroup_is_populated(l.record.cgroup, l.record.cgroup_inode) &&
		(all || (sig == SIGKILL && shares_pids(&l))))
		return kill_all(&l, sig, e);
	rc = kill_first(&l, sig, e);
	if (rc != -ESRCH)
		return rc;
	*e = (struct err){ 0 };
	return all ? 0 : live_not_running("signal", id, e);
}

int crl_kill(struct crl *c, const char *id, int sig, bool all, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(kill_one(c, id, sig, all, &e), &e, error);
}
