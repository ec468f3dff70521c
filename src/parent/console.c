/* The engine's console socket: connected before anything is made, given the terminal's master side
 * once there is one. */
#include "parent/console.h"

#include "parent/ops.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum {
	CONNECT_SECONDS = 10 /* for a listener that accepts nobody */
};

/* A path that does not fit into the address is reached by way of its directory's descriptor. */
static int fill_address(const char *path, struct sockaddr_un *ret, int *ret_dir)
{
	const char *const slash = strrchr(path, '/');
	char dir[4096];

	if (strlen(path) < sizeof(ret->sun_path)) {
		memcpy(ret->sun_path, path, strlen(path) + 1);
		return 0;
	}
	if (slash == NULL || (size_t)(slash - path) >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	*ret_dir = openat(AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dir < 0)
		return -errno;
	if ((size_t)snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d%s", *ret_dir,
		    slash) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	return 0;
}

int console_dial(const char *path, unsigned seconds, int *ret)
{
	const struct timeval limit = { .tv_sec = seconds };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	AUTO_FD dir = FD_NONE;
	AUTO_FD sock = FD_NONE;

	TRY(fill_address(path, &address, &dir));
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	if (seconds > 0 && setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	if (connect(sock, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret = fd_take(&sock);
	return 0;
}

int do_console_connect(struct parent *p, const struct plan_console_connect *op, struct err *e)
{
	(void)e;
	return console_dial(op->path, 0, &p->console);
}

int console_send(int sock, int master)
{
	return console_send_as(sock, master, "/dev/console"); /* a receiver wants a byte at least */
}

int console_send_as(int sock, int fd, const char *word)
{
	struct iovec iov = { (char *)(uintptr_t)word, strlen(word) };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .align = { .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS,
			      .cmsg_len = CMSG_LEN(sizeof(int)) } };
	const struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };

	memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int do_pidfd_connect(struct parent *p, const struct plan_pidfd_connect *op, struct err *e)
{
	(void)e;
	return console_dial(op->path, CONNECT_SECONDS, &p->slots[op->into]);
}

int do_pidfd_send(struct parent *p, const struct plan_pidfd_send *op, struct err *e)
{
	const int rc = console_send_as(p->slots[op->socket], p->pidfd, op->word);

	(void)e;
	fd_close(&p->slots[op->socket]);
	return rc == -EPIPE ? -ECONNRESET : rc; /* the child is not gone */
}
