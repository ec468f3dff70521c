/* Making a container: the record first, then the plan, then its program.  Whatever fails, and
 * wherever we die, the record says what there is to remove. */
#include "lib/crl.h"

#include "base/proc.h"
#include "base/text.h"
#include "lib/job.h"
#include "lib/layers.h"
#include "lib/pid_file.h"
#include "parent/cgroup.h"
#include "parent/notify.h"
#include "parent/parent.h"
#include "parent/relay.h"
#include "plan/seccomp_names.h"
#include "state/kept.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* A container on its way. */
struct making {
	struct crl *crl;
	const char *id;
	const struct crl_options *o;
	struct job job;
	struct trace trace;
	struct state_dir dir;
	struct state_record record;
	struct parent parent;
	struct notify notify;
	enum state_status phase; /* to be reached: created or running */
	bool pid_file_written;
	int signal; /* that asked us to end; 0: none */
};

static void making_done(struct making *m)
{
	parent_done(&m->parent);
	notify_done(&m->notify);
	trace_done(&m->trace);
	state_done(&m->dir);
	job_done(&m->job);
}

#define AUTO_MAKING __attribute__((cleanup(making_done))) struct making

/* What is there before is not ours to remove. */
static void fill_rdt(const struct plan *p, struct state_record *r)
{
	r->rdt_group = p->rdt_group;
	r->rdt_made = p->rdt_make && access(p->rdt_group, F_OK) < 0;
	if (p->rdt_monitor != NULL && access(p->rdt_monitor, F_OK) < 0)
		r->rdt_monitor = p->rdt_monitor;
}

/* Names of all that is about to be made. */
static int fill_record(struct making *m, struct err *e)
{
	struct job *const j = &m->job;
	struct state_record *const r = &m->record;
	const char *const root = j->config->root->path.value;
	int levels = 0;

	r->id = m->id;
	r->bundle = j->bundle;
	r->rootfs = root[0] == '/' ? root : arena_printf(&j->arena, "%s/%s", j->bundle, root);
	r->cgroup = j->plan.cgroup == NULL
			    ? ""
			    : arena_printf(&j->arena, "%s%s", j->host.cgroup_root, j->plan.cgroup);
	if (r->rootfs == NULL || r->cgroup == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	r->manager = "cgroupfs";
	r->rootless = j->host.uid != 0;
	r->detached = j->options.detach;
	r->terminal = j->config->process->terminal.value;
	r->annotations = j->config->annotations;
	r->config = j->text;
	fill_rdt(&j->plan, r);
	r->hooks = crl_hooks(j->config);
	/* What is there before is not ours to kill: it stays without levels and inode until we have
	 * found it empty.  What is missing now is ours if it is found later. */
	if (r->cgroup[0] != '\0' && cgroup_missing(j->host.cgroup_root, r->cgroup, &levels) < 0)
		levels = 0;
	r->cgroup_levels = (uint64_t)levels;
	return layers_note(&j->plan, r, e);
}

/* Who serves the root, if it is not the kernel. */
static int note_fuse(struct making *m, struct err *e)
{
	const pid_t pid = m->parent.fuse.pid;
	struct proc_stat stat;
	int rc;

	if (pid == 0)
		return 0;
	rc = proc_stat(pid, &stat);
	if (rc < 0)
		return err_sys(
			e, -rc, POS_NONE, "cannot look at fuse-overlayfs, process %d", (int)pid);
	m->record.fuse_pid = (uint64_t)pid;
	m->record.fuse_start = stat.start;
	return 0;
}

/* What there is to write down, while the child is at work: the record of a container that stands,
 * which takes its place when it does. */
static int write_ahead(void *data, struct err *e)
{
	struct making *const m = data;
	struct proc_stat stat;
	const int rc = proc_stat(m->parent.pid, &stat);

	if (rc < 0)
		return err_sys(e, -rc, POS_NONE, "cannot look at the container's process");
	m->record.pid = (uint64_t)m->parent.pid;
	m->record.start = stat.start;
	m->record.phase = m->phase;
	m->record.cgroup_inode = m->parent.cgroup_inode;
	m->record.rdt_made = m->parent.rdt_made;
	TRY(note_fuse(m, e));
	return state_prepare(&m->dir, &m->record, e);
}

static int tell_unknown_calls(struct making *m, struct err *e)
{
	const struct spec_seccomp *const s = m->job.config->os->seccomp;
	struct seccomp_place at = { 0 };
	const struct spec_str *name;

	for (; s != NULL && (name = plan_seccomp_unknown(s, &at)) != NULL; at.name++) {
		char shown[TEXT_SHOWN];
		const char *const text = arena_printf(&m->job.arena,
			"linux.seccomp.syscalls[%zu].names[%zu]: unknown seccomp syscall \"%s\": "
			"skipped",
			at.rule, at.name,
			text_escape(shown, sizeof(shown), name->value, strlen(name->value)));

		if (text == NULL)
			return err_set(e, ENOMEM, name->at, "out of memory");
		crl_tell(&m->crl->settings, CRL_DEBUG, name->at, text);
	}
	return 0;
}

/* Asked to end meanwhile?  In the foreground the program itself is told, once it runs. */
static int look_for_end(struct making *m, struct err *e)
{
	const struct timespec now = { 0 };
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGHUP);
	m->signal = sigtimedwait(&ends, NULL, &now);
	if (m->signal <= 0)
		return 0;
	return err_set(e, EINTR, POS_NONE, "container \"%s\" is not made: ended by signal %d",
		m->id, m->signal);
}

