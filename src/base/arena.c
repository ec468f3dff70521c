/* Blocks of growing size, chained.  Never moves what it gave out. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *older;
	size_t size; /* bytes of data */
	_Alignas(max_align_t) char data[];
};

enum {
	FIRST_BLOCK = 8192,
	LARGEST_STEP = 256 * 1024
};

void arena_done(struct arena *a)
{
	while (a->block != NULL) {
		struct arena_block *const older = a->block->older;

		free(a->block);
		a->block = older;
	}
	*a = (struct arena){ 0 };
}

/* A new newest block that has room for size bytes. */
static int add_block(struct arena *a, size_t size)
{
	size_t want = a->block == NULL ? FIRST_BLOCK : a->block->size * 2;
	struct arena_block *b;

	if (want > LARGEST_STEP)
		want = LARGEST_STEP;
	if (want < size)
		want = size;
	if (want > SIZE_MAX - sizeof(*b))
		return -ENOMEM;
	b = calloc(1, sizeof(*b) + want);
	if (b == NULL)
		return -ENOMEM;
	b->older = a->block;
	b->size = want;
	a->block = b;
	a->used = 0;
	a->total += sizeof(*b) + want;
	return 0;
}

/* A block for one large piece, behind the newest: what that has left stays in use, and the next one
 * does not double the size of this. */
static void *take_alone(struct arena *a, size_t size)
{
	struct arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		return NULL;
	b = calloc(1, sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	b->older = a->block->older;
	a->block->older = b;
	a->total += sizeof(*b) + size;
	return b->data;
}

static void *take(struct arena *a, size_t size, size_t align)
{
	size_t start = (a->used + align - 1) / align * align;
	void *p;

	if (a->block == NULL || start > a->block->size || size > a->block->size - start) {
		if (a->block != NULL && size > a->block->size / 2)
			return take_alone(a, size);
		if (add_block(a, size) < 0)
			return NULL;
		start = 0;
	}
	p = a->block->data + start;
	a->used = start + size;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return take(a, size, 8);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(a, bytes);
}

/* A larger block in the place of one that is not the newest. */
static void *regrow(struct arena *a, struct arena_block **place, size_t size)
{
	const size_t old_size = (*place)->size;
	struct arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		return NULL;
	b = realloc(*place, sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	*place = b;
	a->total += size - old_size;
	return b->data;
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t size)
{
	void *p;

	must(size >= old_size);
	for (struct arena_block *b = a->block; b != NULL && b->older != NULL; b = b->older)
		if (b->older->data == old && b->older->size == old_size)
			return regrow(a, &b->older, size); /* it has the block for itself */
	p = arena_alloc(a, size);
	if (p != NULL && old_size > 0)
		memcpy(p, old, old_size);
	return p;
}

char *arena_text(struct arena *a, const char *text, size_t len)
{
	char *p;

	if (len == SIZE_MAX)
		return NULL;
	p = take(a, len + 1, 1);
	if (p == NULL)
		return NULL;
	if (len > 0)
		memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return NULL;
	p = take(a, (size_t)len + 1, 1);
	if (p == NULL)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)len + 1, fmt, ap); /* measured above */
	va_end(ap);
	return p;
}
