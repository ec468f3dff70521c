/* See listen.h.  LISTEN_PID must be the number of the program in its pid namespace: 1 for the first
 * in a new one; else the process itself asks for it. */
#include "plan/listen.h"

#include <sched.h>
#include <string.h>

enum {
	VARIABLES = 3
};

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static int make_variables(struct plan *p, const char *ret[VARIABLES], size_t *count, struct err *e)
{
	static const char unknown[] = "LISTEN_PID=          "; /* room for any number */
	const char *const names = p->options->listen_names;
	const bool first = p->options->target == NULL && (p->new_ns & CLONE_NEWPID) != 0;

	ret[0] = arena_printf(p->arena, "LISTEN_FDS=%u", (unsigned)p->options->listening);
	if (!first)
		p->listen_pid = arena_text(p->arena, unknown, sizeof(unknown) - 1);
	ret[1] = first ? "LISTEN_PID=1" : p->listen_pid;
	*count = 2;
	if (names != NULL)
		ret[(*count)++] = arena_printf(p->arena, "LISTEN_FDNAMES=%s", names);
	for (size_t i = 0; i < *count; i++)
		if (ret[i] == NULL)
			return no_memory(e);
	return 0;
}

int plan_listen(struct plan *p, struct err *e)
{
	const struct spec_strings *const env = &p->config->process->env;
	struct spec_config *c;
	struct spec_process *process;
	struct spec_str *items;
	const char *variables[VARIABLES];
	size_t count;

	if (p->options->listening == 0)
		return 0;
	c = arena_alloc(p->arena, sizeof(*c));
	process = arena_alloc(p->arena, sizeof(*process));
	items = arena_array(p->arena, env->count + VARIABLES, sizeof(*items));
	if (c == NULL || process == NULL || items == NULL)
		return no_memory(e);
	if (env->count > 0)
		memcpy(items, env->items, env->count * sizeof(*items));
	TRY(make_variables(p, variables, &count, e));
	for (size_t i = 0; i < count; i++)
		items[env->count + i] = (struct spec_str){ variables[i], POS_NONE };
	*c = *p->config;
	*process = *c->process;
	process->env.items = items;
	process->env.count += count;
	c->process = process;
	p->config = c;
	return 0;
}

int plan_listen_pid(struct plan *p, struct err *e)
{
	struct plan_op *op;

	if (p->listen_pid == NULL)
		return 0;
	op = plan_append(p, PLAN_listen_pid, POS_NONE, e, "LISTEN_FDS");
	if (op == NULL)
		return -ENOMEM;
	op->listen_pid.text = p->listen_pid;
	return 0;
}
