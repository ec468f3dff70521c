/* Mounts of a container that is there.  Changes nothing of what is known of the container, and
 * takes no lock: what the container makes somebody wait for keeps no other command waiting. */
#include "crun-lite/mounts.h"

#include "base/sys.h"
#include "host/target.h"
#include "lib/config_file.h"
#include "lib/findings.h"
#include "lib/live.h"
#include "parent/parent.h"
#include "parent/relay.h"
#include "plan/hot.h"
#include "spec/change.h"

#include <signal.h>
#include <string.h>

struct mounting {
	struct crl *crl;
	const char *id;
	const struct crl_mounts_options *o;
	struct live live;
	struct spec_config config; /* the container's, with the mounts of the file */
	struct host_facts host;
	struct plan_target target;
	struct plan_options options;
	struct plan plan;
	struct parent parent;
	int target_fd; /* pidfd of the container's first process */
};

static void mounting_done(struct mounting *m)
{
	fd_close(&m->target_fd);
	parent_done(&m->parent);
	live_close(&m->live);
}

#define AUTO_MOUNTING __attribute__((cleanup(mounting_done))) struct mounting
#define MOUNTING(c, id_, o_)                                                                 \
	{                                                                                    \
		.target_fd = FD_NONE, .crl = (c), .id = (id_), .o = (o_), .live = LIVE_NONE, \
		.parent = {                                                                  \
			PARENT_NO_FDS                                                        \
		}                                                                            \
	}

/* --- what shall be ---------------------------------------------------------------------------- */

static int find(struct mounting *m, struct err *e)
{
	struct live *const l = &m->live;

	TRY(live_find(m->crl, m->id, l, &m->target_fd, e));
	if (l->status == STATE_STOPPED)
		return live_not_running("change the mounts of", m->id, e);
	if (l->status == STATE_CREATING || l->record.pid == 0)
		return err_set(e, EBUSY, POS_NONE,
			"cannot change the mounts of container \"%s\": it is still being made",
			m->id);
	return 0;
}

static int read_mounts(struct mounting *m, struct err *e)
{
	struct arena *const a = &m->live.arena;
	struct spec_report report = { .arena = a, .errors_only = true };
	const struct spec_config *config, *given;
	struct state_bytes text;

	TRY(config_file_read_any(m->o->file, a, &text, e));
	if (spec_read_mounts(text.text, text.size, &report, &given) < 0) {
		findings_tell(&report, &m->crl->settings);
		return report.no_memory ? err_set(e, ENOMEM, POS_NONE, "out of memory")
					: spec_report_err(&report, e);
	}
	TRY(crl_config(&m->live.dir, &m->live.record, a, &config, e));
	m->config = *config;
	m->config.mounts = given->mounts;
	return 0;
}

static int ask_host(struct mounting *m, struct err *e)
{
	struct arena *const a = &m->live.arena;
	const struct spec_process *const process = m->config.process;
	const struct host_target target = {
		.pid = (pid_t)m->live.record.pid, .cgroup = m->live.record.cgroup, .exact = true
	};
	const struct host_wish wish = { .cgroup_path = m->config.os->cgroupsPath.value,
		.cgroup_ns = arena_printf(a, "/proc/%d/ns/cgroup", (int)m->live.record.pid),
		.apparmor = spec_is_text(&process->apparmorProfile),
		.selinux = spec_is_text(&process->selinuxLabel) ||
			   spec_is_text(&m->config.os->mountLabel) };

	if (wish.cgroup_ns == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	TRY(host_probe(&wish, a, &m->host, e));
	return host_probe_target(&target, a, &m->host, e);
}

/* Places in the container's configuration do not go with the name of the file. */
static int forget_place(int rc, struct err *e)
{
	if (rc < 0 && strncmp(e->text, "mounts[", 7) != 0)
		e->at = POS_NONE;
	return rc;
}

static int make_plan(struct mounting *m, bool remove, struct err *e)
{
	const struct state_record *const r = &m->live.record;

	m->target = (struct plan_target){ .cgroup = r->cgroup,
		.status = state_status_word(m->live.status) };
	m->options = (struct plan_options){ .id = m->id,
		.bundle = r->bundle,
		.overlay = r->upper[0] != '\0',
		.target = &m->target };
	m->plan.arena = &m->live.arena;
	return forget_place((remove ? plan_mounts_remove : plan_mounts_add)(
				    &m->config, &m->host, &m->options, &m->plan, e),
		e);
}

static int prepare(struct mounting *m, bool remove, struct err *e)
{
	TRY(find(m, e));
	TRY(read_mounts(m, e));
	TRY(ask_host(m, e));
	TRY(make_plan(m, remove, e));
	TRY(parent_init(&m->parent, &m->plan, e));
	m->parent.slots[m->plan.target_slot] = fd_take(&m->target_fd);
	return 0;
}

/* --- doing it --------------------------------------------------------------------------------- */

static int make(struct mounting *m, bool remove, struct err *e)
{
	struct parent *const p = &m->parent;
	int code;

	TRY(prepare(m, remove, e));
	for (const struct plan_warning *w = m->plan.warnings; w != NULL; w = w->next)
		crl_tell(&m->crl->settings, CRL_WARNING, w->at, w->text);
	TRY(forget_place(parent_make(p, e), e));
	TRY(parent_release(p, e));
	TRY(parent_confirm(p, e));
	(void)!sys_wait_pidfd(p->pidfd, &code); /* it has said that all is done */
	p->pid = 0;
	return 0;
}

/* Signals wait until all is done, or taken back. */
static int make_blocked(struct mounting *m, bool remove, struct crl_error *error)
{
	struct err e = { 0 };
	sigset_t before;
	int rc = relay_block(&before, &e);

	if (rc < 0)
		return crl_fail(rc, &e, error);
	rc = make(m, remove, &e);
	relay_unblock(&before, m->parent.signal);
	return crl_fail(rc, &e, error);
}

int crl_mounts_add(
	struct crl *c, const char *id, const struct crl_mounts_options *o, struct crl_error *error)
{
	AUTO_MOUNTING m = MOUNTING(c, id, o);

	return make_blocked(&m, false, error);
}

int crl_mounts_remove(
	struct crl *c, const char *id, const struct crl_mounts_options *o, struct crl_error *error)
{
	AUTO_MOUNTING m = MOUNTING(c, id, o);

	return make_blocked(&m, true, error);
}

int crl_mounts_plan(struct crl *c, const char *id, const struct crl_mounts_options *o, char **ret,
	struct crl_error *error)
{
	AUTO_MOUNTING m = MOUNTING(c, id, o);
	struct err e = { 0 };
	int rc = prepare(&m, o->remove, &e);

	if (rc == 0)
		rc = crl_plan_text(&m.plan, o->json, ret, &e);
	return crl_fail(rc, &e, error);
}
