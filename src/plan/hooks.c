/* The hooks as operations, in the order of runtime-spec 1.3 (config.md, "POSIX-platform Hooks";
 * runtime.md, "Lifecycle"), and where parent and child wait for each other around them.
 *
 * Those before the change of root find the new root at its own path, in the mount namespace of the
 * container; what they are told is written by the parent, which alone knows the process's number.
 */
#include "plan/hooks.h"

#include "plan/build.h"
#include "plan/root.h"

#include <string.h>

#define ANNOTATION_OUT "run.oci.hooks.stdout"
#define ANNOTATION_ERR "run.oci.hooks.stderr"

/* The hooks of one kind. */
struct group {
	enum plan_kind op;
	const char *kind, *status;
	const struct spec_hook_list *list;
};

static const char *const *texts(
	struct plan *p, const struct spec_strings *list, const char *instead)
{
	const char **const ret = arena_array(p->arena, list->count + 2, sizeof(*ret));

	if (ret == NULL)
		return NULL;
	ret[0] = list->count == 0 ? instead : NULL;
	for (size_t i = 0; i < list->count; i++)
		ret[i] = list->items[i].value;
	return ret;
}

/* A file for the hooks' output; NULL when none is asked for. */
static int output(struct plan *p, const char *key, const char **ret, struct err *e)
{
	const struct spec_pair *const pair = spec_annotation(p->config, key);

	if (pair == NULL || pair->value.value[0] == '\0')
		return 0;
	*ret = plan_bundle_path(p, pair->value.value, strlen(pair->value.value));
	return *ret != NULL ? 0 : err_set(e, ENOMEM, pair->value.at, "out of memory");
}

/* What only those outside of the container have. */
static int fill_outside(
	struct plan *p, struct plan_hook *hook, const struct group *g, struct err *e)
{
	hook->status = g->status;
	TRY(output(p, ANNOTATION_OUT, &hook->out, e));
	return output(p, ANNOTATION_ERR, &hook->err, e);
}

static int append_hook(struct plan *p, const struct group *g, size_t i, struct err *e)
{
	const struct spec_hook *const from = &g->list->items[i];
	struct plan_op *const op = plan_append(p, g->op, from->at, e, "hooks.%s[%zu]", g->kind, i);
	struct plan_hook *hook;

	if (op == NULL)
		return -ENOMEM;
	hook = &op->hook; /* hook_after and hook_inside begin alike */
	hook->kind = g->kind;
	hook->number = i;
	hook->program = from->path.value;
	hook->args = texts(p, &from->args, from->path.value);
	hook->env = texts(p, &from->env, NULL);
	hook->timeout = (uint64_t)from->timeout.value;
	hook->dir = p->options->bundle;
	if (hook->args == NULL || hook->env == NULL)
		return err_set(e, ENOMEM, from->at, "out of memory");
	return g->op != PLAN_hook_inside ? fill_outside(p, hook, g, e) : 0;
}

static int append_group(struct plan *p, const struct group *g, struct err *e)
{
	for (size_t i = 0; i < g->list->count; i++)
		TRY(append_hook(p, g, i, e));
	return 0;
}

static int append_inside(struct plan *p, const struct group *g, int slot, struct err *e)
{
	const size_t first = p->count;

	TRY(append_group(p, g, e));
	for (size_t i = first; i < p->count; i++)
		p->ops[i].hook_inside.state = slot;
	return 0;
}

static int append_state(struct plan *p, const struct group *g, int *ret_slot, struct err *e)
{
	struct plan_op *op;

	if (g->list->count == 0)
		return 0;
	op = plan_append(p, PLAN_hook_state, g->list->at, e, "hooks.%s", g->kind);
	if (op == NULL)
		return -ENOMEM;
	*ret_slot = plan_slot_new(p);
	op->hook_state.kind = g->kind;
	op->hook_state.status = g->status;
	op->hook_state.into = *ret_slot;
	return 0;
}

static int append_show(struct plan *p, struct err *e)
{
	const struct spec_str *const path = &p->config->root->path;
	struct plan_op *op;

	if (p->shown_slot == SLOT_NONE)
		return 0;
	op = plan_append(p, PLAN_show_root, path->at, e, "root.path");
	if (op == NULL)
		return -ENOMEM;
	op->show_root.path = plan_bundle_path(p, path->value, strlen(path->value));
	op->show_root.at = p->shown_slot;
	return op->show_root.path != NULL ? 0 : err_set(e, ENOMEM, path->at, "out of memory");
}

static int append_wait(struct plan *p, enum plan_kind kind, const char *what, struct err *e)
{
	struct plan_op *const op = plan_append(p, kind, POS_NONE, e, "hooks");

	if (op == NULL)
		return -ENOMEM;
	op->child_done.what = what; /* parent_done has the same members */
	return 0;
}

bool plan_hooks_see_root(const struct plan *p)
{
	const struct spec_hooks *const h = p->config->hooks;

	return h != NULL &&
	       h->prestart.count + h->createRuntime.count + h->createContainer.count > 0;
}

int plan_hooks_before(struct plan *p, struct err *e)
{
	const struct spec_hooks *const h = p->config->hooks;

	if (h == NULL)
		return 0;
	const struct group prestart = { PLAN_hook, "prestart", "creating", &h->prestart },
			   runtime = { PLAN_hook, "createRuntime", "creating", &h->createRuntime },
			   container = { PLAN_hook_inside, "createContainer", "creating",
				   &h->createContainer },
			   start = { PLAN_hook_inside, "startContainer", "created",
				   &h->startContainer };

	TRY(append_state(p, &container, &p->hook_slots[0], e));
	TRY(append_state(p, &start, &p->hook_slots[1], e));
	if (h->startContainer.count > 0 && p->options->wait_start)
		p->report_slot = plan_slot_new(p);
	if (!plan_hooks_see_root(p))
		return 0;
	TRY(append_show(p, e));
	TRY(append_wait(p, PLAN_child_done, "mounts made", e));
	TRY(append_group(p, &prestart, e));
	TRY(append_group(p, &runtime, e));
	TRY(append_wait(p, PLAN_parent_done, "hooks done", e));
	return append_inside(p, &container, p->hook_slots[0], e);
}

int plan_hooks_start(struct plan *p, struct err *e)
{
	const struct spec_hooks *const h = p->config->hooks;
	const size_t first = p->count;

	if (h == NULL)
		return 0;
	TRY(append_inside(p,
		&(struct group){
			PLAN_hook_inside, "startContainer", "created", &h->startContainer },
		p->hook_slots[1], e));
	for (size_t i = first; i < p->count; i++)
		p->ops[i].hook_inside.dir = NULL; /* they begin where the program would */
	return 0;
}

int plan_hooks_after(struct plan *p, struct err *e)
{
	const struct spec_hooks *const h = p->config->hooks;

	if (h == NULL)
		return 0;
	TRY(append_group(
		p, &(struct group){ PLAN_hook_after, "poststart", "running", &h->poststart }, e));
	return append_group(
		p, &(struct group){ PLAN_hook_after, "poststop", "stopped", &h->poststop }, e);
}

int plan_hooks_left(
	const struct spec_config *c, const struct plan_options *o, struct plan *ret, struct err *e)
{
	struct plan p = { .arena = ret->arena,
		.config = c,
		.options = o,
		.slots = SLOT_FIRST_FREE,
		.hook_slots = { SLOT_NONE, SLOT_NONE },
		.report_slot = SLOT_NONE,
		.target_slot = SLOT_NONE };

	TRY(plan_hooks_start(&p, e));
	TRY(plan_hooks_after(&p, e));
	*ret = p;
	return 0;
}
