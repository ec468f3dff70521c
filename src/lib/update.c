/* Other limits for a container that is there.  First all is decided and the new configuration lies
 * beside the old one; then the kernel is asked; what fails leaves all as before. */
#include "crun-lite/update.h"
#include "lib/live.h"

#include "base/json_out.h"
#include "base/sys.h"
#include "parent/cgroup.h"
#include "parent/stats.h"
#include "parent/update.h"
#include "plan/update.h"
#include "spec/change.h"
#include "state/kept.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

struct change {
	struct crl *crl;
	const struct crl_update_options *o;
	struct live *live;
	struct arena *arena; /* of live */
	struct state_bytes text;
	const struct spec_config *config; /* as it is kept */
	const struct spec_resources *resources,
		*merged; /* what changes; all of it.  NULL: nothing */
	const struct spec_intel_rdt *rdt, *merged_rdt;
	struct host_facts host;
	struct spec_config new_config;
	struct spec_linux new_linux;
};

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

/* Warnings of a report go to the log; *e gets the first error. */
static int tell_report(const struct change *k, const struct spec_report *r, struct err *e)
{
	const struct spec_finding *f = NULL;

	TRY(spec_report_err(r, e));
	while ((f = spec_report_next(r, f, SPEC_WARNING)) != NULL) {
		const char *const text = arena_printf(k->arena, "%s: %s", f->path, f->text);

		if (text == NULL)
			return no_memory(e);
		crl_tell(&k->crl->settings, CRL_WARNING, f->at, text);
	}
	return r->no_memory ? no_memory(e) : 0;
}

/* --- what shall change -------------------------------------------------------------------------
 */

static int read_resources(struct change *k, struct err *e)
{
	struct spec_report report = { .arena = k->arena };
	const struct spec_resources *given = NULL;

	if (k->o->resources == NULL)
		return 0;
	if (spec_read_change(k->o->resources, k->o->size, &report, &given) < 0 || given == NULL)
		return tell_report(k, &report, e);
	TRY(tell_report(k, &report, e));
	if (plan_update_complete(k->config->os->resources, given, k->arena, &k->resources) < 0 ||
		spec_merge_resources(k->config->os->resources, k->resources, k->arena, &k->merged) <
			0)
		return no_memory(e);
	report = (struct spec_report){ .arena = k->arena };
	spec_judge_resources(k->merged, &report);
	return tell_report(k, &report, e);
}

/* The options as an object of the configuration, so that they are judged like it. */
static int read_rdt(struct change *k, struct err *e)
{
	struct spec_report report = { .arena = k->arena, .errors_only = true };
	AUTO_JSON j = { 0 };
	const char *text;
	size_t len;

	if (k->o->l3_cache_schema == NULL && k->o->mem_bw_schema == NULL)
		return 0;
	if (k->config->os->intelRdt == NULL)
		return err_set(e, EINVAL, POS_NONE,
			"the container \"%s\" has no linux.intelRdt in its configuration: it has no "
			"resctrl group to be changed",
			k->live->record.id);
	json_object(&j, NULL);
	if (k->o->l3_cache_schema != NULL)
		json_text(&j, "l3CacheSchema", k->o->l3_cache_schema);
	if (k->o->mem_bw_schema != NULL)
		json_text(&j, "memBwSchema", k->o->mem_bw_schema);
	json_end(&j);
	TRY(json_finish(&j, &text, &len, e));
	if (spec_read_rdt_change(text, len, &report, &k->rdt) < 0) {
		(void)!tell_report(k, &report, e);
		e->at = POS_NONE;
		return err_add(e, "linux.intelRdt");
	}
	return spec_merge_rdt(k->config->os->intelRdt, k->rdt, k->arena, &k->merged_rdt) < 0
		       ? no_memory(e)
		       : 0;
}

/* --- whether it can be -------------------------------------------------------------------------
 */

