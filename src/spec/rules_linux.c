/* Rules of devices, memory policy, personality, resctrl, seccomp, and of the members at the top.
 * Asks the host nothing. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "spec/rules.h"

enum {
	ERRNO_MAX = 4095 /* <linux/err.h>: what is above is no error to the C library */
};

/* <linux/mempolicy.h> */
#define MODE_DEFAULT   0
#define MODE_PREFERRED 1
#define MODE_LOCAL     4

/* SemVer 2.0 wants three numbers; what stands behind '-' or '+' may have dots, too. */
static bool has_three_numbers(const char *v)
{
	size_t dots = 0;

	for (; *v != '\0' && *v != '-' && *v != '+'; v++)
		dots += *v == '.';
	return dots == 2;
}

static void check_form(struct judge *j)
{
	const struct spec_str *const v = &j->config->ociVersion;
	char shown[TEXT_SHOWN];

	if (v->value == NULL || judge_refused(j, "ociVersion") || has_three_numbers(v->value))
		return;
	judge_broken(j, v->at, "ociVersion", "a version has three numbers, found \"%s\"",
		judge_text(shown, v->value));
	spec_report_hint(
		j->report, "write \"%s%s\"", shown, strchr(shown, '.') != NULL ? ".0" : ".0.0");
}

void rule_version(struct judge *j)
{
	const char *const v = j->config->ociVersion.value;

	check_form(j);
	/* "1.x": the minor number has one digit up to 1.9; "1" is 1.0 */
	if (v != NULL && strcmp(v, "1") == 0)
		return;
	if (v != NULL && strncmp(v, "1.", 2) == 0 && v[2] >= '0' && v[2] <= '3' &&
		(v[3] < '0' || v[3] > '9'))
		return;
	if (v != NULL && !judge_refused(j, "ociVersion"))
		judge_broken(j, j->config->ociVersion.at, "ociVersion",
			"not a version of the specification that is known: it is read as 1.3");
}

void rule_annotation(struct judge *j)
{
	const struct spec_map *const map = &j->config->annotations;

	for (size_t i = 0; i < map->count; i++)
		if (!judge_given(&map->items[i].key))
			judge_broken(j, map->items[i].key.at, "annotations[\"\"]",
				"the key must not be empty");
}

const struct spec_pair *spec_annotation(const struct spec_config *c, const char *key)
{
	for (size_t i = 0; i < c->annotations.count; i++)
		if (c->annotations.items[i].value.value != NULL &&
			strcmp(c->annotations.items[i].key.value, key) == 0)
			return &c->annotations.items[i];
	return NULL;
}

void rule_hook_prestart(struct judge *j)
{
	const struct spec_hooks *const h = j->config->hooks;

	if (h != NULL && h->prestart.count > 0)
		judge_broken(j, h->prestart.at, "hooks.prestart",
			"deprecated: createRuntime and createContainer took its place");
}

static void check_number(struct judge *j, const struct spec_device *d,
	const struct spec_int *number, const char *path)
{
	if (!GIVEN(*number) && !judge_refused(j, path))
		judge_broken(j, d->at, path, "missing");
	if (GIVEN(*number) && number->value < 0)
		judge_broken(j, number->at, path, "must not be negative");
}

void rule_device_numbers(struct judge *j)
{
	for (size_t i = 0; j->os != NULL && i < j->os->devices.count; i++) {
		const struct spec_device *const d = &j->os->devices.items[i];

		if (!GIVEN(d->type) || d->type.value == S_IFIFO)
			continue;
		check_number(j, d, &d->major, judge_path(j, "linux.devices[%zu].major", i));
		check_number(j, d, &d->minor, judge_path(j, "linux.devices[%zu].minor", i));
	}
}

void rule_device_twice(struct judge *j)
{
	const size_t count = j->os == NULL ? 0 : j->os->devices.count;
	struct twin *const paths = judge_twins(j, count);

	for (size_t i = 0; paths != NULL && i < count; i++) {
		paths[i].text = j->os->devices.items[i].path.value;
		paths[i].len = paths[i].text == NULL ? 0 : strlen(paths[i].text);
	}
	if (paths != NULL)
		twins_find(paths, count);
	for (size_t i = 0; paths != NULL && i < count; i++)
		if (paths[i].later)
			judge_broken(j, j->os->devices.items[i].path.at,
				judge_path(j, "linux.devices[%zu].path", i),
				"a later entry of the same path takes its place");
}

