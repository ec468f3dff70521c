/* floor: the least that a start can cost; all figures of tests/bench/run are ratios to it.
 *
 * Asks of the kernel, in as few calls as it can and with nothing read, checked or recorded, what
 * the bundle that `runc spec` writes needs: a cgroup, six new namespaces, the eight mounts, devices
 * and links, masked and read-only paths, pivot_root, a read-only root, three capabilities. Then it
 * removes the cgroup. It leaves out what could be argued about (the device filter, limits, the
 * loopback interface), so no runtime gets down to it.
 * May not be used to run anything that is not trusted: it stops at the first surprise, and that is
 * all its care.
 *
 * usage: floor ROOTFS CGROUP2_DIRECTORY PROGRAM [ARGUMENT...] */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n)       (UINT32_C(1) << (n))
#define PLAIN        (MS_NOSUID | MS_NODEV | MS_NOEXEC)

enum {
	FAILED = 125,
	LAST_CAPABILITY = 40
};

/* Relative to the root-to-be, which is the working directory; "make" where no directory is there.
 */
static const struct {
	const char *type, *target, *options;
	unsigned long flags;
	unsigned make;
} mounts[] = {
	{ "proc", "proc", NULL, PLAIN, 0 },
	{ "tmpfs", "dev", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME, 0 },
	{ "devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=0620", MS_NOSUID | MS_NOEXEC, 1 },
	{ "tmpfs", "dev/shm", "mode=1777,size=65536k", PLAIN, 1 },
	{ "mqueue", "dev/mqueue", NULL, PLAIN, 1 },
	{ "sysfs", "sys", NULL, PLAIN | MS_RDONLY, 0 },
	{ "cgroup2", "sys/fs/cgroup", NULL, PLAIN | MS_RDONLY, 0 },
};

static const struct {
	const char *path;
	unsigned major, minor;
} devices[] = {
	{ "dev/null", 1, 3 },
	{ "dev/zero", 1, 5 },
	{ "dev/full", 1, 7 },
	{ "dev/random", 1, 8 },
	{ "dev/urandom", 1, 9 },
	{ "dev/tty", 5, 0 },
};

static const struct {
	const char *path, *to;
} links[] = {
	{ "dev/ptmx", "pts/ptmx" },
	{ "dev/fd", "/proc/self/fd" },
	{ "dev/stdin", "/proc/self/fd/0" },
	{ "dev/stdout", "/proc/self/fd/1" },
	{ "dev/stderr", "/proc/self/fd/2" },
};

/* Those of a kernel that has them; the others are skipped by ENOENT. */
static const struct {
	const char *path;
	unsigned directory;
} masked[] = {
	{ "proc/acpi", 1 },
	{ "proc/kcore", 0 },
	{ "proc/keys", 0 },
	{ "proc/latency_stats", 0 },
	{ "proc/timer_list", 0 },
	{ "proc/sched_debug", 0 },
	{ "proc/scsi", 1 },
	{ "sys/firmware", 1 },
};

static const char *const read_only[] = { "proc/asound", "proc/bus", "proc/fs", "proc/irq",
	"proc/sys", "proc/sysrq-trigger" };

/* Ends the process when a call failed. */
static long need(long result, const char *what)
{
	if (result >= 0)
		return result;
	(void)fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(FAILED);
}

/* The same, but "no such file" is an answer: false. */
static int have(int result, const char *what)
{
	if (result < 0 && errno == ENOENT)
		return 0;
	(void)need(result, what);
	return 1;
}

static void populate(void)
{
	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		if (mounts[i].make)
			need(mkdir(mounts[i].target, 0755), mounts[i].target);
		need(mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
			     mounts[i].options),
			mounts[i].target);
	}
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		need(mknod(devices[i].path, S_IFCHR | 0666,
			     makedev(devices[i].major, devices[i].minor)),
			devices[i].path);
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		need(symlink(links[i].to, links[i].path), links[i].path);
}

static void hide(void)
{
	for (size_t i = 0; i < ARRAY_LEN(masked); i++) {
		const char *const path = masked[i].path;

		if (masked[i].directory)
			(void)have(mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0k"), path);
		else
			(void)have(mount("dev/null", path, NULL, MS_BIND, NULL), path);
	}
	for (size_t i = 0; i < ARRAY_LEN(read_only); i++) {
		const char *const path = read_only[i];

		if (have(mount(path, path, NULL, MS_BIND | MS_REC, NULL), path))
			need(mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | PLAIN,
				     NULL),
				path);
	}
}

static void enter_root(const char *rootfs)
{
	need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	need(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), rootfs);
	need(chdir(rootfs), rootfs);
	(void)umask(0);
	populate();
	hide();
	need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	need(umount2(".", MNT_DETACH), "the old root");
	need(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), "read-only root");
}

static void drop_privileges(void)
{
	const uint32_t keep = BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_AUDIT_WRITE);
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[2] = {
		{ .effective = keep, .permitted = keep },
	};

	for (unsigned cap = 0; cap <= LAST_CAPABILITY; cap++) {
		if (cap > CAP_AUDIT_WRITE || (keep & BIT(cap)) == 0)
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* EINVAL: older kernel */
	}
	need(syscall(SYS_capset, &header, data), "capset");
	need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static void contained(const char *rootfs, char **argv)
{
	char path[] = "PATH=/bin:/usr/bin";
	char *const env[] = { path, NULL };

	enter_root(rootfs);
	need(sethostname("floor", strlen("floor")), "host name");
	drop_privileges();
	need(syscall(SYS_close_range, 3U, ~0U, 0U), "close_range");
	need(execve(argv[0], argv, env), argv[0]);
}

int main(int argc, char **argv)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	char cgroup[4096];
	int status = 0;
	int dir_fd;
	pid_t pid;

	if (argc < 4) {
		(void)fprintf(stderr, "usage: floor ROOTFS CGROUP2_DIRECTORY PROGRAM [ARG...]\n");
		return FAILED;
	}
	(void)snprintf(cgroup, sizeof(cgroup), "%s/floor-%d", argv[2], (int)getpid());
	need(mkdir(cgroup, 0755), cgroup);
	dir_fd = (int)need(openat(AT_FDCWD, cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC), cgroup);

	args.cgroup = (__u64)dir_fd;
	/* CLONE_VFORK: the parent has nothing to do until the program runs. */
	args.flags = CLONE_INTO_CGROUP | CLONE_VFORK | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS |
		     CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWNET;
	pid = (pid_t)need(syscall(SYS_clone3, &args, sizeof(args)), "clone3");
	if (pid == 0)
		contained(argv[1], argv + 3);

	need(waitpid(pid, &status, 0), "waitpid");
	need(rmdir(cgroup), cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
