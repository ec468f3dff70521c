/* Asking the rules one after the other.  Knows none of them. */
#include "spec/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spec/change.h"
#include "spec/lex.h"
#include "spec/reader.h"

/* Severities and subjects of rules.def. */
#define ERROR     SPEC_ERROR
#define WARNING   SPEC_WARNING
#define LINT      SPEC_LINT
#define CONFIG    SPEC_CONFIG
#define PROCESS   SPEC_PROCESS
#define RESOURCES SPEC_RESOURCES

static const struct rule rules[] = {
#define RULE(severity, name, subject, where, holds) { severity, #name, subject, where, holds },
#include "spec/rules.def"
#undef RULE
};

static void (*const functions[])(struct judge *j) = {
#define RULE(severity, name, subject, where, holds) rule_##name,
#include "spec/rules.def"
#undef RULE
};

const struct rule *spec_rules(size_t *ret_count)
{
	*ret_count = ARRAY_LEN(rules);
	return rules;
}

const char *judge_path(struct judge *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(j->path, sizeof(j->path), fmt, ap); /* cut when too long */
	va_end(ap);
	return j->path;
}

/* process.json begins where config.json says "process.". */
static const char *within(const struct judge *j, const char *path)
{
	const char *const outer = j->process != NULL ? "process." : "linux.resources.";

	if (j->config == NULL && strncmp(path, outer, strlen(outer)) == 0)
		return path + strlen(outer);
	return path;
}

void judge_broken(struct judge *j, struct src_pos at, const char *path, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!spec_report_keeps(j->report, j->rule->severity)) { /* counted: it needs no words */
		spec_report_add(j->report, &(struct spec_finding){ .severity = j->rule->severity });
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut when too long */
	va_end(ap);
	spec_report_add(j->report, &(struct spec_finding){ .severity = j->rule->severity,
					   .rule = j->rule->name,
					   .at = at,
					   .path = within(j, path),
					   .text = text,
					   .code = EINVAL });
}

const char *judge_text(char buf[static 68], const char *text)
{
	_Static_assert(TEXT_SHOWN == 68, "the size of a shown text");
	return text_escape(buf, TEXT_SHOWN, text, strlen(text));
}

bool judge_given(const struct spec_str *s)
{
	return s->value != NULL && s->value[0] != '\0';
}

bool judge_refused(const struct judge *j, const char *path)
{
	return refused_has(&j->refused, within(j, path));
}

bool judge_lacks_namespace(const struct judge *j, int64_t clone_flag)
{
	return (j->namespaces & (uint64_t)clone_flag) == 0 && !j->unknown_namespace;
}

/* Which namespaces the list has, and whether there is one of which the type was not understood:
 * rules ask for each element of a list. */
static void note_namespaces(struct judge *j)
{
	for (size_t i = 0; j->os != NULL && i < j->os->namespaces.count; i++) {
		const struct spec_enum *const type = &j->os->namespaces.items[i].type;

		j->namespaces |= (uint64_t)type->value;
		j->unknown_namespace = j->unknown_namespace || !GIVEN(*type);
	}
	if (j->os == NULL || !GIVEN(j->os->namespaces))
		j->unknown_namespace = judge_refused(j, "linux.namespaces");
}

struct twin *judge_twins(struct judge *j, size_t count)
{
	struct twin *list;

	if (count < 2)
		return NULL;
	list = arena_array(j->report->arena, count, sizeof(*list));
	j->report->no_memory = j->report->no_memory || list == NULL;
	return list;
}

/* Of a list of mounts alone: the rules of these, and no others. */
static bool is_of_mounts(const struct rule *rule)
{
	return rule->subject == SPEC_CONFIG && strcmp(rule->where, "mounts") == 0;
}

static bool has_subject(const struct judge *j, const struct rule *rule)
{
	if (j->mounts_only)
		return is_of_mounts(rule);
	switch (rule->subject) {
	case SPEC_CONFIG:
		return j->config != NULL;
	case SPEC_PROCESS:
		return j->process != NULL;
	case SPEC_RESOURCES:
		return j->resources != NULL;
	}
	return false;
}

void judge_all(struct judge *j, bool lint)
{
	refused_note(&j->refused, j->report);
	note_namespaces(j);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		j->rule = &rules[i];
		if (j->rule->severity == SPEC_WARNING && j->report->errors_only)
			continue;
		if (has_subject(j, j->rule) && lint == (j->rule->severity == SPEC_LINT))
			functions[i](j);
	}
}

static void judge_config(const struct spec_config *c, struct spec_report *report, bool lint)
{
	struct judge j = { .config = c, .os = c->os, .process = c->process, .report = report };

	if (c->os != NULL)
		j.resources = c->os->resources;
	judge_all(&j, lint);
}

void spec_lint(const struct spec_config *c, struct spec_report *report)
{
	judge_config(c, report, true);
}

