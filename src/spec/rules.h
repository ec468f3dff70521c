/* The rules of spec/rules.def and what they judge.  For src/spec only.
 *
 * A rule looks at structs of which parts may be missing or refused already: what was not given, or
 * was wrong in itself, is no breach of a rule. */
#ifndef CRUN_LITE_SPEC_RULES_H
#define CRUN_LITE_SPEC_RULES_H

#include "base/twins.h"
#include "spec/refused.h"
#include "spec/spec.h"

struct rule {
	enum spec_severity severity;
	const char *name;
	enum spec_type subject;
	const char *where, *holds;
};

struct judge {
	const struct spec_config *config;       /* NULL: a smaller file */
	const struct spec_linux *os;            /* NULL: none */
	const struct spec_process *process;     /* NULL: none */
	const struct spec_resources *resources; /* NULL: none */
	struct spec_report *report;
	const struct rule *rule; /* the one that is asked */
	struct refused refused;  /* by the reader */
	uint64_t namespaces;     /* CLONE_NEW* flags of those that are listed */
	bool unknown_namespace;  /* there may be one more */
	bool mounts_only;        /* config has nothing but mounts */
	char path[512];
};

#define RULE(severity, name, subject, where, holds) void rule_##name(struct judge *j);
#include "spec/rules.def"
#undef RULE

/* The path of a member, as it is in config.json; judge_broken makes it fit a smaller file.
 * Returns j->path. */
const char *judge_path(struct judge *j, const char *fmt, ...) PRINTF(2, 3);

/* Says that the rule is broken.  Foreign text must be escaped. */
void judge_broken(struct judge *j, struct src_pos at, const char *path, const char *fmt, ...)
	PRINTF(4, 5);

/* A text from the file, escaped and cut.  Returns buf. */
const char *judge_text(char buf[static 68], const char *text);

/* Memory for twins_find, of this rule; NULL when there is nothing to compare or no memory, which
 * the report then knows. */
struct twin *judge_twins(struct judge *j, size_t count);

/* Asks all the rules of ERROR and WARNING, or those of LINT, that the file can be asked. */
void judge_all(struct judge *j, bool lint);

/* Was it given, and is there something in it? */
bool judge_given(const struct spec_str *s);

/* Was the member refused, or what it stands in, or something in it?  Then nothing can be said of
 * its being missing. */
bool judge_refused(const struct judge *j, const char *path);

/* Is a namespace of this CLONE_NEW* flag certainly missing? */
bool judge_lacks_namespace(const struct judge *j, int64_t clone_flag);

/* The rows of the table, in their order. */
const struct rule *spec_rules(size_t *ret_count);

#endif
