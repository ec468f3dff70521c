/* What the child makes in the image and in bound directories: mount points, devices, links; removed
 * again when the start fails.
 *
 * The child hands over the directory that it made each in.  Nothing is looked up by a path of the
 * container but beneath that directory, without links and mounts; what holds anything stays. */
#include "parent/made.h"

#include "base/sys.h"
#include "parent/fuse.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	UNDO_SECONDS = 10,
	MADE_DIRS = 8 /* descriptors; what is made in more directories than that is left */
};

struct made {
	const struct made *earlier;
	int dir;          /* which of dirs */
	const char *path; /* as messages have it */
	const char *text; /* what was made of it, from the directory on */
	mode_t leaf;
};

struct parent_made {
	const struct made *last;
	size_t count;
	struct made_dir {
		int fd;
		dev_t dev;
		ino_t ino;
	} dirs[MADE_DIRS];
	const char *left; /* the first that could not be removed */
};

/* The path that an operation may have made a part of; NULL: it makes nothing. */
static const char *made_path(const struct plan *p, uint32_t op)
{
	if (op >= p->count)
		return NULL;
	switch ((int)p->ops[op].kind) {
	case PLAN_attach:
		return p->ops[op].attach.path;
	case PLAN_open_dev:
		return p->ops[op].open_dev.path;
	case PLAN_node:
		return p->ops[op].node.path;
	case PLAN_dev_node:
		return p->ops[op].dev_node.name;
	case PLAN_dev_link:
		return p->ops[op].dev_link.name;
	case PLAN_console:
		return "/dev/console";
	case PLAN_cwd_make:
		return p->ops[op].cwd_make.path;
	default:
		return NULL;
	}
}

/* What fuse-overlayfs serves to the container's user namespace we may hold, but not look at. Before
 * Linux 5.14 nothing tells what it is: it stays 0. */
