/* Rules of process: limits, scheduling, environment, capabilities.  Asks the host nothing. */
#include <inttypes.h>
#include <sched.h>
#include <string.h>

#include "base/text.h"
#include "spec/rules.h"

/* <linux/sched.h> and the headers of the C library do not go together. */
#define POLICY_DEADLINE 6

void rule_rlimit_twice(struct judge *j)
{
	const struct spec_rlimit_list *const list = &j->process->rlimits;
	uint64_t seen = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct spec_enum *const type = &list->items[i].type;
		const uint64_t bit = UINT64_C(1) << type->value;

		if (!GIVEN(*type))
			continue;
		if ((seen & bit) != 0)
			judge_broken(j, type->at, judge_path(j, "process.rlimits[%zu].type", i),
				"\"%s\" is listed twice",
				spec_word_text(&spec_rlimit_type, type->value));
		seen |= bit;
	}
}

void rule_rlimit_order(struct judge *j)
{
	const struct spec_rlimit_list *const list = &j->process->rlimits;

	for (size_t i = 0; i < list->count; i++) {
		const struct spec_rlimit *const r = &list->items[i];

		if (GIVEN(r->soft) && GIVEN(r->hard) && r->soft.value > r->hard.value)
			judge_broken(j, r->soft.at, judge_path(j, "process.rlimits[%zu].soft", i),
				"%" PRIu64 " is above the hard limit %" PRIu64, r->soft.value,
				r->hard.value);
	}
}

/* The policy's word; NULL when there is none that could be judged. */
static const char *policy_of(const struct judge *j, int64_t *ret)
{
	const struct spec_scheduler *const s = j->process->scheduler;

	if (s == NULL || !GIVEN(s->policy))
		return NULL;
	*ret = s->policy.value;
	return spec_word_text(&spec_scheduler_policy, s->policy.value);
}

void rule_scheduler_nice(struct judge *j)
{
	int64_t policy = 0;
	const char *const word = policy_of(j, &policy);

	if (word == NULL || policy == SCHED_OTHER || policy == SCHED_BATCH ||
		j->process->scheduler->nice.value == 0)
		return;
	judge_broken(j, j->process->scheduler->nice.at, "process.scheduler.nice",
		"%s has no nice value, only SCHED_OTHER and SCHED_BATCH do: ignored", word);
}

void rule_scheduler_priority(struct judge *j)
{
	int64_t policy = 0;
	const char *const word = policy_of(j, &policy);
	const struct spec_scheduler *const s = j->process->scheduler;
	bool real_time;

	if (word == NULL || judge_refused(j, "process.scheduler.priority"))
		return;
	real_time = policy == SCHED_FIFO || policy == SCHED_RR;
	if (!real_time && s->priority.value != 0)
		judge_broken(j, s->priority.at, "process.scheduler.priority",
			"%s has no priority: only SCHED_FIFO and SCHED_RR do", word);
	if (real_time && s->priority.value == 0)
		judge_broken(j, GIVEN(s->priority) ? s->priority.at : s->at,
			"process.scheduler.priority", "%s needs a priority from 1 to 99", word);
}

void rule_scheduler_deadline(struct judge *j)
{
	int64_t policy = 0;
	const char *const word = policy_of(j, &policy);
	const struct spec_scheduler *const s = j->process->scheduler;
	uint64_t period;

	if (word == NULL)
		return;
	if (policy != POLICY_DEADLINE) {
		const struct spec_uint *const one = s->runtime.value != 0    ? &s->runtime
						    : s->deadline.value != 0 ? &s->deadline
									     : &s->period;

		if (one->value != 0)
			judge_broken(j, one->at,
				judge_path(j, "process.scheduler.%s",
					one == &s->runtime    ? "runtime"
					: one == &s->deadline ? "deadline"
							      : "period"),
				"only SCHED_DEADLINE has one, the policy is %s", word);
		return;
	}
	if (judge_refused(j, "process.scheduler"))
		return;
	period = s->period.value == 0 ? s->deadline.value : s->period.value;
	if (s->runtime.value == 0 || s->runtime.value > s->deadline.value ||
		s->deadline.value > period)
		judge_broken(j, GIVEN(s->runtime) ? s->runtime.at : s->at,
			"process.scheduler.runtime",
			"SCHED_DEADLINE needs 0 < runtime <= deadline <= period, found %" PRIu64
			", %" PRIu64 ", %" PRIu64,
			s->runtime.value, s->deadline.value, s->period.value);
}

