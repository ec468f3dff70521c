/* What device rules mean, written from the specification, and a machine for device programs.
 * Neither knows how the program was made. */
#ifndef CRUN_LITE_TESTS_DEVICE_MODEL_H
#define CRUN_LITE_TESTS_DEVICE_MODEL_H

#include "base/defs.h"

#include <linux/bpf.h>

enum {
	DEVICE_MODEL_RULES = 24
};

struct device_model_rule {
	bool allow;
	char type; /* 0: not given */
	int64_t major, minor;
	const char *access; /* NULL: not given */
};

struct device_model_list {
	struct device_model_rule rules[DEVICE_MODEL_RULES];
	size_t count;
};

struct device_model_request {
	unsigned type, major, minor, access;
};

/* Is it allowed, with the rules that each container gets besides? */
bool device_model_allows(const struct device_model_list *l, const struct device_model_request *q);

/* The program's answer, 0 or 1.  -1: it uses what the compiler does not emit, jumps backwards or
 * out of itself. */
int device_model_run(
	const struct bpf_insn *insns, size_t count, const struct device_model_request *q);

/* The kernel refuses code that nothing leads to. */
bool device_model_all_reachable(const struct bpf_insn *insns, size_t count);

#endif
