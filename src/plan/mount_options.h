/* What the words of mounts[].options add up to.  Inside plan/ only. */
#ifndef CRUN_LITE_PLAN_MOUNT_OPTIONS_H
#define CRUN_LITE_PLAN_MOUNT_OPTIONS_H

#include "plan/plan.h"

/* What a mount is beside its flags. */
enum plan_mount_special {
	MOUNT_COPY_UP = 1,         /* a tmpfs begins with what the image has at its place */
	MOUNT_COPY_LINK = 2,       /* a source that is a link becomes such a link */
	MOUNT_SOURCE_NOFOLLOW = 4, /* a link as last component of the source is bound itself */
	MOUNT_TARGET_NOFOLLOW = 8, /* and one of the destination is mounted on */
	MOUNT_IDMAP = 16,
	MOUNT_IDMAP_BELOW = 32, /* the mounts below it too */
};

struct plan_mount_options {
	uint64_t set, clear;         /* MOUNT_ATTR_* of this mount */
	uint64_t rec_set, rec_clear; /* and of all mounts below it too */
	uint64_t propagation;        /* MS_*; 0: none given */
	bool bind, recursive, remount;
	unsigned special;         /* of enum plan_mount_special */
	const char *idmap;        /* what stands behind "idmap="; NULL: nothing */
	size_t idmap_index;       /* which option said idmap */
	bool has_mode;            /* a mode= is among the data */
	const char *const *super; /* flags of the file system, NULL-terminated */
	const char *const *data;  /* its data, "key=value" or "key", NULL-terminated */
	const char *words;        /* the attributes as given, for people: "ro nosuid" */
};

/* Reads mounts[index].options.
 * Returns 0; -EINVAL with *e set: data on a bind mount, words that do not go together. */
CHECKED int plan_mount_options(
	struct plan *p, size_t index, struct plan_mount_options *ret, struct err *e);

/* Every word of the table, NULL-terminated, in its order: for `features` and the manual. */
const char *const *plan_mount_option_words(void);

#endif
