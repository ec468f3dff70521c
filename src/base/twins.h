/* Equal texts in a long list, without comparing each with each. */
#ifndef CRUN_LITE_BASE_TWINS_H
#define CRUN_LITE_BASE_TWINS_H

#include "base/arena.h"

/* One of the list.  text NULL: equal to none. */
struct twin {
	const char *text;
	size_t len;
	size_t index; /* in the list; set by twins_find */
	size_t first; /* the first that is equal; itself when there is none before it */
	bool later;   /* an equal one stands behind it */
};

/* Sets index, first and later of each; the order of the list stays. */
void twins_find(struct twin *list, size_t count);

#endif
