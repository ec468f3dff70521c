/* Judging a file without making anything of it: what reading, the rules, and a plan for a host
 * that can do everything have to say. */
#include "lib/config_file.h"
#include "lib/crl.h"
#include "plan/plan.h"
#include "spec/spec.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is being judged. */
struct check {
	struct arena arena;
	struct state_bytes text;
	struct spec_report report;
	const struct crl_check_options *o;
	const char *bundle; /* the file's directory */
};

static int read_type(const char *word, enum spec_type *ret, struct err *e)
{
	static const char *const words[] = {
		[SPEC_CONFIG] = "config", [SPEC_PROCESS] = "process", [SPEC_RESOURCES] = "resources"
	};

	*ret = SPEC_CONFIG;
	for (size_t i = 0; word != NULL && i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0) {
			*ret = (enum spec_type)i;
			return 0;
		}
	return word == NULL ? 0
			    : err_set(e, EINVAL, POS_NONE,
				      "option --type: expected config, process or resources");
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int read_file(struct check *k, const char *path, struct err *e)
{
	const char *file = path;

	k->bundle = "/";
	if (strcmp(path, "-") == 0)
		return config_file_read_fd(STDIN_FILENO, "standard input", &k->arena, &k->text, e);
	if (!is_directory(path))
		return config_file_read(path, NULL, &k->arena, &k->text, e);
	k->bundle = path;
	if (k->o->config != NULL)
		file = k->o->config;
	else
		file = arena_printf(&k->arena, "%s/config.json", path);
	if (file == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	return config_file_read(file, k->o->config != NULL ? NULL : path, &k->arena, &k->text, e);
}

/* Where does the path end that a message begins with?  "process.cwd: what is wrong" or
 * "mounts[3] (/data): what is wrong".  0: there is none. */
static size_t path_length(const char *text)
{
	bool quoted = false;
	size_t len;

	for (len = 0; text[len] != '\0' && (quoted || strchr(" :", text[len]) == NULL); len++)
		quoted = quoted != (text[len] == '"');
	if (strncmp(text + len, ": ", 2) == 0)
		return len;
	return strncmp(text + len, " (", 2) == 0 && strstr(text, "): ") != NULL ? len : 0;
}

static void add(struct spec_report *r, enum spec_severity severity, struct src_pos at,
	const char *text, const char *hint)
{
	struct spec_finding f = { .severity = severity,
		.rule = "plan",
		.at = at,
		.path = "",
		.text = text,
		.hint = hint,
		.code = EINVAL };
	const size_t len = path_length(text);
	char path[512], rest[sizeof(((struct err *)NULL)->text)];

	if (len > 0 && len < sizeof(path)) {
		const char *const what = text + len + 2; /* behind ": " or " (" */
		const size_t where = text[len] == ':' ? 0 : (size_t)(strstr(what, "): ") - what);

		(void)snprintf(path, sizeof(path), "%.*s", (int)len, text);
		(void)snprintf(
			rest, sizeof(rest), "%.*s%s", (int)where, what, what + where + (where > 0));
		f.path = path;
		f.text = rest;
	}
	spec_report_add(r, &f);
}

/* Has a rule said something of this place?  Then a plan's warning says it again. */
static bool is_told(const struct spec_report *r, struct src_pos at)
{
	const struct spec_finding *f = NULL;

	while (at.line != 0 && (f = spec_report_next(r, f, SPEC_WARNING)) != NULL)
		if (f->at.line == at.line && f->at.column == at.column)
			return true;
	return false;
}

/* The list has the newest first. */
static void add_warnings(struct spec_report *r, const struct plan_warning *w)
{
	if (w == NULL)
		return;
	add_warnings(r, w->next);
	if (!is_told(r, w->at))
		add(r, SPEC_WARNING, w->at, w->text, NULL);
}

/* What no rule says and no plan can be made of. */
static void check_plan(struct check *k, const struct spec_config *c)
{
	const struct plan_options options = {
		.id = "check", .bundle = k->bundle, .state_dir = "/run/crun-lite/check"
	};
	struct plan plan = { .arena = &k->arena };
	struct host_facts host;
	struct err e = { 0 };

	host_facts_ideal(&host);
	if (plan_build(c, &host, &options, &plan, &e) < 0)
		add(&k->report, SPEC_ERROR, e.at, e.text, e.hint[0] != '\0' ? e.hint : NULL);
	add_warnings(&k->report, plan.warnings);
}

/* Where a token ends that begins at the offset. */
static size_t token_end(const struct state_bytes *text, size_t i)
{
	const char *const t = text->text;
	const size_t size = text->size;

	if (i >= size || strchr("{}[]:,", t[i]) != NULL)
		return i + 1;
	if (t[i] != '"') {
		while (i < size && strchr(" \t\r\n,:]}", t[i]) == NULL)
			i++;
		return i;
	}
	for (i++; i < size && t[i] != '"' && t[i] != '\n'; i++)
		if (t[i] == '\\')
			i++;
	return i + 1;
}

/* The lines of the file, gone through once: findings come in its order. */
struct lines {
	const struct state_bytes *text;
	size_t start, end; /* of the line `number`: all of a large file may be one */
	uint32_t number;   /* 0: none yet */
};

static void find_end(struct lines *l)
{
	const size_t rest = l->text->size - l->start;
	const char *const end = rest == 0 ? NULL : memchr(l->text->text + l->start, '\n', rest);

	l->end = end == NULL ? l->text->size : (size_t)(end - l->text->text);
}

static void go_to(struct lines *l, uint32_t number)
{
	if (l->number == 0) {
		l->number = 1;
		find_end(l);
	}
	while (l->number < number && l->end < l->text->size) {
		l->start = l->end + 1;
		l->number++;
		find_end(l);
	}
}

static void show_source(struct lines *l, struct crl_finding *f)
{
	size_t offset, stop;

	f->length = 1;
	f->source = "";
	if (f->line == 0)
		return;
	go_to(l, f->line);
	f->source = l->text->text + l->start;
	f->source_length = l->end - l->start;
	if (f->source_length > 0 && f->source[f->source_length - 1] == '\r')
		f->source_length--;
	offset = l->start + f->column - 1;
	stop = token_end(l->text, offset);
	if (stop > l->start + f->source_length)
		stop = l->start + f->source_length;
	if (stop > offset)
		f->length = (uint32_t)(stop - offset);
}

/* Keys that only one kind of file has at its top. */
static const struct {
	const char *key, *type;
} homes[] = {
	{ "ociVersion", "config" },
	{ "cwd", "process" },
	{ "args", "process" },
	{ "memory", "resources" },
	{ "cpu", "resources" },
	{ "pids", "resources" },
	{ "unified", "resources" },
};

static const char *type_of_key(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(homes); i++)
		if (strcmp(homes[i].key, key) == 0)
			return homes[i].type;
	return NULL;
}

static bool lacks_version(const struct spec_report *r)
{
	const struct spec_finding *f = NULL;

	while ((f = spec_report_next(r, f, SPEC_ERROR)) != NULL)
		if (strcmp(f->rule, "missing") == 0 && strcmp(f->path, "ociVersion") == 0)
			return true;
	return false;
}

/* Keys that are at home in another kind of file: --type may be wrong. */
static void hint_at_type(struct check *k, enum spec_type type)
{
	if (type == SPEC_CONFIG && !lacks_version(&k->report))
		return;
	for (struct spec_finding *f = k->report.first; f != NULL; f = f->next) {
		const char *const home =
			strcmp(f->rule, "unknown-key") == 0 ? type_of_key(f->path) : NULL;

		if (home == NULL || f->hint != NULL)
			continue;
		f->hint = arena_printf(
			&k->arena, "is the file a %s.json? Then: --type %s", home, home);
		return;
	}
}

static void tell_all(struct check *k)
{
	struct lines lines = { .text = &k->text };

	for (const struct spec_finding *f = k->report.first; f != NULL; f = f->next) {
		struct crl_finding one = { .severity = (enum crl_severity)f->severity,
			.line = f->at.line,
			.column = f->at.column,
			.rule = f->rule,
			.path = f->path,
			.text = f->text,
			.hint = f->hint };

		show_source(&lines, &one);
		k->o->each(k->o->data, &one);
	}
}

static int check(struct check *k, const char *path, struct crl_counts *ret, struct err *e)
{
	const void *target = NULL;
	enum spec_type type;

	TRY(read_type(k->o->type, &type, e));
	TRY(read_file(k, path, e));
	k->report.arena = &k->arena;
	if (spec_read(type, k->text.text, k->text.size, &k->report, &target) == 0 &&
		type == SPEC_CONFIG) {
		check_plan(k, target);
		if (k->o->lint)
			spec_lint(target, &k->report);
	}
	hint_at_type(k, type);
	tell_all(k);
	if (k->report.no_memory)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	*ret = (struct crl_counts){ k->report.counts[SPEC_ERROR], k->report.counts[SPEC_WARNING],
		k->report.counts[SPEC_LINT] };
	return 0;
}

int crl_check(const char *path, const struct crl_check_options *o, struct crl_counts *ret,
	struct crl_error *error)
{
	struct check k = { .o = o };
	struct err e = { 0 };
	const int rc = crl_fail(check(&k, path, ret, &e), &e, error);

	arena_done(&k.arena);
	return rc;
}
