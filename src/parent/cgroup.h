/* Making, emptying and removing cgroups of version 2 (cgroups(7)).  Knows nothing of plans. */
#ifndef CRUN_LITE_PARENT_CGROUP_H
#define CRUN_LITE_PARENT_CGROUP_H

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

/* Is there a process in it, or below it?  One that is not there, or not of this inode, has none. */
bool cgroup_is_populated(const char *path, uint64_t inode);

/* Sends a signal to all in it and below it: SIGKILL by cgroup.kill (Linux 5.14); others one by one,
 * frozen meanwhile so that nobody forks away.  -ENOENT: another one is in its place. */
CHECKED int cgroup_signal(const char *path, uint64_t inode, int sig);

#endif
