/* Compiles device rules to eBPF.  Emits forward jumps only, so that the program surely ends. */
#include "plan/device_program.h"

/* What the registers hold; r1 is the kernel's context at the start.  Only WANTED lives on from rule
 * to rule.  Type, major and minor are read anew for each check: the kernel's verifier follows each
 * value that it knows through all that comes after, and would need seconds for a thousand rules. */
enum register_use {
	RESULT,
	CONTEXT,
	WANTED,
	NUMBER
};

enum {
	RULE_SIZE = 3 + 2 + 2 + 2, /* most instructions of one rule: type, major, minor, action */
	FRAME_SIZE = 2 + 4,        /* start and both ends */
};

/* Jumps that are not filled in yet hold where they lead to. */
enum label {
	TO_ALLOW = INT16_MIN,
	TO_DENY
};

struct emitter {
	struct bpf_insn *insns;
	size_t count;
	size_t type_check, major_check; /* the open ones; 0: none */
	bool has_minor;                 /* NUMBER holds it, whichever way led here */
};

/* --- which rules decide anything ----------------------------------------------------------- */

static bool number_covers(int64_t a, int64_t b)
{
	return a == DEVICE_ANY || a == b;
}

static bool numbers_meet(int64_t a, int64_t b)
{
	return number_covers(a, b) || b == DEVICE_ANY;
}

/* All that b matches is matched by a. */
static bool covers(const struct device_rule *a, const struct device_rule *b)
{
	return number_covers(a->type, b->type) && number_covers(a->major, b->major) &&
	       number_covers(a->minor, b->minor) && (b->access & ~a->access) == 0;
}

/* Something is matched by both. */
static bool meet(const struct device_rule *a, const struct device_rule *b)
{
	return numbers_meet(a->type, b->type) && numbers_meet(a->major, b->major) &&
	       numbers_meet(a->minor, b->minor) && (a->access & b->access) != 0;
}

/* Takes out the rules that a later one hides.  The first of what stays may match everything. */
static size_t drop_hidden(struct device_rule *rules, size_t count)
{
	size_t first = count;

	for (size_t i = count; i-- > 0;) {
		bool hidden = false;

		for (size_t k = first; k < count && !hidden; k++)
			hidden = covers(&rules[k], &rules[i]);
		if (!hidden)
			rules[--first] = rules[i];
	}
	for (size_t i = first; i < count; i++)
		rules[i - first] = rules[i];
	return count - first;
}

/* Takes out the rules that say what would be the answer without them. */
static size_t drop_idle(struct device_rule *rules, size_t count, bool otherwise)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		bool idle = rules[i].allow == otherwise;

		for (size_t k = 0; k < kept && idle; k++)
			idle = rules[k].allow == otherwise || !meet(&rules[k], &rules[i]);
		if (!idle)
			rules[kept++] = rules[i];
	}
	return kept;
}

/* --- instructions ---------------------------------------------------------------------------- */

static void emit(struct emitter *m, unsigned code, unsigned dst, int offset, uint32_t value)
{
	m->insns[m->count++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = (uint8_t)(dst & 0xf),
		.src_reg = BPF_CLASS(code) == BPF_LDX ? CONTEXT : 0,
		.off = (int16_t)offset,
		.imm = (int32_t)value,
	};
}

static void emit_load(struct emitter *m, unsigned dst, size_t member)
{
	emit(m, BPF_LDX | BPF_MEM | BPF_W, dst, (int)member, 0);
}

