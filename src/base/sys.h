/* System calls that the C library of our oldest host does not wrap, and the few loops around calls
 * that every caller would have to write.  All return 0 or more, or a negative errno; nothing here
 * allocates, so the child may use all of it. */
#ifndef CRUN_LITE_BASE_SYS_H
#define CRUN_LITE_BASE_SYS_H

#include "base/defs.h"

#include <sys/types.h>

struct clone_args;
struct mount_attr;
struct open_how;

/* The effective ids that the program was started with; it never changes them itself. */
uid_t sys_euid(void);
gid_t sys_egid(void);

/* clone3(2), Linux 5.3.  0 in the child, its pid in the parent. */
CHECKED pid_t sys_clone3(struct clone_args *args, size_t size);

typedef void (*sys_child_fn)(void *data);

/* The same with CLONE_VM, CLONE_VFORK and a stack in the arguments: the child runs `child`, which
 * ends the process, in our memory, and we go on when it has. */
CHECKED pid_t sys_clone3_near(struct clone_args *args, size_t size, sys_child_fn child, void *data);

/* openat2(2), Linux 5.6; flags get O_CLOEXEC, resolve is RESOLVE_*.  EAGAIN (a rename in the way of
 * a scoped look-up) is tried again a bounded number of times. */
CHECKED int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/* open_tree(2), Linux 5.2: a detached clone of a mount, recursive when asked.
 * path  "" = the descriptor itself */
CHECKED int sys_clone_tree(int dir, const char *path, bool recursive);

/* The same with attributes set on the clone: open_tree_attr(2), Linux 6.15; on older kernels by
 * two calls. */
CHECKED int sys_clone_tree_attr(
	int dir, const char *path, bool recursive, const struct mount_attr *attr);

/* open_tree(2) with OPEN_TREE_NAMESPACE, Linux 7.0: a new mount namespace that holds a clone of the
 * tree at fd and nothing else, to be entered by setns(2). */
CHECKED int sys_tree_namespace(int fd);

/* Was the descriptor open when the program was started?  All that we open is close-on-exec. */
bool sys_is_inherited(int fd);

/* move_mount(2), Linux 5.2: a detached mount onto what `target` refers to. */
CHECKED int sys_move_mount(int tree, int target);

/* The same onto `name` in the directory dir; a link of that name is not followed. */
CHECKED int sys_move_mount_at(int tree, int dir, const char *name);

/* mount_setattr(2), Linux 5.12, on the mount that fd is the root of. */
CHECKED int sys_mount_setattr(int fd, bool recursive, const struct mount_attr *attr);

/* The same for a mount in place, by mount(2) and /proc: for kernels without mount_setattr(2).
 * recursive: the propagation alone; attributes are those of this mount. */
CHECKED int sys_mount_change(int fd, bool recursive, const struct mount_attr *attr);

/* fsopen(2), fsconfig(2), fsmount(2), Linux 5.2.  value NULL: a flag. */
CHECKED int sys_fsopen(const char *type);
CHECKED int sys_fsconfig_set(int fs, const char *key, const char *value);
CHECKED int sys_fsconfig_create(int fs);
CHECKED int sys_fsmount(int fs, uint64_t attr);

/* What the kernel wrote into the file system's log, its last line: it names what was wrong.
 * Leaves buf as it is when there is nothing; errno is kept. */
void sys_fs_log(int fs, char *buf, size_t size);

/* pivot_root(2) of the current directory, and the old root detached. */
CHECKED int sys_pivot_here(void);

/* pidfd_open(2), Linux 5.3; pidfd_send_signal(2), Linux 5.1. */
CHECKED int sys_pidfd_open(pid_t pid);
CHECKED int sys_pidfd_send_signal(int pidfd, int sig);

/* prlimit(2); pid 0: the caller.  The C library types the resource in ways that differ. */
struct rlimit;
CHECKED int sys_prlimit(
	pid_t pid, uint64_t resource, const struct rlimit *set, struct rlimit *ret_old);

/* What sched_setattr(2) takes, in its second size (Linux 5.3); sizes before end in front of the
 * clamps, and that is fine for a kernel that sees zeros there. */
struct sys_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* nanoseconds */
	uint32_t clamp_min, clamp_max;
};

/* sched_setattr(2), Linux 3.14; ioprio_set(2) of one process.  pid 0: the caller. */
CHECKED int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *attr);
CHECKED int sys_ioprio_set(pid_t pid, uint64_t value);

/* sched_setaffinity(2) of the caller; size: bytes of the mask. */
CHECKED int sys_sched_setaffinity(const void *mask, size_t size);

/* execveat(2) of the file that fd is open on. */
CHECKED int sys_execfd(int fd, char *const argv[], char *const envp[]);

/* Writes all of it in one write(2): what /proc, /sys and cgroup files want.  -EIO when short. */
CHECKED int sys_write_all(int fd, const void *bytes, size_t size); /* until all is written */
CHECKED int sys_write_once(int fd, const void *bytes, size_t size);

/* Opens below dir (never through a link as last component), writes once, closes. */
CHECKED int sys_write_file(int dir, const char *path, const char *text);

/* Reads a regular file or one of /proc, /sys or a cgroup, and puts a NUL behind.
 * Returns the count of bytes; -EFBIG when there are size or more. */
CHECKED ssize_t sys_read_text(int dir, const char *path, char *buf, size_t size);

/* Waits for a child and reaps it.
 * ret_status  0..255 as exited, 128 + number when killed by a signal; set on success only
 * Returns     0; -ECHILD not our child; else -errno
 * Source      waitid(2): P_PIDFD, Linux 5.4; exit status as sh(1) reports it */
CHECKED int sys_wait_pidfd(int pidfd, int *ret_status);

/* Same for a wait status of waitpid(2). */
int sys_exit_code(int wait_status);

#endif
