/* What a container has changed.  The comparing is done by a process of its own, which takes on the
 * container's namespaces; nothing is changed anywhere. */
#include "crun-lite/diff.h"

#include "base/proc.h"
#include "diff/layer.h"
#include "diff/served.h"
#include "diff/view.h"
#include "diff/wire.h"
#include "lib/crl.h"
#include "lib/layers.h"
#include "lib/live.h"
#include "state/look.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* One question, and who answers it. */
struct asking {
	struct arena arena;
	struct state_record record;
	enum state_status status;
	struct view_place place;
	int pidfd;
	int layer; /* descriptor for a layer; FD_NONE: changes are told */
	pid_t pid; /* of the process that compares */
	FILE *answers;
	int maps; /* socket to it */
	struct fuse_server servers[SERVED_MAX];
	int (*each)(void *data, const struct crl_change *change);
	void *data;
};

static void asking_done(struct asking *a)
{
	if (a->answers != NULL)
		(void)fclose(a->answers); /* only read from */
	fd_close(&a->maps);
	fd_close(&a->pidfd);
	for (size_t i = 0; i < SERVED_MAX; i++)
		fuse_kill(&a->servers[i]); /* it may be what the process waits for */
	while (a->pid > 0 && waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	arena_done(&a->arena);
}

#define AUTO_ASKING __attribute__((cleanup(asking_done))) struct asking

/* --- which trees ----------------------------------------------------------------------------- */

static int fill_layers(struct asking *a, bool stopped, struct err *e)
{
	const struct state_record *const r = &a->record;

	if (layers_read(&a->arena, r->lower, stopped ? r->upper : NULL, &a->place.layers,
		    &a->place.count) < 0)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	for (size_t i = 0; i < a->place.count; i++)
		if (a->place.layers[i][0] == '\0')
			return err_set(e, ENOTSUP, POS_NONE,
				"container \"%s\" has a layer that is no directory: diff cannot look "
				"into it",
				r->id);
	return 0;
}

static int gone(const struct asking *a, struct err *e)
{
	(void)err_set(e, ESRCH, POS_NONE,
		"container \"%s\" has stopped, and what it wrote went with it: it was in memory",
		a->record.id);
	return err_hint(e, "`run --overlay=DIR` keeps what is written");
}

/* The directory is complete when fuse-overlayfs has ended. */
static int fill_fuse(struct asking *a, bool stopped, struct err *e)
{
	if (stopped)
		TRY(live_end_fuse(&a->record, e));
	a->place.name = a->record.id;
	a->place.fuse = host_find_fuse_overlayfs(getenv("PATH"), &a->arena);
	if (a->place.fuse == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	if (a->place.fuse[0] != '\0')
		return 0;
	(void)err_set(e, ENOENT, POS_NONE,
		"container \"%s\" has a root of fuse-overlayfs, which is not installed any more: No "
		"such file or directory",
		a->record.id);
	return err_hint(e, "install it: apt-get install fuse-overlayfs");
}

static int fill_place(struct asking *a, struct err *e)
{
	const struct state_record *const r = &a->record;
	int rc = -ESRCH;

	if (r->upper[0] == '\0') {
		(void)err_set(e, EINVAL, POS_NONE,
			"container \"%s\" has no overlay: what it wrote is in its root itself",
			r->id);
		return err_hint(e, "`run --overlay` makes one");
	}
	if (a->status == STATE_CREATING)
		return err_set(e, EAGAIN, POS_NONE, "container \"%s\" is still being made", r->id);
	if (a->status != STATE_STOPPED)
		rc = state_pidfd(r, &a->pidfd, e);
	if (rc < 0 && rc != -ESRCH)
		return rc;
	*e = (struct err){ 0 };
	if (rc < 0 && r->upper[0] != '/')
		return gone(a, e);
	if (rc < 0 && strcmp(r->uids, "joined") == 0)
		return err_set(e, ENOTSUP, POS_NONE,
			"container \"%s\" has stopped, and with it the user namespace that it had "
			"joined: its ids are not known",
			r->id);
	if (r->fuse_pid != 0)
		TRY(fill_fuse(a, rc < 0, e));
	a->place.pidfd = a->pidfd;
	a->place.userxattr = r->userxattr;
	a->place.uids = r->uids;
	a->place.gids = r->gids;
	return fill_layers(a, rc < 0, e);
}

static int read_record(struct crl *c, const char *id, struct asking *a, struct err *e)
{
	AUTO_STATE_DIR d = STATE_DIR_NONE;

	TRY(state_check_id(id, e));
	TRY(crl_open_root(c, false, e));
	TRY(state_open(c->root_fd, id, STATE_NO_LOCK, &d, e));
	return state_look(&d, &a->arena, &a->record, &a->status, e);
}

/* --- the process that compares --------------------------------------------------------------- */

static int compare(const struct asking *a, int proc, int maps, FILE *out, struct err *e)
{
	__attribute__((cleanup(view_done))) struct view v = { FD_NONE, FD_NONE };
	struct walk_trees trees = { .proc = proc, .skip = true };

	TRY(view_open(&a->place, maps, &v, e));
	if (fchdir(proc) < 0)
		return err_sys(e, errno, POS_NONE, "cannot go to /proc");
	trees.below = v.below;
	trees.above = v.above;
	trees.marks = a->place.fuse != NULL;
	trees.skip = !view_may_redirect(&a->place);
	return a->layer != FD_NONE ? layer_write(&trees, a->layer, e) : wire_walk(&trees, out, e);
}

_Noreturn static void child(const struct asking *a, int proc, int answers, int maps)
{
	FILE *const out = fdopen(answers, "w");
	struct err e = { 0 };
	int rc;

	if (out == NULL || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
		signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		_exit(1);
	rc = compare(a, proc, maps, out, &e);
	_exit(wire_end(out, rc, &e) < 0);
}

static int start(struct asking *a, int proc, struct err *e)
{
	AUTO_FD from = FD_NONE;
	AUTO_FD to = FD_NONE;
	AUTO_FD theirs = FD_NONE;
	int pair[2], sockets[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, errno, POS_NONE, "cannot make a pipe");
	from = pair[0];
	to = pair[1];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_sys(e, errno, POS_NONE, "cannot make a pair of sockets");
	a->maps = sockets[0];
	theirs = sockets[1];
	a->pid = fork();
	if (a->pid < 0)
		return err_sys(e, errno, POS_NONE, "cannot start a process");
	if (a->pid == 0) {
		fd_close(&from);
		fd_close(&a->maps);
		child(a, proc, to, theirs);
	}
	a->answers = fdopen(from, "r");
	if (a->answers == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	(void)fd_take(&from);
	return 0;
}

/* --- both ------------------------------------------------------------------------------------ */

static int tell(void *data, const struct wire_change *c, struct err *e)
{
	const struct asking *const a = data;
	AUTO_ARENA arena = { 0 };
	const struct crl_change change = {
		.kind = (enum crl_change_kind)c->kind,
		.what = c->what,
		.path = arena_printf(&arena, "/%s", c->path),
		.length = c->len + 1,
		.mode = c->mode,
		.uid = c->uid,
		.gid = c->gid,
		.size = c->size,
		.seconds = c->seconds,
		.nanoseconds = c->nanoseconds,
	};
	int rc;

	_Static_assert(
		(int)CRL_DELETED == (int)WALK_DELETED && (int)CRL_CHANGE_LINKS == (int)FILE_LINKS,
		"one set of words");
	if (change.path == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	rc = a->each != NULL ? a->each(a->data, &change) : 0;
	return rc < 0 ? err_sys(e, -rc, POS_NONE, "ended by the caller") : 0;
}

static int ask(struct crl *c, const char *id, struct asking *a, struct err *e)
{
	AUTO_FD proc = FD_NONE;
	int rc;

	TRY(read_record(c, id, a, e));
	TRY(fill_place(a, e));
	proc = proc_open();
	if (proc < 0)
		return err_sys(e, -proc, POS_NONE, "cannot open /proc");
	TRY(start(a, proc, e));
	rc = view_needs_map(&a->place) ? view_map(&a->place, a->maps, a->pid, e) : 0;
	if (rc == 0 && a->place.fuse != NULL)
		rc = served_start(&a->place, a->maps, a->pid, a->servers, e);
	if (rc == 0)
		rc = wire_receive(a->answers, tell, a, e);
	return rc < 0 ? err_add(e, "container \"%s\"", a->record.id) : 0;
}

#define ASKING                                                       \
	{                                                            \
		.pidfd = FD_NONE, .layer = FD_NONE, .maps = FD_NONE, \
		.place = { .pidfd = FD_NONE }, .servers = {          \
			FUSE_SERVER_NONE,                            \
			FUSE_SERVER_NONE                             \
		}                                                    \
	}

int crl_diff(struct crl *c, const char *id,
	int (*each)(void *data, const struct crl_change *change), void *data,
	struct crl_error *error)
{
	AUTO_ASKING a = ASKING;
	struct err e = { 0 };

	a.each = each;
	a.data = data;
	return crl_fail(ask(c, id, &a, &e), &e, error);
}

int crl_diff_tar(struct crl *c, const char *id, int fd, struct crl_error *error)
{
	AUTO_ASKING a = ASKING;
	struct err e = { 0 };

	a.layer = fd;
	return crl_fail(ask(c, id, &a, &e), &e, error);
}
