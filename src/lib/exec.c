/* A further process in a container that is there.  Changes nothing of what is known of the
 * container, and takes no lock: two at the same time are no matter, nor is a `kill` meanwhile. */
#include "lib/exec_process.h"
#include "lib/job.h"
#include "lib/listen.h"
#include "lib/live.h"
#include "lib/trace.h"

#include "base/sys.h"
#include "host/target.h"
#include "lib/pid_file.h"
#include "parent/cgroup.h"
#include "parent/parent.h"
#include "parent/relay.h"
#include "plan/exec.h"
#include "state/look.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* An exec on its way. */
struct exec {
	struct crl *crl;
	const char *id;
	const struct crl_exec_options *o;
	struct live live;
	struct trace trace;
	struct spec_config config; /* the container's, with the process that shall be */
	struct host_facts host;
	struct plan_target target;
	struct plan_options options;
	struct plan plan;
	struct parent parent;
	int target_fd; /* pidfd of the container's first process */
	bool detach;
	bool pid_file_written;
};

static void exec_done(struct exec *x)
{
	fd_close(&x->target_fd);
	trace_done(&x->trace);
	parent_done(&x->parent);
	live_close(&x->live);
}

#define AUTO_EXEC __attribute__((cleanup(exec_done))) struct exec
#define EXEC(c, id_, o_, detach_)                                                              \
	{                                                                                      \
		.target_fd = FD_NONE, .crl = (c), .id = (id_), .o = (o_), .detach = (detach_), \
		.live = LIVE_NONE, .trace = TRACE_NONE, .parent = {                            \
			PARENT_NO_FDS                                                          \
		}                                                                              \
	}

/* --- what shall be ---------------------------------------------------------------------------- */

static int check_status(const struct exec *x, struct err *e)
{
	const struct state_record *const r = &x->live.record;
	AUTO_FD cgroup = FD_NONE;

	if (x->live.status == STATE_STOPPED)
		return err_set(e, ESRCH, POS_NONE,
			"cannot exec in a stopped container: the container `%s` is not running",
			x->id);
	if (x->live.status == STATE_CREATING || r->pid == 0)
		return err_set(e, EBUSY, POS_NONE,
			"cannot exec in container \"%s\": it is still being made", x->id);
	if (x->o->ignore_paused || r->cgroup[0] == '\0')
		return 0;
	cgroup = cgroup_open(r->cgroup, r->cgroup_inode);
	if (cgroup < 0 || !cgroup_stands_still(cgroup))
		return 0;
	(void)err_set(e, EBUSY, POS_NONE,
		"cannot exec in a paused container: the container `%s` is paused", x->id);
	return err_hint(e, "resume it first, or give --ignore-paused to have the process wait");
}

static int read_process(struct exec *x, struct err *e)
{
	struct arena *const a = &x->live.arena;
	const struct spec_config *config;
	const struct spec_process *process;

	if (x->o->process != NULL && x->o->args != NULL)
		return err_set(e, EINVAL, POS_NONE,
			"exec: the file of --process holds the command: give none beside it");
	if (x->o->process == NULL && (x->o->args == NULL || x->o->args[0] == NULL))
		return err_set(e, EINVAL, POS_NONE,
			"exec: no command: give one behind the container's id, or --process FILE");
	TRY(crl_config(&x->live.dir, &x->live.record, a, &config, e));
	process = config->process;
	if (x->o->process != NULL)
		TRY(exec_process_read(x->o->process, a, &x->crl->settings, &process, e));
	x->config = *config;
	return exec_process_change(process, x->o, a, &x->config.process, e);
}

static int ask_host(struct exec *x, struct err *e)
{
	const struct host_target target = { .pid = (pid_t)x->live.record.pid,
		.cgroup = x->live.record.cgroup };
	struct host_wish wish = { .no_cgroup = true, .resctrl = x->config.os->intelRdt != NULL };

	job_wish_process(x->config.process, &wish);
	TRY(host_probe(&wish, &x->live.arena, &x->host, e));
	return host_probe_target(&target, &x->live.arena, &x->host, e);
}

/* Places in the container's configuration do not go with the name of another file. */
static int forget_place(const struct exec *x, int rc, struct err *e)
{
	if (rc < 0 && x->o->process != NULL && strncmp(e->text, "process", 7) != 0)
		e->at = POS_NONE;
	return rc;
}

