/* crun-lite spec */
#include "cmd/cmd.h"

int cmd_spec(struct cmd *c)
{
	const struct crl_spec_options o = { .bundle = c->args->bundle,
		.file = c->args->file,
		.rootless = c->args->rootless_spec,
		.overlay = c->args->overlay_spec };
	struct crl_error e;

	return crl_spec(&o, &e) < 0 ? cmd_fail(c, &e) : 0;
}
