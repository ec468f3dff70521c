/* How the kernel treats the process: scheduler, I/O priority, memory policy, personality.
 *
 * Scheduler and I/O priority may take CAP_SYS_NICE, which the kernel wants in the first user
 * namespace (kernel/sched/syscalls.c, block/ioprio.c).  A caller who has it there sets them on the
 * child when that stands ready: a user namespace is then no hindrance, and the child's own work
 * neither waits for a deadline's next period nor crowds out others.  Any other caller may only
 * change itself, so the child does. */
#include "plan/build.h"

#include "base/sys.h"
#include "plan/id_list.h"
#include "plan/sentence.h"

#include <inttypes.h>
#include <linux/capability.h>

enum {
	CLAMP_FLAGS = 0x20 | 0x40, /* SCHED_FLAG_UTIL_CLAMP_MIN, _MAX */
	IOPRIO_CLASS_SHIFT = 13    /* <linux/ioprio.h>, Linux 5.15 */
};

static int no_memory(struct src_pos at, struct err *e)
{
	return err_set(e, ENOMEM, at, "out of memory");
}

static bool caller_sets(const struct plan *p)
{
	return plan_host_can(p, CAP_SYS_NICE) && !p->host->user_namespace;
}

/* The words of a list of flags, each behind `before`; *ret_set their bits. */
static void put_flags(struct sentence *s, const char *before, const struct spec_enums *flags,
	const struct spec_words *table, uint64_t *ret_set)
{
	*ret_set = 0;
	for (size_t i = 0; i < flags->count; i++) {
		*ret_set |= (uint64_t)flags->items[i].value;
		sentence_put(s, before);
		sentence_put(s, spec_word_text(table, flags->items[i].value));
	}
}

static const char *scheduler_words(
	struct plan *p, const struct spec_scheduler *s, uint64_t *ret_flags)
{
	struct sentence w = { .arena = p->arena };

	sentence_put(&w, spec_word_text(&spec_scheduler_policy, s->policy.value));
	if (GIVEN(s->nice))
		sentence_format(&w, ", nice %" PRId64, s->nice.value);
	if (GIVEN(s->priority))
		sentence_format(&w, ", priority %" PRId64, s->priority.value);
	if (GIVEN(s->runtime))
		sentence_format(&w, ", runtime %" PRIu64 " ns", s->runtime.value);
	if (GIVEN(s->deadline))
		sentence_format(&w, ", deadline %" PRIu64 " ns", s->deadline.value);
	if (GIVEN(s->period))
		sentence_format(&w, ", period %" PRIu64 " ns", s->period.value);
	put_flags(&w, ", ", &s->flags, &spec_scheduler_flag, ret_flags);
	return w.failed ? NULL : w.text;
}

/* The flags say that there is a bound, and the specification has no member for the bound. */
static int warn_of_clamps(struct plan *p, const struct spec_scheduler *s, struct err *e)
{
	for (size_t i = 0; i < s->flags.count; i++) {
		const struct spec_enum *const flag = &s->flags.items[i];

		if ((flag->value & CLAMP_FLAGS) != 0)
			TRY(plan_warn(p, flag->at, e,
				"process.scheduler.flags[%zu]: %s sets the bound 0, for the "
				"specification has no member for another",
				i, spec_word_text(&spec_scheduler_flag, flag->value)));
	}
	return 0;
}

static int append_scheduler(struct plan *p, struct err *e)
{
	const struct spec_scheduler *const s = p->config->process->scheduler;
	struct sys_sched_attr *attr;
	const char *words;
	struct plan_op *op;
	uint64_t flags;

	if (s == NULL)
		return 0;
	TRY(warn_of_clamps(p, s, e));
	attr = arena_alloc(p->arena, sizeof(*attr));
	words = scheduler_words(p, s, &flags);
	if (attr == NULL || words == NULL)
		return no_memory(s->at, e);
	*attr = (struct sys_sched_attr){
		.size = sizeof(*attr),
		.policy = (uint32_t)s->policy.value,
		.flags = flags,
		.nice = (int32_t)s->nice.value,
		.priority = (uint32_t)s->priority.value,
		.runtime = s->runtime.value,
		.deadline = s->deadline.value,
		.period = s->period.value,
	};
	op = plan_append(p, caller_sets(p) ? PLAN_scheduler_by_parent : PLAN_scheduler,
		s->policy.at, e, "process.scheduler");
	if (op == NULL)
		return -ENOMEM;
	if (op->kind == PLAN_scheduler)
		op->scheduler = (struct plan_scheduler){ words, attr->policy, attr };
	else
		op->scheduler_by_parent =
			(struct plan_scheduler_by_parent){ words, attr->policy, attr };
	return 0;
}

