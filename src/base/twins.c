/* Sorting brings equal texts together; the second sorting undoes the first. */
#include "base/twins.h"

#include <stdlib.h>
#include <string.h>

/* By length first, which is quick; then by text; equal ones in the order of the list. */
static int by_text(const void *a, const void *b)
{
	const struct twin *const x = a, *const y = b;
	int d = 0;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	if (x->text != NULL && y->text != NULL)
		d = memcmp(x->text, y->text, x->len);
	return d != 0 ? d : x->index < y->index ? -1 : 1;
}

static int by_index(const void *a, const void *b)
{
	const struct twin *const x = a, *const y = b;

	return x->index < y->index ? -1 : 1;
}

static bool are_equal(const struct twin *a, const struct twin *b)
{
	return a->text != NULL && b->text != NULL && a->len == b->len &&
	       memcmp(a->text, b->text, a->len) == 0;
}

void twins_find(struct twin *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		list[i].index = list[i].first = i;
		list[i].later = false;
		if (list[i].text == NULL)
			list[i].len = SIZE_MAX; /* behind all others */
	}
	if (count < 2)
		return;
	qsort(list, count, sizeof(*list), by_text);
	for (size_t i = 1; i < count; i++)
		if (are_equal(&list[i - 1], &list[i])) {
			list[i - 1].later = true;
			list[i].first = list[i - 1].first;
		}
	qsort(list, count, sizeof(*list), by_index);
}
