/* The socket that the container's program tells by that it is ready (sd_notify(3)): a directory of
 * the container's state is mounted in the container, as a mount like others, where the runtime
 * makes its socket.  A configuration that mounts something there or has the variable, as engines
 * write it that are told themselves, keeps its own. */
#include "plan/notify.h"

#include "plan/paths.h"

#include <string.h>

#define VARIABLE "NOTIFY_SOCKET="
#define PLACE    "run/notify"

static bool has_own(const struct spec_config *c)
{
	for (size_t i = 0; i < c->process->env.count; i++)
		if (strncmp(c->process->env.items[i].value, VARIABLE, strlen(VARIABLE)) == 0)
			return true;
	for (size_t i = 0; i < c->mounts.count; i++)
		if (plan_path_below(c->mounts.items[i].destination.value, PLACE) != NULL)
			return true;
	return false;
}

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static int add_mount(struct plan *p, struct spec_config *c, struct err *e)
{
	static const struct spec_str options[] = { { "bind", POS_NONE }, { "ro", POS_NONE },
		{ "nosuid", POS_NONE }, { "noexec", POS_NONE }, { "nodev", POS_NONE } };
	struct spec_mount *const items = arena_array(p->arena, c->mounts.count + 1, sizeof(*items));
	struct spec_mount *m;

	if (items == NULL)
		return no_memory(e);
	if (c->mounts.count > 0)
		memcpy(items, c->mounts.items, c->mounts.count * sizeof(*items));
	m = &items[c->mounts.count];
	*m = (struct spec_mount){ .destination.value = "/" PLACE,
		.source.value = arena_printf(p->arena, "%s/notify", p->options->state_dir),
		.options = { options, ARRAY_LEN(options), POS_NONE } };
	c->mounts.items = items;
	c->mounts.count++;
	return m->source.value != NULL ? 0 : no_memory(e);
}

static int add_variable(struct plan *p, struct spec_config *c, struct err *e)
{
	struct spec_process *const process = arena_alloc(p->arena, sizeof(*process));
	const size_t count = c->process->env.count;
	struct spec_str *const items = arena_array(p->arena, count + 1, sizeof(*items));

	if (process == NULL || items == NULL)
		return no_memory(e);
	if (count > 0)
		memcpy(items, c->process->env.items, count * sizeof(*items));
	items[count] = (struct spec_str){ VARIABLE "/" PLACE "/notify.sock", POS_NONE };
	*process = *c->process;
	process->env.items = items;
	process->env.count = count + 1;
	c->process = process;
	return 0;
}

int plan_notify(struct plan *p, struct err *e)
{
	struct spec_config *c;

	if (!p->options->notify || has_own(p->config))
		return 0;
	c = arena_alloc(p->arena, sizeof(*c));
	if (c == NULL)
		return no_memory(e);
	*c = *p->config;
	TRY(add_mount(p, c, e));
	TRY(add_variable(p, c, e));
	p->config = c;
	p->notify = true;
	return 0;
}

bool plan_is_notify(const struct plan *p, const struct spec_mount *m)
{
	const struct spec_mount_list *const list = &p->config->mounts;

	return p->notify && m == &list->items[list->count - 1];
}
