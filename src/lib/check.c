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
	return config_file_read(file, path, &k->arena, &k->text, e);
}

/* Where does the path end that a message begins with?  "process.cwd: what is wrong" or
 * "mounts[3] (/data): what is wrong".  0: there is none. */
static size_t path_length(const char *text)
{
	bool quoted = false;
	size_t len;

	for (len = 0; text[len] != '\0' && (quoted || strchr(" :", text[len]) == NULL); len++)
		quoted = quoted != (text[len] == '"');
	if (text[len] == ':')
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
	char path[512];

	if (len > 0 && len < sizeof(path)) {
		(void)snprintf(path, sizeof(path), "%.*s", (int)len, text);
		f.path = path;
		f.text = text + len + (text[len] == ':');
		f.text += f.text[0] == ' ';
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
	size_t start; /* of the line `number` */
	uint32_t number;
};

static void go_to(struct lines *l, uint32_t number)
{
	while (l->number < number) {
		const char *const from = l->text->text + l->start;
		const char *const end = memchr(from, '\n', l->text->size - l->start);

		if (end == NULL)
			return;
		l->start = (size_t)(end - l->text->text) + 1;
		l->number++;
	}
}

static void show_source(struct lines *l, struct crl_finding *f)
{
	const char *line, *end;
	size_t offset, stop;

	f->length = 1;
	f->source = "";
	if (f->line == 0)
		return;
	go_to(l, f->line);
	line = l->text->text + l->start;
	end = memchr(line, '\n', l->text->size - l->start);
	f->source = line;
	f->source_length = end != NULL ? (size_t)(end - line) : l->text->size - l->start;
	offset = l->start + f->column - 1;
	stop = token_end(l->text, offset);
	if (stop > l->start + f->source_length)
		stop = l->start + f->source_length;
	if (stop > offset)
		f->length = (uint32_t)(stop - offset);
}

static void tell_all(struct check *k)
{
	struct lines lines = { &k->text, 0, 1 };

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
