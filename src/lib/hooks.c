/* The hooks that run when a container stands already: poststart and poststop. */
#include "lib/crl.h"

#include "parent/parent.h"

uint64_t crl_hooks(const struct spec_config *c)
{
	const struct spec_hooks *const h = c->hooks;

	if (h == NULL)
		return 0;
	return (h->startContainer.count > 0 ? STATE_HOOKS_START : 0u) |
	       (h->poststart.count > 0 ? STATE_HOOKS_POSTSTART : 0u) |
	       (h->poststop.count > 0 ? STATE_HOOKS_POSTSTOP : 0u);
}

static struct parent parent_of(const struct plan *hooks, pid_t pid)
{
	return (struct parent){ .plan = hooks, .pid = pid, PARENT_NO_FDS };
}

int crl_poststart(const struct plan *hooks, pid_t pid, struct err *e)
{
	struct parent p = parent_of(hooks, pid);

	return parent_hooks(&p, "poststart", NULL, NULL, e);
}

/* A failing one is a warning, and the next one runs (runtime-spec, config.md, "Poststop"). */
static void warn(void *data, const struct err *e)
{
	const struct crl *const c = data;

	crl_tell(&c->settings, CRL_WARNING, e->at, e->text);
}

void crl_poststop(struct crl *c, const struct plan *hooks)
{
	struct parent p = parent_of(hooks, 0);
	struct err none = { 0 };

	(void)!parent_hooks(&p, "poststop", warn, c, &none); /* all are told of by now */
}
