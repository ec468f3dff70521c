/* Messages between the parent and the child over one SOCK_SEQPACKET pair.
 *
 * Both walk the same plan, so a message names an operation by its number.  What comes from the
 * child is not trusted: fixed size, closed set of kinds, at most one descriptor. */
#ifndef CRUN_LITE_PROTO_PROTO_H
#define CRUN_LITE_PROTO_PROTO_H

#include "base/defs.h"

#include <sys/types.h>

enum proto_kind {
	PROTO_DONE,   /* both ways: this side has come to operation `op` */
	PROTO_FAILED, /* child to parent: operation `op` failed with `error` */
	PROTO_HOOK,   /* child to parent: a hook failed, `error` and `how` as in plan/hooks.h */
	PROTO_MASTER, /* child to parent, with a descriptor: the terminal's master side */
	PROTO_TREE,   /* with a descriptor, a detached mount; child to parent: its ids are to be
			 mapped;   parent to child: of an image */
	PROTO_MADE,   /* child to parent, with a descriptor: in that directory operation `op` has
			 made its path from byte `error` on, or that of `detail`; `how` is the last
			 component's type,   0 when only those above it were made */
	PROTO_KINDS,
};

#define PROTO_VERSION 3u

struct proto_msg {
	uint32_t version;
	uint32_t kind;
	uint32_t op;
	int32_t error;    /* errno value, > 0, of PROTO_FAILED */
	int32_t how;      /* of PROTO_HOOK */
	char detail[160]; /* what else the kernel said, NUL-terminated; may be empty */
};

/* A connected pair, close-on-exec. */
CHECKED int proto_pair(int ret[2]);

/* Could this have been sent? */
bool proto_is_message(const struct proto_msg *m);

/* Sends a message, with a descriptor unless fd is FD_NONE; it stays the caller's.
 * Returns 0; -EPIPE when the other side is gone; else -errno. */
CHECKED int proto_send(int sock, const struct proto_msg *m, int fd);

/* Waits for a message.
 * ret_fd   the descriptor that came along, FD_NONE when none did; the caller's
 * Returns  0; -EPIPE when the other side is gone; -EPROTO for anything that is no message */
CHECKED int proto_recv(int sock, struct proto_msg *ret, int *ret_fd);

/* The same, and who has sent it, in our pid namespace; 0: the kernel does not tell, for SO_PASSCRED
 * is not set on the socket. */
CHECKED int proto_recv_from(int sock, struct proto_msg *ret, int *ret_fd, pid_t *ret_from);

/* Is the other side still there?  Asked when it has nothing more to say.
 * Returns 0; -EPIPE it has closed its end, or died; else -errno */
CHECKED int proto_peer(int sock);

#endif