static int append_io_priority(struct plan *p, struct err *e)
{
	const struct spec_io_priority *const io = p->config->process->ioPriority;
	const char *class;
	struct plan_op *op;
	uint64_t value;

	if (io == NULL)
		return 0;
	class = spec_word_text(&spec_io_priority_class, io->class.value);
	value = (uint64_t)io->class.value << IOPRIO_CLASS_SHIFT | io->priority.value;
	op = plan_append(p, caller_sets(p) ? PLAN_io_priority_by_parent : PLAN_io_priority,
		io->class.at, e, "process.ioPriority");
	if (op == NULL)
		return -ENOMEM;
	if (op->kind == PLAN_io_priority)
		op->io_priority = (struct plan_io_priority){ class, io->priority.value, value };
	else
		op->io_priority_by_parent =
			(struct plan_io_priority_by_parent){ class, io->priority.value, value };
	return 0;
}

static bool has_nodes(const struct spec_memory_policy *m)
{
	return m->nodes.value != NULL && m->nodes.value[0] != '\0';
}

/* The mode with its flags, as set_mempolicy(2) takes them, and in words. */
static const char *memory_words(
	struct plan *p, const struct spec_memory_policy *m, uint64_t *ret_mode)
{
	struct sentence w = { .arena = p->arena };
	uint64_t flags;

	sentence_put(&w, spec_word_text(&spec_memory_policy_mode, m->mode.value));
	put_flags(&w, "|", &m->flags, &spec_memory_policy_flag, &flags);
	if (has_nodes(m)) {
		sentence_put(&w, ", nodes ");
		sentence_foreign(&w, m->nodes.value);
	}
	*ret_mode = (uint64_t)m->mode.value | flags;
	return w.failed ? NULL : w.text;
}

static int append_memory_policy(struct plan *p, struct err *e)
{
	const struct spec_memory_policy *const m = p->config->os->memoryPolicy;
	struct id_list *nodes = NULL;
	struct plan_op *op;

	if (m == NULL)
		return 0;
	if (has_nodes(m)) {
		nodes = arena_alloc(p->arena, sizeof(*nodes));
		if (nodes == NULL)
			return no_memory(m->at, e);
		TRY(id_list_parse(m->nodes.value, m->nodes.at,
			"linux.memoryPolicy.nodes: invalid memory policy node", nodes, e));
	}
	op = plan_append(p, PLAN_memory_policy, m->mode.at, e, "linux.memoryPolicy");
	if (op == NULL)
		return -ENOMEM;
	op->memory_policy.words = memory_words(p, m, &op->memory_policy.mode);
	op->memory_policy.nodes = nodes;
	return op->memory_policy.words != NULL ? 0 : no_memory(m->at, e);
}

static int append_personality(struct plan *p, struct err *e)
{
	const struct spec_personality *const asked = p->config->os->personality;
	struct plan_op *op;

	if (asked == NULL)
		return 0;
	if (asked->flags.count > 0)
		TRY(plan_warn(p, asked->flags.at, e,
			"linux.personality.flags: the specification defines none: nothing comes "
			"of them"));
	op = plan_append(p, PLAN_personality, asked->domain.at, e, "linux.personality");
	if (op == NULL)
		return -ENOMEM;
	op->personality.domain = spec_word_text(&spec_personality_domain, asked->domain.value);
	op->personality.value = (uint64_t)asked->domain.value;
	return 0;
}

int plan_scheduling_self(struct plan *p, struct err *e)
{
	TRY(append_personality(p, e));
	TRY(append_memory_policy(p, e));
	if (caller_sets(p))
		return 0;
	TRY(append_scheduler(p, e));
	return append_io_priority(p, e);
}

int plan_scheduling_by_parent(struct plan *p, struct err *e)
{
	if (!caller_sets(p))
		return 0;
	TRY(append_scheduler(p, e));
	return append_io_priority(p, e);
}
