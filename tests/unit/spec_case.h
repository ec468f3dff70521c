/* Configurations written down for tests: ' stands for ", and @ marks where the error is expected.
 * The mark itself is taken out before the text is read. */
#ifndef CRUN_LITE_TESTS_SPEC_CASE_H
#define CRUN_LITE_TESTS_SPEC_CASE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "spec/spec.h"

/* A configuration with nothing but what is required, open for more members. */
#define BASE   "{'ociVersion':'1.0.0',\n 'root':{'path':'r'},\n 'process':{'args':['a'],'cwd':'/'}"
#define MOUNT  "{'type':'mount'}"
#define TOP(x) BASE ",\n 'linux':{'namespaces':[" MOUNT "]},\n " x "}"

/* More namespaces (each with a comma in front), more members of linux. */
#define LINUX(namespaces, x) BASE ",\n 'linux':{'namespaces':[" MOUNT namespaces "],\n " x "}}"
#define PROCESS(x)                                                                   \
	"{'ociVersion':'1.0.0','root':{'path':'r'},\n 'linux':{'namespaces':[" MOUNT \
	"]},\n 'process':{" x "}}"

struct spec_case {
	char *json;
	struct src_pos mark; /* POS_NONE when there is no mark */
};

static inline struct spec_case spec_case_make(const char *row)
{
	struct spec_case c = { calloc(1, strlen(row) + 1), POS_NONE };
	struct src_pos at = { 1, 1 };
	size_t end = 0;

	cr_assert(c.json != NULL);
	for (const char *p = row; *p != '\0'; p++) {
		if (*p == '@') {
			c.mark = at;
			continue;
		}
		c.json[end++] = *p == '\'' ? '"' : *p;
		at.column++;
		if (*p == '\n')
			at = (struct src_pos){ at.line + 1, 1 };
	}
	return c;
}

/* The error at the marked place, as "path: text", and its hint; without a mark the first error. */
static inline int spec_case_read(const struct spec_case *c, struct arena *a, struct err *e)
{
	struct spec_report report = { .arena = a };
	const struct spec_finding *f = NULL;
	const void *config = NULL;
	const int rc = spec_read(SPEC_CONFIG, c->json, strlen(c->json), &report, &config);

	while ((f = spec_report_next(&report, f, SPEC_ERROR)) != NULL && c->mark.line != 0)
		if (f->at.line == c->mark.line && f->at.column == c->mark.column)
			break;
	if (f != NULL)
		report.first = (struct spec_finding *)f;
	(void)!spec_report_err(&report, e);
	return rc;
}

/* Reads the row: expects rc, the text, the hint (NULL: any) and the marked place. */
static inline void spec_case_expect(const char *row, int rc, const char *text, const char *hint)
{
	AUTO_ARENA a = { 0 };
	struct spec_case c = spec_case_make(row);
	struct err e = { 0 };

	cr_expect(eq(int, spec_case_read(&c, &a, &e), rc), "%s", row);
	cr_expect(eq(str, e.text, (char *)text), "%s", row);
	if (hint != NULL)
		cr_expect(eq(str, e.hint, (char *)hint), "%s", row);
	cr_expect(eq(u32, e.at.line, c.mark.line), "%s", row);
	cr_expect(eq(u32, e.at.column, c.mark.column), "%s", row);
	free(c.json);
}

#endif
