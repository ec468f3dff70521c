/* Thin wrappers of system calls.  No policy, no allocation. */
#include "base/sys.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

/* Newer than the kernel headers of Debian 12 promise in <sys/syscall.h>: the same number on every
 * architecture since they all share one table from 424 on. */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

enum {
	LOOKUP_TRIES = 64
};

static int ret_int(long rc)
{
	return rc < 0 ? -errno : (int)rc;
}

uid_t sys_euid(void)
{
	return (uid_t)getauxval(AT_EUID); /* no system call, unlike geteuid(2) */
}

gid_t sys_egid(void)
{
	return (gid_t)getauxval(AT_EGID);
}

pid_t sys_clone3(struct clone_args *args, size_t size)
{
	return (pid_t)ret_int(syscall(SYS_clone3, args, size));
}

int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve };
	long rc = -1;

	for (int i = 0; i < LOOKUP_TRIES; i++) {
		rc = syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (rc >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return ret_int(rc);
}

static unsigned tree_flags(const char *path, bool recursive)
{
	return OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0u) |
	       (path[0] == '\0' ? AT_EMPTY_PATH : 0u);
}

int sys_clone_tree(int dir, const char *path, bool recursive)
{
	return ret_int(syscall(SYS_open_tree, dir, path, tree_flags(path, recursive)));
}

int sys_clone_tree_attr(int dir, const char *path, bool recursive, const struct mount_attr *attr)
{
	AUTO_FD tree = ret_int(syscall(
		SYS_open_tree_attr, dir, path, tree_flags(path, recursive), attr, sizeof(*attr)));

	if (tree != -ENOSYS)
		return fd_take(&tree);
	tree = sys_clone_tree(dir, path, recursive);
	if (tree < 0)
		return tree;
	TRY(sys_mount_setattr(tree, recursive, attr));
	return fd_take(&tree);
}

int sys_tree_namespace(int fd)
{
	const unsigned as_namespace = 2; /* OPEN_TREE_NAMESPACE of <linux/mount.h>, Linux 7.0 */

	return ret_int(syscall(SYS_open_tree, fd, "",
		as_namespace | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH));
}

