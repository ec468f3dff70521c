/* crun-lite events */
#include "cmd/cmd.h"
#include "crun-lite/stats.h"

#include "cmd/duration.h"

#include <stdio.h>

/* Whoever reads shall have each line at once. */
static int print(void *data, const char *line)
{
	int *const failed = data;

	if (puts(line) >= 0 && fflush(stdout) == 0)
		return 0;
	*failed = errno != 0 ? errno : EIO;
	return -*failed;
}

int cmd_events(struct cmd *c)
{
	const char *const interval = c->args->interval != NULL ? c->args->interval : "5s";
	int failed = 0;
	struct crl_event_options o = { .once = c->args->stats, .each = print, .data = &failed };
	struct crl_error public;
	struct err e = { 0 };

	if (duration_of("interval", interval, &o.interval_ms, &e) < 0)
		return cmd_fail_usage(c, &e);
	if (cmd_open(c) != 0)
		return 1;
	if (crl_events(c->crl, c->args->words[0], &o, &public) >= 0)
		return 0;
	if (failed == 0)
		return cmd_fail(c, &public);
	(void)err_sys(&e, failed, POS_NONE, "cannot write to standard output");
	return cmd_fail_usage(c, &e);
}
