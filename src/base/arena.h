/* Memory of one command: taken piece by piece, given back at once.
 * Running out of memory is an error that the caller sees, not the end of the process. */
#ifndef CRUN_LITE_BASE_ARENA_H
#define CRUN_LITE_BASE_ARENA_H

#include "base/defs.h"

struct arena_block;

struct arena {
	struct arena_block *block; /* the newest; NULL while empty */
	size_t used;               /* bytes of the newest block that are taken */
	size_t total;              /* bytes taken from the system, all blocks */
};

#define AUTO_ARENA __attribute__((cleanup(arena_done))) struct arena

/* Gives all blocks back; the arena is empty again. */
void arena_done(struct arena *a);

/* size zeroed bytes, aligned to 8; NULL when memory is short. */
CHECKED void *arena_alloc(struct arena *a, size_t size);

/* A zeroed array of count elements; NULL when memory is short or the product overflows. */
CHECKED void *arena_array(struct arena *a, size_t count, size_t size);

/* A piece of size bytes that begins with the old one's; behind them is anything, so that memory is
 * taken when it is used.  The old piece, which arena_alloc, arena_array or this gave (NULL: there
 * is none), must not be used any more; when it is a large one its memory is not lost. NULL when
 * memory is short: the old one stays. */
CHECKED void *arena_grow(struct arena *a, void *old, size_t old_size, size_t size);

/* A copy of len bytes of text with a NUL behind; not aligned.  NULL when memory is short. */
CHECKED char *arena_text(struct arena *a, const char *text, size_t len);

/* Formatted text; NULL when memory is short. */
CHECKED char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

#endif
