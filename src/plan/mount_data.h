/* What a new file system is told: flags, data, and what the configuration leaves to the runtime.
 * Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_MOUNT_DATA_H
#define CRUN_LITE_PLAN_MOUNT_DATA_H

#include "plan/mount_options.h"

/* "key=value" or "key", NULL-terminated; NULL when memory is short. */
const char *const *plan_mount_data(
	struct plan *p, const struct spec_mount *m, const struct plan_mount_options *o);

#endif
