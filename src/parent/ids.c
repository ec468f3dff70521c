/* What the parent sets on the child from outside: id maps, limits, scores, priorities. */
#include "parent/ops.h"

#include "base/proc.h"
#include "base/sys.h"
#include "plan/explain.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

int parent_write_proc_of(pid_t pid, const char *file, const char *text)
{
	AUTO_FD proc = proc_open();
	AUTO_FD fd = FD_NONE;
	char path[64];

	if (proc < 0)
		return proc;
	(void)snprintf(path, sizeof(path), "%d/%s", (int)pid, file);
	fd = sys_openat2(
		proc, path, O_WRONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return fd;
	return sys_write_once(fd, text, strlen(text));
}

int parent_write_proc(const struct parent *p, const char *file, const char *text)
{
	return parent_write_proc_of(p->pid, file, text);
}

int do_map_write(struct parent *p, const struct plan_map_write *op, struct err *e)
{
	(void)e;
	return parent_write_proc(p, op->file, op->text);
}

int do_oom_score(struct parent *p, const struct plan_oom_score *op, struct err *e)
{
	(void)e;
	return parent_write_proc(p, "oom_score_adj", op->value);
}

int do_rlimit_raise(struct parent *p, const struct plan_rlimit_raise *op, struct err *e)
{
	struct rlimit limit;

	(void)e;
	TRY(sys_prlimit(p->pid, op->resource, NULL, &limit));
	limit.rlim_max = op->hard;
	return sys_prlimit(p->pid, op->resource, &limit, NULL);
}

int do_scheduler_by_parent(
	struct parent *p, const struct plan_scheduler_by_parent *op, struct err *e)
{
	(void)e;
	return sys_sched_setattr(p->pid, op->attr);
}

int do_io_priority_by_parent(
	struct parent *p, const struct plan_io_priority_by_parent *op, struct err *e)
{
	(void)e;
	return sys_ioprio_set(p->pid, op->value);
}

enum {
	ARGS_MAX = 3 * 340 + 3
}; /* the kernel takes 340 lines (user_namespaces(7)) */

/* Becomes the helper, with nothing of our environment; what it says is kept. */
_Noreturn static void run_helper(const struct plan_map_helper *op, const char *pid, int said)
{
	static char *const no_environment[] = { NULL };
	const char *args[ARGS_MAX] = { op->program, pid };

	for (size_t i = 0; op->args[i] != NULL && i + 3 < ARGS_MAX; i++)
		args[i + 2] = op->args[i];
	const uint64_t no_signals = 0;

	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof(no_signals));
	if (dup2(said, STDOUT_FILENO) >= 0 && dup2(said, STDERR_FILENO) >= 0 &&
		syscall(SYS_close_range, 3u, ~0u, 0) == 0)
		(void)execve(op->program, (char *const *)(uintptr_t)args, no_environment);
	_exit(127);
}

int parent_run_helper(pid_t pid, const struct plan_map_helper *op, char *ret_said, size_t size)
{
	AUTO_FD said = memfd_create("helper", MFD_CLOEXEC);
	char text[16];
	pid_t helper;
	ssize_t len;
	int status;

	ret_said[0] = '\0';
	if (said < 0)
		return -errno;
	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	helper = fork();
	if (helper == 0)
		run_helper(op, text, said);
	if (helper < 0)
		return -errno;
	while (waitpid(helper, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (status == 0)
		return 0;
	len = pread(said, ret_said, size - 1, 0);
	ret_said[len < 0 ? 0 : len] = '\0';
	ret_said[strcspn(ret_said, "\n")] = '\0';
	return -EPERM;
}

int do_map_helper(struct parent *p, const struct plan_map_helper *op, struct err *e)
{
	char said[256];
	const int rc = parent_run_helper(p->pid, op, said, sizeof(said));

	return rc == -EPERM ? plan_explain(p->plan, p->next, EPERM, said, e) : rc;
}