static size_t name_length(const char *entry)
{
	return strcspn(entry, "=");
}

void rule_env_form(struct judge *j)
{
	const struct spec_strings *const env = &j->process->env;

	for (size_t i = 0; i < env->count; i++) {
		const char *const entry = env->items[i].value;
		char shown[TEXT_SHOWN];

		if (entry == NULL || (name_length(entry) > 0 && entry[name_length(entry)] == '='))
			continue;
		judge_broken(j, env->items[i].at, judge_path(j, "process.env[%zu]", i),
			"expected NAME=value, found \"%s\"%s", judge_text(shown, entry),
			entry[0] == '=' ? "" : ": it is left out");
	}
}

void rule_env_twice(struct judge *j)
{
	const struct spec_strings *const env = &j->process->env;
	struct twin *const names = judge_twins(j, env->count);

	for (size_t i = 0; names != NULL && i < env->count; i++) {
		const char *const entry = env->items[i].value;

		if (entry == NULL || entry[name_length(entry)] != '=')
			continue;
		names[i].text = entry;
		names[i].len = name_length(entry);
	}
	if (names != NULL)
		twins_find(names, env->count);
	for (size_t i = 0; names != NULL && i < env->count; i++) {
		char shown[TEXT_SHOWN];

		if (names[i].later)
			judge_broken(j, env->items[i].at, judge_path(j, "process.env[%zu]", i),
				"\"%s\": a later entry of the same name takes its place",
				judge_text(shown, names[i].text));
	}
}

static uint64_t set_of(const struct spec_enums *list)
{
	uint64_t set = 0;

	for (size_t i = 0; i < list->count; i++)
		if (GIVEN(list->items[i]))
			set |= UINT64_C(1) << list->items[i].value;
	return set;
}

static void check_subset(
	struct judge *j, const struct spec_enums *list, const char *name, uint64_t within)
{
	for (size_t i = 0; i < list->count; i++)
		if (GIVEN(list->items[i]) && (within >> list->items[i].value & 1) == 0)
			judge_broken(j, list->items[i].at,
				judge_path(j, "process.capabilities.%s[%zu]", name, i),
				"%s is not given: it is not %s",
				spec_word_text(&spec_capability, list->items[i].value),
				strcmp(name, "ambient") == 0
					? "both in permitted and in inheritable"
					: "in permitted");
}

void rule_capability_sets(struct judge *j)
{
	const struct spec_capabilities *const c = j->process->capabilities;

	if (c == NULL)
		return;
	if (judge_refused(j, "process.capabilities.permitted"))
		return;
	check_subset(j, &c->effective, "effective", set_of(&c->permitted));
	if (!judge_refused(j, "process.capabilities.inheritable"))
		check_subset(
			j, &c->ambient, "ambient", set_of(&c->permitted) & set_of(&c->inheritable));
}

void rule_console_size(struct judge *j)
{
	const struct spec_console_size *const size = j->process->consoleSize;

	if (size != NULL && !j->process->terminal.value && !judge_refused(j, "process.terminal") &&
		(size->height.value != 0 || size->width.value != 0))
		judge_broken(j, size->at, "process.consoleSize",
			"ignored: process.terminal is not true");
}

static void check_console(struct judge *j, const struct spec_uint *n, const char *path)
{
	if (n->value > UINT16_MAX)
		judge_broken(j, n->at, path, "expected a whole number from 0 to %d, found %" PRIu64,
			UINT16_MAX, n->value);
}

/* Without a terminal it has to be ignored, whatever it is. */
void rule_console_range(struct judge *j)
{
	const struct spec_console_size *const size = j->process->consoleSize;

	if (size == NULL || !j->process->terminal.value)
		return;
	check_console(j, &size->height, "process.consoleSize.height");
	check_console(j, &size->width, "process.consoleSize.width");
}
