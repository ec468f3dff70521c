/* Making, freezing, emptying and removing cgroups of version 2 (cgroups(7)).  Knows nothing of
 * plans. */
#ifndef CRUN_LITE_PARENT_CGROUP_H
#define CRUN_LITE_PARENT_CGROUP_H

#include "base/arena.h"
#include "base/err.h"

/* How many directories of the path's end are not there; 0: it is there.
 * root  where the file system is mounted: it is there */
CHECKED int cgroup_missing(const char *root, const char *path, int *ret);

/* Has the kernel killed a process of this cgroup for want of memory?
 * dir  its directory; FD_NONE: no */
bool cgroup_was_oom(int dir);

/* Kills every process of the cgroup and of those below it, and removes them all.
 * path     absolute, of the file system ("/sys/fs/cgroup/x"); one that is not there is no failure
 * levels   how many directories of the path's end were made for the container, the cgroup itself
 *          included; those above it go only when nobody else uses them
 * inode    of the cgroup, 0: not known; another one in its place is left alone.  One that was not
 *          made for the container (levels 0) and is not known either is left alone too
 * Returns  0; -EBUSY processes that do not end; else -errno; *e says what is left */
CHECKED int cgroup_remove(const char *path, int levels, uint64_t inode, struct err *e);

/* Opens its directory, if it is the one of this inode.  -ENOENT: it is not, or there is none. */
CHECKED int cgroup_open(const char *path, uint64_t inode);

/* Calls each with the directory of the group and those of all groups below it.  A negative result
 * ends the walk and is its result. */
typedef int (*cgroup_each_fn)(void *data, int dir);
CHECKED int cgroup_walk(int dir, cgroup_each_fn each, void *data);

/* Calls each with the processes that are in it itself, but for those of foreign pid namespaces.  A
 * negative result ends it and is its result; one that was removed meanwhile has none. */
typedef int (*cgroup_pid_fn)(void *data, pid_t pid);
CHECKED int cgroup_each_pid(int dir, cgroup_pid_fn each, void *data);

/* The processes of it and of all below it, by number.
 * ret  in the arena; NULL when there are none */
CHECKED int cgroup_pids(int dir, struct arena *a, const int **ret, size_t *ret_count);

/* Is it told to be frozen?  Whether all of its processes have stopped by now is another matter. */
bool cgroup_is_frozen(int dir);

/* Do its processes stand still, because it or one above it is frozen? */
bool cgroup_stands_still(int dir);

/* Freezes it and all below it, or lets them go on, and waits until the kernel says that it is so.
 * Returns  0; -ETIMEDOUT it is not so yet, but will be; else -errno */
CHECKED int cgroup_freeze(int dir, bool frozen, int timeout_ms);

/* Is there a process in it, or below it?  One that is not there, or not of this inode, has none. */
bool cgroup_is_populated(const char *path, uint64_t inode);

/* Waits until nobody is in it any more, or below it, for timeout_ms at most. */
void cgroup_await_end(const char *path, uint64_t inode, int timeout_ms);

/* Sends a signal to all in it and below it: SIGKILL by cgroup.kill (Linux 5.14); others one by one,
 * frozen meanwhile so that nobody forks away.  -ENOENT: another one is in its place. */
CHECKED int cgroup_signal(const char *path, uint64_t inode, int sig);

#endif
