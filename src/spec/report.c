/* The list of findings, kept in the order of the file.  Knows no configuration. */
#include "spec/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_before(struct src_pos a, struct src_pos b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* The reader goes through the file in order, so that most findings belong at the end. */
static void insert(struct spec_report *r, struct spec_finding *f)
{
	struct spec_finding **place = &r->first;

	if (r->last != NULL && !is_before(f->at, r->last->at))
		place = &r->last->next;
	while (*place != NULL && !is_before(f->at, (*place)->at))
		place = &(*place)->next;
	f->next = *place;
	*place = f;
	if (f->next == NULL)
		r->last = f;
}

/* A copy; findings often say the same as the one before. */
static const char *keep(struct spec_report *r, const char *text, const char *before)
{
	if (text == NULL || text[0] == '\0')
		return text == NULL ? NULL : "";
	return before != NULL && strcmp(text, before) == 0
		       ? before
		       : arena_text(r->arena, text, strlen(text));
}

bool spec_report_keeps(const struct spec_report *r, enum spec_severity severity)
{
	return r->counts[severity] < SPEC_FINDINGS_MAX;
}

void spec_report_add(struct spec_report *r, const struct spec_finding *f)
{
	const struct spec_finding *const before = r->newest;
	const bool kept = spec_report_keeps(r, f->severity);
	struct spec_finding *copy;

	r->counts[f->severity]++;
	r->newest = NULL;
	if (!kept)
		return;
	copy = arena_alloc(r->arena, sizeof(*copy));
	if (copy != NULL) {
		*copy = *f;
		copy->path = keep(r, f->path, NULL);
		copy->text = keep(r, f->text, before != NULL ? before->text : NULL);
		copy->hint = keep(r, f->hint, before != NULL ? before->hint : NULL);
	}
	if (copy == NULL || copy->path == NULL || copy->text == NULL) {
		r->no_memory = true;
		return;
	}
	r->newest = copy;
	insert(r, copy);
}

void spec_report_hint(struct spec_report *r, const char *fmt, ...)
{
	char hint[512];
	va_list ap;

	if (r->newest == NULL || r->newest->hint != NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(hint, sizeof(hint), fmt, ap); /* cut when too long */
	va_end(ap);
	r->newest->hint = keep(r, hint, NULL);
}

const struct spec_finding *spec_report_next(
	const struct spec_report *r, const struct spec_finding *f, enum spec_severity severity)
{
	for (f = f == NULL ? r->first : f->next; f != NULL && f->severity != severity; f = f->next)
		;
	return f;
}

int spec_report_err(const struct spec_report *r, struct err *e)
{
	const struct spec_finding *const f = spec_report_next(r, NULL, SPEC_ERROR);

	if (f == NULL)
		return !r->no_memory ? 0 : err_set(e, ENOMEM, POS_NONE, "out of memory");
	(void)err_set(e, f->code, f->at, "%s%s%s", f->path, f->path[0] != '\0' ? ": " : "",
		f->text); /* returned below */
	return f->hint == NULL ? -f->code : err_hint(e, "%s", f->hint);
}
