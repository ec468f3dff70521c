/* The container's process: directory, terminal, environment, program, filter; and the points where
 * parent and child wait for each other around its start. */
#include "plan/build.h"

#include "base/twins.h"
#include "plan/listen.h"
#include "plan/seccomp.h"

#include <limits.h>
#include <string.h>

enum {
	PLACES_MAX = 4096 /* of which each may have a text of its own */
};

static int append_plain(
	struct plan *p, enum plan_kind kind, struct src_pos at, const char *path, struct err *e)
{
	return plan_append(p, kind, at, e, "%s", path) == NULL ? -ENOMEM : 0;
}

int plan_barrier(struct plan *p, enum plan_kind kind, const char *what, struct err *e)
{
	struct plan_op *const op = plan_append(p, kind, POS_NONE, e, "process");

	if (op == NULL)
		return -ENOMEM;
	op->parent_done.what = what; /* child_done has the same members */
	return 0;
}

int plan_cwd_make(struct plan *p, struct err *e)
{
	const struct spec_str *const cwd = &p->config->process->cwd;
	struct plan_op *op;

	if (strcmp(cwd->value, "/") == 0)
		return 0;
	op = plan_append(p, PLAN_cwd_make, cwd->at, e, "process.cwd");
	if (op == NULL)
		return -ENOMEM;
	op->cwd_make.path = cwd->value;
	return 0;
}

int plan_keyring(struct plan *p, struct err *e)
{
	const bool exec = p->options->target != NULL;

	if (p->options->no_new_keyring)
		return 0;
	return plan_append(p, exec ? PLAN_keyring_own : PLAN_keyring, POS_NONE, e, "process") ==
			       NULL
		       ? -ENOMEM
		       : 0;
}

/* Settings that the process and its session start with. */
int plan_settings(struct plan *p, struct err *e)
{
	const struct spec_process *const process = p->config->process;
	const struct spec_user *const user = process->user;
	struct plan_op *op;

	if (!plan_keyring_labelled(p))
		TRY(plan_keyring(p, e));
	if (p->options->target == NULL) /* the process of exec has its number later */
		TRY(plan_listen_pid(p, e));
	/* root may open its /dev/stdout again whoever owns it, as far as its user namespace goes */
	if (!process->terminal.value && (p->user_ns || (user != NULL && user->uid.value != 0))) {
		op = plan_append(p, PLAN_stdio_own, POS_NONE, e, "process.user");
		if (op == NULL)
			return -ENOMEM;
		op->stdio_own.uid = user != NULL ? user->uid.value : 0;
	}
	op = plan_append(
		p, PLAN_umask, user != NULL ? user->umask.at : POS_NONE, e, "process.user.umask");
	if (op == NULL)
		return -ENOMEM;
	op->umask.mask = user != NULL && GIVEN(user->umask) ? user->umask.value : 0022;
	if (strcmp(process->cwd.value, "/") == 0)
		return 0; /* where the change of root leads */
	op = plan_append(p, PLAN_chdir, process->cwd.at, e, "process.cwd");
	if (op == NULL)
		return -ENOMEM;
	op->chdir.path = process->cwd.value;
	return 0;
}

static const char *env_find(const char *const *env, const char *name)
{
	const size_t len = strlen(name);

	for (size_t i = 0; env[i] != NULL; i++)
		if (strncmp(env[i], name, len) == 0 && env[i][len] == '=')
			return env[i] + len + 1;
	return NULL;
}

/* The environment, with a free place in front for HOME, which the child may have to find out.
 * The name of an entry ends at '='; entries without one are dropped, as engines hand them over; of
 * two of the same name the later wins; an empty HOME gives way to the user's own. */
const char *const *plan_environment(struct plan *p)
{
	const struct spec_strings *const env = &p->config->process->env;
	const char **const ret = arena_array(p->arena, env->count + 2, sizeof(*ret));
	struct twin *const names = arena_array(p->arena, env->count + 1, sizeof(*names));
	size_t n = 1;

	if (ret == NULL || names == NULL)
		return NULL;
	for (size_t i = 0; i < env->count; i++) {
		const char *const entry = env->items[i].value;

		names[i].len = strcspn(entry, "=");
		names[i].text = names[i].len == 0 || entry[names[i].len] == '\0' ? NULL : entry;
	}
	twins_find(names, env->count);
	ret[0] = "HOME=/";
	for (size_t i = 0; i < env->count; i++)
		if (names[i].text != NULL && !names[i].later && strcmp(names[i].text, "HOME=") != 0)
			ret[n++] = names[i].text;
	return ret;
}

static size_t count_places(const char *name, const char *path)
{
	size_t count = 1;

	/* with a slash, or longer than a file's name can be, it is not looked for */
	if (strchr(name, '/') != NULL || strlen(name) > NAME_MAX)
		return 1;
	for (const char *c = path; *c != '\0'; c++)
		count += *c == ':';
	return count;
}

/* Where the program may be: the name itself, or below each directory of the container's PATH. */
static const char *const *places(struct plan *p, const char *name, const char *path)
{
	const size_t count = count_places(name, path);
	const char **const ret = arena_array(p->arena, count + 1, sizeof(*ret));

	if (ret == NULL || name[0] == '\0')
		return ret;
	ret[0] = name;
	for (size_t i = 0; i < count && strchr(name, '/') == NULL; i++) {
		const size_t len = strcspn(path, ":");

		ret[i] = arena_printf(
			p->arena, "%.*s/%s", len == 0 ? 1 : (int)len, len == 0 ? "." : path, name);
		if (ret[i] == NULL)
			return NULL;
		path += len + 1;
	}
	return ret;
}

