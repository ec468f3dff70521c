/* A seccomp profile to the tables that a filter is made of.  Calls no seccomp(2). */
#include "parent/seccomp.h"

#include "base/sys.h"
#include "parent/ops.h"

#include "parent/seccomp_numbers.h"
#include "parent/seccomp_program.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#define ARM_PRIVATE  0x000f0000u /* arm's own calls lie above, in no order of age */
#define REFUSE_NEW   (SECCOMP_RET_ERRNO | ENOSYS)
#define ERRNO_UNSAID EPERM /* by the specification */

enum {
	EDGES_MAX = 6,
	ARCHES_MAX = 32 /* more than the specification names */
};

/* A rule of the profile, ready to be repeated for each name and architecture. */
struct template
{
	uint32_t answer;
	bool any; /* one condition is enough */
	struct seccomp_condition *conditions;
	size_t count;
};

struct compiler {
	const struct spec_seccomp *s;
	struct err *e;
	struct arena *arena;
	struct template *templates; /* one a rule */
	size_t rules_max;           /* most rules of one architecture */
	uint32_t otherwise;         /* the default answer */
	bool refuse_new;
};

struct edges {
	struct seccomp_edge items[EDGES_MAX];
	size_t count;
};

static int no_memory(const struct compiler *c)
{
	return err_set(c->e, ENOMEM, c->s->at, "out of memory");
}

/* --- the profile ------------------------------------------------------------------------------ */

static uint32_t answer_of(int64_t action, const struct spec_uint *errno_ret)
{
	const uint32_t number = GIVEN(*errno_ret) ? (uint32_t)errno_ret->value : ERRNO_UNSAID;

	switch ((enum spec_seccomp_action)action) {
	case SPEC_SECCOMP_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case SPEC_SECCOMP_KILL_PROCESS:
		return SECCOMP_RET_KILL_PROCESS;
	case SPEC_SECCOMP_TRAP:
		return SECCOMP_RET_TRAP;
	case SPEC_SECCOMP_ERRNO:
		return SECCOMP_RET_ERRNO | (number & SECCOMP_RET_DATA);
	case SPEC_SECCOMP_TRACE:
		return SECCOMP_RET_TRACE | (number & SECCOMP_RET_DATA);
	case SPEC_SECCOMP_LOG:
		return SECCOMP_RET_LOG;
	case SPEC_SECCOMP_ALLOW:
		return SECCOMP_RET_ALLOW;
	case SPEC_SECCOMP_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	}
	must(false);
}

static struct seccomp_condition condition_of(const struct spec_seccomp_arg *a)
{
	static const struct {
		enum seccomp_compare compare;
		bool negate;
	} forms[] = {
		[SCMP_CMP_NE] = { SECCOMP_EQUAL, true },
		[SCMP_CMP_LT] = { SECCOMP_GREATER_EQUAL, true },
		[SCMP_CMP_LE] = { SECCOMP_GREATER, true },
		[SCMP_CMP_EQ] = { SECCOMP_EQUAL, false },
		[SCMP_CMP_GE] = { SECCOMP_GREATER_EQUAL, false },
		[SCMP_CMP_GT] = { SECCOMP_GREATER, false },
		[SCMP_CMP_MASKED_EQ] = { SECCOMP_EQUAL, false },
	};
	const bool masked = a->op.value == SCMP_CMP_MASKED_EQ;

	must(a->op.value > 0 && (size_t)a->op.value < ARRAY_LEN(forms) && a->index.value < 6);
	return (struct seccomp_condition){
		.arg = (unsigned)a->index.value,
		.compare = forms[a->op.value].compare,
		.negate = forms[a->op.value].negate,
		.mask = masked ? a->value.value : UINT64_MAX,
		.value = masked ? a->valueTwo.value : a->value.value,
	};
}

static int make_template(struct compiler *c, const struct spec_syscall *rule, struct template *ret)
{
	const struct spec_seccomp_arg_list *const args = &rule->args;
	unsigned seen = 0;

	ret->answer = answer_of(rule->action.value, &rule->errnoRet);
	ret->count = args->count;
	ret->conditions = arena_array(c->arena, args->count, sizeof(*ret->conditions));
	if (ret->conditions == NULL)
		return no_memory(c);
	for (size_t i = 0; i < args->count; i++) {
		ret->conditions[i] = condition_of(&args->items[i]);
		ret->any |= (seen & 1u << ret->conditions[i].arg) != 0;
		seen |= 1u << ret->conditions[i].arg;
	}
	return 0;
}

