/* The process that becomes fuse-overlayfs: its ids, its view of the host, its rights.  Allocates
 * nothing.
 *
 * The layers are mounts with names of our making, numbers below /dev, which nothing else of it
 * needs and which is sure to be there and to be reached by all: what the configuration calls them
 * never comes before the program's parser, and nothing can be changed between check and use. */
#include "parent/fuse_process.h"

#include "base/sys.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define STAGE "/dev"

enum {
	DEVICE_FD = 3, /* "/dev/fd/3" below */
	FAIL_FD = 4,   /* up to here they are the program's, but for this one, which exec closes */
	GO_FD = 5,
	FIRST_FREE_FD = 6
};

/* What has failed, beside the errno. */
static int about(struct fuse_failure *f, int rc, const char *what)
{
	if (rc < 0)
		(void)snprintf(f->what, sizeof(f->what), "%s", what);
	return rc;
}

static int about_errno(struct fuse_failure *f, int result, const char *what)
{
	return about(f, result < 0 ? -errno : 0, what);
}

/* --- who it is ----------------------------------------------------------------------------------
 */

static int take_ids(const struct fuse_process *p, struct fuse_failure *f)
{
	char byte;

	if (p->job->users == 0)
		return 0;
	if (read(GO_FD, &byte, 1) != 1)
		return -EPIPE;     /* its ids could not be mapped, as the parent knows */
	(void)!setgroups(0, NULL); /* where that is denied they are the caller's own */
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return about(f, -errno, "user 0 of the user namespace");
	return 0;
}

/* No terminal's signals, and none that our caller ignores. */
static void leave_caller(void)
{
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	const uint64_t none = 0;

	(void)setsid(); /* cannot fail: it is no leader of a group */
	for (int sig = 1; sig < SIGRTMIN; sig++)
		(void)sigaction(sig, &usual, NULL); /* SIGKILL and SIGSTOP are so already */
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	(void)umask(0022);
}

/* In a user namespace the right to mount is of no use to it; outside, trusted.* attributes of
 * layers need it. */
static int drop_rights(const struct fuse_process *p)
{
	uint64_t keep = 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_DAC_READ_SEARCH |
			1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | 1ULL << CAP_SETFCAP |
			1ULL << CAP_MKNOD;

	if (p->job->users == 0)
		keep |= 1ULL << CAP_SYS_ADMIN;
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if ((keep >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 &&
			p->job->users != 0)
			return -errno; /* else it has no more than its caller was given */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* --- what it sees -------------------------------------------------------------------------------
 */

static int clone_dir(const char *path)
{
	AUTO_FD dir = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? -errno : sys_clone_tree(dir, "", false);
}

/* Neither is a link, nor one of the layers. */
static int check_writes(const struct fuse_process *p, struct fuse_failure *f)
{
	static const char *const names[] = { "upper", "work" };
	struct stat below, writes;

	for (size_t n = 0; n < ARRAY_LEN(names); n++) {
		AUTO_FD fd = openat(p->trees[p->count], names[n],
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &writes) < 0) {
			(void)snprintf(f->what, sizeof(f->what), "%s/%s", p->job->dir, names[n]);
			return -errno;
		}
		for (size_t i = 0; i < p->count; i++)
			if (fstat(p->trees[i], &below) == 0 && below.st_dev == writes.st_dev &&
				below.st_ino == writes.st_ino)
				return about(f, -ELOOP, p->job->lower[i]);
	}
	return 0;
}

/* All of it before the host is made read-only, which mounts that are cloned then would be, too. */
static int clone_layers(const struct fuse_process *p, struct fuse_failure *f)
{
	const struct fuse_job *const j = p->job;

	for (size_t i = 0; i < p->count; i++) {
		p->trees[i] = clone_dir(j->lower[i]);
		TRY(about(f, p->trees[i], j->lower[i]));
	}
	if (j->dir == NULL)
		return 0;
	p->trees[p->count] = clone_dir(j->dir);
	TRY(about(f, p->trees[p->count], j->dir));
	return check_writes(p, f);
}

/* Before Linux 5.12 mounts in place alone can be changed. */
static int guard(int tree, uint64_t set, bool in_place)
{
	const struct mount_attr attr = { .attr_set = set };
	const int rc = sys_mount_setattr(tree, false, &attr);

	if (rc != -ENOSYS)
		return rc;
	return in_place ? sys_mount_change(tree, false, &attr) : 0;
}

/* It writes to its layer and to nothing else.  /proc it expects to be as usual. */
static int guard_host(void)
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	const struct mount_attr usual = { .attr_clr = MOUNT_ATTR_RDONLY };
	AUTO_FD root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD proc = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (root < 0)
		return -errno;
	rc = sys_mount_setattr(root, true, &attr);
	if (rc == -ENOSYS)
		return 0; /* before Linux 5.12 it is guarded by its rights alone */
	if (rc == 0 && proc >= 0)
		(void)!sys_mount_setattr(proc, false, &usual); /* one that was read-only before */
	return rc;
}

