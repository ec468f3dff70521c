/* fuse-overlayfs as a process of its own: its start, its answer, its end.  Inside parent/, and for
 * diff/ and lib/.
 *
 * It lives in no namespace of the container's and not in its cgroup: a container that could see it
 * could trace it, one that is paused would wait for it for ever.  Its user namespace has the
 * container's ids and is another one; its mount namespace shows the host without a way to write but
 * for its own layers. */
#ifndef CRUN_LITE_PARENT_FUSE_H
#define CRUN_LITE_PARENT_FUSE_H

#include "parent/fuse_job.h"

enum {
	FUSE_END_MS = 10 * 1000 /* to write down what is still to be written */
};

/* Starts it.  *ret may hold descriptors in any case: fuse_close.
 * detail   what it is about, when it fails
 * Returns  0 it has become the program; -errno, and it has ended */
CHECKED int fuse_start(
	const struct fuse_job *j, struct fuse_server *ret, char detail[FUSE_SAID_SIZE]);

/* Waits until the socket has something to read.
 * Returns  0; -ETIMEDOUT; -ENOTCONN the program has ended before; else -errno */
CHECKED int fuse_await(const struct fuse_server *s, int sock, uint64_t seconds);

/* How it ended, after at most a second, and the last line of what it said; "" nothing is known. */
void fuse_last_words(const struct fuse_server *s, char ret[FUSE_SAID_SIZE]);

/* Kills and reaps it.  Only as long as nobody has reaped it. */
void fuse_kill(struct fuse_server *s);

/* Lets go of it, and reaps it if it has ended. */
void fuse_close(struct fuse_server *s);

/* Waits for the end of one whose mount is gone; if it does not end by itself it is killed.
 * Returns  0; -EBUSY it is there still; else -errno */
CHECKED int fuse_finish(int pidfd);

#endif
