/* The words of a failure, by the rows of spec/failures.def.  Looks at the plan alone, never at the
 * system; what it is told about the child's end may be a lie. */
#include "plan/explain.h"

#include "plan/seccomp.h"
#include "plan/sentence.h"

#include <sched.h>
#include <signal.h>
#include <string.h>

enum {
	ERRNO_MAX = 4095, /* the kernel's own limit */
	BODY_SIZE =
		800, /* leaves room in err.text for the errno's words and for a place in front */
};

/* When a row holds: the columns WHEN of the table. */
static bool when_ALWAYS(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	(void)op;
	return true;
}

static bool when_USER_NS(const struct plan *p, const struct plan_op *op)
{
	(void)op;
	return p->in_user_ns;
}

static bool when_NEW_USER_NS(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return (op->spawn.flags & CLONE_NEWUSER) != 0;
}

static bool when_ROOT(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->path, "root.path") == 0;
}

static bool when_PLAIN_DIR(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return (op->attach.how & ATTACH_PLAIN_DIR) != 0;
}

static bool when_NOFOLLOW(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return (op->attach.how & ATTACH_NOFOLLOW) != 0;
}

static bool when_SLASH(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strchr(op->find_program.name, '/') != NULL;
}

static bool when_LABELLED(const struct plan *p, const struct plan_op *op)
{
	(void)op;
	return p->mount_label != NULL;
}

static bool when_PROGRAM_LABELLED(const struct plan *p, const struct plan_op *op)
{
	(void)op;
	return p->program_labelled;
}

static bool when_PROC(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->new_fs.type, "proc") == 0;
}

static bool when_SYSFS(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->new_fs.type, "sysfs") == 0;
}

static bool when_CGROUP(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->new_fs.type, "cgroup2") == 0;
}

static bool when_CGROUP_V1(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->new_fs.type, "cgroup") == 0;
}

static bool when_OVERLAY(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->new_fs.type, "overlay") == 0;
}

static bool when_CGROUP_BELOW(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->path, "--cgroup") == 0;
}

static bool when_RDMA_LIMIT(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->cgroup_write.file, "rdma.max") == 0;
}

static bool when_BFQ_WEIGHT(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return strcmp(op->cgroup_write.file, "io.bfq.weight") == 0;
}

static uint64_t policy_of(const struct plan_op *op)
{
	return op->kind == PLAN_scheduler ? op->scheduler.policy : op->scheduler_by_parent.policy;
}

static bool when_DEADLINE(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return policy_of(op) == 6; /* SCHED_DEADLINE, which older C libraries do not name */
}

static bool when_CPUSET_DEADLINE(const struct plan *p, const struct plan_op *op)
{
	const struct spec_linux *const l = p->config != NULL ? p->config->os : NULL;
	const struct spec_cpu *const cpu =
		l != NULL && l->resources != NULL ? l->resources->cpu : NULL;

	return when_DEADLINE(p, op) && cpu != NULL && cpu->cpus.value != NULL &&
	       cpu->cpus.value[0] != '\0';
}

static bool when_ISO(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return policy_of(op) == 4;
}

static bool when_NEW_MODE(const struct plan *p, const struct plan_op *op)
{
	(void)p;
	return (op->memory_policy.mode & 0xff) >= 5; /* MPOL_PREFERRED_MANY and those after it */
}

static bool when_RAW_FILTER(const struct plan *p, const struct plan_op *op)
{
	(void)op;
	return p->seccomp != NULL && p->seccomp->raw != NULL;
}

#define ANY 0

static const struct row {
	enum plan_kind kind;
	int error; /* ANY */
	int told;  /* the errno whose words end the line */
	bool (*when)(const struct plan *p, const struct plan_op *op);
	const char *text, *hint;
} rows[] = {
#define FAILURE(op, error, when, text, hint) FAILURE_AS(op, error, error, when, text, hint)
#define FAILURE_AS(op, error, told, when, text, hint) \
	{ PLAN_##op, error, told, when_##when, text, hint },
#include "spec/failures.def"
#undef FAILURE
#undef FAILURE_AS
};

static bool matches(
	const struct row *row, const struct plan *p, const struct plan_op *op, int error)
{
	return row->kind == op->kind && (row->error == error || row->error == ANY) &&
	       row->when(p, op);
}

/* The first row that holds and has a text; likewise for the hint. */
static const struct row *find_text(const struct plan *p, const struct plan_op *op, int error)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].text != NULL && matches(&rows[i], p, op, error))
			return &rows[i];
	return NULL;
}

static const char *find_hint(const struct plan *p, const struct plan_op *op, int error)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].hint != NULL && matches(&rows[i], p, op, error))
			return rows[i].hint;
	return NULL;
}

