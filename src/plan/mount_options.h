/* What the words of mounts[].options add up to.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_MOUNT_OPTIONS_H
#define CRUN_LITE_PLAN_MOUNT_OPTIONS_H

#include "plan/plan.h"

struct plan_mount_options {
	uint64_t set, clear;         /* MOUNT_ATTR_* of this mount */
	uint64_t rec_set, rec_clear; /* and of all mounts below it too */
	uint64_t propagation;        /* MS_*; 0: none given */
	bool bind, recursive, remount;
	bool has_mode;            /* a mode= is among the data */
	const char *const *super; /* flags of the file system, NULL-terminated */
	const char *const *data;  /* its data, "key=value" or "key", NULL-terminated */
	const char *words;        /* the attributes as given, for people: "ro nosuid" */
};

/* Reads mounts[index].options.
 * Returns 0; -EINVAL with *e set: a word of a later version, or data on a bind mount. */
CHECKED int plan_mount_options(
	struct plan *p, size_t index, struct plan_mount_options *ret, struct err *e);

/* Every word of the table, NULL-terminated, in its order: for `features` and the manual. */
const char *const *plan_mount_option_words(void);

#endif