static ino_t number_of(int fd)
{
	char path[48], text[256];
	const char *line;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (sys_read_text(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 0;
	line = strstr(text, "\nino:\t");
	return line != NULL ? (ino_t)strtoull(line + strlen("\nino:\t"), NULL, 10) : 0;
}

/* Keeps the directory, unless it is known already.  Returns its number. */
static int keep_dir(struct parent_made *m, int *fd)
{
	struct stat st = { 0 };

	if (*fd < 0 || (fstat(*fd, &st) < 0 && errno != EACCES))
		return -EBADF;
	if (st.st_ino == 0)
		st.st_ino = number_of(*fd);
	for (size_t i = 0; i < m->count; i++)
		if (st.st_ino != 0 && m->dirs[i].dev == st.st_dev && m->dirs[i].ino == st.st_ino)
			return (int)i;
	if (m->count == MADE_DIRS)
		return -EMFILE;
	m->dirs[m->count] = (struct made_dir){ fd_take(fd), st.st_dev, st.st_ino };
	return (int)m->count++;
}

void made_note(struct parent *p, const struct proto_msg *msg, int *fd)
{
	const char *const path = made_path(p->plan, msg->op);
	struct made *one;
	int dir;

	if (path == NULL || msg->error < 0 || (size_t)msg->error >= strlen(path))
		return;
	if (p->made == NULL)
		p->made = arena_array(p->plan->arena, 1, sizeof(*p->made));
	one = arena_array(p->plan->arena, 1, sizeof(*one));
	if (p->made == NULL || one == NULL)
		return;
	dir = keep_dir(p->made, fd);
	if (dir < 0 && p->made->left == NULL)
		p->made->left = path;
	if (dir < 0)
		return;
	*one = (struct made){ p->made->last, dir, path, path + msg->error,
		(mode_t)msg->how & S_IFMT };
	if (msg->detail[0] != '\0') /* behind a link */
		one->text = arena_text(p->plan->arena, msg->detail, strlen(msg->detail));
	if (one->text == NULL)
		return;
	p->made->last = one;
}

/* A file that is still as it was made: empty, and of its type. */
static int remove_leaf(int dir, const char *name, mode_t leaf)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if ((st.st_mode & S_IFMT) != leaf || (leaf == S_IFREG && st.st_size > 0))
		return -EEXIST;
	return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

/* Cuts the last component off.  Returns it; "" when there is none left. */
static const char *cut_last(char *path)
{
	size_t len = strlen(path);
	char *slash;

	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return path;
	*slash = '\0';
	return slash + 1;
}

static int open_beneath(int dir, const char *path)
{
	return sys_openat2(dir, path, O_PATH | O_DIRECTORY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

static int remove_last(int dir, char *path, mode_t leaf)
{
	const char *const name = cut_last(path);
	AUTO_FD parent = FD_NONE;
	int rc;

	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		rc = 0; /* what it leads to has its own turn */
	else if ((parent = open_beneath(dir, name == path ? "." : path)) < 0)
		rc = parent;
	else if (!S_ISDIR(leaf))
		rc = remove_leaf(parent, name, leaf);
	else
		rc = unlinkat(parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
	if (name == path)
		path[0] = '\0';
	return rc == -ENOENT ? 0 : rc;
}

/* From the last component up to the first that was made. */
static int remove_one(const struct parent *p, const struct made *m)
{
	const int dir = p->made->dirs[m->dir].fd;
	mode_t leaf = m->leaf;
	char path[PATH_MAX];

	if (strlen(m->text) >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, m->text, strlen(m->text) + 1);
	if (leaf == 0) {
		const char *const last = cut_last(path);

		if (last == path)
			return 0;
		leaf = S_IFDIR;
	}
	for (; path[0] != '\0'; leaf = S_IFDIR)
		TRY(remove_last(dir, path, leaf));
	return 0;
}

void made_forget(struct parent *p)
{
	for (size_t i = 0; p->made != NULL && i < p->made->count; i++)
		fd_close(&p->made->dirs[i].fd);
	p->made = NULL;
}

/* What the child had still to say before it was killed. */
static void read_rest(struct parent *p)
{
	struct proto_msg msg;
	int rc = p->sock == FD_NONE ? -EPIPE : 0;

	while (rc == 0) {
		AUTO_FD fd = FD_NONE;

		rc = proto_recv(p->sock, &msg, &fd);
		if (rc == 0 && msg.kind == PROTO_MADE)
			made_note(p, &msg, &fd);
	}
}

/* Behind the hint that may be there: that one is of the failure itself. */
static void tell_left(const char *path, struct err *e)
{
	const size_t len = strlen(e->hint);

	(void)snprintf(e->hint + len, sizeof(e->hint) - len, /* cut when too long */
		"%s%s was made for this container and is left", len > 0 ? "; " : "", path);
}

static void remove_all(struct parent *p)
{
	for (const struct made *m = p->made->last; m != NULL; m = m->earlier)
		if (remove_one(p, m) < 0 && p->made->left == NULL)
			p->made->left = m->path;
}

_Noreturn static void remove_inside(struct parent *p)
{
	const uint64_t none = 0;

	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	(void)alarm(UNDO_SECONDS);
	if (p->fuse_users != FD_NONE && (setns(p->fuse_users, CLONE_NEWUSER) < 0 ||
						setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		_exit(1);
	remove_all(p);
	_exit(p->made->left != NULL);
}

/* What fuse-overlayfs serves it serves to the container's user namespace alone, and only as long as
 * it does not hang. */
static void remove_served(struct parent *p)
{
	const pid_t pid = fork();
	AUTO_FD pidfd = FD_NONE;
	int status = 1;

	if (pid == 0)
		remove_inside(p);
	pidfd = pid < 0 ? FD_NONE : sys_pidfd_open(pid);
	if (pidfd >= 0 && poll(&(struct pollfd){ pidfd, POLLIN, 0 }, 1, UNDO_SECONDS * 1500) == 0)
		fuse_kill(&p->fuse); /* it holds whom it does not answer, alarm or not */
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (status != 0)
		p->made->left = p->made->last->path;
}

void made_undo(struct parent *p, struct err *e)
{
	read_rest(p);
	if (p->made != NULL && p->made->last != NULL && p->fuse.pid != 0)
		remove_served(p);
	else if (p->made != NULL)
		remove_all(p);
	if (p->made != NULL && p->made->left != NULL)
		tell_left(p->made->left, e);
	made_forget(p);
}
