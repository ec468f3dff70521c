/* The root as an overlay: what is asked for, and the operations.  Inside plan/, and for lib/, which
 * has the host's facts of the layers looked up. */
#ifndef CRUN_LITE_PLAN_OVERLAY_H
#define CRUN_LITE_PLAN_OVERLAY_H

#include "plan/plan.h"

/* A wish, and who has it. */
struct plan_overlay_text {
	const char *value; /* NULL: none */
	const char *where; /* the option, or the annotation as a config path */
	struct src_pos at;
};

/* What the root shall be: by the command line or, weaker, by annotations. */
struct plan_overlay_wish {
	bool wanted;
	const char *where; /* who asked for it first */
	struct src_pos at;
	struct plan_overlay_text dir;  /* writes are kept there, absolute; value NULL: in a tmpfs */
	struct plan_overlay_text size; /* of that tmpfs */
	struct plan_overlay_text idmap; /* value not NULL: wanted */
	struct plan_overlay_text
		fuse; /* "true", "false": never; NULL: where there is no other way */
	const struct host_layer *layers; /* below the root, from the top */
	size_t count;
};

/* Reads all of it.  Asks the host nothing; *ret lives in the arena. */
CHECKED int plan_overlay_wish(const struct spec_config *c, const struct plan_options *o,
	struct arena *arena, struct plan_overlay_wish *ret, struct err *e);

/* The operations, in three parts: opening the root and the layers, before the child's mounts are
 * cut off from the host's; mounting, when they are and the child is the user namespace's root. */
struct plan_layers {
	const struct plan_overlay_wish *wish;
	int *slots;     /* the root's, then those of wish->layers */
	bool *detached; /* mounts of our making */
	size_t count;
};

CHECKED int plan_overlay_open(struct plan *p, struct plan_layers *ret, struct err *e);
CHECKED int plan_overlay_mount(struct plan *p, const struct plan_layers *l, struct err *e);

/* The last part of it by fuse-overlayfs: waits until it answers. */
CHECKED int plan_overlay_fuse_ready(struct plan *p, struct err *e);

/* Shall fuse-overlayfs make it?  Sets p->overlay_fuse.
 * Returns 0; an error when there is no way at all */
CHECKED int plan_overlay_choose(struct plan *p, const struct plan_overlay_wish *w, struct err *e);

#endif
