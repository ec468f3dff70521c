/* Who a process is: its number alone does not say, for numbers are used again.
 * Reads /proc; signals nobody. */
#ifndef CRUN_LITE_BASE_PROC_H
#define CRUN_LITE_BASE_PROC_H

#include "base/defs.h"

#include <sys/types.h>

enum {
	PROC_BOOT_ID_SIZE = 37
}; /* 36 letters and a NUL */

struct proc_stat {
	pid_t pid;
	char state;     /* one letter: R, S, D, T, t, Z, X, I, ... */
	uint64_t start; /* clock ticks between boot and its start */
	bool forked;    /* it has not called execve since it was made */
};

/* Takes the contents of /proc/PID/stat apart; the name in it may hold any byte.
 * Returns 0, or -EINVAL when it is not of that form. */
CHECKED int proc_stat_parse(const char *text, struct proc_stat *ret);

/* pid      0 = the caller
 * Returns  0; -ESRCH no such process, or hidden from us; else -errno
 * Source   proc_pid_stat(5), fields 1, 3, 9 and 22; include/linux/sched.h: PF_FORKNOEXEC */
CHECKED int proc_stat(pid_t pid, struct proc_stat *ret);

/* Is the process of this number still the one that started at that time, and not dead?
 * A zombie is dead.  Returns 1 yes, 0 no, else -errno: it cannot be told. */
CHECKED int proc_is_alive(pid_t pid, uint64_t start);

/* The random name of this boot of the kernel. */
CHECKED int proc_boot_id(char ret[PROC_BOOT_ID_SIZE]);

/* /proc, O_PATH, if it surely is the root of a proc file system: -EXDEV when it is something else,
 * which somebody has mounted over it.  Source: statfs(2); the root's inode number is 1. */
CHECKED int proc_open(void);

#endif