static int make_plan(struct exec *x, struct err *e)
{
	const struct crl_exec_options *const o = x->o;

	x->target = (struct plan_target){ .cgroup = x->live.record.cgroup,
		.below = o->cgroup,
		.status = state_status_word(x->live.status),
		.may_wait = o->ignore_paused };
	x->options = (struct plan_options){ .id = x->id,
		.bundle = x->live.record.bundle,
		.pid_file = o->pid_file != NULL,
		.detach = x->detach,
		.console_socket = o->console_socket,
		.pidfd_socket = o->pidfd_socket,
		.seccomp_receiver = o->seccomp_receiver,
		.target = &x->target };
	TRY(listen_settle(x->config.process,
		&(struct listen_given){ o->preserve_fds, o->listen_fds, o->listen_names },
		&x->options, e));
	x->plan.arena = &x->live.arena;
	return forget_place(x, plan_exec(&x->config, &x->host, &x->options, &x->plan, e), e);
}

static void tell_warnings(const struct exec *x)
{
	for (const struct plan_warning *w = x->plan.warnings; w != NULL; w = w->next)
		crl_tell(&x->crl->settings, CRL_WARNING, w->at, w->text);
}

/* Everything up to the plan, and what its operations find in their slots. */
static int prepare(struct exec *x, struct err *e)
{
	TRY(live_find(x->crl, x->id, &x->live, &x->target_fd, e));
	TRY(check_status(x, e));
	TRY(read_process(x, e));
	TRY(ask_host(x, e));
	TRY(make_plan(x, e));
	TRY(parent_init(&x->parent, &x->plan, e));
	x->parent.slots[x->plan.target_slot] = fd_take(&x->target_fd);
	return 0;
}

/* --- doing it --------------------------------------------------------------------------------- */

static int make_steps(struct exec *x, struct err *e)
{
	struct parent *const p = &x->parent;

	TRY(parent_make(p, e));
	if (x->o->pid_file != NULL) {
		TRY(pid_file_write(x->o->pid_file, p->pid, e));
		x->pid_file_written = true;
	}
	TRY(parent_release(p, e));
	return parent_confirm(p, e);
}

static int make(struct exec *x, struct err *e)
{
	int rc;

	TRY(trace_start(&x->trace, &x->crl->settings, x->id, e));
	trace_phase(&x->trace, "look at the container, and plan");
	TRY(prepare(x, e));
	trace_phase(&x->trace, NULL);
	tell_warnings(x);
	TRY(trace_watch(&x->trace, &x->parent, e));
	rc = make_steps(x, e);
	trace_write(&x->trace);
	if (rc < 0) {
		parent_undo(&x->parent, e);
		if (x->pid_file_written)
			(void)unlink(x->o->pid_file); /* nobody is there any more */
	}
	return forget_place(x, rc, e);
}

static int run(struct exec *x, int *ret_status, struct err *e)
{
	int rc = make(x, e);
	const struct relay_job job = { x->parent.pid, x->parent.pidfd, &x->parent.master, NULL };

	if (rc < 0 || x->detach)
		return rc;
	fd_close(&x->parent.sock);
	rc = relay_run(&job, ret_status, e);
	if (rc < 0)
		parent_undo(&x->parent, e);
	return rc;
}

/* Signals wait until there is a process that they can be passed on to, or none any more. */
static int run_blocked(struct exec *x, int *ret_status, struct crl_error *error)
{
	struct err e = { 0 };
	sigset_t before;
	int rc = relay_block(&before, &e);

	if (rc < 0)
		return crl_fail(rc, &e, error);
	rc = run(x, ret_status, &e);
	relay_unblock(&before, x->parent.signal);
	return crl_fail(rc, &e, error);
}

int crl_exec(struct crl *c, const char *id, const struct crl_exec_options *o, int *ret_status,
	struct crl_error *error)
{
	AUTO_EXEC x = EXEC(c, id, o, false);

	return run_blocked(&x, ret_status, error);
}

int crl_exec_detached(
	struct crl *c, const char *id, const struct crl_exec_options *o, struct crl_error *error)
{
	AUTO_EXEC x = EXEC(c, id, o, true);

	return run_blocked(&x, NULL, error);
}

int crl_exec_plan(struct crl *c, const char *id, const struct crl_exec_options *o, char **ret,
	struct crl_error *error)
{
	AUTO_EXEC x = EXEC(c, id, o, o->detached);
	struct err e = { 0 };
	int rc = prepare(&x, &e);

	if (rc == 0)
		rc = crl_plan_text(&x.plan, o->json, ret, &e);
	return crl_fail(rc, &e, error);
}