/* Where the container's program says that it is ready.  The socket of a created one is made by
 * `start`, who then waits at it. */
static int make_notify(struct making *m, struct err *e)
{
	AUTO_FD dir = FD_NONE;

	TRY(state_notify_make(&m->dir, &dir, e));
	return m->phase == STATE_RUNNING ? notify_bind(dir, &m->notify, e) : 0;
}

/* Everything up to the program's release. */
static int make_steps(struct making *m, struct err *e)
{
	struct parent *const p = &m->parent;

	if (m->job.plan.notify)
		TRY(make_notify(m, e));
	TRY(parent_init(p, &m->job.plan, e));
	p->idle = write_ahead;
	p->data = m;
	TRY(trace_watch(&m->trace, &m->parent, e));
	if (m->job.options.wait_start)
		TRY(state_fifo_make(&m->dir, &p->slots[SLOT_FIFO], e));
	if (m->job.plan.report_slot != SLOT_NONE)
		TRY(state_report_make(&m->dir, &p->slots[m->job.plan.report_slot], e));
	TRY(parent_make(p, e));
	if (m->phase == STATE_CREATED || m->job.options.detach)
		TRY(look_for_end(m, e));
	TRY(state_commit(&m->dir, e));
	if (m->o->pid_file != NULL) {
		TRY(pid_file_write(m->o->pid_file, p->pid, e));
		m->pid_file_written = true;
	}
	return parent_release(p, e);
}

static int start_steps(struct making *m, struct err *e)
{
	int rc = make_steps(m, e);

	if (rc == 0 && m->phase == STATE_RUNNING)
		rc = parent_confirm(&m->parent, e);
	if (rc == 0 && m->phase == STATE_RUNNING)
		rc = parent_hooks(&m->parent, "poststart", NULL, NULL, e);
	if (m->parent.signal > 0)
		m->signal = m->parent.signal;
	if (rc < 0) {
		struct err ignored = { 0 };

		parent_undo(&m->parent, e);
		if (m->parent.spawned)
			crl_poststop(m->crl, &m->job.plan);
		if (m->pid_file_written)
			(void)unlink(m->o->pid_file); /* nobody is there any more */
		(void)!state_remove(
			&m->dir, &ignored); /* the first failure is the one that is told */
	}
	return rc;
}

