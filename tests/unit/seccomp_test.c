/* Compiled profiles: answers said by hand, all operators at all borders, limits, the verifier. */
#include "parent/seccomp.h"

#include "parent/seccomp_program.h"
#include "plan/seccomp_flags.h"
#include "seccomp_model.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/audit.h>
#include <seccomp.h>

enum {
	L = 4,
	C = 8
}; /* where all values stand */

#define X32_BIT 0x40000000

/* clang-format off */
#define AT           { L, C }
#define V(n)         { n, AT }
#define ITEMS(type, ...) { (const struct type[]){ __VA_ARGS__ }, \
	sizeof((const struct type[]){ __VA_ARGS__ }) / sizeof(struct type), AT }
#define ACT(word)    .action = V(SPEC_SECCOMP_##word)
#define DEFAULT(word) .defaultAction = V(SPEC_SECCOMP_##word), .at = AT
#define NAMES(...)   .names = ITEMS(spec_str, __VA_ARGS__)
#define N(text)      { text, AT }
#define ARGS(...)    .args = ITEMS(spec_seccomp_arg, __VA_ARGS__)
#define ARG(i, operator, one, two) { V(i), V(one), V(two), V(SCMP_CMP_##operator), AT }
#define RULES(...)   .syscalls = ITEMS(spec_syscall, __VA_ARGS__)
#define ARCHES(...)  .architectures = ITEMS(spec_enum, __VA_ARGS__)
#define DATA(number, ...) { .arch = AUDIT_ARCH_X86_64, .nr = number, .args = { __VA_ARGS__ } }

#define ERRNO(n)  (SECCOMP_RET_ERRNO | (n))
#define ALLOW     SECCOMP_RET_ALLOW
#define KILL      SECCOMP_RET_KILL_THREAD
enum { READ = 0, IOCTL = 16, GETPID = 39, SOCKET = 41, CLONE = 56, LAST = 448 };

