/* Looking at containers and plans: state, list, plan.  Changes nothing. */
#include "lib/crl.h"

#include "base/json_out.h"
#include "lib/job.h"
#include "lib/live.h"
#include "lib/owner.h"
#include "plan/print.h"
#include "state/look.h"

#include <stdlib.h>
#include <string.h>

/* The state of runtime-spec as text, the caller's. */
static int state_text(const struct state_record *r, enum state_status status, bool pretty,
	char **ret, struct err *e)
{
	AUTO_JSON j = { .pretty = pretty };
	char owner[OWNER_SIZE];
	const char *text;
	size_t len;

	json_object(&j, NULL);
	state_json(&j, r, status, owner_name(r->uid, owner));
	json_end(&j);
	TRY(json_finish(&j, &text, &len, e));
	*ret = strdup(text);
	return *ret != NULL ? 0 : err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static int show_state(struct crl *c, const char *id, char **ret, struct err *e)
{
	__attribute__((cleanup(state_done))) struct state_dir d = STATE_DIR_NONE;
	AUTO_ARENA arena = { 0 };
	struct state_record r;
	enum state_status status;

	TRY(state_check_id(id, e));
	TRY(crl_open_root(c, false, e));
	TRY(state_open(c->root_fd, id, STATE_NO_LOCK, &d, e));
	TRY(state_look(&d, &arena, &r, &status, e));
	return state_text(&r, live_status(&r, status), true, ret, e);
}

int crl_state(struct crl *c, const char *id, char **ret, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(show_state(c, id, ret, &e), &e, error);
}

struct listing {
	int (*each)(void *data, const struct crl_entry *entry, const struct crl_error *why);
	void *data;
	bool states;
	struct err *e;
};

static int list_one(void *data, const char *id, const struct state_record *r,
	enum state_status status, const struct err *why)
{
	const struct listing *const l = data;
	struct crl_entry entry = { .id = id };
	struct crl_error error;
	char owner[OWNER_SIZE];
	char *text = NULL;
	int rc;

	if (r == NULL) {
		(void)crl_fail(-why->code, why, &error);
		return l->each(l->data, NULL, &error);
	}
	status = live_status(r, status);
	if (l->states)
		TRY(state_text(r, status, false, &text, l->e));
	entry.status = state_status_word(status);
	entry.bundle = r->bundle;
	entry.created = r->created;
	entry.owner = owner_name(r->uid, owner);
	entry.pid = status == STATE_STOPPED ? 0 : (int)r->pid;
	entry.state = text;
	rc = l->each(l->data, &entry, NULL);
	free(text);
	return rc;
}

int crl_list(struct crl *c, bool states,
	int (*each)(void *data, const struct crl_entry *entry, const struct crl_error *why),
	void *data, struct crl_error *error)
{
	struct err e = { 0 };
	struct listing l = { each, data, states, &e };
	int rc = crl_open_root(c, false, &e);

	if (rc >= 0)
		rc = state_list(c->root_fd, list_one, &l, &e);
	return crl_fail(rc, &e, error);
}

int crl_plan_text(const struct plan *p, bool json, char **ret, struct err *e)
{
	AUTO_JSON j = { .pretty = true };
	const char *text;
	size_t len;

	if (json) {
		json_object(&j, NULL);
		plan_print_json(p, &j, "operations");
		plan_print_json_warnings(p, &j, "warnings");
		json_end(&j);
		TRY(json_finish(&j, &text, &len, e));
	} else {
		TRY(plan_print_text(p, &text, e));
	}
	*ret = strdup(text);
	return *ret != NULL ? 0 : err_set(e, ENOMEM, POS_NONE, "out of memory");
}

int crl_plan(const char *id, const struct crl_options *o, const struct crl_plan_options *how,
	char **ret, struct crl_error *error)
{
	AUTO_JOB j = { 0 };
	struct err e = { 0 };
	int rc = state_check_id(id, &e);

	j.settings = how->settings;
	j.options.id = id;
	j.options.state_dir = "/run/crun-lite/ID"; /* where it lies depends on the command */
	j.options.wait_start = how->create;
	j.options.detach = how->create;
	if (rc == 0)
		rc = job_load(&j, o, how->host_facts, &e);
	if (rc == 0)
		rc = crl_plan_text(&j.plan, how->json, ret, &e);
	return crl_fail(rc, &e, error);
}
