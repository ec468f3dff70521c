/* Starting fuse-overlayfs, waiting for its answer and for its end: see fuse.h. */
#include "parent/fuse.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/sys.h"
#include "parent/fuse_process.h"
#include "parent/users.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

enum {
	SAID_MAX = 4096,
	MAP_SIZE = 16 * 1024, /* 340 lines of 34 bytes */
	NUMBER_SIZE = 8,      /* of a layer, with its colon */
	WORDS_MS = 1000
};

/* Its output ends where the file does: nobody can fill memory by it. */
static int said_file(void)
{
	AUTO_FD fd = memfd_create("fuse-overlayfs", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, SAID_MAX) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		return -errno;
	return fd_take(&fd);
}

/* --- the start ----------------------------------------------------------------------------------
 */

static int read_map(struct arena *a, pid_t pid, const char *file, const char **ret)
{
	char *const text = arena_alloc(a, MAP_SIZE);
	char path[48];

	if (text == NULL)
		return -ENOMEM;
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	TRY((int)sys_read_text(AT_FDCWD, path, text, MAP_SIZE));
	*ret = text;
	return 0;
}

/* The same ids in another user namespace: it has no rights over what is in the container's, nor has
 * the container over what is in this. */
static int map_as(pid_t pid, pid_t like, char detail[FUSE_SAID_SIZE])
{
	AUTO_ARENA arena = { 0 };
	const char *uids, *gids;
	struct err e = { 0 };
	int rc;

	TRY(read_map(&arena, like, "uid_map", &uids));
	TRY(read_map(&arena, like, "gid_map", &gids));
	rc = users_map(pid, uids, gids, &e);
	if (rc < 0)
		(void)snprintf(detail, FUSE_SAID_SIZE, "%.*s", FUSE_SAID_SIZE - 1, e.text);
	return rc;
}

static int clone_process(const struct fuse_process *f, struct fuse_server *s)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_PIDFD |
			 CLONE_CLEAR_SIGHAND | (f->job->users != 0 ? (uint64_t)CLONE_NEWUSER : 0),
		.pidfd = (uint64_t)(uintptr_t)&s->pidfd,
		.exit_signal = SIGCHLD,
	};
	const pid_t pid = sys_clone3(&args, sizeof(args));

	if (pid == 0)
		fuse_become(f);
	s->pid = pid < 0 ? 0 : pid;
	return pid < 0 ? pid : 0;
}

/* Until it is the program, or has told why it is not. */
static int await_exec(int fail, char detail[FUSE_SAID_SIZE])
{
	struct fuse_failure f;
	const ssize_t size = read(fail, &f, sizeof(f));

	if (size == 0)
		return 0;
	if (size != sizeof(f) || f.error <= 0)
		return -EPROTO;
	memcpy(detail, f.what, FUSE_SAID_SIZE);
	detail[FUSE_SAID_SIZE - 1] = '\0';
	return -f.error;
}

static int start(struct fuse_process *f, struct fuse_server *s, char detail[FUSE_SAID_SIZE])
{
	AUTO_FD go = FD_NONE, go_theirs = FD_NONE, fail = FD_NONE, fail_theirs = FD_NONE;
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	f->go = go_theirs = pair[0];
	go = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	fail = pair[0];
	f->fail = fail_theirs = pair[1];
	TRY(clone_process(f, s));
	fd_close(&go_theirs);
	fd_close(&fail_theirs);
	rc = f->job->users != 0 ? map_as(s->pid, f->job->users, detail) : 0;
	if (rc == 0)
		(void)send(go, "", 1, MSG_NOSIGNAL); /* one that is gone has said why */
	fd_close(&go);
	return rc < 0 ? rc : await_exec(fail, detail);
}

