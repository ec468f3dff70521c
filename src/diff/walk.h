/* Compares two trees: what the upper one has added, changed and deleted.
 *
 * Both are directories of file systems that nothing else is mounted on.  The upper one may belong
 * to somebody hostile who changes it meanwhile: each step goes down one name beneath a descriptor,
 * see file.h; what is gone when it is looked at is left out.  Memory: the names of the directories
 * on the way; descriptors: those of the innermost WALK_WINDOW. */
#ifndef CRUN_LITE_DIFF_WALK_H
#define CRUN_LITE_DIFF_WALK_H

#include "base/err.h"
#include "diff/file.h"

enum {
	WALK_DEPTH_MAX = 4096, /* directories in each other */
	WALK_WINDOW = 64,
};

enum walk_kind {
	WALK_ADDED,
	WALK_CHANGED,
	WALK_DELETED
};

struct walk_change {
	enum walk_kind kind;
	unsigned what;    /* of a change: bits of enum file_what */
	const char *path; /* without a slash in front; "" = the tree's own root */
	size_t len;
	/* As it is now; deleted: as it was.  Its descriptor is the walker's. */
	const struct file *file;
	bool covered; /* deleted, and told by `cleared` already */
};

/* Whom to tell, in order: directories before what is in them, names by their bytes. */
struct walk_sink {
	/* A negative result, with *e set, ends the walk. */
	int (*change)(void *data, const struct walk_change *c, struct err *e);
	/* Of the several things that this directory had nothing is left, not even by name; NULL:
	 * not wanted. */
	int (*cleared)(void *data, const char *path, struct err *e);
	void *data;
};

struct walk_trees {
	int below, above; /* directories; the caller's */
	int proc;         /* /proc, which is the current directory, too */
	bool marks; /* names that begin with ".wh." are an overlay's marks, and nothing else */
	bool skip;  /* a directory that is untouched has nothing changed in it */
};

CHECKED int walk(const struct walk_trees *trees, const struct walk_sink *sink, struct err *e);

#endif
