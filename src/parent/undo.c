/* Taking back what a start has done: processes first, then what they were in.  Goes on behind what
 * cannot be undone. */
#include "base/sys.h"
#include "parent/cgroup.h"
#include "parent/exec.h"
#include "parent/fuse.h"
#include "parent/made.h"
#include "parent/ops.h"
#include "parent/spawn.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

enum {
	KILLED_MS = 1000, /* far more than it takes */
	HELD_MS = 10000
};

static bool ends_within(const struct parent *p, int ms)
{
	struct pollfd ended = { .fd = p->pidfd, .events = POLLIN };

	return poll(&ended, 1, ms) != 0;
}

/* A file system of somebody who has read its question, and does not answer it, holds even a process
 * that is killed.  fuse-overlayfs is ended first then; whoever else it is, we do not wait for. */
static void end_child(struct parent *p, struct err *e)
{
	const pid_t pid = p->pid;
	int code;

	p->pid = 0;
	if (pid <= 0 || sys_pidfd_send_signal(p->pidfd, SIGKILL) < 0)
		return;
	if (p->fuse.pid > 0 && !ends_within(p, KILLED_MS))
		fuse_kill(&p->fuse);
	if (ends_within(p, HELD_MS)) {
		(void)!sys_wait_pidfd(p->pidfd, &code);
		return;
	}
	(void)shutdown(p->sock, SHUT_RDWR); /* what it has said so far is all */
	(void)err_hint(e, "process %d is killed, and hangs in a file system", (int)pid);
}

void parent_undo(struct parent *p, struct err *e)
{
	char path[4096];
	struct err ignored = { 0 };

	(void)!parent_net_restore(
		p); /* the first failure is the one that is told, here and below */
	if (p->plan->hot)
		exec_let_end(p, e);
	end_child(p, e);
	if (p->plan->target_slot != SLOT_NONE && !p->plan->hot)
		exec_end_unseen(p);
	made_undo(p, e);
	fuse_kill(&p->fuse); /* which may have served what was made */
	parent_net_undo(p);
	parent_rdt_undo(p);
	parent_overlay_undo(p);
	if (p->cgroup_inode == 0 && p->cgroup_made == 0)
		return;
	(void)snprintf(path, sizeof(path), "%s%s", p->plan->host->cgroup_root, p->plan->cgroup);
	if (p->cgroup_made > 0)
		(void)!cgroup_remove(path, p->cgroup_made, p->cgroup_inode, &ignored);
	else /* it was there before, empty, and is so again */
		(void)!cgroup_signal(path, p->cgroup_inode, SIGKILL);
	p->cgroup_made = 0;
	p->cgroup_inode = 0;
}