bool sys_is_inherited(int fd)
{
	const int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

int sys_move_mount(int tree, int target)
{
	return ret_int(syscall(SYS_move_mount, tree, "", target, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int sys_move_mount_at(int tree, int dir, const char *name)
{
	return ret_int(syscall(SYS_move_mount, tree, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH));
}

int sys_mount_setattr(int fd, bool recursive, const struct mount_attr *attr)
{
	return ret_int(syscall(SYS_mount_setattr, fd, "",
		AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u), attr, sizeof(*attr)));
}

/* mount(2) sets all flags of a mount anew, so those that it has are read first.  What statfs(2)
 * says of the file system's own, as read-only, the mount then has too: no harm. */
static unsigned long mount_flags(unsigned long has, const struct mount_attr *attr)
{
	static const struct {
		uint64_t attr;
		unsigned long st, ms;
	} flags[] = {
		{ MOUNT_ATTR_RDONLY, ST_RDONLY, MS_RDONLY },
		{ MOUNT_ATTR_NOSUID, ST_NOSUID, MS_NOSUID },
		{ MOUNT_ATTR_NODEV, ST_NODEV, MS_NODEV },
		{ MOUNT_ATTR_NOEXEC, ST_NOEXEC, MS_NOEXEC },
		{ MOUNT_ATTR_NODIRATIME, ST_NODIRATIME, MS_NODIRATIME },
		{ MOUNT_ATTR_NOSYMFOLLOW, 0x2000 /* ST_NOSYMFOLLOW */, 256 /* MS_NOSYMFOLLOW */ },
	};
	unsigned long ret = 0;
	uint64_t atime = (has & ST_NOATIME) != 0    ? MOUNT_ATTR_NOATIME
			 : (has & ST_RELATIME) != 0 ? MOUNT_ATTR_RELATIME
						    : MOUNT_ATTR_STRICTATIME;

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if ((attr->attr_set & flags[i].attr) != 0 ||
			((has & flags[i].st) != 0 && (attr->attr_clr & flags[i].attr) == 0))
			ret |= flags[i].ms;
	if ((attr->attr_clr & MOUNT_ATTR__ATIME) != 0)
		atime = attr->attr_set & MOUNT_ATTR__ATIME;
	return ret | (atime == MOUNT_ATTR_NOATIME           ? MS_NOATIME
			     : atime == MOUNT_ATTR_RELATIME ? MS_RELATIME
							    : MS_STRICTATIME);
}

int sys_mount_change(int fd, bool recursive, const struct mount_attr *attr)
{
	char path[sizeof("/proc/self/fd/") + 10];
	struct statfs fs;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if ((attr->attr_set != 0 || attr->attr_clr != 0) &&
		mount(NULL, path, NULL,
			MS_REMOUNT | MS_BIND | mount_flags((unsigned long)fs.f_flags, attr),
			NULL) < 0)
		return -errno;
	if (attr->propagation != 0 &&
		mount(NULL, path, NULL, attr->propagation | (recursive ? MS_REC : 0u), NULL) < 0)
		return -errno;
	return 0;
}

int sys_fsopen(const char *type)
{
	return ret_int(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

int sys_fsconfig_set(int fs, const char *key, const char *value)
{
	return ret_int(syscall(SYS_fsconfig, fs,
		value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key, value, 0));
}

int sys_fsconfig_create(int fs)
{
	return ret_int(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
}

int sys_fsmount(int fs, uint64_t attr)
{
	return ret_int(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attr));
}

void sys_fs_log(int fs, char *buf, size_t size)
{
	const int saved = errno;
	char line[256];
	ssize_t len;

	while ((len = read(fs, line, sizeof(line) - 1)) > 2) {
		line[len] = '\0';
		line[strcspn(line, "\n")] = '\0';
		(void)snprintf(buf, size, "%s", line + 2); /* after "e " */
	}
	errno = saved;
}

int sys_pivot_here(void)
{
	/* The new root is both the new and the old place: the old root is then mounted on top of
	 * the new one at ".", from where it is detached (pivot_root(2), NOTES). */
	TRY(ret_int(syscall(SYS_pivot_root, ".", ".")));
	return ret_int(syscall(SYS_umount2, ".", 2 /* MNT_DETACH */));
}

int sys_pidfd_open(pid_t pid)
{
	return ret_int(syscall(SYS_pidfd_open, pid, 0));
}

int sys_pidfd_send_signal(int pidfd, int sig)
{
	return ret_int(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

int sys_prlimit(pid_t pid, uint64_t resource, const struct rlimit *set, struct rlimit *ret_old)
{
	return ret_int(syscall(SYS_prlimit64, pid, (int)resource, set, ret_old));
}

int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *attr)
{
	return ret_int(syscall(SYS_sched_setattr, pid, attr, 0));
}

int sys_ioprio_set(pid_t pid, uint64_t value)
{
	const int a_process = 1; /* IOPRIO_WHO_PROCESS of <linux/ioprio.h>, Linux 5.15 */

	return ret_int(syscall(SYS_ioprio_set, a_process, pid, (int)value));
}

int sys_sched_setaffinity(const void *mask, size_t size)
{
	return ret_int(syscall(SYS_sched_setaffinity, 0, size, mask));
}

int sys_execfd(int fd, char *const argv[], char *const envp[])
{
	return ret_int(syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH));
}

int sys_write_once(int fd, const void *bytes, size_t size)
{
	ssize_t rc;

	do {
		rc = write(fd, bytes, size);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	return (size_t)rc == size ? 0 : -EIO;
}

int sys_write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		const ssize_t rc = write(fd, at, size);

		if (rc < 0 && errno != EINTR)
			return -errno;
		at += rc > 0 ? rc : 0;
		size -= rc > 0 ? (size_t)rc : 0;
	}
	return 0;
}

int sys_write_file(int dir, const char *path, const char *text)
{
	AUTO_FD fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	while (text[len] != '\0')
		len++;
	return sys_write_once(fd, text, len);
}

ssize_t sys_read_text(int dir, const char *path, char *buf, size_t size)
{
	AUTO_FD fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t have = 0;

	if (fd < 0)
		return -errno;
	while (have < size) {
		const ssize_t rc = read(fd, buf + have, size - have);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return -errno;
		have += (size_t)rc;
		if (have < size) { /* short: of such files the end */
			buf[have] = '\0';
			return (ssize_t)have;
		}
	}
	return -EFBIG;
}

int sys_exit_code(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

int sys_wait_pidfd(int pidfd, int *ret_status)
{
	siginfo_t si = { 0 };
	int rc;

	do {
		rc = waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	*ret_status = si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
	return 0;
}
