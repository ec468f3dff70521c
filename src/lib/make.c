/* Making a container: the record first, then the plan, then its program.  Whatever fails, and
 * wherever we die, the record says what there is to remove. */
#include "lib/crl.h"

#include "base/proc.h"
#include "lib/job.h"
#include "lib/pid_file.h"
#include "parent/cgroup.h"
#include "parent/parent.h"
#include "parent/relay.h"
#include "plan/print.h"

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
	struct state_dir dir;
	struct state_record record;
	struct parent parent;
};

static void making_done(struct making *m)
{
	parent_done(&m->parent);
	state_done(&m->dir);
	job_done(&m->job);
}

#define AUTO_MAKING __attribute__((cleanup(making_done))) struct making

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
	/* What is there before is not ours to kill; what is not, is ours if found later. */
	if (r->cgroup[0] != '\0' &&
		cgroup_look(j->host.cgroup_root, r->cgroup, &levels, &r->cgroup_inode) < 0)
		levels = 0;
	r->cgroup_levels = (uint64_t)levels;
	return 0;
}

static int write_config(struct making *m, struct err *e)
{
	return state_add(&m->dir, "config.json", m->job.text, e);
}

/* The record of a container that stands. */
static int record_made(struct making *m, enum state_status phase, struct err *e)
{
	struct proc_stat stat;
	const int rc = proc_stat(m->parent.pid, &stat);

	if (rc < 0)
		return err_sys(e, -rc, POS_NONE, "cannot look at the container's process");
	m->record.pid = (uint64_t)m->parent.pid;
	m->record.start = stat.start;
	m->record.phase = phase;
	m->record.cgroup_inode = m->parent.cgroup_inode;
	return state_write(&m->dir, &m->record, e);
}

static int tell_plan(struct making *m, struct err *e)
{
	const char *text;

	if (!m->crl->settings.debug)
		return 0;
	TRY(plan_print_text(&m->job.plan, &text, e));
	for (const char *line = text; *line != '\0';) {
		const size_t len = strcspn(line, "\n");
		const char *const one = arena_text(&m->job.arena, line, len);

		if (one == NULL)
			return err_set(e, ENOMEM, POS_NONE, "out of memory");
		crl_tell(m->crl, CRL_DEBUG, POS_NONE, one);
		line += len + (line[len] == '\n');
	}
	return 0;
}

/* Everything up to the program's release. */
static int make_steps(struct making *m, enum state_status phase, struct err *e)
{
	struct parent *const p = &m->parent;

	TRY(write_config(m, e));
	TRY(parent_init(p, &m->job.plan, e));
	if (m->job.options.wait_start)
		TRY(state_fifo_make(&m->dir, &p->slots[SLOT_FIFO], e));
	TRY(parent_make(p, e));
	TRY(record_made(m, phase, e));
	if (m->o->pid_file != NULL)
		TRY(pid_file_write(m->o->pid_file, p->pid, e));
	return parent_release(p, e);
}

static int start_steps(struct making *m, enum state_status phase, struct err *e)
{
	int rc = make_steps(m, phase, e);

	if (rc == 0 && phase == STATE_RUNNING)
		rc = parent_confirm(&m->parent, e);
	if (rc < 0) {
		struct err ignored = { 0 };

		parent_undo(&m->parent);
		if (m->o->pid_file != NULL && m->record.pid != 0)
			(void)unlink(m->o->pid_file); /* it may not have been written */
		(void)!state_remove(
			&m->dir, &ignored); /* the first failure is the one that is told */
	}
	return rc;
}

/* Makes a container; on failure nothing is left of it. */
static int make(struct making *m, enum state_status phase, bool detach, struct err *e)
{
	struct job *const j = &m->job;

	TRY(state_check_id(m->id, e));
	j->options.id = m->id;
	j->options.state_dir = arena_printf(&j->arena, "%s/%s", m->crl->root.path, m->id);
	if (j->options.state_dir == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	j->options.detach = detach;
	j->options.wait_start = phase == STATE_CREATED;
	TRY(job_load(j, m->o, NULL, e));
	for (const struct plan_warning *w = j->plan.warnings; w != NULL; w = w->next)
		crl_tell(m->crl, CRL_WARNING, w->at, w->text);
	TRY(tell_plan(m, e));
	TRY(crl_open_root(m->crl, true, e));
	TRY(fill_record(m, e));
	TRY(state_create(m->crl->root_fd, &j->arena, &m->record, &m->dir, e));
	return start_steps(m, phase, e);
}

#define MAKING(c, id_, o_)                                                             \
	{                                                                              \
		.crl = (c), .id = (id_), .o = (o_), .dir = STATE_DIR_NONE, .parent = { \
			.pidfd = FD_NONE,                                              \
			.sock = FD_NONE,                                               \
			.console = FD_NONE,                                            \
			.master = FD_NONE,                                             \
			.host_net = FD_NONE                                            \
		}                                                                      \
	}

int crl_create(struct crl *c, const char *id, const struct crl_options *o, struct crl_error *error)
{
	AUTO_MAKING m = MAKING(c, id, o);
	struct err e = { 0 };

	return crl_fail(make(&m, STATE_CREATED, true, &e), &e, error);
}

int crl_run_detached(
	struct crl *c, const char *id, const struct crl_options *o, struct crl_error *error)
{
	AUTO_MAKING m = MAKING(c, id, o);
	struct err e = { 0 };

	return crl_fail(make(&m, STATE_RUNNING, true, &e), &e, error);
}

/* The end of a program in the foreground. */
static int finish(struct making *m, struct err *e)
{
	if (m->o->keep)
		return 0;
	TRY(state_lock(&m->dir, STATE_LOCK_MS, e));
	return crl_remove(&m->dir, &m->record, e);
}

static int run(struct making *m, int *ret_status, struct err *e)
{
	int rc;

	TRY(make(m, STATE_RUNNING, false, e));
	/* In a pid namespace of its own orphans go to its first process; else they come to us. */
	if (!m->o->no_subreaper && (m->job.plan.new_ns & CLONE_NEWPID) == 0)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* known since Linux 3.4 */
	state_unlock(&m->dir);
	fd_close(&m->parent.sock);
	rc = relay_run(m->parent.pid, m->parent.pidfd, m->parent.master, ret_status, e);
	if (rc < 0)
		return rc;
	rc = finish(m, e);
	/* somebody else's `delete --force` was first */
	return rc == -ENOENT ? 0 : rc;
}

int crl_run(struct crl *c, const char *id, const struct crl_options *o, int *ret_status,
	struct crl_error *error)
{
	AUTO_MAKING m = MAKING(c, id, o);
	struct err e = { 0 };
	sigset_t before;
	int rc = relay_block(&before, &e);

	if (rc < 0)
		return crl_fail(rc, &e, error);
	rc = run(&m, ret_status, &e);
	(void)sigprocmask(SIG_SETMASK, &before, NULL); /* cannot fail: it was valid before */
	return crl_fail(rc, &e, error);
}
