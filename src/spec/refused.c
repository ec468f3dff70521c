/* Paths of refused members in an order in which one is found among a thousand at once: rules ask
 * for each element of lists of 65,536. */
#include "spec/refused.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void refused_note(struct refused *r, struct spec_report *report)
{
	const struct spec_finding *f = NULL;

	*r = (struct refused){ 0 };
	if (report->counts[SPEC_ERROR] == 0)
		return;
	r->paths = arena_array(report->arena, SPEC_FINDINGS_MAX, sizeof(*r->paths));
	if (r->paths == NULL) {
		report->no_memory = true;
		return;
	}
	while ((f = spec_report_next(report, f, SPEC_ERROR)) != NULL)
		if (f->path[0] != '\0')
			r->paths[r->count++] = f->path;
	qsort(r->paths, r->count, sizeof(*r->paths), compare);
}

/* Compares the first len bytes of path and behind them `end`, which may be '\0', with a text. */
static int compare_start(const char *path, size_t len, char end, const char *text)
{
	const int d = strncmp(path, text, len);

	return d != 0 ? d : (int)(unsigned char)end - (int)(unsigned char)text[len];
}

/* Is there a text that begins with len bytes of path and `end`? */
static bool has_start(const struct refused *r, const char *path, size_t len, char end)
{
	size_t from = 0, to = r->count;

	while (from < to) {
		const size_t middle = from + (to - from) / 2;
		const int d = compare_start(path, len, end, r->paths[middle]);

		if (d == 0)
			return true;
		if (d < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return false;
}

bool refused_has(const struct refused *r, const char *path)
{
	const size_t size = strlen(path);

	if (r->count == 0)
		return false;
	for (size_t i = 1; i < size; i++)
		if ((path[i] == '.' || path[i] == '[') && has_start(r, path, i, '\0'))
			return true;
	return has_start(r, path, size, '\0') || has_start(r, path, size, '.') ||
	       has_start(r, path, size, '[');
}
