/* What a profile says to one call, before there is a program of it: for the order of things, never
 * for their being allowed.  In doubt it says no.  Semantics: parent/seccomp.h. */
#include "plan/build.h"

#include <seccomp.h>
#include <string.h>

static bool lets_go_on(int64_t action)
{
	return action == SPEC_SECCOMP_ALLOW || action == SPEC_SECCOMP_LOG;
}

static bool names(const struct spec_syscall *rule, const char *name)
{
	for (size_t i = 0; i < rule->names.count; i++)
		if (strcmp(rule->names.items[i].value, name) == 0)
			return true;
	return false;
}

static bool holds(const struct spec_seccomp_arg *a, uint64_t value)
{
	switch (a->op.value) {
	case SCMP_CMP_NE:
		return value != a->value.value;
	case SCMP_CMP_LT:
		return value < a->value.value;
	case SCMP_CMP_LE:
		return value <= a->value.value;
	case SCMP_CMP_EQ:
		return value == a->value.value;
	case SCMP_CMP_GE:
		return value >= a->value.value;
	case SCMP_CMP_GT:
		return value > a->value.value;
	case SCMP_CMP_MASKED_EQ:
		return (value & a->value.value) == a->valueTwo.value;
	default:
		return false;
	}
}

enum answer {
	NO,
	YES,
	UNSURE /* it looks at arguments that are not known here */
};

static enum answer conditions_hold(const struct spec_syscall *rule, uint64_t first)
{
	for (size_t i = 0; i < rule->args.count; i++) {
		const struct spec_seccomp_arg *const a = &rule->args.items[i];

		if (a->index.value != 0 || rule->args.count > 1)
			return UNSURE;
		if (!holds(a, first))
			return NO;
	}
	return YES;
}

bool plan_seccomp_allows(const struct spec_seccomp *s, const char *name, uint64_t first)
{
	bool allowed = lets_go_on(s->defaultAction.value), found = false;

	for (size_t i = 0; i < s->syscalls.count; i++) {
		const struct spec_syscall *const rule = &s->syscalls.items[i];
		const enum answer answer = conditions_hold(rule, first);

		if (rule->action.value == s->defaultAction.value || !names(rule, name))
			continue;
		if (rule->args.count == 0) /* hides those with conditions */
			return lets_go_on(rule->action.value);
		if (answer == UNSURE)
			return false;
		if (answer == YES && !found) {
			found = true;
			allowed = lets_go_on(rule->action.value);
		}
	}
	return allowed;
}
