/* Messages between parent and child: what is none is refused, and nothing of it is kept. */
#include "proto/proto.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_count(void)
{
	int count = 0;

	for (int fd = 0; fd < 64; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Sends a message with so many descriptors. */
static void send_with(int sock, const struct proto_msg *m, size_t fds)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { (void *)m, sizeof(*m) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(fds * sizeof(int)) };
	int zeros[8] = { 0 };

	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(fds * sizeof(int));
	memcpy(CMSG_DATA(&control.align), zeros, fds * sizeof(int));
	cr_assert(eq(int, (int)sendmsg(sock, &msg, 0), (int)sizeof(*m)));
}

Test(proto, sender)
{
	const int yes = 1;
	struct proto_msg m = { .version = PROTO_VERSION, .kind = PROTO_MASTER };
	int pair[2], fd = FD_NONE;
	pid_t from;

	cr_assert(eq(int, proto_pair(pair), 0));
	cr_assert(eq(int, proto_send(pair[1], &m, 0), 0));
	cr_assert(eq(int, proto_recv_from(pair[0], &m, &fd, &from), 0));
	cr_expect(eq(int, from, 0)); /* not asked for */
	close(fd);
	cr_assert(eq(int, setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)), 0));
	cr_assert(eq(int, proto_send(pair[1], &m, 0), 0));
	cr_assert(eq(int, proto_recv_from(pair[0], &m, &fd, &from), 0));
	cr_expect(eq(int, from, getpid()));
	cr_expect(ge(int, fd, 0));
}

Test(proto, descriptors)
{
	static const struct {
		uint32_t kind;
		size_t fds;
		int rc;
	} rows[] = {
		{ PROTO_MASTER, 1, 0 },
		{ PROTO_MASTER, 2, -EPROTO },
		{ PROTO_MASTER, 8, -EPROTO },
		{ PROTO_DONE, 1, -EPROTO },
		{ PROTO_DONE, 3, -EPROTO },
	};
	int pair[2];

	cr_assert(eq(int, proto_pair(pair), 0));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct proto_msg m = { .version = PROTO_VERSION, .kind = rows[i].kind };
		const int before = open_count();
		struct proto_msg got;
		int fd = FD_NONE;

		send_with(pair[1], &m, rows[i].fds);
		cr_expect(eq(int, proto_recv(pair[0], &got, &fd), rows[i].rc));
		if (rows[i].rc == 0)
			close(fd);
		cr_expect(eq(int, open_count(), before), "row %zu", i);
	}
}

Test(proto, peer)
{
	const struct proto_msg m = { .kind = PROTO_DONE };
	struct proto_msg got;
	int pair[2], fd = FD_NONE;

	cr_assert(eq(int, proto_pair(pair), 0));
	cr_expect(eq(int, proto_peer(pair[0]), 0), "silent");
	cr_assert(eq(int, proto_send(pair[1], &m, FD_NONE), 0));
	cr_expect(eq(int, proto_peer(pair[0]), 0), "it has spoken");
	cr_expect(eq(int, proto_recv(pair[0], &got, &fd), 0), "and it is still to be read");
	close(pair[1]);
	cr_expect(eq(int, proto_peer(pair[0]), -EPIPE), "gone");
	close(pair[0]);
	cr_assert(eq(int, proto_pair(pair), 0));
	cr_assert(eq(int, proto_send(pair[0], &m, FD_NONE), 0));
	close(pair[1]);
	cr_expect(eq(int, proto_peer(pair[0]), -EPIPE), "gone without reading");
}
