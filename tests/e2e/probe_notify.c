/* A program that tells of itself by the socket of NOTIFY_SOCKET.  Knows nothing of crun-lite. */
#define _GNU_SOURCE

#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int send_with(int sock, const char *text, int fd)
{
	struct iovec iov = { (char *)text, strlen(text) };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .align = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	if (fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? errno : 0;
}

/* Is the other end closed, in time? */
static int barrier(int sock)
{
	int pair[2], rc;
	struct pollfd p;

	if (pipe(pair) < 0)
		return errno;
	rc = send_with(sock, "BARRIER=1", pair[1]);
	close(pair[1]);
	p = (struct pollfd){ .fd = pair[0], .events = POLLIN };
	if (rc == 0 && poll(&p, 1, 5000) != 1)
		rc = ETIMEDOUT;
	close(pair[0]);
	return rc;
}

int probe_notify(char **words)
{
	const char *const path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM, 0), rc = 0;

	if (path == NULL || strlen(path) >= sizeof(to.sun_path))
		return ENOENT;
	strcpy(to.sun_path, path);
	if (connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0)
		return errno;
	for (; *words != NULL && rc == 0; words++) {
		if (strcmp(*words, "pause") == 0)
			pause();
		else if (strcmp(*words, "barrier") == 0)
			rc = barrier(sock);
		else if (words[0][0] == '+')
			usleep((unsigned)atoi(*words) * 1000);
		else
			rc = send_with(sock, *words, -1);
	}
	return rc;
}
