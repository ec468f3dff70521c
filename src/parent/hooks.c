/* The hooks of the runtime's namespaces, and what those of the container are told.
 *
 * A hook's standard input is the state of runtime-spec (runtime.md, "State") in a sealed file in
 * memory.  Asked to end while one is at work, the runtime ends it. */
#include "parent/hooks.h"

#include "base/json_out.h"
#include "base/sys.h"
#include "child/hook.h"
#include "parent/ops.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static int state_file(void)
{
	int fd = memfd_create("state", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* Linux 6.3 */
		fd = memfd_create("state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int hooks_prepare(struct parent *p, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(p->plan->hook_slots); i++) {
		const int slot = p->plan->hook_slots[i];
		int fd;

		if (slot == SLOT_NONE)
			continue;
		fd = state_file();
		if (fd < 0)
			return err_sys(
				e, -fd, POS_NONE, "cannot make room for what hooks are told");
		p->slots[slot] = fd;
	}
	return 0;
}

static void put_state(
	struct json_out *j, const struct parent *p, const char *root, const char *status)
{
	const struct spec_config *const c = p->plan->config;
	const char *const bundle = p->plan->options->bundle;
	const bool stopped = strcmp(status, "stopped") == 0;

	json_object(j, NULL);
	json_text(j, "ociVersion", "1.3.0"); /* of this form, as `state` says it */
	json_text(j, "id", p->plan->options->id);
	json_text(j, "status", status);
	json_int(j, "pid", stopped ? 0 : p->pid);
	json_text(j, "bundle", bundle);
	json_text(j, "root", root);
	if (c->annotations.count > 0) {
		json_object(j, "annotations");
		for (size_t i = 0; i < c->annotations.count; i++)
			json_text(j, c->annotations.items[i].key.value,
				c->annotations.items[i].value.value);
		json_end(j);
	}
	json_end(j);
}

/* Writes the state and makes the file one that nobody changes. */
static int write_state(const struct parent *p, const char *status, int fd, struct err *e)
{
	const char *const path = p->plan->config->root->path.value;
	const char *const root = path[0] == '/' ? path
						: arena_printf(p->plan->arena, "%s/%s",
							  p->plan->options->bundle, path);
	AUTO_JSON j = { 0 };
	const char *text;
	size_t len;

	if (root == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	put_state(&j, p, root, status);
	TRY(json_finish(&j, &text, &len, e));
	for (size_t done = 0; done < len;) {
		const ssize_t rc = write(fd, text + done, len - done);

		if (rc < 0)
			return -errno;
		done += (size_t)rc;
	}
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0
		       ? -errno
		       : 0;
}

int do_hook_state(struct parent *p, const struct plan_hook_state *op, struct err *e)
{
	return write_state(p, op->status, p->slots[op->into], e);
}

/* --- asked to end ------------------------------------------------------------------------------
 */

static int open_signals(void)
{
	sigset_t ends;
	int fd;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGHUP);
	fd = signalfd(-1, &ends, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int take_signal(int fd)
{
	struct signalfd_siginfo si;

	return read(fd, &si, sizeof(si)) == sizeof(si) ? (int)si.ssi_signo : SIGTERM;
}

int hooks_await_child(struct parent *p)
{
	AUTO_FD ends = open_signals();
	struct pollfd fds[2] = { { .fd = p->sock, .events = POLLIN },
		{ .fd = ends, .events = POLLIN } };

	if (ends < 0)
		return ends;
	while (poll(fds, ARRAY_LEN(fds), -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (fds[0].revents != 0)
		return 0;
	p->signal = take_signal(ends);
	return 1;
}

int hooks_await(struct parent *p, struct err *e)
{
	int rc;

	if (p->plan->hook_slots[0] == SLOT_NONE && p->plan->hook_slots[1] == SLOT_NONE)
		return 0;
	rc = hooks_await_child(p);
	if (rc <= 0)
		return rc;
	return err_set(e, EINTR, p->plan->config->hooks->at,
		"hooks: ended by signal %d while the container's own were at work", p->signal);
}

/* --- a hook ------------------------------------------------------------------------------------
 */

/* A file to append to; no device that would be waited for. */
static int open_output(const char *path, int *ret)
{
	AUTO_FD fd = FD_NONE;
	struct stat st;

	if (path == NULL)
		return 0;
	fd = openat(AT_FDCWD, path,
		O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		0700);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return -EINVAL;
	if (fcntl(fd, F_SETFL, O_APPEND) < 0)
		return -errno;
	*ret = fd_take(&fd);
	return 0;
}

/* A child of a process that ignores SIGCHLD cannot be waited for. */
static void mind_children(void)
{
	struct sigaction now;

	if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		(void)signal(SIGCHLD, SIG_DFL); /* cannot fail for this one */
}

static int run_with(struct parent *p, const struct plan_hook *op, struct plan_hook_end *ret,
	struct hook_run *h, struct err *e)
{
	int rc = open_output(op->out, &h->out);

	if (rc == 0)
		rc = open_output(op->err, &h->err);
	if (rc < 0) {
		*ret = (struct plan_hook_end){ .error = -rc, .how = HOOK_OUTPUT };
		return 1;
	}
	TRY(write_state(p, op->status, h->state, e));
	mind_children();
	rc = hook_run(h, ret);
	if (rc > 0 && ret->error == 0 && ret->how == HOOK_ENDED) {
		p->signal = take_signal(h->watch);
		ret->how += p->signal;
	}
	return rc;
}

int do_hook(struct parent *p, const struct plan_hook *op, struct err *e)
{
	AUTO_FD state = state_file(), out = FD_NONE, err = FD_NONE;
	AUTO_FD ends = open_signals();
	struct hook_run h = {
		.program = op->program,
		.args = op->args,
		.env = op->env,
		.dir = op->dir,
		.timeout = op->timeout,
		.state = state,
		.out = FD_NONE,
		.err = FD_NONE,
		.watch = ends,
		.watch_for = POLLIN,
		.fresh = true,
	};
	struct plan_hook_end end = { 0 };
	int rc;

	if (state < 0 || ends < 0) {
		end.error = state < 0 ? -state : -ends;
		return plan_explain_hook(p->plan, p->next, &end, e);
	}
	rc = run_with(p, op, &end, &h, e);
	out = h.out;
	err = h.err;
	return rc > 0 ? plan_explain_hook(p->plan, p->next, &end, e) : rc;
}

int do_hook_after(struct parent *p, const struct plan_hook_after *op, struct err *e)
{
	(void)op; /* its members are those of a hook */
	return do_hook(p, &p->plan->ops[p->next].hook, e);
}

int parent_hooks(
	struct parent *p, const char *kind, parent_failed_fn failed, void *data, struct err *e)
{
	for (p->next = 0; p->next < p->plan->count; p->next++) {
		const struct plan_op *const op = &p->plan->ops[p->next];
		struct err why = { 0 };
		int rc;

		if (op->kind != PLAN_hook_after || strcmp(op->hook_after.kind, kind) != 0)
			continue;
		rc = do_hook_after(p, &op->hook_after, &why);
		if (rc < 0 && why.code == 0)
			rc = plan_explain_hook(
				p->plan, p->next, &(struct plan_hook_end){ .error = -rc }, &why);
		if (rc < 0 && failed == NULL) {
			*e = why;
			return rc;
		}
		if (rc < 0)
			failed(data, &why);
	}
	return 0;
}