static void judge_file(enum spec_type type, const void *target, struct spec_report *report)
{
	struct judge j = { .report = report };

	if (type == SPEC_CONFIG) {
		judge_config(target, report, false);
		return;
	}
	if (type == SPEC_PROCESS)
		j.process = target;
	else
		j.resources = target;
	judge_all(&j, false);
}

/* Was the file's value an object at all? */
static bool is_object(const struct spec_object *o, const void *target)
{
	struct src_pos at;

	memcpy(&at, (const char *)target + o->at_offset, sizeof(at));
	return at.line != 0;
}

static int refuse_file(struct spec_report *report, const struct err *e)
{
	spec_report_add(
		report, &(struct spec_finding){ .rule = e->code == E2BIG ? "limit" : "syntax",
				.at = e->at,
				.path = "",
				.text = e->text,
				.hint = e->hint[0] != '\0' ? e->hint : NULL,
				.code = e->code });
	return -e->code;
}

static int end(const struct spec_report *report)
{
	const struct spec_finding *const f = spec_report_next(report, NULL, SPEC_ERROR);

	return f != NULL ? -f->code : report->no_memory ? -ENOMEM : 0;
}

static int begin(struct spec_text text, struct spec_report *report, struct lex *ret)
{
	struct err e = { 0 };

	if (text.size > SPEC_SIZE_MAX) {
		(void)err_set(&e, E2BIG, POS_NONE, "larger than 16 MiB");
		return refuse_file(report, &e);
	}
	if (lex_check_bytes(text.bytes, text.size, &e) < 0)
		return refuse_file(report, &e);
	*ret = lex_begin(text.bytes, text.size);
	return 0;
}

/* judge  whose rules are asked; NULL: none */
static int read_object(const struct spec_object *object, const enum spec_type *judge,
	struct spec_text text, struct spec_report *report, const void **ret)
{
	struct lex file;
	void *target;
	int rc;

	TRY(begin(text, report, &file));
	target = arena_alloc(report->arena, object->size);
	rc = target == NULL ? -ENOMEM : reader_run(&file, report, object, target);
	if (rc == -ENOMEM)
		report->no_memory = true;
	/* also behind errors, for they are other ones; but where no more are told, lists are short
	 */
	if (rc == 0 && judge != NULL && is_object(object, target) &&
		spec_report_keeps(report, SPEC_ERROR))
		judge_file(*judge, target, report);
	if (rc == 0)
		rc = end(report);
	if (rc == 0)
		*ret = target;
	return rc;
}

int spec_read(enum spec_type type, const char *bytes, size_t size, struct spec_report *report,
	const void **ret)
{
	const struct spec_object *const object = type == SPEC_CONFIG    ? spec_object_config()
						 : type == SPEC_PROCESS ? spec_object_process()
									: spec_object_resources();

	return read_object(object, &type, (struct spec_text){ bytes, size }, report, ret);
}

int spec_read_mounts(
	const char *bytes, size_t size, struct spec_report *report, const struct spec_config **ret)
{
	const struct spec_object *const config = spec_object_config();
	const struct spec_field *const list = spec_field_find(config, "mounts", strlen("mounts"));
	struct judge j = { .report = report, .mounts_only = true };
	struct spec_config *const target = arena_alloc(report->arena, sizeof(*target));
	const struct spec_text text = { bytes, size };
	struct lex file;

	TRY(begin(text, report, &file));
	if (target == NULL || reader_run_list(&file, report, config, list, target) == -ENOMEM)
		report->no_memory = true;
	j.config = target;
	if (!report->no_memory && GIVEN(target->mounts) && spec_report_keeps(report, SPEC_ERROR))
		judge_all(&j, false);
	TRY(end(report));
	*ret = target;
	return 0;
}

int spec_read_change(const char *bytes, size_t size, struct spec_report *report,
	const struct spec_resources **ret)
{
	const void *target = NULL;

	TRY(read_object(
		spec_object_resources(), NULL, (struct spec_text){ bytes, size }, report, &target));
	*ret = target;
	return 0;
}

int spec_read_rdt_change(const char *bytes, size_t size, struct spec_report *report,
	const struct spec_intel_rdt **ret)
{
	const void *target = NULL;

	TRY(read_object(
		spec_object_intel_rdt(), NULL, (struct spec_text){ bytes, size }, report, &target));
	*ret = target;
	return 0;
}

void spec_judge_resources(const struct spec_resources *r, struct spec_report *report)
{
	judge_file(SPEC_RESOURCES, r, report);
}

int spec_load(const char *bytes, size_t size, struct arena *arena, const struct spec_config **ret,
	struct err *e)
{
	struct spec_report report = { .arena = arena, .errors_only = true };
	const void *config = NULL;
	const int rc = spec_read(SPEC_CONFIG, bytes, size, &report, &config);

	if (rc < 0)
		return report.no_memory ? err_set(e, ENOMEM, POS_NONE, "out of memory")
					: spec_report_err(&report, e);
	*ret = config;
	return 0;
}
