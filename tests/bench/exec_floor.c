/* exec_floor: the least that a further process in a container can cost; the figures of `exec` in
 * tests/bench/run are ratios to it.
 *
 * Asks of the kernel, in as few calls as it can and with nothing read, checked or recorded, what
 * `exec` needs in a container of the bundle that `crun-lite spec` writes: its namespaces by one
 * setns, a child born in its cgroup, a session, three capabilities, no_new_privs, one limit.
 * May not be used in a container that is not trusted: it is traceable there, and keeps descriptors
 * of the host.
 *
 * usage: exec_floor PID CGROUP_DIRECTORY PROGRAM [ARGUMENT...] */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(n) (UINT32_C(1) << (n))

enum {
	FAILED = 125,
	LAST_CAPABILITY = 40,
	KEPT = BIT(CAP_AUDIT_WRITE) | BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE)
};

static void must(int good)
{
	if (!good)
		_exit(FAILED);
}

static void become(char **argv)
{
	static char *const environment[] = { "PATH=/bin", NULL };
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[2] = { { KEPT, KEPT, 0 }, { 0 } };
	const struct rlimit files = { 1024, 1024 };

	must(setsid() > 0);
	for (unsigned i = 0; i <= LAST_CAPABILITY; i++)
		if (i >= 32 || (KEPT & BIT(i)) == 0)
			must(prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0);
	must(syscall(SYS_setgroups, 0, NULL) == 0);
	must(syscall(SYS_capset, &head, sets) == 0);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	must(setrlimit(RLIMIT_NOFILE, &files) == 0);
	(void)execve(argv[0], argv, environment);
	_exit(FAILED);
}

int main(int argc, char **argv)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	int pidfd, cgroup, status;
	pid_t pid;

	must(argc > 3);
	pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	cgroup = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(pidfd >= 0 && cgroup >= 0);
	must(setns(pidfd, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
				  CLONE_NEWCGROUP) == 0);
	args.cgroup = (uint64_t)cgroup;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		become(argv + 3);
	must(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}
