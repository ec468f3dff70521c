/* The walk over the rules, letter by letter, and the machine; see the header. */
#include "device_model.h"

#include <stdlib.h>
#include <string.h>

static bool letter_matches(
	const struct device_model_rule *r, const struct device_model_request *q, char letter)
{
	const char *const access = r->access == NULL || r->access[0] == '\0' ? "rwm" : r->access;

	return (r->type == 0 || r->type == 'a' ||
		       (r->type == 'b') == (q->type == BPF_DEVCG_DEV_BLOCK)) &&
	       (r->major < 0 || r->major == q->major) && (r->minor < 0 || r->minor == q->minor) &&
	       strchr(access, letter) != NULL;
}

static bool is_default_device(const struct device_model_request *q)
{
	if (q->type != BPF_DEVCG_DEV_CHAR)
		return false;
	if (q->major == 1)
		return q->minor == 3 || q->minor == 5 || (q->minor >= 7 && q->minor <= 9);
	return q->major == 136 || (q->major == 5 && (q->minor == 0 || q->minor == 2));
}

static bool letter_allowed(
	const struct device_model_list *l, const struct device_model_request *q, char letter)
{
	bool allowed = false;

	for (size_t i = 0; i < l->count; i++)
		if (letter_matches(&l->rules[i], q, letter))
			allowed = l->rules[i].allow;
	return allowed || letter == 'm' || is_default_device(q);
}

bool device_model_allows(const struct device_model_list *l, const struct device_model_request *q)
{
	return ((q->access & BPF_DEVCG_ACC_READ) == 0 || letter_allowed(l, q, 'r')) &&
	       ((q->access & BPF_DEVCG_ACC_WRITE) == 0 || letter_allowed(l, q, 'w')) &&
	       ((q->access & BPF_DEVCG_ACC_MKNOD) == 0 || letter_allowed(l, q, 'm'));
}

int device_model_run(
	const struct bpf_insn *insns, size_t count, const struct device_model_request *q)
{
	const uint32_t context[3] = { q->access << 16 | q->type, q->major, q->minor };
	uint32_t reg[10] = { 0 };

	for (size_t pc = 0; pc < count; pc++) {
		const struct bpf_insn *const i = &insns[pc];
		const uint32_t imm = (uint32_t)i->imm;
		bool jump = false;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			if (i->src_reg != 1 || i->off < 0 || i->off > 8 || i->off % 4 != 0)
				return -1;
			reg[i->dst_reg] = context[i->off / 4];
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			reg[i->dst_reg] &= imm;
			continue;
		case BPF_ALU | BPF_RSH | BPF_K:
			reg[i->dst_reg] >>= imm;
			continue;
		case BPF_ALU | BPF_MOV | BPF_K:
			reg[i->dst_reg] = imm;
			continue;
		case BPF_JMP | BPF_EXIT:
			return (int)reg[0];
		case BPF_JMP | BPF_JA:
			jump = true;
			break;
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			jump = reg[i->dst_reg] == imm;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			jump = reg[i->dst_reg] != imm;
			break;
		case BPF_JMP32 | BPF_JSET | BPF_K:
			jump = (reg[i->dst_reg] & imm) != 0;
			break;
		default:
			return -1;
		}
		if (i->off < 0)
			return -1;
		if (jump)
			pc += (size_t)i->off;
	}
	return -1;
}

bool device_model_all_reachable(const struct bpf_insn *insns, size_t count)
{
	bool *const seen = calloc(count + 1, sizeof(*seen));
	bool all = true;

	seen[0] = true;
	for (size_t pc = 0; pc < count; pc++) {
		const unsigned class = BPF_CLASS(insns[pc].code);
		const bool leaves = insns[pc].code == (BPF_JMP | BPF_EXIT);
		const bool jumps = !leaves && (class == BPF_JMP || class == BPF_JMP32);

		all &= seen[pc];
		if (jumps && pc + 1 + (size_t)insns[pc].off < count)
			seen[pc + 1 + (size_t)insns[pc].off] = true;
		if (!leaves && insns[pc].code != (BPF_JMP | BPF_JA))
			seen[pc + 1] = true;
	}
	all &= !seen[count];
	free(seen);
	return all;
}