/* Each row: a call and its answer, said by hand. */
static const struct {
	const char *label;
	struct spec_seccomp in;
	struct {
		struct seccomp_data call;
		uint32_t answer;
	} rows[10];
} fixed[] = {
	{ "each action",
		{ DEFAULT(ALLOW), RULES(
			{ NAMES(N("read")), ACT(KILL_THREAD) }, { NAMES(N("write")), ACT(KILL_PROCESS) },
			{ NAMES(N("open")), ACT(TRAP) }, { NAMES(N("close")), ACT(ERRNO) },
			{ NAMES(N("stat")), ACT(ERRNO), .errnoRet = V(4095) },
			{ NAMES(N("fstat")), ACT(TRACE), .errnoRet = V(7) },
			{ NAMES(N("poll")), ACT(LOG) }, { NAMES(N("lseek")), ACT(ERRNO), .errnoRet = V(0) },
			{ NAMES(N("mkdir")), ACT(NOTIFY) }) },
		{ { DATA(0), KILL }, { DATA(1), SECCOMP_RET_KILL_PROCESS }, { DATA(2), SECCOMP_RET_TRAP },
			{ DATA(3), ERRNO(1) }, { DATA(4), ERRNO(4095) }, { DATA(5), SECCOMP_RET_TRACE | 7 },
			{ DATA(7), SECCOMP_RET_LOG }, { DATA(8), ERRNO(0) }, { DATA(83), SECCOMP_RET_USER_NOTIF },
			{ DATA(9999), ALLOW } } },
	{ "rule like the default",
		{ DEFAULT(ERRNO), RULES({ NAMES(N("getpid")), ACT(ERRNO), .errnoRet = V(1) },
			{ NAMES(N("getpid")), ACT(ALLOW) }) },
		{ { DATA(GETPID), ALLOW }, { DATA(READ), ERRNO(1) } } },
	{ "first without conditions",
		{ DEFAULT(KILL_PROCESS), RULES({ NAMES(N("setns")), ACT(ALLOW) },
			{ NAMES(N("setns")), ACT(ERRNO) },
			{ NAMES(N("mkdir")), ACT(ERRNO), ARGS(ARG(0, EQ, 1, 0)) },
			{ NAMES(N("mkdir")), ACT(ALLOW) }) },
		{ { DATA(308), ALLOW }, { DATA(83, 1), ALLOW }, { DATA(READ), SECCOMP_RET_KILL_PROCESS } } },
	{ "conditions are all needed",
		{ DEFAULT(ERRNO), RULES({ NAMES(N("ioctl")), ACT(ALLOW),
			ARGS(ARG(0, EQ, 1, 0), ARG(1, GT, 2, 0), ARG(5, NE, 3, 0)) }) },
		{ { DATA(IOCTL, 1, 3, 0, 0, 0, 4), ALLOW }, { DATA(IOCTL, 0, 3, 0, 0, 0, 4), ERRNO(1) },
			{ DATA(IOCTL, 1, 2, 0, 0, 0, 4), ERRNO(1) }, { DATA(IOCTL, 1, 3, 0, 0, 0, 3), ERRNO(1) } } },
	{ "one argument twice",
		{ DEFAULT(ERRNO), RULES({ NAMES(N("ioctl")), ACT(ALLOW),
			ARGS(ARG(0, EQ, 1, 0), ARG(1, EQ, 5, 0), ARG(0, EQ, 2, 0)) }) },
		{ { DATA(IOCTL, 1), ALLOW }, { DATA(IOCTL, 2), ALLOW }, { DATA(IOCTL, 0, 5), ALLOW },
			{ DATA(IOCTL, 3, 4), ERRNO(1) } } },
	{ "upper half of a request",
		{ DEFAULT(ALLOW), RULES({ NAMES(N("ioctl")), ACT(ERRNO),
			ARGS(ARG(1, MASKED_EQ, 0xffffffff, 0x5412)) }) },
		{ { DATA(IOCTL, 0, 0x5412), ERRNO(1) }, { DATA(IOCTL, 0, 0x100005412), ERRNO(1) },
			{ DATA(IOCTL, 0, 0x5413), ALLOW } } },
	{ "a value that the mask forbids",
		{ DEFAULT(ALLOW), RULES({ NAMES(N("ioctl")), ACT(ERRNO),
			ARGS(ARG(1, MASKED_EQ, 0xff, 0x100000001)) }) },
		{ { DATA(IOCTL, 0, 1), ALLOW }, { DATA(IOCTL, 0, 0x100000001), ALLOW } } },
	{ "socket as engines have it",
		{ DEFAULT(ERRNO), .defaultErrnoRet = V(ENOSYS), RULES(
			{ NAMES(N("socket")), ACT(ERRNO), .errnoRet = V(EINVAL),
				ARGS(ARG(0, EQ, 16, 0), ARG(2, EQ, 9, 0)) },
			{ NAMES(N("socket")), ACT(ALLOW), ARGS(ARG(2, NE, 9, 0)) },
			{ NAMES(N("socket")), ACT(ALLOW), ARGS(ARG(0, NE, 16, 0)) },
			{ NAMES(N("socket")), ACT(ALLOW), ARGS(ARG(2, NE, 9, 0)) }) },
		{ { DATA(SOCKET, 16, 0, 9), ERRNO(EINVAL) }, { DATA(SOCKET, 16, 0, 8), ALLOW },
			{ DATA(SOCKET, 2, 0, 9), ALLOW }, { DATA(SOCKET, 2, 0, 0), ALLOW },
			{ DATA(READ), ERRNO(ENOSYS) }, { DATA(9999), ERRNO(ENOSYS) } } },
	{ "clone without new namespaces",
		{ DEFAULT(ERRNO), RULES({ NAMES(N("clone")), ACT(ALLOW), ARGS(ARG(0, MASKED_EQ, 0x7e020000, 0)) },
			{ NAMES(N("clone3")), ACT(ERRNO), .errnoRet = V(ENOSYS) }) },
		{ { DATA(CLONE, 0x11), ALLOW }, { DATA(CLONE, 0x10000011), ERRNO(1) },
			{ DATA(CLONE, 0x100000011), ALLOW }, { DATA(435), ERRNO(ENOSYS) } } },
	{ "unknown names",
		{ DEFAULT(ERRNO), RULES({ NAMES(N("no_such_call"), N("getpid"), N("")), ACT(ALLOW) }) },
		{ { DATA(GETPID), ALLOW }, { DATA(READ), ERRNO(1) }, { DATA(9999), ERRNO(ENOSYS) } } },
	{ "new calls",
		{ DEFAULT(ERRNO), RULES({ NAMES(N("getpid"), N("clone")), ACT(ALLOW) },
			{ NAMES(N("process_mrelease"), N("memfd_secret")), ACT(ERRNO), .errnoRet = V(1) }) },
		{ { DATA(LAST), ERRNO(1) }, { DATA(LAST + 1), ERRNO(ENOSYS) }, { DATA(100000), ERRNO(ENOSYS) },
			{ DATA(-1), ERRNO(ENOSYS) }, { DATA(-2), KILL }, { DATA(GETPID | X32_BIT), KILL },
			{ DATA(INT32_MIN), KILL } } },
	{ "new calls, though a rule notifies",
		{ DEFAULT(ERRNO), RULES({ NAMES(N("getpid")), ACT(ALLOW) },
			{ NAMES(N("process_mrelease")), ACT(NOTIFY), ARGS(ARG(0, EQ, 7, 0)) }) },
		{ { DATA(LAST, 7), SECCOMP_RET_USER_NOTIF }, { DATA(LAST, 8), ERRNO(1) },
			{ DATA(LAST + 1, 7), ERRNO(ENOSYS) }, { DATA(GETPID), ALLOW } } },
	{ "new calls, killed by default",
		{ DEFAULT(KILL_THREAD), RULES({ NAMES(N("getpid")), ACT(ALLOW) }) },
		{ { DATA(GETPID - 1), KILL }, { DATA(GETPID + 1), ERRNO(ENOSYS) } } },
	{ "new calls, traced by default",
		{ DEFAULT(TRACE), RULES({ NAMES(N("getpid")), ACT(ALLOW) }) },
		{ { DATA(GETPID + 1), SECCOMP_RET_TRACE | 1 } } },
	{ "new calls, logged by default",
		{ DEFAULT(LOG), RULES({ NAMES(N("getpid")), ACT(ALLOW) }) },
		{ { DATA(GETPID + 1), SECCOMP_RET_LOG } } },
	{ "no rules", { DEFAULT(ERRNO) }, { { DATA(READ), ERRNO(1) }, { DATA(9999), ERRNO(1) } } },
	{ "no rules, allowed", { DEFAULT(ALLOW) }, { { DATA(READ), ALLOW },
		{ { .arch = AUDIT_ARCH_I386, .nr = 3 }, KILL }, { { .arch = 0, .nr = 3 }, KILL } } },
	{ "several architectures",
		{ DEFAULT(ERRNO), ARCHES(V(SCMP_ARCH_X86), V(SCMP_ARCH_X86_64), V(SCMP_ARCH_X32),
			V(SCMP_ARCH_S390X), V(SCMP_ARCH_AARCH64), V(0x4000002a), V(SCMP_ARCH_X86)),
			RULES({ NAMES(N("getpid"), N("rt_sigaction")), ACT(ALLOW) }) },
		{ { DATA(GETPID), ALLOW }, { DATA(GETPID | X32_BIT), ALLOW }, { DATA(512 | X32_BIT), ALLOW },
			{ DATA(13 | X32_BIT), ERRNO(1) }, { { .arch = AUDIT_ARCH_I386, .nr = 20 }, ALLOW },
			{ { .arch = AUDIT_ARCH_I386, .nr = GETPID }, ERRNO(1) },
			{ { .arch = AUDIT_ARCH_I386, .nr = 400 }, ERRNO(ENOSYS) },
			{ { .arch = AUDIT_ARCH_AARCH64, .nr = 172 }, ALLOW },
			{ { .arch = AUDIT_ARCH_S390X, .nr = 20 }, KILL } } },
};
/* clang-format on */

