/* Generates and checks filters; see the header. */
#include "parent/seccomp_program.h"

#include <endian.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

/* Where a jump leads that is not filled in yet.  The code of one rule is shorter than that. */
enum target {
	NEXT = 0,
	PASS = 254,
	FAIL = 255
};

enum {
	FAR = UINT8_MAX
}; /* the longest conditional jump */

struct emitter {
	struct sock_filter *insns;
	size_t count;
	bool full;
	bool wide;
};

/* Numbers from `start` up to the next segment. */
struct segment {
	uint32_t start;
	uint32_t answer; /* when no rule holds */
	const struct seccomp_rule *rules;
	size_t count;
};

struct segments {
	struct segment *items;
	size_t count;
};

/* --- segments -------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const struct seccomp_rule *const x = a, *const y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* Adds a segment; one that begins at the same number is replaced, one of the same answer goes on.
 */
static void add_segment(struct segments *s, struct segment add)
{
	if (s->count > 0 && s->items[s->count - 1].start == add.start)
		s->count--;
	if (s->count > 0 && add.count == 0 && s->items[s->count - 1].count == 0 &&
		s->items[s->count - 1].answer == add.answer)
		return;
	s->items[s->count++] = add;
}

/* The segment of the rules of one number. */
static struct segment rules_segment(
	const struct seccomp_rule *rules, size_t count, uint32_t otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].count == 0)
			return (struct segment){ rules[i].number, rules[i].answer, NULL, 0 };
	return (struct segment){ rules[0].number, otherwise, rules, count };
}

static void cut(const struct seccomp_block *b, struct segments *ret)
{
	size_t edge = 0, i = 0;

	while (i < b->rule_count || edge < b->edge_count) {
		const struct seccomp_rule *const r = &b->rules[i];
		size_t same = 1;

		if (edge < b->edge_count &&
			(i == b->rule_count || b->edges[edge].from <= r->number)) {
			add_segment(ret, (struct segment){ b->edges[edge].from,
						 b->edges[edge].answer, NULL, 0 });
			edge++;
			continue;
		}
		while (i + same < b->rule_count && r[same].number == r->number)
			same++;
		add_segment(ret, rules_segment(r, same, b->edges[edge - 1].answer));
		if (r->number < UINT32_MAX)
			add_segment(ret, (struct segment){ r->number + 1, b->edges[edge - 1].answer,
						 NULL, 0 });
		i += same;
	}
}

/* --- instructions ---------------------------------------------------------------------------- */

static void emit(struct emitter *m, unsigned code, uint32_t k, unsigned yes, unsigned no)
{
	if (m->count == BPF_MAXINSNS) {
		m->full = true; /* what follows is thrown away */
		return;
	}
	m->insns[m->count++] =
		(struct sock_filter)BPF_JUMP((uint16_t)code, k, (uint8_t)yes, (uint8_t)no);
}

static void emit_jump(struct emitter *m, unsigned op, uint32_t k, unsigned yes, unsigned no)
{
	emit(m, BPF_JMP | BPF_K | op, k, yes, no);
}

static void emit_answer(struct emitter *m, uint32_t answer)
{
	emit(m, BPF_RET | BPF_K, answer, 0, 0);
}

