/* crun-lite check */
#include "cmd/cmd.h"

#include "base/json_out.h"
#include "base/text.h"
#include "cmd/check_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COLUMNS_ELSEWHERE = 80
};

struct checking {
	const char *file;      /* as it is called in the output: escaped */
	struct json_out *json; /* NULL: text */
	bool color;
	size_t told;
};

static void one_json(struct json_out *j, const struct crl_finding *f)
{
	json_object(j, NULL);
	json_text(j, "severity", check_text_severity(f->severity));
	json_uint(j, "line", f->line);
	json_uint(j, "column", f->column);
	json_uint(j, "length", f->length);
	json_text(j, "path", f->path);
	json_text(j, "rule", f->rule);
	json_text(j, "message", f->text);
	if (f->hint != NULL)
		json_text(j, "hint", f->hint);
	json_end(j);
}

static void one(void *data, const struct crl_finding *f)
{
	struct checking *const k = data;

	k->told++;
	if (k->json != NULL)
		one_json(k->json, f);
	else
		check_text_print(k->file, f, k->color);
}

static int finish_json(struct cmd *c, struct checking *k, const struct crl_counts *counts)
{
	struct json_out *const j = k->json;
	struct err e = { 0 };
	const char *text;
	size_t len;

	json_end(j);
	json_uint(j, "errors", counts->errors);
	json_uint(j, "warnings", counts->warnings);
	json_uint(j, "lint", counts->lint);
	json_end(j);
	if (json_finish(j, &text, &len, &e) < 0)
		return cmd_fail_usage(c, &e);
	(void)printf("%s\n", text);
	return 0;
}

static void count(const char *before, size_t n, const char *word)
{
	(void)printf("%s%zu %s%s", before, n, word, n == 1 ? "" : "s");
}

static size_t sum(const struct crl_counts *n)
{
	return n->errors + n->warnings + n->lint;
}

static void finish_text(const struct checking *k, const struct crl_counts *counts)
{
	(void)printf("%s: ", k->file);
	count("", counts->errors, "error");
	count(", ", counts->warnings, "warning");
	if (counts->lint > 0)
		(void)printf(", %zu lint", counts->lint);
	if (sum(counts) > k->told)
		(void)printf("; %zu of them are not shown", sum(counts) - k->told);
	(void)printf("\n");
}

/* What the file is called: a bundle's is below it. */
static void name_file(const struct cmd_args *a, const char *path, char *buf, size_t size)
{
	char full[1024];
	struct stat st;

	if (strcmp(path, "-") == 0)
		(void)snprintf(full, sizeof(full), "(standard input)");
	else if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		(void)snprintf(full, sizeof(full), "%s", path);
	else if (a->config != NULL || strcmp(path, ".") == 0)
		(void)snprintf(
			full, sizeof(full), "%s", a->config != NULL ? a->config : "config.json");
	else
		(void)snprintf(full, sizeof(full), "%s%sconfig.json", path,
			path[strlen(path) - 1] == '/' ? "" : "/");
	(void)text_escape(buf, size, full, strlen(full));
}

static int check(struct cmd *c, const char *path, bool json)
{
	const struct cmd_args *const a = c->args;
	AUTO_JSON out = { .pretty = true };
	struct checking k = { .json = json ? &out : NULL,
		.color = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL };
	const struct crl_check_options o = {
		.type = a->type, .config = a->config, .lint = a->lint, .each = one, .data = &k
	};
	struct crl_counts counts;
	struct crl_error e;
	char name[1100];

	name_file(a, path, name, sizeof(name));
	k.file = name;
	if (json) {
		json_object(&out, NULL);
		json_text(&out, "file", name);
		json_array(&out, "findings");
	}
	if (crl_check(path, &o, &counts, &e) < 0)
		return cmd_fail(c, &e);
	if (!json)
		finish_text(&k, &counts);
	else if (finish_json(c, &k, &counts) != 0)
		return 1;
	return counts.errors > 0 || (a->strict && sum(&counts) > 0);
}

static int explain(struct cmd *c, const char *what, bool json)
{
	struct crl_error e;
	char *text;

	if (crl_explain(what, json ? 0 : (unsigned)cmd_columns(COLUMNS_ELSEWHERE), &text, &e) < 0)
		return cmd_fail(c, &e);
	(void)printf("%s%s", text, json ? "\n" : ""); /* looked at by fflush in main.c */
	free(text);
	return 0;
}

int cmd_check(struct cmd *c)
{
	const struct cmd_args *const a = c->args;
	const char *const format = a->format_text != NULL ? a->format_text : "text";
	const bool json = strcmp(format, "json") == 0;
	struct err usage = { 0 };

	if (!json && strcmp(format, "text") != 0) {
		(void)err_set(&usage, EINVAL, POS_NONE, "option --format: expected text or json");
		return cmd_fail_usage(c, &usage);
	}
	if (a->explain != NULL && a->word_count > 0) {
		(void)err_set(&usage, EINVAL, POS_NONE, "option --explain: looks at no file");
		return cmd_fail_usage(c, &usage);
	}
	if (a->explain != NULL)
		return explain(c, a->explain, json);
	if (a->word_count > 0)
		return check(c, a->words[0], json);
	return check(c, a->bundle != NULL ? a->bundle : a->config != NULL ? a->config : ".", json);
}
