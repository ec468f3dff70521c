/* Rules of mounts: their destinations, and the words of their options.  Opens no path. */
#include <string.h>

#include "base/text.h"
#include "spec/rules.h"

enum action {
	SET,
	CLEAR,
	RSET,
	RCLEAR,
	ATIME,
	RATIME,
	PROPAGATE,
	BIND,
	REMOUNT,
	SUPER,
	NOTHING,
	SPECIAL,
};

static const struct word {
	const char *text;
	enum action action;
} words[] = {
#define OPTION(word, action, value, ...) { word, action },
#include "spec/mount_options.def"
#undef OPTION
};

/* Only idmap and ridmap may have a value. */
static bool is_word(const struct word *w, const char *option)
{
	size_t len;
	bool valued;

	if (w->text[0] != option[0])
		return false; /* most of them, and a call takes longer */
	len = strcspn(option, "=");
	valued = strcmp(w->text, "idmap") == 0 || strcmp(w->text, "ridmap") == 0;
	if (option[len] == '=' && valued)
		return strlen(w->text) == len && memcmp(w->text, option, len) == 0;
	return strcmp(w->text, option) == 0;
}

static const struct word *find(const char *option)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (is_word(&words[i], option))
			return &words[i];
	return NULL;
}

static const char *nearest(const char *option)
{
	const char *best = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const size_t distance = text_distance(option, words[i].text);

		if (distance < least && text_is_near(distance, option)) {
			least = distance;
			best = words[i].text;
		}
	}
	return best != NULL && best[0] != '\0' ? best : NULL;
}

static bool has_action(const struct spec_mount *m, enum action action)
{
	for (size_t i = 0; i < m->options.count; i++) {
		const char *const option = m->options.items[i].value;
		const struct word *const w = option == NULL ? NULL : find(option);

		if (w != NULL && w->action == action)
			return true;
	}
	return false;
}

static bool is_bind(const struct spec_mount *m)
{
	const char *const type = m->type.value != NULL ? m->type.value : "";

	return strcmp(type, "bind") == 0 || strcmp(type, "rbind") == 0 || has_action(m, BIND);
}

static void check_options(struct judge *j, size_t index, const char *why)
{
	const struct spec_strings *const options = &j->config->mounts.items[index].options;

	for (size_t i = 0; i < options->count; i++) {
		const char *const option = options->items[i].value;
		char shown[TEXT_SHOWN];
		const char *near;

		if (option == NULL || find(option) != NULL)
			continue;
		judge_broken(j, options->items[i].at,
			judge_path(j, "mounts[%zu].options[%zu]", index, i), "%s: \"%s\"", why,
			judge_text(shown, option));
		near = nearest(option);
		if (near != NULL)
			spec_report_hint(j->report, "did you mean \"%s\"?", near);
		else
			spec_report_hint(j->report, "see crun-lite check --explain mounts.options");
	}
}

void rule_mount_options(struct judge *j)
{
	for (size_t i = 0; i < j->config->mounts.count; i++) {
		const struct spec_mount *const m = &j->config->mounts.items[i];

		if (is_bind(m))
			check_options(j, i,
				"bind mounts cannot have any filesystem-specific options applied");
		else if (has_action(m, REMOUNT))
			check_options(j, i, "remount changes the mount alone, not its file system");
	}
}

void rule_mount_relative(struct judge *j)
{
	for (size_t i = 0; i < j->config->mounts.count; i++) {
		const struct spec_str *const d = &j->config->mounts.items[i].destination;

		if (judge_given(d) && d->value[0] != '/')
			judge_broken(j, d->at, judge_path(j, "mounts[%zu].destination", i),
				"not absolute: taken from /");
	}
}