/* What the container's own group has counts, whatever could be had elsewhere. */
static int ask_host(struct change *k, int cgroup, struct err *e)
{
	const struct host_wish wish = { .cgroup_path = k->config->os->cgroupsPath.value,
		.resctrl = k->rdt != NULL };
	char text[4096];
	ssize_t rc;

	TRY(host_probe(&wish, k->arena, &k->host, e));
	rc = sys_read_text(cgroup, "cgroup.controllers", text, sizeof(text));
	if (rc < 0)
		return err_sys(e, (int)-rc, POS_NONE, "cannot read cgroup.controllers of \"%s\"",
			k->live->record.cgroup);
	k->host.cgroup_controllers = arena_text(k->arena, text, strcspn(text, "\n"));
	return k->host.cgroup_controllers != NULL ? 0 : no_memory(e);
}

static int reject(struct src_pos at, const char *what, uint64_t limit, uint64_t use, struct err *e)
{
	return err_set(e, EBUSY, at,
		"linux.resources.memory.checkBeforeUpdate: rejecting %s limit %" PRIu64 ": %" PRIu64
		" bytes are in use: Device or resource busy",
		what, limit, use);
}

/* memory.checkBeforeUpdate: a limit below what is in use would have processes killed. */
static int check_use(const struct change *k, int cgroup, struct err *e)
{
	const struct spec_memory *const new = k->resources == NULL ? NULL : k->resources->memory;
	const struct spec_memory *const all = new == NULL ? NULL : k->merged->memory;
	struct cgroup_stats s;

	if (all == NULL || !all->checkBeforeUpdate.value ||
		(!GIVEN(new->limit) && !GIVEN(new->swap)))
		return 0;
	if (cgroup_stats_read(cgroup, k->arena, &s) < 0)
		return err_set(e, EIO, POS_NONE, "cannot tell what container \"%s\" uses",
			k->live->record.id);
	if (all->limit.value > 0 && (uint64_t)all->limit.value < s.memory_usage)
		return reject(
			all->limit.at, "memory", (uint64_t)all->limit.value, s.memory_usage, e);
	if (all->swap.value > 0 && (uint64_t)all->swap.value < s.memory_usage + s.swap_usage)
		return reject(all->swap.at, "memory+swap", (uint64_t)all->swap.value,
			s.memory_usage + s.swap_usage, e);
	return 0;
}

static int make_plan(struct change *k, struct plan *ret, struct err *e)
{
	k->new_config = *k->config;
	k->new_linux = *k->config->os;
	k->new_config.os = &k->new_linux;
	if (k->merged != NULL)
		k->new_linux.resources = k->merged;
	if (k->merged_rdt != NULL)
		k->new_linux.intelRdt = k->merged_rdt;
	ret->config = &k->new_config;
	ret->host = &k->host;
	ret->options = &k->live->options;
	ret->cgroup = k->live->record.cgroup;
	TRY(plan_update(ret, k->resources, k->rdt, e));
	for (const struct plan_warning *w = ret->warnings; w != NULL; w = w->next)
		crl_tell(&k->crl->settings, CRL_WARNING, w->at, w->text);
	return 0;
}

/* --- the configuration of then -----------------------------------------------------------------
 */

/* The text was read and judged; what is put into it must be readable again. */
static int reread(
	struct change *k, struct spec_text text, const struct spec_config **ret, struct err *e)
{
	if (spec_load(text.bytes, text.size, k->arena, ret, e) == 0)
		return 0;
	e->at = POS_NONE; /* of a text that nobody sees */
	return err_add(e, "the changed configuration of container \"%s\"", k->live->record.id);
}

static int cannot_note(const struct change *k, int rc, struct err *e)
{
	return err_sys(e, -rc, POS_NONE, "cannot change the kept configuration of container \"%s\"",
		k->live->record.id);
}

