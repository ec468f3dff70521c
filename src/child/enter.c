/* A further process of a container that is there.
 *
 * What may be taken for a gap here is none: the process enters all namespaces and takes the ids,
 * capabilities and limits of the program while it still is in the pid namespace of the runtime,
 * where nobody of the container sees it.  What appears inside, by a clone as the last of all joins,
 * has no right and no descriptor that the program will not have. */
#include "child/ops.h"

#include "base/sys.h"
#include "plan/id_list.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

int do_oom_score_self(struct child *c, const struct plan_oom_score_self *op)
{
	return child_write_proc(c, "self/oom_score_adj", op->value);
}

int do_guard(struct child *c, const struct plan_guard *op)
{
	(void)c;
	(void)op;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int do_enter(struct child *c, const struct plan_enter *op)
{
	int *const target = &c->slots[op->target];

	/* all at once or none, and by the process itself: see pidfd in setns(2), Linux 5.8 */
	if (setns(*target, (int)op->flags) < 0)
		return -errno;
	if (op->keep == 0)
		fd_close(target);
	return 0;
}

int do_appear(struct child *c, const struct plan_appear *op)
{
	pid_t pid;

	(void)op;
	/* A sibling, so that the runtime is its parent; and by the older call, which filters know.
	 */
	pid = (pid_t)syscall(SYS_clone, CLONE_PARENT, 0, 0, 0, 0);
	if (pid < 0)
		return -errno;
	if (pid == 0)
		return 0;
	c->appeared = pid;
	_exit(0);
}

int do_end_with_runtime(struct child *c, const struct plan_end_with_runtime *op)
{
	(void)c;
	(void)op;
	/* a runtime that has ended before this is noticed at `release` */
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ? -errno : 0;
}

int do_affinity(struct child *c, const struct plan_affinity *op)
{
	unsigned char all[1024]; /* the kernel knows 8192 processors at most */
	const struct id_list *const given = op->mask;

	(void)c;
	memset(all, 0xff, sizeof(all));
	return sys_sched_setaffinity(given != NULL ? (const void *)given->bits : all,
		given != NULL ? sizeof(given->bits) : sizeof(all));
}