Test(seccomp, fixed_profiles)
{
	static struct model_filter f;

	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		cr_skip_test("the table is for x86_64");
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		struct err e = { 0 };

		cr_assert(eq(int, model_compile(&fixed[i].in, &f, &e), 0), "%s: %s", fixed[i].label,
			e.text);
		for (size_t k = 0; k < ARRAY_LEN(fixed[i].rows) && fixed[i].rows[k].call.arch != 0;
			k++)
			cr_expect(eq(u32, model_run(f.insns, f.count, &fixed[i].rows[k].call),
					  fixed[i].rows[k].answer),
				"%s, row %zu", fixed[i].label, k);
	}
}

static const uint64_t values[] = { 0, 1, 2, 5, INT32_MAX - 1ULL, INT32_MAX, 1ULL << 31,
	(1ULL << 31) + 1, UINT32_MAX - 1ULL, UINT32_MAX, 1ULL << 32, (1ULL << 32) + 1,
	(1ULL << 32) + 5, INT64_MAX - 1ULL, INT64_MAX, 1ULL << 63, (1ULL << 63) + 1, UINT64_MAX - 1,
	UINT64_MAX };

/* Each operator, each border against each border. */
Test(seccomp, operators)
{
	static struct model_filter f;

	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		cr_skip_test("the table is for x86_64");
	for (int op = SCMP_CMP_NE; op <= SCMP_CMP_MASKED_EQ; op++)
		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			const uint64_t other = values[(i * 7 + 3) % ARRAY_LEN(values)] & values[i];
			const struct spec_seccomp_arg arg = { V(3), V(values[i]), V(other), V(op),
				AT };
			const struct spec_str name = { "read", AT };
			const struct spec_syscall rule = {
				.names = { &name, 1, AT }, ACT(ALLOW), .args = { &arg, 1, AT }
			};
			const struct spec_seccomp s = { DEFAULT(ERRNO),
				.syscalls = { &rule, 1, AT } };
			struct err e = { 0 };

			cr_assert(eq(int, model_compile(&s, &f, &e), 0), "%s", e.text);
			for (size_t k = 0; k < ARRAY_LEN(values); k++) {
				const struct seccomp_data call = DATA(READ, 9, 9, 9, values[k]);

				cr_expect(eq(u32, model_run(f.insns, f.count, &call),
						  model_answer(&s, &call)),
					"op %d, value %zu, argument %zu", op, i, k);
			}
		}
}