static int prepare_config(struct change *k, struct err *e)
{
	const struct spec_config *config = k->config;
	struct spec_text text = { k->text.text, k->text.size };
	int rc;

	if (k->merged != NULL) {
		rc = spec_put_resources(text, config, k->merged, k->arena, &text);
		if (rc < 0)
			return cannot_note(k, rc, e);
		TRY(reread(k, text, &config, e));
	}
	if (k->merged_rdt != NULL) {
		rc = spec_put_rdt(text, config, k->merged_rdt, k->arena, &text);
		if (rc < 0)
			return cannot_note(k, rc, e);
		TRY(reread(k, text, &config, e));
	}
	return state_config_prepare(
		&k->live->dir, (struct state_bytes){ text.bytes, text.size }, e);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static int open_rdt(const struct change *k, int *ret, struct err *e)
{
	const char *const path = k->live->record.rdt_group;

	if (k->rdt == NULL)
		return 0;
	*ret = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret >= 0 ? 0
			 : err_sys(e, errno, POS_NONE, "cannot open resctrl group \"%s\"", path);
}

static int carry_out(struct change *k, const struct plan *p, int cgroup, struct err *e)
{
	AUTO_FD rdt = FD_NONE;
	__attribute__((cleanup(update_done))) struct update u = UPDATE_NONE(p, k->arena);
	int rc;

	TRY(open_rdt(k, &rdt, e));
	u.cgroup = cgroup;
	u.rdt = rdt;
	rc = prepare_config(k, e);
	if (rc == 0)
		rc = update_run(&u, e);
	if (rc == 0) {
		rc = state_config_commit(&k->live->dir, e);
		if (rc < 0)
			update_undo(&u);
	}
	if (rc < 0)
		state_config_drop(&k->live->dir);
	return rc;
}

static int read_kept(struct change *k, struct err *e)
{
	struct live *const l = k->live;

	TRY(state_config(&l->dir, &l->record, k->arena, &k->text, e));
	if (spec_load(k->text.text, k->text.size, k->arena, &k->config, e) < 0) {
		e->at = POS_NONE;
		return err_add(e, "the kept configuration of container \"%s\"", l->record.id);
	}
	l->options = (struct plan_options){ .id = l->record.id, .bundle = l->record.bundle };
	return 0;
}

static int change(struct change *k, struct err *e)
{
	AUTO_FD cgroup = FD_NONE;
	struct plan plan = { .arena = k->arena, .slots = SLOT_FIRST_FREE };

	TRY(read_kept(k, e));
	TRY(read_resources(k, e));
	TRY(read_rdt(k, e));
	if (k->resources == NULL && k->rdt == NULL)
		return 0;
	TRY(live_cgroup(k->live, "update", &cgroup, e));
	TRY(ask_host(k, cgroup, e));
	TRY(make_plan(k, &plan, e));
	TRY(check_use(k, cgroup, e));
	return carry_out(k, &plan, cgroup, e);
}

/* The file of a change begins where a configuration says "linux.resources.". */
static void shorten(struct err *e)
{
	static const char outer[] = "linux.resources.";
	const size_t len = sizeof(outer) - 1;

	if (strncmp(e->text, outer, len) == 0)
		memmove(e->text, e->text + len, strlen(e->text + len) + 1);
}

static int update(struct crl *c, const char *id, const struct crl_update_options *o, struct err *e)
{
	AUTO_LIVE l = LIVE_NONE;
	struct change k = { .crl = c, .o = o, .live = &l, .arena = &l.arena };
	int rc;

	TRY(live_open(c, id, STATE_LOCK_MS, &l, e));
	TRY(live_read(&l, e));
	if (l.status == STATE_STOPPED || l.status == STATE_CREATING)
		return live_not_running("update", id, e);
	rc = change(&k, e);
	if (rc < 0)
		shorten(e);
	return rc;
}

int crl_update(
	struct crl *c, const char *id, const struct crl_update_options *o, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(update(c, id, o, &e), &e, error);
}
