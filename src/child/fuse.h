/* A file system of FUSE, detached, and the device that it is answered by.  Inside child/, and for
 * diff/, which looks at layers by one. */
#ifndef CRUN_LITE_CHILD_FUSE_H
#define CRUN_LITE_CHILD_FUSE_H

#include "base/defs.h"

/* Makes it.  Both descriptors belong to the caller's user namespace; whoever shall answer needs the
 * device alone, and as long as anybody else holds it nobody hears that the one who answers has
 * ended.
 * data        options, NULL-terminated
 * attr        of the mount
 * ret_device  set on success only, the caller's
 * Returns     the mount; -errno, with what the kernel has to say in detail */
CHECKED int fuse_mount(
	const char *const *data, uint64_t attr, int *ret_device, char *detail, size_t detail_size);

#endif