int fuse_start(const struct fuse_job *j, struct fuse_server *ret, char detail[FUSE_SAID_SIZE])
{
	AUTO_ARENA arena = { 0 };
	struct fuse_process f = { .job = j };
	int rc;

	*ret = (struct fuse_server)FUSE_SERVER_NONE;
	detail[0] = '\0';
	while (j->lower[f.count] != NULL)
		f.count++;
	f.args_size = strlen(j->name) + f.count * NUMBER_SIZE + 64;
	f.args = arena_alloc(&arena, f.args_size);
	f.trees = arena_array(&arena, f.count + 1, sizeof(*f.trees));
	if (f.args == NULL || f.trees == NULL)
		return -ENOMEM;
	ret->said = f.said = said_file();
	if (f.said < 0)
		return f.said;
	rc = start(&f, ret, detail);
	if (rc < 0)
		fuse_kill(ret);
	return rc;
}

/* --- its answer ---------------------------------------------------------------------------------
 */

int fuse_await(const struct fuse_server *s, int sock, uint64_t seconds)
{
	const int64_t end = clock_now_ms() + (int64_t)seconds * 1000;
	struct pollfd p[] = { { .fd = sock, .events = POLLIN },
		{ .fd = s->pidfd, .events = POLLIN } };

	for (;;) {
		const int64_t left = end - clock_now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(p, ARRAY_LEN(p), (int)left) < 0 && errno != EINTR)
			return -errno;
		if (p[0].revents != 0)
			return 0;
		if (p[1].revents != 0)
			return -ENOTCONN;
	}
}

/* Has it ended, and how?  Without reaping it. */
static bool how_ended(const struct fuse_server *s, char *ret, size_t size)
{
	struct pollfd p = { .fd = s->pidfd, .events = POLLIN };
	siginfo_t si = { 0 };

	if (s->pid == 0 || poll(&p, 1, WORDS_MS) <= 0 ||
		waitid(P_PIDFD, (id_t)s->pidfd, &si, WEXITED | WNOWAIT) < 0)
		return false;
	(void)snprintf(ret, size,
		si.si_code == CLD_EXITED ? "it ended with status %d" : "it was killed by signal %d",
		si.si_status);
	return true;
}

void fuse_last_words(const struct fuse_server *s, char ret[FUSE_SAID_SIZE])
{
	char text[SAID_MAX + 1];
	const ssize_t size = pread(s->said, text, SAID_MAX, 0);
	size_t len;
	char *line;

	ret[0] = '\0';
	if (!how_ended(s, ret, FUSE_SAID_SIZE))
		return;
	text[size < 0 ? 0 : size] = '\0'; /* and behind what it has written, too */
	len = strlen(text);
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	line = strrchr(text, '\n');
	line = line == NULL ? text : line + 1;
	len = strlen(ret);
	if (line[0] != '\0')
		(void)snprintf(ret + len, FUSE_SAID_SIZE - len, ": %.*s",
			FUSE_SAID_SIZE - (int)len - 3, line);
}

/* --- its end ------------------------------------------------------------------------------------
 */

void fuse_close(struct fuse_server *s)
{
	siginfo_t ignored;

	/* one that has ended: nobody else waits for it as long as it is our child */
	if (s->pidfd != FD_NONE)
		(void)waitid(P_PIDFD, (id_t)s->pidfd, &ignored, WEXITED | WNOHANG);
	fd_close(&s->pidfd);
	fd_close(&s->said);
}

void fuse_kill(struct fuse_server *s)
{
	int ignored;

	if (s->pid > 0 && sys_pidfd_send_signal(s->pidfd, SIGKILL) == 0)
		(void)!sys_wait_pidfd(s->pidfd, &ignored); /* how it ended says nothing */
	s->pid = 0;
	fuse_close(s);
}

int fuse_finish(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int rc = poll(&p, 1, FUSE_END_MS);

	if (rc == 0) {
		/* its mount is held by others, or it hangs: what it serves is gone now */
		TRY(sys_pidfd_send_signal(pidfd, SIGKILL));
		rc = poll(&p, 1, FUSE_END_MS);
	}
	return rc > 0 ? 0 : rc == 0 ? -EBUSY : -errno;
}