/* --- limits, flags, verifier ---------------------------------------------------------------
 */

Test(seccomp, too_large)
{
	enum {
		MANY = 1200
	};
	static struct spec_seccomp_arg args[MANY];
	static struct spec_syscall rules[MANY];
	static struct model_filter f;
	const struct spec_str name = { "ioctl", AT };
	const struct spec_seccomp s = { DEFAULT(ERRNO), .syscalls = { rules, MANY, AT } };
	struct err e = { 0 };

	for (size_t i = 0; i < MANY; i++) {
		args[i] =
			(struct spec_seccomp_arg){ V(1), V(i << 32 | i), V(0), V(SCMP_CMP_EQ), AT };
		rules[i] = (struct spec_syscall){
			.names = { &name, 1, AT }, ACT(ALLOW), .args = { &args[i], 1, AT }
		};
	}
	cr_expect(eq(int, model_compile(&s, &f, &e), -E2BIG));
	cr_expect(eq(str, e.text, "linux.seccomp: the filter has more than 4096 instructions"));
	cr_expect(eq(u32, e.at.line, L));
}

Test(seccomp, flags)
{
	/* clang-format off */
	const struct spec_seccomp absent = { DEFAULT(ALLOW) }, empty = { .flags = { NULL, 0, AT } },
		all = { .flags = ITEMS(spec_enum, V(SECCOMP_FILTER_FLAG_TSYNC),
			V(SECCOMP_FILTER_FLAG_LOG), V(SECCOMP_FILTER_FLAG_SPEC_ALLOW)) };
	/* clang-format on */

	cr_expect(eq(u64, plan_seccomp_flags(NULL), SECCOMP_FILTER_FLAG_SPEC_ALLOW));
	cr_expect(eq(u64, plan_seccomp_flags(&absent), SECCOMP_FILTER_FLAG_SPEC_ALLOW));
	cr_expect(eq(u64, plan_seccomp_flags(&empty), 0));
	cr_expect(eq(u64, plan_seccomp_flags(&all),
		SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW));
}

static const struct {
	const char *wrong; /* NULL: nothing */
	struct sock_filter insns[3];
	size_t count;
} programs[] = {
	{ "no look at the architecture first", { { BPF_RET, 0, 0, 0 } }, 1 },
	{ "no look at the architecture first", { { 0x20, 0, 0, 0 }, { 6, 0, 0, 0 } }, 2 },
	{ "no look at the architecture first", { { 0 } }, 0 },
	{ NULL, { { 0x20, 0, 0, 4 }, { 6, 0, 0, 0x7fff0000 } }, 2 },
	{ "an end without an answer", { { 0x20, 0, 0, 4 }, { 0x20, 0, 0, 0 } }, 2 },
	{ "a load outside of the call's data",
		{ { 0x20, 0, 0, 4 }, { 0x20, 0, 0, 64 }, { 6, 0, 0, 0 } }, 3 },
	{ "a load outside of the call's data",
		{ { 0x20, 0, 0, 4 }, { 0x20, 0, 0, 2 }, { 6, 0, 0, 0 } }, 3 },
	{ "a jump out of the filter", { { 0x20, 0, 0, 4 }, { 0x15, 0, 1, 1 }, { 6, 0, 0, 0 } }, 3 },
	{ "a jump out of the filter", { { 0x20, 0, 0, 4 }, { 0x15, 1, 0, 1 }, { 6, 0, 0, 0 } }, 3 },
	{ "a jump out of the filter",
		{ { 0x20, 0, 0, 4 }, { 5, 0, 0, 0xffffffff }, { 6, 0, 0, 0 } }, 3 },
	{ NULL, { { 0x20, 0, 0, 4 }, { 5, 0, 0, 0 }, { 6, 0, 0, 0x50fff } }, 3 },
	{ "an errno above 4095", { { 0x20, 0, 0, 4 }, { 5, 0, 0, 0 }, { 6, 0, 0, 0x51000 } }, 3 },
	{ "an unknown instruction", { { 0x20, 0, 0, 4 }, { 0x28, 0, 0, 0 }, { 6, 0, 0, 0 } }, 3 },
};

Test(seccomp, verifier)
{
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		const char *const wrong =
			seccomp_program_verify(programs[i].insns, programs[i].count);

		cr_expect(eq(str, (char *)(wrong == NULL ? "" : wrong),
				  (char *)(programs[i].wrong == NULL ? "" : programs[i].wrong)),
			"program %zu", i);
	}
}
