/* What is said when the kernel refuses a scheduler, an I/O priority, a memory policy: the same
 * errno has many reasons, and the hint is about the one that can be. */
#include "plan/explain.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define AT .at = { 12, 3 }
#define SELF(text, number)                                                                   \
	{                                                                                    \
		PLAN_scheduler, AT, "process.scheduler", .scheduler = { text, number, NULL } \
	}
#define PARENT(text, number)                                                                \
	{                                                                                   \
		PLAN_scheduler_by_parent, AT, "process.scheduler", .scheduler_by_parent = { \
			text,                                                               \
			number,                                                             \
			NULL                                                                \
		}                                                                           \
	}
#define MEMORY(text, number)                                                     \
	{                                                                        \
		PLAN_memory_policy, AT, "linux.memoryPolicy", .memory_policy = { \
			text,                                                    \
			number,                                                  \
			NULL                                                     \
		}                                                                \
	}

static const struct {
	struct plan_op op;
	const char *cpus; /* linux.resources.cpu.cpus */
	int error;
	const char *text, *hint; /* the hint's beginning */
} rows[] = {
	{ SELF("SCHED_ISO", 4), NULL, EINVAL,
		"process.scheduler: cannot set the scheduler to SCHED_ISO: Invalid argument",
		"Linux keeps the number of SCHED_ISO free" },
	{ PARENT("SCHED_ISO", 4), NULL, EINVAL,
		"process.scheduler: cannot set the scheduler to SCHED_ISO: Invalid argument",
		"Linux keeps the number of SCHED_ISO free" },
	{ SELF("SCHED_FIFO, priority 3", 1), NULL, EPERM,
		"process.scheduler: cannot set the scheduler to SCHED_FIFO, priority 3: "
		"Operation not permitted",
		"it needs CAP_SYS_NICE in the first user namespace" },
	{ PARENT("SCHED_FIFO, priority 3", 1), NULL, EPERM,
		"process.scheduler: cannot set the scheduler to SCHED_FIFO, priority 3: "
		"Operation not permitted",
		"this kernel has CONFIG_RT_GROUP_SCHED" },
	{ PARENT("SCHED_FIFO, priority 3", 1), "0-1", EPERM,
		"process.scheduler: cannot set the scheduler to SCHED_FIFO, priority 3: "
		"Operation not permitted",
		"this kernel has CONFIG_RT_GROUP_SCHED" },
	{ PARENT("SCHED_DEADLINE", 6), "", EPERM,
		"process.scheduler: cannot set the scheduler to SCHED_DEADLINE: "
		"Operation not permitted",
		"SCHED_DEADLINE needs all processors: neither" },
	{ PARENT("SCHED_DEADLINE", 6), "0-1", EPERM,
		"process.scheduler: process scheduler can't be used together with AllowedCPUs: "
		"cannot set the scheduler to SCHED_DEADLINE: Operation not permitted",
		"SCHED_DEADLINE needs all processors: leave out linux.resources.cpu.cpus" },
	{ PARENT("SCHED_DEADLINE", 6), NULL, EBUSY,
		"process.scheduler: cannot set the scheduler to SCHED_DEADLINE: "
		"Device or resource busy",
		"the deadlines of all processes" },
	{ PARENT("SCHED_DEADLINE", 6), NULL, EINVAL,
		"process.scheduler: cannot set the scheduler to SCHED_DEADLINE: Invalid argument",
		"runtime is 1024 ns or more" },
	{ SELF("SCHED_OTHER, SCHED_FLAG_UTIL_CLAMP_MIN", 0), NULL, EOPNOTSUPP,
		"process.scheduler: cannot set the scheduler to SCHED_OTHER, "
		"SCHED_FLAG_UTIL_CLAMP_MIN: Operation not supported",
		"SCHED_FLAG_UTIL_CLAMP_MIN and _MAX need" },
	{ { PLAN_io_priority, AT, "process.ioPriority",
		  .io_priority = { "IOPRIO_CLASS_RT", 3, 0x2003 } },
		NULL, EPERM,
		"process.ioPriority: cannot set the I/O priority to IOPRIO_CLASS_RT, 3: "
		"Operation not permitted",
		"IOPRIO_CLASS_RT needs CAP_SYS_NICE" },
	{ MEMORY("MPOL_BIND, nodes 9", 2), NULL, EINVAL,
		"linux.memoryPolicy: cannot set the memory policy to MPOL_BIND, nodes 9: "
		"Invalid argument",
		"one of the nodes must be online" },
	{ MEMORY("MPOL_WEIGHTED_INTERLEAVE|MPOL_F_STATIC_NODES, nodes 0", 0x8006), NULL, EINVAL,
		"linux.memoryPolicy: cannot set the memory policy to "
		"MPOL_WEIGHTED_INTERLEAVE|MPOL_F_STATIC_NODES, nodes 0: Invalid argument",
		"each node must be online" },
	{ MEMORY("MPOL_LOCAL", 4), NULL, ENOSYS,
		"linux.memoryPolicy: cannot set the memory policy to MPOL_LOCAL: "
		"Function not implemented",
		"this kernel has no CONFIG_NUMA" },
	{ { PLAN_personality, AT, "linux.personality", .personality = { "LINUX32", 8 } }, NULL,
		EINVAL,
		"linux.personality: cannot set the personality to LINUX32: Invalid argument",
		"this processor or this kernel runs no 32-bit programs" },
};

Test(explain_scheduling, each_row)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct spec_cpu cpu = { .cpus = { rows[i].cpus, { 0 } } };
		const struct spec_resources resources = { .cpu = &cpu };
		const struct spec_linux os = { .resources = &resources };
		const struct spec_config config = { .os = &os };
		struct plan_op op = rows[i].op;
		const struct plan p = { .ops = &op, .count = 1, .config = &config };
		struct err e = { 0 };

		cr_expect(eq(int, plan_explain(&p, 0, rows[i].error, "", &e), -rows[i].error));
		cr_expect(eq(str, e.text, (char *)rows[i].text));
		cr_expect(eq(u32, e.at.line, 12), "%s", rows[i].text);
		cr_expect(eq(u32, e.at.column, 3), "%s", rows[i].text);
		cr_expect(eq(int, strncmp(e.hint, rows[i].hint, strlen(rows[i].hint)), 0),
			"%s\n  hint: %s\n  not:  %s", rows[i].text, e.hint, rows[i].hint);
	}
}
