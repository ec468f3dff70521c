/* Device rules as a program that the kernel runs at each open and mknod of a device node.
 * Pure: rules in, instructions out; knows no configuration and loads nothing.
 *
 * cgroup v1 had lists in the kernel; cgroup v2 has programs of type BPF_PROG_TYPE_CGROUP_DEVICE
 * (kernel: Documentation/admin-guide/cgroup-v2.rst, "Device controller").  A request names a device
 * and a set of r, w, m.  For each letter of it the last rule decides that matches; where none does,
 * it is denied.  So the program looks at the rules from the last to the first and strikes out the
 * letters that are allowed, until none is left. */
#ifndef CRUN_LITE_PLAN_DEVICE_PROGRAM_H
#define CRUN_LITE_PLAN_DEVICE_PROGRAM_H

#include "base/arena.h"

#include <linux/bpf.h>

enum {
	DEVICE_ANY = -1
};

enum {
	DEVICE_ACCESS_ALL = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE,
	DEVICE_RULES_MAX = 2048, /* more than enough, and sure to pass the kernel's verifier */
};

struct device_rule {
	bool allow;
	unsigned access;      /* BPF_DEVCG_ACC_*, at least one */
	int type;             /* BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_DEV_CHAR or DEVICE_ANY */
	int64_t major, minor; /* 0..2^32-1 or DEVICE_ANY */
};

struct device_program {
	const struct bpf_insn *insns; /* in the arena; NULL when everything is allowed */
	size_t count;
};

/* Compiles rules, which it leaves changed: those that can't decide anything are taken out.
 *
 * rules    in the order of the configuration, the last match wins; at most DEVICE_RULES_MAX
 * ret      set on success only
 * Returns  0; -E2BIG too many rules; -ENOMEM */
CHECKED int device_program_make(
	struct device_rule *rules, size_t count, struct arena *arena, struct device_program *ret);

#endif