static uint64_t memory_size(const struct fuse_job *j)
{
	struct sysinfo info;
	uint64_t half = 0;

	if (j->size != NULL || j->most == 0 || sysinfo(&info) < 0)
		return 0;
	half = (uint64_t)info.totalram * info.mem_unit / 2;
	return j->most < half ? j->most : half;
}

static int mount_stage(const struct fuse_job *j)
{
	char data[96] = "mode=0755";
	const uint64_t size = memory_size(j);

	if (j->size != NULL)
		(void)snprintf(data, sizeof(data), "mode=0755,size=%s", j->size);
	else if (size != 0)
		(void)snprintf(data, sizeof(data), "mode=0755,size=%llu", (unsigned long long)size);
	if (mount("fuse-overlayfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, data) < 0 ||
		chdir(STAGE) < 0)
		return -errno;
	return 0;
}

static int put_tree(int tree, const char *name, uint64_t set)
{
	AUTO_FD at = FD_NONE;

	if (mkdirat(AT_FDCWD, name, 0700) < 0)
		return -errno;
	at = openat(AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return -errno;
	TRY(guard(tree, set, false));
	TRY(sys_move_mount(tree, at));
	return guard(tree, set, true);
}

/* The new directory for writes looks like the root. */
static int make_memory(const struct fuse_process *p)
{
	struct stat st;

	if (fstat(p->trees[0], &st) < 0 || mkdirat(AT_FDCWD, "w", 0700) < 0 ||
		mkdirat(AT_FDCWD, "w/upper", 0700) < 0 || mkdirat(AT_FDCWD, "w/work", 0700) < 0 ||
		fchmodat(AT_FDCWD, "w/upper", st.st_mode & 07777, 0) < 0)
		return -errno;
	return 0;
}

/* Devices are never opened, whoever made them: their nodes are shown to the container, whose own
 * mount says what they are worth. */
static int put_layers(const struct fuse_process *p, struct fuse_failure *f)
{
	const uint64_t plain = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	char name[24];

	for (size_t i = 0; i < p->count; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		TRY(about(f, put_tree(p->trees[i], name, plain | MOUNT_ATTR_RDONLY),
			p->job->lower[i]));
	}
	if (p->job->dir != NULL)
		return about(f, put_tree(p->trees[p->count], "w", plain), p->job->dir);
	return p->job->memory ? about(f, make_memory(p), "a tmpfs for writes") : 0;
}

static int make_view(const struct fuse_process *p, struct fuse_failure *f)
{
	TRY(about_errno(f, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "its own mounts"));
	TRY(clone_layers(p, f));
	TRY(about(f, guard_host(), "the host's mounts"));
	TRY(about(f, mount_stage(p->job), "a tmpfs for its layers"));
	return put_layers(p, f);
}

/* --- the program --------------------------------------------------------------------------------
 */

static void put_args(const struct fuse_process *p)
{
	size_t len = (size_t)snprintf(p->args, p->args_size, "fsname=%s", p->job->name);

	for (size_t i = 0; i < p->count; i++)
		len += (size_t)snprintf(
			p->args + len, p->args_size - len, "%s%zu", i == 0 ? ",lowerdir=" : ":", i);
	if (p->job->dir != NULL || p->job->memory)
		len += (size_t)snprintf(
			p->args + len, p->args_size - len, ",upperdir=w/upper,workdir=w/work");
	must(len < p->args_size);
}

/* Out of the way of the numbers below. */
static int lift(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
}

/* First of all: whoever waits for the end of the caller's output, its lock or its pipes shall not
 * wait for us. */
static int take_descriptors(const struct fuse_process *p)
{
	const int null = lift(openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC));
	const int said = lift(p->said), device = lift(p->job->device), fail = lift(p->fail);
	const int go = lift(p->go);

	if (dup3(fail, FAIL_FD, O_CLOEXEC) < 0 || dup3(go, GO_FD, O_CLOEXEC) < 0 ||
		dup2(device, DEVICE_FD) < 0 || dup2(null, 0) < 0 || dup2(said, 1) < 0 ||
		dup2(said, 2) < 0 || syscall(SYS_close_range, (unsigned)FIRST_FREE_FD, ~0u, 0) < 0)
		return -errno;
	return 0;
}

static int prepare(const struct fuse_process *p, struct fuse_failure *f)
{
	TRY(take_ids(p, f));
	leave_caller();
	TRY(make_view(p, f));
	TRY(about(f, drop_rights(p), "its rights"));
	put_args(p);
	return syscall(SYS_close_range, (unsigned)GO_FD, ~0u, 0) < 0 ? -errno : 0;
}

void fuse_become(const struct fuse_process *p)
{
	const char *const args[] = { p->job->program, "-f", "-o", p->args, "/dev/fd/3", NULL };
	static char *const no_environment[] = { NULL };
	struct fuse_failure f = { 0 };
	int rc = take_descriptors(p);

	if (rc < 0)
		_exit(127); /* there is no number to tell it by */
	rc = prepare(p, &f);
	if (rc == 0) {
		(void)execve(p->job->program, (char *const *)(uintptr_t)args, no_environment);
		rc = about(&f, -errno, p->job->program);
	}
	f.error = -rc;
	(void)!write(FAIL_FD, &f, sizeof(f)); /* a parent that is gone hears nothing */
	_exit(127);
}