/* Makes a container; on failure nothing is left of it. */
static int make(struct making *m, bool detach, struct err *e)
{
	struct job *const j = &m->job;

	TRY(state_check_id(m->id, e));
	j->options.id = m->id;
	j->options.state_dir = arena_printf(&j->arena, "%s/%s", m->crl->root.path, m->id);
	if (j->options.state_dir == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	j->options.detach = detach;
	j->options.wait_start = m->phase == STATE_CREATED;
	j->settings = &m->crl->settings;
	j->trace = &m->trace;
	TRY(trace_start(&m->trace, j->settings, m->id, e));
	TRY(job_load(j, m->o, NULL, e));
	for (const struct plan_warning *w = j->plan.warnings; w != NULL; w = w->next)
		crl_tell(&m->crl->settings, CRL_WARNING, w->at, w->text);
	if (m->crl->settings.debug)
		TRY(tell_unknown_calls(m, e));
	if (m->job.plan.notify && m->phase == STATE_RUNNING)
		TRY(notify_connect(j->settings->notify_socket, &m->notify, e));
	trace_phase(&m->trace, "write the record");
	TRY(crl_open_root(m->crl, true, e));
	TRY(fill_record(m, e));
	TRY(state_create(m->crl->root_fd, &j->arena, &m->record, &m->dir, e));
	trace_phase(&m->trace, NULL);
	return start_steps(m, e);
}

#define MAKING(c, id_, o_, phase_)                                                            \
	{                                                                                     \
		.crl = (c), .id = (id_), .o = (o_), .phase = (phase_), .dir = STATE_DIR_NONE, \
		.notify = NOTIFY_NONE, .trace = TRACE_NONE, .parent = {                       \
			PARENT_NO_FDS                                                         \
		}                                                                             \
	}

/* Other commands on the container, and signals to us, need not wait meanwhile.
 * before  the caller's signal mask */
static void await_ready(struct making *m, const sigset_t *before)
{
	if (m->notify.sock == FD_NONE)
		return;
	m->notify.main = m->parent.pid;
	state_unlock(&m->dir);
	fd_close(&m->parent.sock);
	crl_tell_notify(m->crl, -notify_wait(&m->notify, m->parent.pidfd, before));
}

/* Makes a container and leaves it to itself.  Signals wait until it is made or undone. */
static int make_and_leave(struct making *m, struct err *e)
{
	sigset_t before;
	int rc = relay_block(&before, e);

	if (rc < 0)
		return rc;
	rc = make(m, true, e);
	if (rc == 0)
		await_ready(m, &before);
	trace_write(&m->trace);
	relay_unblock(&before, m->signal);
	return rc;
}

int crl_create(struct crl *c, const char *id, const struct crl_options *o, struct crl_error *error)
{
	AUTO_MAKING m = MAKING(c, id, o, STATE_CREATED);
	struct err e = { 0 };

	return crl_fail(make_and_leave(&m, &e), &e, error);
}

int crl_run_detached(
	struct crl *c, const char *id, const struct crl_options *o, struct crl_error *error)
{
	AUTO_MAKING m = MAKING(c, id, o, STATE_RUNNING);
	struct err e = { 0 };

	return crl_fail(make_and_leave(&m, &e), &e, error);
}

/* The end of a program in the foreground. */
static int finish(struct making *m, struct err *e)
{
	if (m->o->keep)
		return 0;
	TRY(state_lock(&m->dir, STATE_LOCK_MS, e));
	return crl_remove(m->crl, &m->dir, &m->record, &m->job.plan, e);
}

static int run(struct making *m, int *ret_status, struct err *e)
{
	struct relay_job job = { .notify = NULL };
	int rc;

	TRY(make(m, false, e));
	/* In a pid namespace of its own orphans go to its first process; else they come to us. */
	if (!m->o->no_subreaper && (m->job.plan.new_ns & CLONE_NEWPID) == 0)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* known since Linux 3.4 */
	state_unlock(&m->dir);
	fd_close(&m->parent.sock);
	trace_aside(&m->trace, "run the program");
	job = (struct relay_job){ m->parent.pid, m->parent.pidfd, &m->parent.master,
		m->notify.sock != FD_NONE ? &m->notify : NULL };
	/* what a manager watches is us: we end when all is cleaned up, with the program's status */
	if (job.notify != NULL)
		job.notify->main = getpid();
	rc = relay_run(&job, ret_status, e);
	crl_tell_notify(m->crl, m->notify.error);
	if (rc < 0) {
		struct err ignored = { 0 };

		parent_undo(&m->parent, e);
		(void)!finish(m, &ignored); /* the first failure is the one that is told */
		return rc;
	}
	trace_aside(&m->trace, "remove the container");
	rc = finish(m, e);
	/* somebody else's `delete --force` was first */
	return rc == -ENOENT ? 0 : rc;
}

int crl_run(struct crl *c, const char *id, const struct crl_options *o, int *ret_status,
	struct crl_error *error)
{
	AUTO_MAKING m = MAKING(c, id, o, STATE_RUNNING);
	struct err e = { 0 };
	sigset_t before;
	int rc = relay_block(&before, &e);

	if (rc < 0)
		return crl_fail(rc, &e, error);
	rc = run(&m, ret_status, &e);
	trace_write(&m.trace);
	relay_unblock(&before, 0);
	return crl_fail(rc, &e, error);
}
