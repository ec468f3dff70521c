/* Which kernel parameters a container may set.  The answers are rows of spec/sysctls.def. */
#include <sched.h>
#include <string.h>

#include "base/text.h"
#include "spec/sysctl.h"
#include "spec/validate.h"

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

static int check_value(const struct spec_str *value, struct err *e)
{
	for (const char *p = value->value; *p != '\0'; p++)
		if (*p == '\n')
			return err_set(e, EINVAL, value->at, "a line break in the value");
	return 0;
}

static int check_pair(const struct spec_config *c, const struct spec_pair *pair, struct err *e)
{
	char path[SPEC_SYSCTL_SIZE];
	const struct row *row;

	if (spec_sysctl_path(pair->key.value, path) < 0)
		return err_set(e, EINVAL, pair->key.at, "not the name of a kernel parameter");
	row = find_row(path);
	if (row == NULL)
		return err_set(e, EINVAL, pair->key.at, "not namespaced: it would change the host");
	if (row->flag == 0) {
		(void)err_set(e, EINVAL, pair->key.at, "not to be set here"); /* returned below */
		return err_hint(e, "%s", row->hint);
	}
	if (spec_namespace_find(c, row->flag) == NULL)
		return err_set(e, EINVAL, pair->key.at,
			"needs %s namespace in linux.namespaces: it would change the host",
			row->namespace);
	return check_value(&pair->value, e);
}

int validate_sysctls(const struct spec_config *c, struct err *e)
{
	const struct spec_map *const map = &c->os->sysctl;

	for (size_t i = 0; i < map->count; i++) {
		const char *const key = map->items[i].key.value;
		char shown[TEXT_SHOWN];

		if (check_pair(c, &map->items[i], e) < 0)
			return err_add(e, "linux.sysctl[\"%s\"]",
				text_escape(shown, sizeof(shown), key, strlen(key)));
	}
	return 0;
}
