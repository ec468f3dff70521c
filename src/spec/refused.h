/* The members that the reader refused, so that no rule tells of what follows from that.
 * For src/spec only. */
#ifndef CRUN_LITE_SPEC_REFUSED_H
#define CRUN_LITE_SPEC_REFUSED_H

#include "spec/report.h"

/* Paths in order, without repetition of what they are asked. */
struct refused {
	const char **paths;
	size_t count;
};

/* Notes the errors that the report has by now.  Memory that runs out is the report's no_memory. */
void refused_note(struct refused *r, struct spec_report *report);

/* Was the member of this path refused, or what it stands in, or something in it? */
bool refused_has(const struct refused *r, const char *path);

#endif
