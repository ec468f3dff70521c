/* Taking back what a start has done: processes first, then what they were in.  Goes on behind what
 * cannot be undone. */
#include "base/sys.h"
#include "parent/cgroup.h"
#include "parent/exec.h"
#include "parent/fuse.h"
#include "parent/made.h"
#include "parent/ops.h"
#include "parent/spawn.h"

#include <signal.h>
#include <stdio.h>

void parent_undo(struct parent *p, struct err *e)
{
	char path[4096];
	struct err ignored = { 0 };
	int code;

	(void)!parent_net_restore(
		p); /* the first failure is the one that is told, here and below */
	if (p->plan->hot)
		exec_let_end(p, e);
	if (p->pid > 0 && sys_pidfd_send_signal(p->pidfd, SIGKILL) == 0)
		(void)!sys_wait_pidfd(p->pidfd, &code);
	p->pid = 0;
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
