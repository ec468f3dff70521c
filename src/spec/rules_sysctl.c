/* Which kernel parameters a container may set.  The answers are rows of spec/sysctls.def. */
#include <sched.h>
#include <string.h>

#include "base/text.h"
#include "spec/rules.h"
#include "spec/sysctl.h"

static const struct row {
	const char *path, *namespace;
	int64_t flag; /* 0: refused */
	const char *hint;
} rows[] = {
#define SYSCTL(path, namespace, flag) { path, namespace, flag, NULL },
#define REFUSED(path, hint)           { path, NULL, 0, hint },
#include "spec/sysctls.def"
#undef SYSCTL
#undef REFUSED
};

static bool is_good_word(const char *word, size_t len)
{
	return len > 0 && !(word[0] == '.' && (len == 1 || (len == 2 && word[1] == '.')));
}

int spec_sysctl_path(const char *name, char ret[SPEC_SYSCTL_SIZE])
{
	const size_t len = strlen(name);
	const char *const first = strpbrk(name, "./");
	const bool dotted = first != NULL && *first == '.';
	size_t word = 0;

	if (len >= SPEC_SYSCTL_SIZE)
		return -EINVAL;
	for (size_t i = 0; i <= len; i++) {
		char c = name[i];

		if (i < len && ((unsigned char)c < 0x20 || c == 0x7f))
			return -EINVAL;
		if (dotted && (c == '.' || c == '/'))
			c = c == '.' ? '/' : '.';
		ret[i] = c;
		if (c != '/' && i < len)
			continue;
		if (!is_good_word(ret + word, i - word))
			return -EINVAL;
		word = i + 1;
	}
	return 0;
}

static const struct row *find_row(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const size_t len = strlen(rows[i].path);
		const bool all_below = rows[i].path[len - 1] == '/';

		if (all_below ? strncmp(path, rows[i].path, len) == 0
			      : strcmp(path, rows[i].path) == 0)
			return &rows[i];
	}
	return NULL;
}

static bool has_line_break(const struct spec_str *value)
{
	return value->value != NULL && strchr(value->value, '\n') != NULL;
}

static void check_pair(struct judge *j, const struct spec_pair *pair)
{
	char path[SPEC_SYSCTL_SIZE], shown[TEXT_SHOWN];
	const struct spec_str *const key = &pair->key;
	const struct row *row;

	(void)judge_text(shown, key->value);
	(void)judge_path(j, "linux.sysctl[\"%s\"]", shown);
	if (spec_sysctl_path(key->value, path) < 0) {
		judge_broken(j, key->at, j->path, "not the name of a kernel parameter");
		return;
	}
	row = find_row(path);
	if (row == NULL)
		judge_broken(j, key->at, j->path, "not namespaced: it would change the host");
	else if (row->flag == 0) {
		judge_broken(j, key->at, j->path, "not to be set here");
		spec_report_hint(j->report, "%s", row->hint);
	} else if (judge_lacks_namespace(j, row->flag))
		judge_broken(j, key->at, j->path,
			"needs %s namespace in linux.namespaces: it would change the host",
			row->namespace);
	else if (has_line_break(&pair->value))
		judge_broken(j, pair->value.at, j->path, "a line break in the value");
}

void rule_sysctl(struct judge *j)
{
	for (size_t i = 0; j->os != NULL && i < j->os->sysctl.count; i++)
		check_pair(j, &j->os->sysctl.items[i]);
}
