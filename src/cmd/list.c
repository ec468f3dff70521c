/* crun-lite list */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

struct list {
	struct cmd *cmd;
	bool json, quiet, any;
};

/* One container; what is wrong with a broken one goes to stderr, and the list goes on. */
static int print_one(void *data, const struct crl_entry *entry, const struct crl_error *why)
{
	struct list *const l = data;

	if (entry == NULL) {
		(void)cmd_fail(l->cmd, why);
		return 0;
	}
	if (l->quiet)
		(void)puts(entry->id);
	else if (l->json)
		(void)printf("%s%s", l->any ? "," : "", entry->state);
	else
		(void)printf("%-12s %-10d %-10s %-24s %-32s %s\n", entry->id, entry->pid,
			entry->status, entry->bundle, entry->created, entry->owner);
	l->any = true;
	return 0;
}

int cmd_list(struct cmd *c)
{
	const char *const format = c->args->format != NULL ? c->args->format : "table";
	struct list l = { .cmd = c, .json = strcmp(format, "json") == 0, .quiet = c->args->quiet };
	struct err usage = { 0 };
	struct crl_error e;

	if (!l.json && strcmp(format, "table") != 0) {
		(void)err_set(&usage, EINVAL, POS_NONE, "option --format: expected table or json");
		return cmd_fail_usage(c, &usage);
	}
	if (cmd_open(c) != 0)
		return 1;
	if (l.json && !l.quiet)
		(void)fputs("[", stdout);
	else if (!l.quiet)
		(void)printf("%-12s %-10s %-10s %-24s %-32s %s\n", "ID", "PID", "STATUS", "BUNDLE",
			"CREATED", "OWNER");
	if (crl_list(c->crl, l.json && !l.quiet, print_one, &l, &e) < 0)
		return cmd_fail(c, &e);
	if (l.json && !l.quiet)
		(void)puts("]");
	return 0;
}
