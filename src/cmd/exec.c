/* crun-lite exec */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum crl_choice choice(bool given, bool value)
{
	return !given ? CRL_AS_IS : value ? CRL_YES : CRL_NO;
}

static struct crl_exec_options options_of(const struct cmd *c)
{
	const struct cmd_args *const a = c->args;

	return (struct crl_exec_options){
		.process = a->process,
		.args = a->rest[0] != NULL ? a->rest : NULL,
		.cwd = a->cwd,
		.env = a->env,
		.user = a->user,
		.additional_gids = a->additional_gids,
		.caps = a->cap,
		.no_new_privileges = choice(a->no_new_privs_given, a->no_new_privs),
		.terminal = choice(a->tty_given, a->tty),
		.process_label = a->process_label,
		.apparmor = a->apparmor,
		.pid_file = a->pid_file,
		.console_socket = a->console_socket,
		.pidfd_socket = a->pidfd_socket,
		.cgroup = a->cgroup,
		.preserve_fds = c->fds.preserve,
		.listen_fds = c->fds.listen,
		.listen_names = getenv("LISTEN_FDNAMES"),
		.ignore_paused = a->ignore_paused,
		.seccomp_receiver = getenv("RUN_OCI_SECCOMP_RECEIVER"),
	};
}

/* Returns 0 or CMD_EXEC_FAILED. */
static int print_plan(struct cmd *c, struct crl_exec_options o)
{
	const char *const format = c->args->format_text != NULL ? c->args->format_text : "text";
	struct err usage = { 0 };
	struct crl_error e;
	char *text;

	o.detached = c->args->detach;
	o.json = strcmp(format, "json") == 0;
	if (!o.json && strcmp(format, "text") != 0) {
		(void)err_set(&usage, EINVAL, POS_NONE, "option --format: expected text or json");
		(void)cmd_fail_usage(c, &usage);
		return CMD_EXEC_FAILED;
	}
	if (crl_exec_plan(c->crl, c->args->words[0], &o, &text, &e) < 0) {
		(void)cmd_fail(c, &e);
		return CMD_EXEC_FAILED;
	}
	(void)fputs(text, stdout); /* looked at by fflush in main.c */
	if (o.json)
		(void)fputs("\n", stdout);
	free(text);
	return 0;
}

int cmd_exec(struct cmd *c)
{
	const struct crl_exec_options o = options_of(c);
	struct crl_error e;
	int status = 0, rc;

	c->log.config = o.process;
	if (cmd_open(c) != 0)
		return CMD_EXEC_FAILED;
	if (c->args->dry_run)
		return print_plan(c, o);
	if (c->args->detach)
		rc = crl_exec_detached(c->crl, c->args->words[0], &o, &e);
	else
		rc = crl_exec(c->crl, c->args->words[0], &o, &status, &e);
	if (rc < 0)
		(void)cmd_fail(c, &e);
	return rc < 0 ? CMD_EXEC_FAILED : status;
}