static int make_templates(struct compiler *c)
{
	const struct spec_syscall_list *const list = &c->s->syscalls;

	c->templates = arena_array(c->arena, list->count, sizeof(*c->templates));
	if (c->templates == NULL)
		return no_memory(c);
	for (size_t i = 0; i < list->count; i++) {
		TRY(make_template(c, &list->items[i], &c->templates[i]));
		c->rules_max += list->items[i].names.count *
				(c->templates[i].any ? c->templates[i].count + 1 : 2);
	}
	return 0;
}

/* --- the rules of one architecture ------------------------------------------------------------ */

static void add_rule(struct seccomp_block *b, struct seccomp_rule rule)
{
	b->rules[b->rule_count++] = rule;
}

/* What a kernel takes when two filters disagree: the lower number, which may be below zero. */
static bool is_stricter(uint32_t a, uint32_t b)
{
	return (int32_t)(a & SECCOMP_RET_ACTION_FULL) < (int32_t)(b & SECCOMP_RET_ACTION_FULL);
}

static int add_packed(
	struct compiler *c, struct seccomp_block *b, size_t order, const struct seccomp_number *n)
{
	const struct template *const t = &c->templates[order];
	struct seccomp_condition *condition;

	if (t->count > 0 && !is_stricter(t->answer, c->otherwise))
		return 0;
	condition = arena_alloc(c->arena, sizeof(*condition));
	if (condition == NULL)
		return no_memory(c);
	*condition = (struct seccomp_condition){ 0, SECCOMP_EQUAL, false, n->mask, n->value };
	add_rule(b, (struct seccomp_rule){ n->number, t->answer, order, condition, 1 });
	return 0;
}

static int add_number(
	struct compiler *c, struct seccomp_block *b, size_t order, const struct seccomp_number *n)
{
	const struct template *const t = &c->templates[order];

	if (n->packed)
		return add_packed(c, b, order, n);
	if (!t->any) {
		add_rule(b, (struct seccomp_rule){
				    n->number, t->answer, order, t->conditions, t->count });
		return 0;
	}
	for (size_t i = 0; i < t->count; i++)
		add_rule(b,
			(struct seccomp_rule){ n->number, t->answer, order, &t->conditions[i], 1 });
	return 0;
}

/* Adds the rules of an architecture.
 * ret_newest  the highest number that the profile names; left alone when it names none */
static int add_rules(struct compiler *c, const struct seccomp_numbers *numbers,
	struct seccomp_block *b, int64_t *ret_newest)
{
	for (size_t i = 0; i < c->s->syscalls.count; i++) {
		const struct spec_strings *const names = &c->s->syscalls.items[i].names;

		for (size_t k = 0; k < names->count; k++) {
			struct seccomp_number n[2];
			const size_t ways = seccomp_numbers_find(numbers, names->items[k].value, n);

			for (size_t w = 0; w < ways; w++) {
				if (n[w].number > *ret_newest &&
					(b->arch != AUDIT_ARCH_ARM || n[w].number < ARM_PRIVATE))
					*ret_newest = n[w].number;
				if (c->templates[i].answer != c->otherwise)
					TRY(add_number(c, b, i, &n[w]));
			}
		}
	}
	return 0;
}

/* --- blocks ----------------------------------------------------------------------------------- */

static void add_edge(struct edges *l, uint32_t from, uint32_t answer)
{
	l->items[l->count++] = (struct seccomp_edge){ from, answer };
}

/* From here on there are only numbers that the profile does not know. */
static void add_newest(const struct compiler *c, struct edges *l, int64_t newest)
{
	if (c->refuse_new && newest >= 0 && newest < UINT32_MAX)
		add_edge(l, (uint32_t)newest + 1, REFUSE_NEW);
}

static bool is_listed(const struct spec_seccomp *s, size_t before, uint32_t arch)
{
	for (size_t i = 0; i < before; i++)
		if (s->architectures.items[i].value == arch)
			return true;
	return false;
}

/* The calls of x32: numbers of x86_64 with a bit set.  -1 is no call, though it has the bit. */
static int add_x32(struct compiler *c, struct seccomp_block *b, struct edges *l, int64_t newest)
{
	struct seccomp_numbers numbers;
	int64_t newest_x32 = -1;

	if (!is_listed(c->s, c->s->architectures.count, SCMP_ARCH_X32) ||
		!seccomp_numbers_begin(SCMP_ARCH_X32, &numbers)) {
		add_edge(l, SECCOMP_X32_BIT, SECCOMP_RET_KILL_THREAD);
		add_edge(l, UINT32_MAX, c->refuse_new && newest >= 0 ? REFUSE_NEW : c->otherwise);
		return 0;
	}
	TRY(add_rules(c, &numbers, b, &newest_x32));
	add_edge(l, SECCOMP_X32_BIT, c->otherwise);
	add_newest(c, l, newest_x32);
	return 0;
}

