/* Pieces that grow: what is in them, and that large ones leave nothing behind. */
#include "base/arena.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum {
	LARGEST = 4 * 1024 * 1024
};

Test(arena, grows_with_what_is_in_it)
{
	AUTO_ARENA a = { 0 };
	unsigned char *p = NULL;
	size_t size = 0;

	for (size_t next = 24; next <= LARGEST; next *= 2) {
		p = arena_grow(&a, p, size, next);
		cr_assert(p != NULL);
		for (size_t i = 0; i < size; i++)
			cr_assert(eq(u8, p[i], (unsigned char)(i * 7 + 1)), "%zu of %zu", i, next);
		size = next;
		for (size_t i = 0; i < size; i++)
			p[i] = (unsigned char)(i * 7 + 1);
		cr_assert(arena_text(&a, "between", 7) != NULL); /* others take pieces meanwhile */
	}
	cr_expect(le(sz, a.total, size + size / 8), "%zu", a.total);
}
