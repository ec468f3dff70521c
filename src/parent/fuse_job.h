/* What fuse-overlayfs is started for, and what is held of it when it has: see fuse.h. */
#ifndef CRUN_LITE_PARENT_FUSE_JOB_H
#define CRUN_LITE_PARENT_FUSE_JOB_H

#include "base/err.h"

#include <sys/types.h>

enum {
	FUSE_SAID_SIZE = 160
};

struct fuse_job {
	const char *program, *name; /* name: what ps(1) shows of whom it is for */
	const char *const *lower;   /* absolute, from the top; NULL-terminated */
	const char *dir;            /* absolute: has upper and work; NULL: none */
	bool memory;      /* writes go to a tmpfs; without dir and memory nobody can write */
	const char *size; /* of it; NULL: half of the memory, and at most ... */
	uint64_t most;    /* ... so many bytes; 0: no other limit */
	pid_t users;      /* the ids are those of this process's user namespace; 0: ours */
	int device;       /* of fuse_mount; the caller closes it after the start */
};

struct fuse_server {
	pid_t pid; /* 0: none */
	int pidfd;
	int said; /* what it writes, at most 4 KiB */
};

/* In an initialiser. */
#define FUSE_SERVER_NONE            \
	{                           \
		0, FD_NONE, FD_NONE \
	}

#endif
