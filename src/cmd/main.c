/* From the arguments to a subcommand, and how it says what failed. */
#include "cmd/cmd.h"

#include "base/self.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

static int (*const handlers[CMD_COUNT])(struct cmd *c) = {
#define COMMAND(name, arguments, min, max, flags, what) [CMD_##name] = cmd_##name,
#include "spec/commands.def"
#undef COMMAND
};

int cmd_fail(struct cmd *c, const struct crl_error *e)
{
	const struct log_entry first = { c->more, { e->line, e->column }, e->text };
	char line[2048];

	for (const struct log_entry *i = &first; i != NULL; i = i->next) {
		(void)fprintf(
			stderr, "%s\n", log_line(&c->log, i->at, i->text, line, sizeof(line)));
		if (i == &first && e->hint[0] != '\0')
			(void)fprintf(stderr, "  hint: %s\n",
				log_line(&c->log, POS_NONE, e->hint, line, sizeof(line)));
	}
	log_failure(&c->log, &first);
	c->failed = true;
	return 1;
}

int cmd_fail_usage(struct cmd *c, const struct err *e)
{
	struct crl_error public = { .code = e->code };

	memcpy(public.text, e->text, sizeof(public.text));
	memcpy(public.hint, e->hint, sizeof(public.hint));
	return cmd_fail(c, &public);
}

/* Keeps what cmd_fail says behind the first error. */
static void keep_error(struct cmd *c, struct src_pos at, const char *text)
{
	struct log_entry *const m = arena_alloc(&c->arena, sizeof(*m));

	if (m == NULL)
		return; /* the first error is told all the same */
	m->at = at;
	m->text = arena_text(&c->arena, text, strlen(text));
	if (m->text == NULL)
		return;
	*(c->last == NULL ? &c->more : c->last) = m;
	c->last = &m->next;
}

/* Warnings go to the log alone: a successful command prints nothing (engines.md, G6). */
static void tell(void *data, enum crl_level level, uint32_t line, uint32_t column, const char *text)
{
	struct cmd *const c = data;
	const struct src_pos at = { line, column };

	if (level == CRL_ERROR) {
		keep_error(c, at, text);
		return;
	}
	log_write(&c->log, level == CRL_WARNING ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, at, text);
	if (level == CRL_DEBUG && c->log.fd == FD_NONE)
		(void)fprintf(stderr, "debug: %s\n", text);
}

struct crl_settings cmd_settings(struct cmd *c)
{
	const char *const notify = getenv("NOTIFY_SOCKET");

	return (struct crl_settings){
		.notify_socket = notify != NULL && notify[0] != '\0' ? notify : NULL,
		.root = c->args->global.root,
		.debug = c->args->global.debug || c->log.level == LOG_LEVEL_DEBUG,
		.trace = c->args->global.trace,
		.tell = tell,
		.data = c,
	};
}

int cmd_open(struct cmd *c)
{
	const struct crl_settings settings = cmd_settings(c);
	struct crl_error e;

	return crl_new(&settings, &c->crl, &e) < 0 ? cmd_fail(c, &e) : 0;
}

