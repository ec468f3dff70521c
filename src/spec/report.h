/* All that there is to say of a configuration: errors, and what is allowed but not meant.
 * Collects; prints nothing. */
#ifndef CRUN_LITE_SPEC_REPORT_H
#define CRUN_LITE_SPEC_REPORT_H

#include "base/arena.h"
#include "base/err.h"

enum {
	SPEC_FINDINGS_MAX = 1000 /* of one severity */
};

enum spec_severity {
	SPEC_ERROR,   /* no container is made of it */
	SPEC_WARNING, /* allowed, but hardly meant */
	SPEC_LINT,    /* allowed, and dangerous */
};

struct spec_finding {
	struct spec_finding *next; /* in the order of the file */
	enum spec_severity severity;
	const char *rule; /* stable word for the kind: a row of rules.def, "type", "syntax", ... */
	struct src_pos at;
	const char *path; /* "linux.resources.cpu.shares"; "" for the file itself */
	const char *text; /* what is wrong; foreign text in it is escaped */
	const char *hint; /* what to do about it; NULL: nothing known */
	int code;         /* errno value */
};

struct spec_report {
	struct arena *arena;
	struct spec_finding *first, *last, *newest;
	/* all that were found; the first SPEC_FINDINGS_MAX of each are kept */
	size_t counts[SPEC_LINT + 1];
	bool errors_only; /* the others are not even looked for */
	bool no_memory;   /* a finding is lost */
};

/* Adds a finding.  The texts are copied.  Failing memory is remembered, and told by
 * spec_report_err. */
void spec_report_add(struct spec_report *r, const struct spec_finding *f);

/* Would a finding of this severity be kept, or only counted?  Then it needs no words. */
bool spec_report_keeps(const struct spec_report *r, enum spec_severity severity);

/* Gives the newest finding a hint, unless it has one. */
void spec_report_hint(struct spec_report *r, const char *fmt, ...) PRINTF(2, 3);

/* The first error as "path: text".  Returns 0 when there is no error, else -e->code. */
CHECKED int spec_report_err(const struct spec_report *r, struct err *e);

/* The next error behind f, or the first for NULL; NULL when there is none. */
const struct spec_finding *spec_report_next(
	const struct spec_report *r, const struct spec_finding *f, enum spec_severity severity);

#endif
