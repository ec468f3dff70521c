/* Rules of linux.seccomp.  Compiles no filter and knows no syscall. */
#include "spec/validate.h"

static int check_action(const struct spec_enum *action, const struct spec_uint *number,
	const char *action_name, const char *number_name, struct err *e)
{
	if (action->value == SPEC_SECCOMP_NOTIFY)
		return err_set(e, EINVAL, action->at,
			"%s: this version of crun-lite cannot carry out SCMP_ACT_NOTIFY",
			action_name);
	if (GIVEN(*number) && action->value != SPEC_SECCOMP_ERRNO &&
		action->value != SPEC_SECCOMP_TRACE)
		return err_set(e, EINVAL, number->at,
			"%s: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have a number, %s is %s",
			number_name, action_name,
			spec_word_text(&spec_seccomp_action, action->value));
	return 0;
}

static int check_syscall(const struct spec_syscall *s, struct err *e)
{
	if (s->names.count == 0)
		return err_set(e, EINVAL, s->names.at, "names: must not be empty");
	for (size_t i = 0; i < s->names.count; i++)
		if (s->names.items[i].value[0] == '\0')
			return err_set(e, EINVAL, s->names.items[i].at,
				"names[%zu]: must not be empty", i);
	return check_action(&s->action, &s->errnoRet, "action", "errnoRet", e);
}

int validate_seccomp(const struct spec_seccomp *s, struct err *e)
{
	if (check_action(&s->defaultAction, &s->defaultErrnoRet, "defaultAction", "defaultErrnoRet",
		    e) < 0)
		return validate_in(e, "linux.seccomp");
	for (size_t i = 0; i < s->syscalls.count; i++)
		if (check_syscall(&s->syscalls.items[i], e) < 0)
			return validate_in(e, "linux.seccomp.syscalls[%zu]", i);
	return 0;
}
