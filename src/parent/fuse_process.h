/* What runs between the clone of fuse-overlayfs and its program: see fuse.h.  Inside parent/. */
#ifndef CRUN_LITE_PARENT_FUSE_PROCESS_H
#define CRUN_LITE_PARENT_FUSE_PROCESS_H

#include "parent/fuse_job.h"

/* Why it did not become the program: told through a pipe that exec closes. */
struct fuse_failure {
	int error;
	char what[FUSE_SAID_SIZE]; /* the path or the thing that it is about */
};

struct fuse_process {
	const struct fuse_job *job;
	int go;       /* a byte comes when the ids are mapped */
	int fail;     /* for struct fuse_failure */
	int said;     /* its standard output and error */
	int *trees;   /* room for one a layer, and one more */
	size_t count; /* of layers below */
	char *args;   /* room for the list of layers, args_size bytes */
	size_t args_size;
};

/* Never returns. */
_Noreturn void fuse_become(const struct fuse_process *p);

#endif