/* How many numbers a list like 0-3,7 names; groups within ranges are not looked at. */
static unsigned long long count_nodes(const char *text)
{
	unsigned long long count = 0;

	while (*text != '\0') {
		char *end = NULL;
		const unsigned long long first = strtoull(text, &end, 10);
		unsigned long long last = first;

		end += strspn(end, " \t\n");
		if (*end == '-')
			last = strtoull(end + 1, &end, 10);
		count += last < first ? 0 : last - first + 1;
		text = end + strcspn(end, ",");
		text += *text == ',';
	}
	return count;
}

void rule_memory_policy(struct judge *j)
{
	const struct spec_memory_policy *const m = j->os == NULL ? NULL : j->os->memoryPolicy;
	const char *word;
	bool none;

	if (m == NULL || !GIVEN(m->mode) || judge_refused(j, "linux.memoryPolicy.nodes"))
		return;
	word = spec_word_text(&spec_memory_policy_mode, m->mode.value);
	none = m->mode.value == MODE_DEFAULT || m->mode.value == MODE_LOCAL;
	if (none && judge_given(&m->nodes))
		judge_broken(j, m->nodes.at, "linux.memoryPolicy.nodes",
			"invalid memory policy: %s mode requires 0 nodes but got %llu", word,
			count_nodes(m->nodes.value));
	if (!none && m->mode.value != MODE_PREFERRED && !judge_given(&m->nodes))
		judge_broken(j, GIVEN(m->nodes) ? m->nodes.at : m->at, "linux.memoryPolicy.nodes",
			"invalid memory policy: %s needs a node at least", word);
}

void rule_personality_flags(struct judge *j)
{
	const struct spec_personality *const p = j->os == NULL ? NULL : j->os->personality;

	if (p != NULL && p->flags.count > 0)
		judge_broken(j, p->flags.at, "linux.personality.flags",
			"ignored: the specification has none yet");
}

void rule_rdt_monitoring(struct judge *j)
{
	const struct spec_intel_rdt *const r = j->os == NULL ? NULL : j->os->intelRdt;

	if (r == NULL)
		return;
	if (GIVEN(r->enableCMT))
		judge_broken(j, r->enableCMT.at, "linux.intelRdt.enableCMT",
			"deprecated: enableMonitoring took its place");
	if (GIVEN(r->enableMBM))
		judge_broken(j, r->enableMBM.at, "linux.intelRdt.enableMBM",
			"deprecated: enableMonitoring took its place");
}

static void check_errno(struct judge *j, const struct spec_enum *action,
	const struct spec_uint *number, const char *action_name, const char *path)
{
	if (GIVEN(*number) && GIVEN(*action) && action->value != SPEC_SECCOMP_ERRNO &&
		action->value != SPEC_SECCOMP_TRACE)
		judge_broken(j, number->at, path,
			"only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have a number, %s is %s",
			action_name, spec_word_text(&spec_seccomp_action, action->value));
	else if (GIVEN(*action) && action->value == SPEC_SECCOMP_ERRNO && number->value > ERRNO_MAX)
		judge_broken(j, number->at, path,
			"expected a whole number from 0 to %d with SCMP_ACT_ERRNO, found %" PRIu64,
			ERRNO_MAX, number->value);
}

void rule_seccomp_errno(struct judge *j)
{
	const struct spec_seccomp *const s = j->os == NULL ? NULL : j->os->seccomp;

	if (s == NULL)
		return;
	check_errno(j, &s->defaultAction, &s->defaultErrnoRet, "defaultAction",
		"linux.seccomp.defaultErrnoRet");
	for (size_t i = 0; i < s->syscalls.count; i++)
		check_errno(j, &s->syscalls.items[i].action, &s->syscalls.items[i].errnoRet,
			"action", judge_path(j, "linux.seccomp.syscalls[%zu].errnoRet", i));
}

static bool is_notify(const struct spec_enum *action)
{
	return GIVEN(*action) && action->value == SPEC_SECCOMP_NOTIFY;
}

void rule_seccomp_notify(struct judge *j)
{
	const struct spec_seccomp *const s = j->os == NULL ? NULL : j->os->seccomp;

	if (s == NULL)
		return;
	if (is_notify(&s->defaultAction))
		judge_broken(j, s->defaultAction.at, "linux.seccomp.defaultAction",
			"SCMP_ACT_NOTIFY cannot be the default action");
	if (judge_given(&s->listenerMetadata) && !judge_given(&s->listenerPath) &&
		!judge_refused(j, "linux.seccomp.listenerPath") &&
		spec_annotation(j->config, "run.oci.seccomp.receiver") == NULL)
		judge_broken(j, s->listenerMetadata.at, "linux.seccomp.listenerMetadata",
			"needs linux.seccomp.listenerPath");
}
