/* User namespaces that hold the maps of id-mapped mounts, and the mapping.  Decides nothing. */
#include "base/proc.h"
#include "base/sys.h"
#include "parent/ops.h"
#include "plan/explain.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/vfs.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

int parent_open_userns(pid_t pid)
{
	AUTO_FD proc = proc_open();
	char path[48];
	int fd;

	if (proc < 0)
		return proc;
	(void)snprintf(path, sizeof(path), "%d/ns/user", (int)pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A process in a user namespace of its own; it ends when `hold` is closed, also by our death. */
static int start_holder(pid_t *ret_pid, int *ret_pidfd, int *ret_hold)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		.exit_signal = SIGCHLD,
	};
	AUTO_FD ours = FD_NONE;
	AUTO_FD theirs = FD_NONE;
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	theirs = pair[0];
	ours = pair[1];
	pid = sys_clone3(&args, sizeof(args));
	if (pid == 0) {
		char byte;

		(void)close(ours);
		(void)!read(theirs, &byte, 1);
		_exit(0);
	}
	if (pid < 0)
		return pid;
	*ret_pid = pid;
	*ret_hold = fd_take(&ours);
	return 0;
}

static int write_maps(pid_t pid, const struct plan_userns_make *op)
{
	TRY(parent_write_proc_of(pid, "uid_map", op->uids));
	return parent_write_proc_of(pid, "gid_map", op->gids);
}

int do_userns_make(struct parent *p, const struct plan_userns_make *op, struct err *e)
{
	AUTO_FD pidfd = FD_NONE;
	AUTO_FD hold = FD_NONE;
	pid_t pid = 0;
	int rc, ended, fd = FD_NONE;

	(void)e;
	TRY(start_holder(&pid, &pidfd, &hold));
	rc = write_maps(pid, op);
	if (rc == 0)
		rc = fd = parent_open_userns(pid);
	fd_close(&hold);
	(void)!sys_wait_pidfd(pidfd, &ended); /* how it ended says nothing */
	p->slots[op->into] = fd;
	return rc < 0 ? rc : 0;
}

int do_userns_open(struct parent *p, const struct plan_userns_open *op, struct err *e)
{
	const int fd = parent_open_userns(p->pid);

	(void)e;
	p->slots[op->into] = fd < 0 ? FD_NONE : fd;
	return fd < 0 ? fd : 0;
}

/* The name of a file system that somebody may well try; NULL: none known. */
static const char *type_of(int tree)
{
	static const struct {
		uint32_t magic;
		const char *name;
	} rows[] = {
		{ NFS_SUPER_MAGIC, "nfs" },
		{ 0xff534d42, "cifs" },
		{ 0xfe534d42, "smb3" },
		{ 0x65735546, "fuse" },
		{ V9FS_MAGIC, "9p" },
		{ PROC_SUPER_MAGIC, "proc" },
		{ SYSFS_MAGIC, "sysfs" },
		{ CGROUP2_SUPER_MAGIC, "cgroup2" },
		{ DEVPTS_SUPER_MAGIC, "devpts" },
		{ RAMFS_MAGIC, "ramfs" },
		{ HUGETLBFS_MAGIC, "hugetlbfs" },
		{ SQUASHFS_MAGIC, "squashfs" },
		{ OVERLAYFS_SUPER_MAGIC, "overlay" },
		{ TMPFS_MAGIC, "tmpfs" },
		{ EXT4_SUPER_MAGIC, "ext4" },
		{ XFS_SUPER_MAGIC, "xfs" },
		{ BTRFS_SUPER_MAGIC, "btrfs" },
	};
	struct statfs fs;

	if (fstatfs(tree, &fs) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((uint32_t)fs.f_type == rows[i].magic)
			return rows[i].name;
	return NULL;
}

int parent_map_ids(struct parent *p, const struct plan_map_ids *op, int tree, struct err *e)
{
	const struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)(unsigned)p->slots[op->users],
	};
	const int rc = sys_mount_setattr(tree, op->recursive != 0, &attr);
	const char *type;
	char detail[64];

	if (rc != -EINVAL)
		return rc;
	type = op->type != NULL ? op->type : type_of(tree);
	if (type == NULL)
		return rc;
	(void)snprintf(detail, sizeof(detail), "the file system is of type %s", type);
	return plan_explain(p->plan, p->next, EINVAL, detail, e);
}
