/* What each member of config.json is and does, for people: docs/config.md and `check --explain`.
 * Looks up and words; prints nothing, and costs nothing until it is asked. */
#ifndef CRUN_LITE_SPEC_DOC_H
#define CRUN_LITE_SPEC_DOC_H

#include "spec/fields.h"

/* A word that the member may have, or that has a meaning in it. */
struct spec_doc_word {
	const char *word, *text;
};

/* What must hold of the member, and of others with it: a row of rules.def. */
struct spec_doc_rule {
	enum spec_severity severity;
	const char *name, *holds;
	const char *where; /* the member that it is told at; "": any */
};

/* A member, or one element of it.  No text is ever NULL; those that do not apply are "". */
struct spec_doc {
	const char *path;    /* "process.rlimits[].soft", "linux.sysctl[\"NAME\"]"; "": the file */
	const char *key;     /* the last word of it; "NAME" for the key itself of such an object */
	enum spec_kind kind; /* of the member */
	bool element;        /* one element of the list or map is meant */
	bool required;
	const char *type;   /* in words: "list of strings", "whole number from 0 to 7" */
	const char *format; /* of a string, or of each in a list: "an absolute path" */
	const char *kernel; /* file or system call */
	const char *since;  /* first Linux that has it: "5.12" */
	const char *text;   /* plain text of one or more sentences */
	const char *object; /* which object of config.def it holds: "rlimit" */
	const struct spec_doc *members; /* of that object; their own members are left out */
	size_t count;
	const char *table; /* where the words are from: "capability", "mount_option" */
	const struct spec_doc_word *words;
	size_t word_count;
	const struct spec_doc_rule *rules;
	size_t rule_count;
};

/* Finds a member by its path, as errors have it.
 *
 * path     "linux.resources.cpu.shares"; list elements as [3] or [], objects by name as ["eth0"] or
 *          .eth0; what stands behind a blank or colon is ignored; "" is the file as a whole
 * arena    all that *ret points to lives there
 * ret      set on success only
 * Returns  0; -ENOENT with a hint: the nearest path, or what members there are; -ENOMEM */
CHECKED int spec_doc_find(
	const char *path, struct arena *arena, const struct spec_doc **ret, struct err *e);

/* What a finding's word stands for: a rule of rules.def, or a row of findings.def.
 *
 * word     as it stands in brackets behind a finding; may be in brackets
 * Returns  true; false with the nearest of those words in ret->name, NULL: none is near */
bool spec_doc_rule(const char *word, struct spec_doc_rule *ret);

/* Returns 0 to go on; else it ends the visit, which returns the same. */
typedef int (*spec_doc_fn)(const struct spec_doc *doc, void *arg);

/* Shows the file as a whole and every member of every object, each before its own members, in the
 * order of the tables.  An object that stands in several places is shown in each.
 * Returns 0; -ENOMEM; what see returned. */
CHECKED int spec_doc_visit(struct arena *arena, spec_doc_fn see, void *arg);

#endif