static void emit_load(struct emitter *m, size_t offset)
{
	emit(m, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* The kernel holds arguments in its own byte order. */
static void emit_load_half(struct emitter *m, unsigned arg, bool upper)
{
	const bool second = upper == (__BYTE_ORDER == __LITTLE_ENDIAN);

	emit_load(m, offsetof(struct seccomp_data, args) + arg * 8 + (second ? 4 : 0));
}

/* Fills in the jumps to a target since `from`: it is here. */
static void land(struct emitter *m, size_t from, enum target target)
{
	for (size_t i = from; i < m->count; i++) {
		struct sock_filter *const f = &m->insns[i];
		const uint8_t distance = (uint8_t)(m->count - i - 1);

		if (BPF_CLASS(f->code) != BPF_JMP)
			continue;
		if (f->jt == target)
			f->jt = distance;
		if (f->jf == target)
			f->jf = distance;
	}
}

/* One half of an argument is equal, or `no`.  A half that is masked away needs no look. */
static void emit_half(
	struct emitter *m, const struct seccomp_condition *c, bool upper, unsigned yes, unsigned no)
{
	const uint32_t mask = (uint32_t)(upper ? c->mask >> 32 : c->mask);
	const uint32_t value = (uint32_t)(upper ? c->value >> 32 : c->value);

	if (upper && mask == 0 && value == 0)
		return;
	emit_load_half(m, c->arg, upper);
	if (mask != UINT32_MAX)
		emit(m, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	emit_jump(m, BPF_JEQ, value, yes, no);
}

static void emit_condition(struct emitter *m, const struct seccomp_condition *c)
{
	const unsigned yes = c->negate ? FAIL : PASS, no = c->negate ? PASS : FAIL;
	const size_t from = m->count;

	if (c->compare == SECCOMP_EQUAL) {
		if (m->wide)
			emit_half(m, c, true, NEXT, no);
		emit_half(m, c, false, yes, no);
	} else {
		if (m->wide) {
			emit_load_half(m, c->arg, true);
			emit_jump(m, BPF_JGT, (uint32_t)(c->value >> 32), yes, NEXT);
			emit_jump(m, BPF_JEQ, (uint32_t)(c->value >> 32), NEXT, no);
		}
		emit_load_half(m, c->arg, false);
		emit_jump(m, c->compare == SECCOMP_GREATER ? BPF_JGT : BPF_JGE, (uint32_t)c->value,
			yes, no);
	}
	land(m, from, PASS);
}

static void emit_segment(struct emitter *m, const struct segment *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const size_t from = m->count;

		for (size_t k = 0; k < s->rules[i].count; k++)
			emit_condition(m, &s->rules[i].conditions[k]);
		emit_answer(m, s->rules[i].answer);
		land(m, from, FAIL);
	}
	emit_answer(m, s->answer);
}

/* Makes the conditional jump at `from` lead here when it holds; over a long way by another one. */
static void land_far(struct emitter *m, size_t from)
{
	const size_t distance = m->count - from - 1;

	if (distance <= FAR) {
		m->insns[from].jt = (uint8_t)distance;
		return;
	}
	emit_answer(m, 0); /* room for one more; all jumps inside are relative, so they can move */
	if (m->full)
		return;
	memmove(&m->insns[from + 2], &m->insns[from + 1], distance * sizeof(*m->insns));
	m->insns[from].jf = 1;
	m->insns[from + 1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)distance);
}

static void emit_search(struct emitter *m, const struct segment *s, size_t count)
{
	const size_t half = count / 2, from = m->count;

	if (count == 1) {
		emit_segment(m, s);
		return;
	}
	emit_jump(m, BPF_JGE, s[half].start, 0, 0);
	emit_search(m, s, half);
	if (!m->full)
		land_far(m, from);
	emit_search(m, s + half, count - half);
}

static int emit_block(struct emitter *m, struct seccomp_block *b, struct arena *arena)
{
	const size_t room = b->rule_count * 2 + b->edge_count;
	struct segments s = { arena_array(arena, room, sizeof(*s.items)), 0 };
	const size_t from = m->count + 1;

	must(b->edge_count > 0 && b->edges[0].from == 0);
	if (s.items == NULL)
		return -ENOMEM;
	if (b->rule_count > 0)
		qsort(b->rules, b->rule_count, sizeof(*b->rules), by_number);
	cut(b, &s);
	m->wide = b->wide;
	emit_jump(m, BPF_JEQ, b->arch, 1, 0);
	emit(m, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_load(m, offsetof(struct seccomp_data, nr));
	emit_search(m, s.items, s.count);
	if (m->full)
		return -E2BIG;
	m->insns[from].k = (uint32_t)(m->count - from - 1);
	return 0;
}

int seccomp_program_make(struct seccomp_block *blocks, size_t count, struct arena *arena,
	struct seccomp_program *ret)
{
	struct emitter m = { arena_array(arena, BPF_MAXINSNS, sizeof(*m.insns)), 0, false, false };

	if (m.insns == NULL)
		return -ENOMEM;
	emit_load(&m, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < count; i++)
		TRY(emit_block(&m, &blocks[i], arena));
	emit_answer(&m, SECCOMP_RET_KILL_THREAD);
	if (m.full)
		return -E2BIG;
	*ret = (struct seccomp_program){ m.insns, m.count };
	return 0;
}

/* --- check ----------------------------------------------------------------------------------- */

/* What is wrong with one instruction.
 * left  how many come after it */
static const char *verify_one(const struct sock_filter *f, size_t left)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return f->k % 4 == 0 && f->k < sizeof(struct seccomp_data)
			       ? NULL
			       : "a load outside of the call's data";
	case BPF_ALU | BPF_AND | BPF_K:
		return NULL;
	case BPF_JMP | BPF_JA:
		return f->k < left ? NULL : "a jump out of the filter";
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
		return f->jt < left && f->jf < left ? NULL : "a jump out of the filter";
	case BPF_RET | BPF_K:
		return (f->k & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
				       (f->k & SECCOMP_RET_DATA) <= 4095
			       ? NULL
			       : "an errno above 4095";
	default:
		return "an unknown instruction";
	}
}

const char *seccomp_program_verify(const struct sock_filter *insns, size_t count)
{
	if (count == 0 || insns[0].code != (BPF_LD | BPF_W | BPF_ABS) ||
		insns[0].k != offsetof(struct seccomp_data, arch))
		return "no look at the architecture first";
	if (insns[count - 1].code != (BPF_RET | BPF_K))
		return "an end without an answer";
	for (size_t i = 0; i < count; i++) {
		const char *const wrong = verify_one(&insns[i], count - i - 1);

		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}