static void emit_start(struct emitter *m)
{
	emit_load(m, WANTED, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(m, BPF_ALU | BPF_RSH | BPF_K, WANTED, 0, 16);
}

static void emit_jump(struct emitter *m, unsigned op, unsigned dst, int offset, uint32_t value)
{
	emit(m, BPF_JMP32 | op | BPF_K, dst, offset, value);
}

/* Makes an open check, if it is one, lead to the next instruction. */
static void close_check(struct emitter *m, size_t *check)
{
	if (*check == 0)
		return;
	m->insns[*check].off = (int16_t)(m->count - *check - 1);
	m->has_minor = false;
	*check = 0;
}

/* Skips what follows, until the check is closed, unless NUMBER is the value. */
static void open_check(struct emitter *m, size_t *check, int64_t value)
{
	*check = m->count;
	emit_jump(m, BPF_JNE, NUMBER, 0, (uint32_t)value);
}

static void open_type(struct emitter *m, int type)
{
	if (type == DEVICE_ANY)
		return;
	emit_load(m, NUMBER, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(m, BPF_ALU | BPF_AND | BPF_K, NUMBER, 0, 0xffff);
	open_check(m, &m->type_check, type);
}

static void open_major(struct emitter *m, int64_t major)
{
	m->has_minor = false;
	if (major == DEVICE_ANY)
		return;
	emit_load(m, NUMBER, offsetof(struct bpf_cgroup_dev_ctx, major));
	open_check(m, &m->major_check, major);
}

static void emit_action(struct emitter *m, const struct device_rule *r)
{
	if (r->access == DEVICE_ACCESS_ALL) {
		emit(m, BPF_JMP | BPF_JA, 0, r->allow ? TO_ALLOW : TO_DENY, 0);
	} else if (r->allow) {
		emit(m, BPF_ALU | BPF_AND | BPF_K, WANTED, 0, ~r->access);
		emit_jump(m, BPF_JEQ, WANTED, TO_ALLOW, 0);
	} else {
		emit_jump(m, BPF_JSET, WANTED, TO_DENY, r->access);
	}
}

static void emit_minor(struct emitter *m, const struct device_rule *r)
{
	size_t check = 0;

	if (!m->has_minor)
		emit_load(m, NUMBER, offsetof(struct bpf_cgroup_dev_ctx, minor));
	m->has_minor = r->access == DEVICE_ACCESS_ALL;
	if (m->has_minor) {
		emit_jump(m, BPF_JEQ, NUMBER, r->allow ? TO_ALLOW : TO_DENY, (uint32_t)r->minor);
		return;
	}
	open_check(m, &check, r->minor);
	emit_action(m, r);
	close_check(m, &check);
}

/* Neighbours of one type share its check, and so for the major number. */
static void emit_rule(
	struct emitter *m, const struct device_rule *r, const struct device_rule *before)
{
	const bool same_type = before != NULL && before->type == r->type;

	if (!same_type || before->major != r->major) {
		close_check(m, &m->major_check);
		if (!same_type) {
			close_check(m, &m->type_check);
			open_type(m, r->type);
		}
		open_major(m, r->major);
	}
	if (r->minor == DEVICE_ANY)
		emit_action(m, r);
	else
		emit_minor(m, r);
}

/* Leads the jumps of a label to the next instruction.  Returns whether there were any. */
static bool fill_jumps(struct emitter *m, enum label label)
{
	bool any = false;

	for (size_t i = 0; i < m->count; i++) {
		if (m->insns[i].off != label)
			continue;
		m->insns[i].off = (int16_t)(m->count - i - 1);
		any = true;
	}
	return any;
}

static void emit_answer(struct emitter *m, bool allow)
{
	emit(m, BPF_ALU | BPF_MOV | BPF_K, RESULT, 0, allow);
	emit(m, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

/* The answer for what no rule decided comes first: it is reached by falling through.  The kernel
 * refuses code that nothing leads to, so the other one is there only when it is used. */
static void emit_end(struct emitter *m, bool otherwise)
{
	close_check(m, &m->major_check);
	close_check(m, &m->type_check);
	(void)fill_jumps(m, otherwise ? TO_ALLOW : TO_DENY);
	emit_answer(m, otherwise);
	if (fill_jumps(m, otherwise ? TO_DENY : TO_ALLOW))
		emit_answer(m, !otherwise);
}

int device_program_make(
	struct device_rule *rules, size_t count, struct arena *arena, struct device_program *ret)
{
	const struct device_rule all = { false, DEVICE_ACCESS_ALL, DEVICE_ANY, DEVICE_ANY,
		DEVICE_ANY };
	struct emitter m = { 0 };
	bool otherwise = false;

	if (count > DEVICE_RULES_MAX)
		return -E2BIG;
	count = drop_hidden(rules, count);
	if (count > 0 && covers(&rules[0], &all))
		otherwise = rules[0].allow;
	count = drop_idle(rules, count, otherwise);
	if (count == 0 && otherwise) {
		*ret = (struct device_program){ 0 };
		return 0;
	}
	m.insns = arena_array(arena, count * RULE_SIZE + FRAME_SIZE, sizeof(*m.insns));
	if (m.insns == NULL)
		return -ENOMEM;
	emit_start(&m);
	for (size_t i = count; i-- > 0;)
		emit_rule(&m, &rules[i], i + 1 < count ? &rules[i + 1] : NULL);
	emit_end(&m, otherwise);
	*ret = (struct device_program){ m.insns, m.count };
	return 0;
}
