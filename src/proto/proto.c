/* Sending and receiving of one message.  Allocates nothing: the child uses it. */
#include "proto/proto.h"

#include <string.h>
#include <sys/socket.h>

int proto_pair(int ret[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0 ? -errno : 0;
}

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int proto_send(int sock, const struct proto_msg *m, int fd)
{
	struct proto_msg copy = *m;
	struct iovec iov = { &copy, sizeof(copy) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control = { 0 };
	ssize_t rc;

	copy.version = PROTO_VERSION;
	if (fd != FD_NONE) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(int));
	}
	do {
		rc = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return 0;
}

bool proto_is_message(const struct proto_msg *m)
{
	return m->version == PROTO_VERSION && m->kind < PROTO_KINDS &&
	       memchr(m->detail, '\0', sizeof(m->detail)) != NULL &&
	       (m->kind != PROTO_FAILED || (m->error > 0 && m->error < 4096));
}

static bool carries_fd(uint32_t kind)
{
	return kind == PROTO_MASTER || kind == PROTO_TREE || kind == PROTO_MADE;
}

/* Takes the one descriptor that there may be; of several, none is kept. */
static int take_fd(const struct cmsghdr *c, int *ret_fd)
{
	const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	const bool one = count == 1 && *ret_fd == FD_NONE;

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (one)
			*ret_fd = fd;
		else
			fd_close(&fd);
	}
	return one ? 0 : -EPROTO;
}

/* The control messages: a descriptor, and who has sent it. */
static int take_control(struct msghdr *msg, int *ret_fd, pid_t *ret_from)
{
	int rc = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		struct ucred who;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS && take_fd(c, ret_fd) < 0)
			rc = -EPROTO;
		if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof(who))) {
			memcpy(&who, CMSG_DATA(c), sizeof(who));
			*ret_from = who.pid;
		}
	}
	return rc;
}

int proto_recv_from(int sock, struct proto_msg *ret, int *ret_fd, pid_t *ret_from)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { ret, sizeof(*ret) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	AUTO_FD fd = FD_NONE;
	int resets = 0;
	ssize_t rc;

	/* A peer that ended without reading all of ours shows as ECONNRESET once; what it sent
	 * before is still to be read. */
	do {
		rc = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (rc < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ == 0)));
	if (rc == 0 || (rc < 0 && errno == ECONNRESET))
		return -EPIPE;
	if (rc < 0)
		return -errno;
	*ret_from = 0;
	if (take_control(&msg, &fd, ret_from) < 0)
		return -EPROTO;
	if (rc != sizeof(*ret) || (msg.msg_flags & MSG_TRUNC) != 0 || !proto_is_message(ret))
		return -EPROTO;
	/* Where descriptors are scarce, one that is only for undoing can be done without. */
	if ((msg.msg_flags & MSG_CTRUNC) != 0 ? ret->kind != PROTO_MADE
					      : (fd != FD_NONE) != carries_fd(ret->kind))
		return -EPROTO;
	*ret_fd = fd_take(&fd);
	return 0;
}

int proto_recv(int sock, struct proto_msg *ret, int *ret_fd)
{
	pid_t ignored;

	return proto_recv_from(sock, ret, ret_fd, &ignored);
}

/* By the call that profiles let through already, for it has brought the last message. */
int proto_peer(int sock)
{
	char byte;
	struct iovec iov = { &byte, sizeof(byte) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t rc;

	do {
		rc = recvmsg(sock, &msg, MSG_PEEK | MSG_DONTWAIT);
	} while (rc < 0 && errno == EINTR);
	if (rc > 0 || (rc < 0 && errno == EAGAIN))
		return 0;
	return rc == 0 || errno == ECONNRESET ? -EPIPE : -errno;
}
