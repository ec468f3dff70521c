/* Classic BPF for system call filters.  Pure: tables of numbers in, instructions out; knows neither
 * names nor configurations.
 *
 * The numbers of an architecture are cut into segments that have one answer each, neighbours of the
 * same answer being one; a binary search over their borders leads to it.  Calls with conditions are
 * segments of one number, whose rules are tried in order.  So the largest profiles that engines
 * ship need about ten comparisons a call.  libseccomp could make the program too, but takes 20 ms
 * for such a profile, some ten times what all the rest of a start costs, and version 2.5.4 gets
 * some pairs of inequalities on one argument wrong. */
#ifndef CRUN_LITE_PARENT_SECCOMP_PROGRAM_H
#define CRUN_LITE_PARENT_SECCOMP_PROGRAM_H

#include "base/arena.h"

#include <linux/filter.h>

enum seccomp_compare {
	SECCOMP_EQUAL,
	SECCOMP_GREATER,
	SECCOMP_GREATER_EQUAL
};

/* A condition on one argument: (argument & mask) compared with value, and the result turned round
 * when negated.  Only SECCOMP_EQUAL may have a mask other than all ones. */
struct seccomp_condition {
	unsigned arg; /* 0..5 */
	enum seccomp_compare compare;
	bool negate;
	uint64_t mask, value;
};

struct seccomp_rule {
	uint32_t number;
	uint32_t answer;                            /* SECCOMP_RET_* */
	size_t order;                               /* the earlier one counts */
	const struct seccomp_condition *conditions; /* all must hold */
	size_t count;                               /* 0: always; such a rule hides all others */
};

/* What calls without a rule get, from one number up to the next edge. */
struct seccomp_edge {
	uint32_t from;
	uint32_t answer;
};

struct seccomp_block {
	uint32_t arch; /* AUDIT_ARCH_* */
	bool wide;     /* arguments have 64 bits; else only the lower 32 are compared */
	struct seccomp_rule *rules; /* in any order; get sorted */
	size_t rule_count;
	const struct seccomp_edge *edges; /* ascending, the first from 0 */
	size_t edge_count;
};

struct seccomp_program {
	struct sock_filter *insns; /* in the arena */
	size_t count;
};

/* Makes the program of all blocks, the most used one first; calls of other architectures kill the
 * thread.
 * Returns 0; -E2BIG more than the kernel takes, BPF_MAXINSNS; -ENOMEM */
CHECKED int seccomp_program_make(struct seccomp_block *blocks, size_t count, struct arena *arena,
	struct seccomp_program *ret);

/* Is it a program that looks at the architecture first, reads nothing but struct seccomp_data,
 * jumps forwards and inside only, and ends with an answer on every way? Returns NULL, or what is
 * wrong with it. */
const char *seccomp_program_verify(const struct sock_filter *insns, size_t count);

#endif
