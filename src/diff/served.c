/* Both sides of served.h: asking for a server, and starting it. */
#include "diff/served.h"

#include "child/fuse.h"
#include "proto/proto.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ANSWER_SECONDS = 10
};

#define ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* --- the process that compares ------------------------------------------------------------------
 */

static int failed(int error, const char *detail, struct err *e)
{
	return err_sys(e, error, POS_NONE, "cannot look into the layers by fuse-overlayfs%s%s",
		detail[0] != '\0' ? ": " : "", detail);
}

int served_user(const struct view_place *p, struct err *e)
{
	if (p->uids[0] != '\0' && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		return err_sys(e, errno, POS_NONE, "cannot become the container's root");
	return 0;
}

/* Hands the device over, and waits until somebody holds it who will answer. */
static int hand_over(int sock, size_t first, int device, struct err *e)
{
	struct proto_msg m = { .kind = PROTO_TREE, .op = (uint32_t)first };
	AUTO_FD none = FD_NONE;
	int rc = proto_send(sock, &m, device);

	if (rc == 0)
		rc = proto_recv(sock, &m, &none);
	return rc < 0 ? failed(-rc, "", e) : 0;
}

int served_tree(const struct view_place *p, size_t first, int sock, struct err *e)
{
	static const char *const data[] = { "subtype=fuse-overlayfs", "rootmode=40000", "user_id=0",
		"group_id=0", "allow_other", NULL };
	char detail[FUSE_SAID_SIZE] = "";
	AUTO_FD device = FD_NONE, root = FD_NONE;
	AUTO_FD tree = FD_NONE;

	TRY(served_user(p, e));
	tree = fuse_mount(data, ATTRIBUTES, &device, detail, sizeof(detail));
	if (tree < 0)
		return failed(-tree, detail, e);
	TRY(hand_over(sock, first, device, e));
	fd_close(&device); /* now: see child/fuse.h */
	root = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return failed(errno, "", e);
	if (proto_send(sock, &(struct proto_msg){ .kind = PROTO_DONE }, FD_NONE) < 0)
		return failed(EPIPE, "", e);
	return fd_take(&tree);
}

void served_end(int sock)
{
	/* one that is gone waits for nothing */
	(void)!proto_send(sock, &(struct proto_msg){ .kind = PROTO_DONE }, FD_NONE);
}

/* --- the process that asked ---------------------------------------------------------------------
 */

struct serving {
	const struct view_place *place;
	int sock;
	pid_t pid;
};

/* Until the other one has seen its tree. */
static int await_seen(const struct serving *s, const struct fuse_server *server, struct err *e)
{
	AUTO_FD none = FD_NONE;
	char said[FUSE_SAID_SIZE];
	struct proto_msg m;
	int rc = fuse_await(server, s->sock, ANSWER_SECONDS);

	if (rc == 0) {
		rc = proto_recv(s->sock, &m, &none);
		return rc == -EPIPE ? 1 : rc; /* it tells why by itself */
	}
	fuse_last_words(server, said);
	return failed(-rc, said, e);
}

static int start_one(
	const struct serving *s, size_t first, int device, struct fuse_server *ret, struct err *e)
{
	const struct view_place *const p = s->place;
	const struct fuse_job job = {
		.program = p->fuse,
		.name = p->name,
		.lower = p->layers + first,
		.users = p->uids[0] != '\0' ? s->pid : 0,
		.device = device,
	};
	char detail[FUSE_SAID_SIZE] = "";
	int rc = first < p->count ? fuse_start(&job, ret, detail) : -EPROTO;

	if (rc == 0)
		rc = proto_send(s->sock, &(struct proto_msg){ .kind = PROTO_DONE }, FD_NONE);
	return rc < 0 && rc != -EPIPE ? failed(-rc, detail, e) : 0;
}

/* 1: there is no more to start. */
static int serve_next(const struct serving *s, struct fuse_server *server, struct err *e)
{
	AUTO_FD device = FD_NONE;
	struct proto_msg m;
	const int rc = proto_recv(s->sock, &m, &device);

	if (rc == -EPIPE || (rc == 0 && m.kind == PROTO_DONE))
		return 1;
	if (rc < 0 || m.kind != PROTO_TREE || server == NULL)
		return failed(rc < 0 ? -rc : EPROTO, "", e);
	TRY(start_one(s, m.op, device, server, e));
	fd_close(&device);
	return await_seen(s, server, e);
}

int served_start(
	const struct view_place *p, int sock, pid_t pid, struct fuse_server *servers, struct err *e)
{
	const struct serving s = { p, sock, pid };

	for (size_t i = 0;; i++) {
		const int rc = serve_next(&s, i < SERVED_MAX ? &servers[i] : NULL, e);

		TRY(rc);
		if (rc > 0)
			return 0;
	}
}
