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

struct checking {
	const char *file;      /* as it is called in the output: escaped */
	struct json_out *json; /* NULL: text */
	bool color;
	size_t counts[CRL_FINDING_LINT + 1];
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

	k->counts[f->severity]++;
	if (k->json != NULL)
		one_json(k->json, f);
	else
		check_text_print(k->file, f, k->color);
}

static int finish_json(struct cmd *c, struct checking *k)
{
	struct json_out *const j = k->json;
	struct err e = { 0 };
	const char *text;
	size_t len;

	json_end(j);
	json_uint(j, "errors", k->counts[CRL_FINDING_ERROR]);
	json_uint(j, "warnings", k->counts[CRL_FINDING_WARNING]);
	json_uint(j, "lint", k->counts[CRL_FINDING_LINT]);
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

static void finish_text(const struct checking *k)
{
	(void)printf("%s: ", k->file);
	count("", k->counts[CRL_FINDING_ERROR], "error");
	count(", ", k->counts[CRL_FINDING_WARNING], "warning");
	if (k->counts[CRL_FINDING_LINT] > 0)
		(void)printf(", %zu lint", k->counts[CRL_FINDING_LINT]);
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
	const struct crl_check_options o = {
		.type = a->type, .config = a->config, .lint = a->lint
	};
	AUTO_JSON out = { .pretty = true };
	struct checking k = { .json = json ? &out : NULL,
		.color = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL };
	struct crl_error e;
	char name[1100];

	name_file(a, path, name, sizeof(name));
	k.file = name;
	if (json) {
		json_object(&out, NULL);
		json_text(&out, "file", name);
		json_array(&out, "findings");
	}
	if (crl_check(path, &o, one, &k, &e) < 0)
		return cmd_fail(c, &e);
	if (!json)
		finish_text(&k);
	else if (finish_json(c, &k) != 0)
		return 1;
	return k.counts[CRL_FINDING_ERROR] > 0 ||
	       (a->strict && k.counts[CRL_FINDING_WARNING] + k.counts[CRL_FINDING_LINT] > 0);
}

int cmd_check(struct cmd *c)
{
	const struct cmd_args *const a = c->args;
	const char *const format = a->format != NULL ? a->format : "text";
	const bool json = strcmp(format, "json") == 0;
	struct err usage = { 0 };

	if (!json && strcmp(format, "text") != 0) {
		(void)err_set(&usage, EINVAL, POS_NONE, "option --format: expected text or json");
		return cmd_fail_usage(c, &usage);
	}
	if (a->word_count > 0)
		return check(c, a->words[0], json);
	return check(c, a->bundle != NULL ? a->bundle : a->config != NULL ? a->config : ".", json);
}