static const char *const *arguments(struct plan *p)
{
	const struct spec_strings *const args = &p->config->process->args;
	const char **const ret = arena_array(p->arena, args->count + 1, sizeof(*ret));

	for (size_t i = 0; ret != NULL && i < args->count; i++)
		ret[i] = args->items[i].value;
	return ret;
}

int plan_program(struct plan *p, const char *const *env, struct err *e)
{
	const struct spec_process *const process = p->config->process;
	const char *const name = process->args.items[0].value;
	const char *const home = env_find(env + 1, "HOME");
	const char *path = env_find(env + 1, "PATH");
	struct plan_op *op;

	if (path == NULL)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	if (count_places(name, path) > PLACES_MAX)
		return err_set(e, E2BIG, process->env.at,
			"process.env: more than %d directories in PATH", PLACES_MAX);
	if (home == NULL || home[0] == '\0') {
		op = plan_append(p, PLAN_home, POS_NONE, e, "process.env");
		if (op == NULL)
			return -ENOMEM;
		op->home.uid = process->user != NULL ? process->user->uid.value : 0;
	}
	op = plan_append(p, PLAN_find_program, process->args.items[0].at, e, "process.args[0]");
	if (op == NULL)
		return -ENOMEM;
	op->find_program.name = name;
	op->find_program.places = places(p, name, path);
	return op->find_program.places != NULL
		       ? 0
		       : err_set(e, ENOMEM, process->args.at, "out of memory");
}

int plan_program_exec(struct plan *p, const char *const *env, struct err *e)
{
	const struct spec_process *const process = p->config->process;
	const char *const home = env_find(env + 1, "HOME");
	struct plan_op *const op = plan_append(p, PLAN_exec, process->args.at, e, "process.args");

	if (op == NULL)
		return -ENOMEM;
	op->exec.name = process->args.items[0].value;
	op->exec.args = arguments(p);
	op->exec.env = home == NULL || home[0] == '\0' ? env : env + 1;
	return op->exec.args != NULL ? 0 : err_set(e, ENOMEM, process->at, "out of memory");
}

/* The hand-over: the child is ready, the parent writes that down, the program starts. */
static int append_start(struct plan *p, struct err *e)
{
	struct plan_op *op;

	TRY(plan_barrier(p, PLAN_child_done, "ready to start", e));
	TRY(plan_scheduling_by_parent(p, e));
	TRY(plan_pidfd_send(p, e));
	if (p->config->process->noNewPrivileges.value && !p->options->wait_start)
		TRY(plan_agent_limit(p, e));
	TRY(append_plain(p, PLAN_release, POS_NONE, "process", e));
	if (!p->options->wait_start)
		return 0;
	op = plan_append(p, PLAN_wait_start, POS_NONE, e, "process");
	if (op == NULL)
		return -ENOMEM;
	op->wait_start.fifo = SLOT_FIFO;
	return 0;
}

/* What is inherited from the caller ends here. */
int plan_clean(struct plan *p, struct err *e)
{
	struct plan_op *op;

	TRY(append_plain(p, PLAN_signals, POS_NONE, "process", e));
	op = plan_append(p, PLAN_close_fds, POS_NONE, e, "process");
	if (op == NULL)
		return -ENOMEM;
	op->close_fds.first = 3 + p->options->preserve_fds;
	return 0;
}

/* Without no_new_privs a filter wants CAP_SYS_ADMIN, so it is loaded before that goes; with it, as
 * the last thing of all (seccomp(2)). */
static int append_early_filter(struct plan *p, struct err *e)
{
	if (p->seccomp == NULL)
		return 0;
	TRY(plan_barrier(p, PLAN_parent_done, "filter compiled", e));
	if (p->seccomp->agent != NULL)
		TRY(plan_barrier(p, PLAN_child_done, "ready for the filter", e));
	TRY(plan_agent_limit(p, e));
	TRY(plan_listener_helper(p, e));
	return plan_seccomp_load(p, e);
}

int plan_process(struct plan *p, struct err *e)
{
	const struct spec_process *const process = p->config->process;
	const bool confined = process->noNewPrivileges.value;
	const char *const *const env = plan_environment(p);

	if (env == NULL)
		return err_set(e, ENOMEM, process->at, "out of memory");
	TRY(plan_settings(p, e));
	TRY(plan_scheduling_self(p, e)); /* a filter may forbid what these need */
	if (!confined)
		TRY(append_early_filter(p, e));
	TRY(plan_credentials(p, e));
	TRY(plan_program(p, env, e));
	TRY(plan_clean(p, e));
	TRY(append_start(p, e));
	if (confined)
		TRY(append_plain(p, PLAN_no_new_privs, process->noNewPrivileges.at,
			"process.noNewPrivileges", e));
	if (confined) /* a limit may be of processes or of memory */
		TRY(plan_listener_helper(p, e));
	TRY(plan_rlimits(p, e));
	if (confined)
		TRY(plan_seccomp_load(p, e));
	TRY(plan_hooks_start(p, e));
	return plan_program_exec(p, env, e);
}
