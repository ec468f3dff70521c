/* The words of a hook's failure.  Looks at the plan alone; what it is told of a hook inside of the
 * container may be a lie. */
#include "plan/hooks.h"

#include "plan/explain.h"
#include "plan/sentence.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>

enum {
	BODY_SIZE = 900, /* leaves room in err.text for the errno's words */
	LAST_SIGNAL = 64,
	ERRNO_MAX = 4095,
};

static bool is_hook(const struct plan *p, size_t index)
{
	return index < p->count &&
	       (p->ops[index].kind == PLAN_hook || p->ops[index].kind == PLAN_hook_after ||
		       p->ops[index].kind == PLAN_hook_inside);
}

/* "signal 31 (bad system call)": engines look for these words in small letters. */
static void put_signal(struct sentence *s, int number)
{
	const char *const words = strsignal(number);

	sentence_format(s, "signal %d", number);
	if (words == NULL || words[0] == '\0')
		return;
	sentence_format(s, " (%c%.40s)", tolower((unsigned char)words[0]), words + 1);
}

static void put_how(struct sentence *s, const struct plan_hook *hook, int how)
{
	if (how < HOOK_SIGNAL) {
		sentence_format(s, "exit status %d", how);
	} else if (how < HOOK_TIMEOUT) {
		sentence_put(s, "killed by ");
		put_signal(s, how - HOOK_SIGNAL);
	} else if (how == HOOK_TIMEOUT) {
		sentence_format(s, "still at work after its timeout of %llu s, killed",
			(unsigned long long)hook->timeout);
	} else {
		sentence_put(s, "ended, for the runtime was asked to by ");
		put_signal(s, how - HOOK_ENDED);
	}
}

static bool can_be(const struct plan_hook_end *end)
{
	if (end->error != 0)
		return end->error > 0 && end->error <= ERRNO_MAX && end->how >= HOOK_START &&
		       end->how <= HOOK_EXEC;
	return (end->how > 0 && end->how <= HOOK_SIGNAL + LAST_SIGNAL) ||
	       end->how == HOOK_TIMEOUT ||
	       (end->how > HOOK_ENDED && end->how <= HOOK_ENDED + LAST_SIGNAL);
}

static void put_step(struct sentence *s, const struct plan_op *op, int step)
{
	switch ((enum plan_hook_step)step) {
	case HOOK_START:
		sentence_put(s, ": cannot start or watch it");
		break;
	case HOOK_DIR:
		sentence_put(s, ": cannot enter the bundle \"");
		sentence_foreign(s, op->hook.dir != NULL ? op->hook.dir : "");
		sentence_put(s, "\"");
		break;
	case HOOK_OUTPUT:
		sentence_put(s, ": cannot open the file for its output that an annotation names");
		break;
	case HOOK_EXEC:
		sentence_put(s, ": cannot execute it");
		break;
	}
}

static void add_hint(const struct plan_op *op, const struct plan_hook_end *end, struct err *e)
{
	const bool inside = strcmp(op->hook.kind, "startContainer") == 0;

	if (end->error == 0 && end->how == HOOK_SIGNAL + SIGSYS && inside)
		(void)err_hint(e, "linux.seccomp holds for startContainer hooks too: the filter "
				  "forbids a call that this one makes");
	if (end->error == 0 || end->how != HOOK_EXEC)
		return;
	if (end->error == ENOENT && inside)
		(void)err_hint(e, "startContainer hooks, and their interpreters, are looked up in "
				  "the container's root");
	else if (end->error == ENOENT)
		(void)err_hint(
			e, "this kind of hook, and its interpreter, is looked up on the host");
	else if (end->error == EACCES)
		(void)err_hint(e, "it needs execute permission: chmod +x, and +x of each directory "
				  "on the way");
	else if (end->error == ENOEXEC)
		(void)err_hint(e, "a script needs a first line like #!/bin/sh");
}

static int code_of(int how)
{
	if (how == HOOK_TIMEOUT)
		return ETIMEDOUT;
	return how > HOOK_ENDED ? EINTR : ECANCELED;
}

int plan_explain_hook(
	const struct plan *p, size_t index, const struct plan_hook_end *end, struct err *e)
{
	char text[BODY_SIZE];
	struct sentence s = SENTENCE_IN(text);
	const struct plan_op *op;

	if (!is_hook(p, index) || !can_be(end))
		return err_sys(e, EPROTO, POS_NONE,
			"read from the init process: a failure of a hook that cannot be");
	op = &p->ops[index];
	sentence_foreign(&s, op->path);
	sentence_put(&s, ": error running ");
	sentence_say(&s, op, "{=kind} hook #{number}: {program}");
	if (end->error != 0) {
		put_step(&s, op, end->how);
		(void)err_sys(e, end->error, op->at, "%s", text);
	} else {
		sentence_put(&s, ": ");
		put_how(&s, &op->hook, end->how);
		if (end->output[0] != '\0') {
			sentence_put(&s, ", output: ");
			sentence_foreign(&s, end->output);
		}
		(void)err_set(e, code_of(end->how), op->at, "%s", text);
	}
	add_hint(op, end, e);
	return -e->code;
}
