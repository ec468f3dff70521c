/* See notify.h.  Decides nothing of the container, and ends no process. */
#include "parent/notify.h"

#include "base/clock.h"
#include "base/sys.h"
#include "base/text.h"
#include "parent/console.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	MESSAGE_MAX = 4096, /* what is longer is not looked at */
	BARRIER_SECONDS = 30
};

#define SOCKET_NAME "notify.sock"

void notify_done(struct notify *n)
{
	fd_close(&n->sock);
	fd_close(&n->host);
	fd_close(&n->barrier);
}

int notify_check(const char *address, struct err *e)
{
	const size_t len = strlen(address);
	char shown[TEXT_SHOWN];

	if ((address[0] == '/' || address[0] == '@') && len > 1 &&
		len < sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return 0;
	(void)err_set(e, EINVAL, POS_NONE,
		"NOTIFY_SOCKET: expected an absolute path, or @ and a name, of at most %zu bytes, "
		"found \"%s\"",
		sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1,
		text_escape(shown, sizeof(shown), address, len));
	return err_hint(e, "it is in the environment of crun-lite: unset it, if nobody waits");
}

int notify_connect(const char *address, struct notify *n, struct err *e)
{
	const struct timeval limit = { .tv_sec = BARRIER_SECONDS };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const size_t len = strlen(address);

	TRY(notify_check(address, e));
	memcpy(to.sun_path, address, len + 1);
	if (address[0] == '@')
		to.sun_path[0] = '\0';
	n->host = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->host >= 0 &&
		setsockopt(n->host, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
		connect(n->host, (const struct sockaddr *)&to,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0)
		return 0;
	(void)err_sys(e, errno, POS_NONE, "NOTIFY_SOCKET: cannot connect to \"%s\"", address);
	return err_hint(e, "it is in the environment of crun-lite: unset it, if nobody waits");
}

/* By descriptor, after a look at it: a container with the right to mount can make its side of the
 * directory writable, and put a link to something of the host's there. */
static int open_to_all(int dir)
{
	AUTO_FD node = openat(dir, SOCKET_NAME, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[32];
	struct stat st;

	if (node < 0 || fstat(node, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	return fchmodat(AT_FDCWD, path, 0666, 0) < 0 ? -errno : 0;
}

int notify_bind(int dir, struct notify *n, struct err *e)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	AUTO_FD sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = 0;

	(void)unlinkat(dir, SOCKET_NAME, 0); /* of a start that failed; else it is not there */
	/* by its descriptor: the path of the directory may be longer than an address */
	(void)snprintf(own.sun_path, sizeof(own.sun_path), "/proc/self/fd/%d/" SOCKET_NAME, dir);
	if (sock < 0 || bind(sock, (const struct sockaddr *)&own, sizeof(own)) < 0)
		rc = -errno;
	if (rc == 0)
		rc = open_to_all(dir); /* the umask has its say before */
	if (rc < 0)
		return err_sys(e, -rc, POS_NONE, "cannot make the notify socket of the container");
	n->sock = fd_take(&sock);
	return 0;
}

bool notify_is_ready(const char *text, size_t size)
{
	static const char word[] = "READY=1";
	const size_t len = sizeof(word) - 1;

	for (size_t at = 0; at + len <= size; at++) {
		const char *const end = memchr(text + at, '\n', size - at);
		const size_t line = end == NULL ? size - at : (size_t)(end - (text + at));

		if (line == len && memcmp(text + at, word, len) == 0)
			return true;
		at += line;
	}
	return false;
}

/* "BARRIER=1" with one end of a pipe, which the host closes when it has read what came before. */
static int send_barrier(struct notify *n)
{
	AUTO_FD theirs = FD_NONE;
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	fd_close(&n->barrier);
	n->barrier = pair[0];
	theirs = pair[1];
	return console_send_as(n->host, theirs, "BARRIER=1");
}

static int send_text(const struct notify *n, const char *text)
{
	return send(n->host, text, strlen(text), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int pass_ready(struct notify *n)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "MAINPID=%d", (int)n->main);
	TRY(send_text(n, "READY=1"));
	TRY(send_text(n, text));
	return send_barrier(n);
}

/* Our wait for a host that takes nothing is bounded once, not once a message of the container. */
static void tell_host(struct notify *n)
{
	const int rc = pass_ready(n);

	n->passed = n->passed || rc == 0;
	if (rc == 0)
		return;
	n->error = -rc;
	fd_close(&n->barrier);
	fd_close(&n->sock);
}

void notify_read(struct notify *n)
{
	const bool again = n->again;

	fd_close(&n->barrier);
	n->again = false;
	if (again)
		tell_host(n);
}

void notify_pass(struct notify *n)
{
	char text[MESSAGE_MAX];
	/* without room for descriptors: those that come along are closed by the kernel */
	const ssize_t len = recv(n->sock, text, sizeof(text), MSG_TRUNC | MSG_DONTWAIT);

	if (len <= 0 || (size_t)len > sizeof(text) || !notify_is_ready(text, (size_t)len))
		return;
	if (n->barrier != FD_NONE)
		n->again = true;
	else
		tell_host(n);
}

/* 1: all was read; 0: not in time; a negative errno */
static int await_barrier(const struct notify *n, const sigset_t *mask)
{
	const int64_t end = clock_now_ms() + BARRIER_SECONDS * 1000;
	struct pollfd p = { .fd = n->barrier, .events = POLLIN };

	for (;;) {
		const int64_t left = end - clock_now_ms();
		const struct timespec limit = { .tv_sec = left > 0 ? left / 1000 : 0,
			.tv_nsec = left > 0 ? left % 1000 * 1000000 : 0 };
		const int rc = ppoll(&p, 1, &limit, mask);

		if (rc >= 0 || errno != EINTR)
			return rc < 0 ? -errno : rc;
	}
}

int notify_wait(struct notify *n, int pidfd, const sigset_t *mask)
{
	struct pollfd p[2] = { { .fd = n->sock, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN } };
	int rc;

	while (!n->passed && n->error == 0) {
		rc = ppoll(p, ARRAY_LEN(p), NULL, mask);
		if (rc < 0 && errno != EINTR)
			return -errno;
		if (rc > 0 && p[0].revents != 0)
			notify_pass(n); /* what it said last is heard, too */
		else if (rc > 0 && p[1].revents != 0)
			return 0;
	}
	if (n->error != 0)
		return -n->error;
	rc = await_barrier(n, mask);
	return rc > 0 ? 0 : rc == 0 ? -ETIMEDOUT : rc;
}