#define HINT_UNANSWERED                                                                         \
	"the filter notifies of a call that the start itself needs, and the seccomp agent has " \
	"gone without an answer"

/* Is the operation under a filter that notifies? */
static bool is_notified(const struct plan *p, size_t index)
{
	for (size_t i = 0; i < index && i < p->count; i++)
		if (p->ops[i].kind == PLAN_listener_send)
			return true;
	return false;
}

static void add_hint(const struct plan *p, const struct plan_op *op, int error, struct err *e)
{
	/* the kernel answers ENOSYS to what nobody answers any more (seccomp_unotify(2)) */
	const bool unanswered = error == ENOSYS && is_notified(p, (size_t)(op - p->ops));
	const char *const hint = unanswered ? HINT_UNANSWERED : find_hint(p, op, error);
	char text[sizeof(e->hint)];
	struct sentence s = SENTENCE_IN(text);

	if (hint == NULL)
		return;
	sentence_say(&s, op, hint);
	(void)err_hint(e, "%s", text); /* its value is the code, which the caller has */
}

int plan_explain(const struct plan *p, size_t index, int error, const char *detail, struct err *e)
{
	char text[BODY_SIZE];
	struct sentence s = SENTENCE_IN(text);
	const struct plan_op *op;
	const struct row *row;

	if (index >= p->count || error <= 0 || error > ERRNO_MAX)
		return err_sys(e, EPROTO, POS_NONE,
			"read from the init process: a failure that cannot be");
	op = &p->ops[index];
	row = find_text(p, op, error);
	sentence_foreign(&s, op->path);
	sentence_put(&s, row != NULL ? ": " : ": cannot ");
	sentence_say(&s, op, row != NULL ? row->text : plan_kind_say(op->kind));
	if (detail[0] != '\0') {
		sentence_put(&s, ": ");
		sentence_foreign(&s, detail);
	}
	(void)err_sys(e, row != NULL && row->told != ANY ? row->told : error, op->at, "%s", text);
	add_hint(p, op, error, e);
	return -e->code;
}

/* --- a child that says nothing --------------------------------------------------------------- */

static int explain_oom(const struct plan *p, struct err *e)
{
	const struct spec_resources *const r = p->config->os->resources;
	const struct src_pos at = r != NULL && r->memory != NULL ? r->memory->limit.at : POS_NONE;

	(void)err_sys(e, ENOMEM, at,
		"linux.resources.memory.limit: read from the init process: killed before the program "
		"started: the memory limit may be too low (killed by memory.max)");
	return err_hint(e, "give it more: a start itself takes a few MiB");
}

static void put_end(struct sentence *s, int exit_code)
{
	const char *const words = exit_code > 128 ? strsignal(exit_code - 128) : NULL;

	if (words == NULL)
		sentence_format(s, "it ended with status %d", exit_code);
	else
		sentence_format(s, "it was killed by signal %d (%.24s)", exit_code - 128, words);
}

static const struct plan_op *find_filter(const struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->ops[i].kind == PLAN_seccomp_load)
			return &p->ops[i];
	return NULL;
}

/* A filter kills by SIGSYS; one that refuses even exit_group(2) makes the C library's _exit run
 * into an instruction that is not allowed. */
static bool is_filters_work(int exit_code)
{
	return exit_code == 128 + SIGSYS || exit_code == 128 + SIGSEGV || exit_code == 128 + SIGILL;
}

int plan_explain_death(const struct plan *p, size_t index, int exit_code, bool oom, struct err *e)
{
	const struct plan_op *const filter = is_filters_work(exit_code) ? find_filter(p) : NULL;
	char text[BODY_SIZE];
	struct sentence s = SENTENCE_IN(text);

	if (oom)
		return explain_oom(p, e);
	sentence_put(&s, filter != NULL ? filter->path : "process");
	sentence_put(&s, ": read from the init process: ");
	put_end(&s, exit_code);
	if (index < p->count) {
		sentence_format(&s, " before operation %zu, ", index + 1);
		sentence_say(&s, &p->ops[index], plan_kind_say(p->ops[index].kind));
	}
	(void)err_sys(e, EPIPE, filter != NULL ? filter->at : POS_NONE, "%s", text);
	if (filter != NULL)
		(void)err_hint(e,
			"the filter forbids a call that the start itself needs, such as execve, "
			"capset, setresuid, write or exit_group");
	else if (exit_code == 1 && is_notified(p, index))
		(void)err_hint(e, HINT_UNANSWERED); /* not even the failure could be told */
	return -e->code;
}