/* A caller may leave 0, 1 or 2 closed; the next file opened would take the number. */
static int fill_stdio(struct err *e)
{
	struct pollfd p[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	(void)poll(p, 3, 0); /* tells of all three at once which are not open */
	for (int fd = 0; fd <= 2; fd++)
		if ((p[fd].revents & POLLNVAL) != 0 && openat(AT_FDCWD, "/dev/null", O_RDWR) != fd)
			return err_set(e, EBADF, POS_NONE,
				"cannot open /dev/null in the place of closed descriptor %d", fd);
	return 0;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Global options that take one of a few words. */
static int check_words(const struct cmd_args *a, struct err *e)
{
	const char *const manager = a->global.cgroup_manager;

	if (manager != NULL && !is_one_of(manager, (const char *const[]){ "cgroupfs", "systemd",
							   "disabled", NULL }))
		return err_set(e, EINVAL, POS_NONE,
			"option --cgroup-manager: expected cgroupfs, systemd or disabled");
	if (manager != NULL ? strcmp(manager, "systemd") == 0 : a->global.systemd_cgroup)
		return err_set(e, ENOTSUP, POS_NONE,
			"option %s: this version of crun-lite has no systemd cgroup manager",
			manager != NULL ? "--cgroup-manager" : "--systemd-cgroup");
	if (a->global.rootless != NULL &&
		!is_one_of(
			a->global.rootless, (const char *const[]){ "true", "false", "auto", NULL }))
		return err_set(
			e, EINVAL, POS_NONE, "option --rootless: expected true, false or auto");
	return 0;
}

/* Then what cannot be written is an error that is told, and no signal. */
static bool prints(const struct cmd_args *a)
{
	return a->command == CMD_NONE || a->global.help || a->global.version || a->dry_run ||
	       (cmd_command(a->command)->flags & OUTPUT) != 0;
}

/* All that comes before a subcommand.  What a protected copy would do again comes after it. */
static int prepare(
	char **argv, char **envp, struct cmd_args *args, struct cmd_fds *fds, struct err *e)
{
	TRY(cmd_parse(argv, args, e));
	TRY(check_words(args, e));
	if (args->command != CMD_NONE && (cmd_command(args->command)->flags & PROTECT) != 0) {
		TRY(self_protect(argv, envp, e));
		(void)umask(0); /* modes are what they are asked to be, in the container too */
	}
	if (prints(args))
		(void)signal(SIGPIPE, SIG_IGN); /* cannot fail */
	TRY(fill_stdio(e));
	return fds_guard(args, fds, e);
}

static int open_log(struct cmd *c, struct err *e)
{
	const struct cmd_args *const a = c->args;

	TRY(log_set(&c->log, a->global.log_format, a->global.log_level, e));
	if (a->global.debug)
		c->log.level = LOG_LEVEL_DEBUG;
	TRY(log_open(&c->log, a->global.log, a->word_count > 0 ? a->words[0] : "crun-lite", e));
	if (a->global.criu != NULL)
		log_write(&c->log, LOG_LEVEL_WARNING, POS_NONE,
			"option --criu: ignored, as other runtimes do by now");
	return 0;
}

/* Of exec, our own failure must not look like the program's. */
static int fail_status(const struct cmd_args *args, int status)
{
	return args->command == CMD_exec ? CMD_EXEC_FAILED : status;
}

/* The first failure counts; but it belongs into the log, too, as far as one was named before it. */
static int fail_early(struct cmd *c, const struct err *e)
{
	struct err ignored = { 0 };

	if (c->log.fd == FD_NONE && fill_stdio(&ignored) == 0)
		(void)!open_log(c, &ignored);
	return fail_status(c->args, cmd_fail_usage(c, e));
}

/* Was all of the output taken?  If not, that is told, but not behind what was told for it. */
static int finish(struct cmd *c, int status)
{
	struct err e = { 0 };

	errno = 0;
	if ((fflush(stdout) == 0 && ferror(stdout) == 0) || (status != 0 && c->failed))
		return status;
	if (errno == 0 && fputc('\n', stdout) != EOF)
		(void)fflush(stdout); /* it failed before; asks again for what it was */
	(void)err_sys(&e, errno != 0 ? errno : EIO, POS_NONE, "cannot write to standard output");
	return fail_status(c->args, cmd_fail_usage(c, &e));
}

/* What comes behind the arguments. */
static int run(struct cmd *c, struct cmd_args *args)
{
	const bool help = args->global.help || args->command == CMD_NONE;
	int status;

	if (args->global.version)
		status = cmd_version(c);
	else
		status = help ? cmd_help(c) : handlers[args->command](c);
	crl_free(c->crl);
	status = finish(c, status);
	arena_done(&c->arena);
	fd_close(&c->log.fd);
	return status;
}

int cmd_main(char **argv, char **envp)
{
	struct cmd c = { .log = { .fd = FD_NONE, .level = LOG_LEVEL_WARNING } };
	struct err e = { 0 };
	struct cmd_args *args;
	int status;

	/* The heap grows in a few large steps; pages are taken when they are touched. */
	(void)mallopt(M_TOP_PAD, 256 * 1024);
	args = calloc(1, sizeof(*args));
	c.args = args;
	if (args == NULL) {
		(void)err_set(&e, ENOMEM, POS_NONE, "out of memory");
		return cmd_fail_usage(&c, &e);
	}
	/* A set-uid program trusts its caller's environment at its peril: there is no such mode. */
	if (getauxval(AT_SECURE) != 0) {
		(void)err_set(&e, EPERM, POS_NONE,
			"crun-lite must not be set-uid, set-gid or have file capabilities");
		status = cmd_fail_usage(&c, &e);
	} else if (prepare(argv, envp, args, &c.fds, &e) < 0 || open_log(&c, &e) < 0) {
		status = fail_early(&c, &e);
	} else {
		status = run(&c, args);
	}
	free(args);
	return status;
}