static int make_block(struct compiler *c, const struct seccomp_numbers *numbers,
	struct edges *edges, struct seccomp_block *ret)
{
	int64_t newest = -1;

	ret->arch = numbers->arch;
	ret->wide = (numbers->arch & __AUDIT_ARCH_64BIT) != 0;
	ret->rules = arena_array(c->arena, c->rules_max * 2, sizeof(*ret->rules));
	if (ret->rules == NULL)
		return no_memory(c);
	TRY(add_rules(c, numbers, ret, &newest));
	add_edge(edges, 0, c->otherwise);
	add_newest(c, edges, newest);
	if (numbers->arch == AUDIT_ARCH_X86_64)
		TRY(add_x32(c, ret, edges, newest));
	if (numbers->arch == AUDIT_ARCH_ARM && newest >= 0)
		add_edge(edges, ARM_PRIVATE, c->otherwise);
	ret->edges = edges->items;
	ret->edge_count = edges->count;
	return 0;
}

static int make_program(struct compiler *c, struct seccomp_program *ret)
{
	const struct spec_enums *const list = &c->s->architectures;
	const uint32_t native = seccomp_numbers_native();
	struct seccomp_block blocks[ARCHES_MAX] = { 0 };
	struct edges edges[ARCHES_MAX] = { 0 };
	struct seccomp_numbers numbers;
	size_t count = 0;
	int rc;

	if (seccomp_numbers_begin(native, &numbers))
		TRY(make_block(c, &numbers, &edges[0], &blocks[count++]));
	for (size_t i = 0; i < list->count && count < ARCHES_MAX; i++) {
		const uint32_t arch = (uint32_t)list->items[i].value;

		if (arch == native || arch == SCMP_ARCH_X32 || is_listed(c->s, i, arch) ||
			!seccomp_numbers_begin(arch, &numbers))
			continue;
		TRY(make_block(c, &numbers, &edges[count], &blocks[count]));
		count++;
	}
	rc = seccomp_program_make(blocks, count, c->arena, ret);
	if (rc == -E2BIG)
		return err_set(c->e, E2BIG, c->s->at,
			"linux.seccomp: the filter has more than %d instructions", BPF_MAXINSNS);
	return rc < 0 ? no_memory(c) : 0;
}

static int write_program(const struct compiler *c, int fd, const struct seccomp_program *p)
{
	const char *const wrong = seccomp_program_verify(p->insns, p->count);
	const size_t size = p->count * sizeof(*p->insns);
	ssize_t done;

	if (wrong != NULL)
		return err_set(c->e, EINVAL, c->s->at, "linux.seccomp: the filter has %s", wrong);
	done = pwrite(fd, p->insns, size, 0);
	if (done < 0 || (size_t)done != size)
		return err_sys(c->e, done < 0 ? errno : EIO, c->s->at,
			"linux.seccomp: cannot write the filter");
	return 0;
}

int seccomp_compile(const struct spec_seccomp *s, int filter_fd, struct err *e)
{
	const int64_t action = s->defaultAction.value;
	AUTO_ARENA arena = { 0 };
	struct compiler c = { .s = s, .e = e, .arena = &arena };
	struct seccomp_program program = { 0 };

	c.otherwise = answer_of(action, &s->defaultErrnoRet);
	/* A default that lets calls happen lets the new ones happen too. */
	c.refuse_new = action != SPEC_SECCOMP_ALLOW && action != SPEC_SECCOMP_LOG &&
		       action != SPEC_SECCOMP_TRACE;
	TRY(make_templates(&c));
	TRY(make_program(&c, &program));
	return write_program(&c, filter_fd, &program);
}

int do_seccomp_compile(struct parent *p, const struct plan_seccomp_compile *op, struct err *e)
{
	return seccomp_compile(op->profile, p->slots[SLOT_FILTER], e);
}

int do_seccomp_raw(struct parent *p, const struct plan_seccomp_raw *op, struct err *e)
{
	(void)e;
	return sys_write_once(
		p->slots[SLOT_FILTER], op->insns, (size_t)op->count * sizeof(struct sock_filter));
}
