/* Compiled profiles against the interpreter of profiles, with random rules and calls; and one in
 * the kernel. */
#include "seccomp_model.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define AT           \
	{            \
		1, 1 \
	}
#define V(n)          \
	{             \
		n, AT \
	}

static const uint64_t values[] = { 0, 1, 2, 5, INT32_MAX - 1ULL, INT32_MAX, 1ULL << 31,
	(1ULL << 31) + 1, UINT32_MAX - 1ULL, UINT32_MAX, 1ULL << 32, (1ULL << 32) + 1,
	(1ULL << 32) + 5, INT64_MAX - 1ULL, INT64_MAX, 1ULL << 63, (1ULL << 63) + 1, UINT64_MAX - 1,
	UINT64_MAX };

static const char *const all_names[] = {
#define CALL(name, x86_64, i386, x32) name,
#include "syscalls.def"
#undef CALL
};

enum {
	RULES_MAX = 60,
	NAMES_MAX = 12,
	PROFILES = 120,
	CALLS = 120
};

struct profile {
	struct spec_seccomp s;
	struct spec_syscall rules[RULES_MAX];
	struct spec_str names[RULES_MAX][NAMES_MAX];
	struct spec_seccomp_arg args[RULES_MAX][6];
	struct spec_enum arches[2];
};

static uint32_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

static void random_args(uint64_t *state, struct spec_syscall *rule, struct spec_seccomp_arg *args)
{
	const size_t count = next(state) % 2 == 0 ? 0 : 1 + next(state) % 3;

	for (size_t i = 0; i < count; i++) {
		const uint64_t value = values[next(state) % ARRAY_LEN(values)];

		args[i] = (struct spec_seccomp_arg){ V(next(state) % 6), V(value),
			V(values[next(state) % ARRAY_LEN(values)] & value),
			V(SCMP_CMP_NE + next(state) % 7), AT };
	}
	rule->args.items = args;
	rule->args.count = count;
}

static void random_profile(uint64_t *state, struct profile *ret)
{
	static const uint32_t arches[] = { SCMP_ARCH_X86, SCMP_ARCH_X32 };
	const size_t rules = 1 + next(state) % RULES_MAX;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < rules; i++) {
		struct spec_syscall *const rule = &ret->rules[i];

		rule->action = (struct spec_enum)V(next(state) % (SPEC_SECCOMP_NOTIFY + 1));
		random_args(state, rule, ret->args[i]);
		rule->names.items = ret->names[i];
		rule->names.count = 1 + next(state) % NAMES_MAX;
		for (size_t k = 0; k < rule->names.count; k++)
			ret->names[i][k] =
				(struct spec_str)V(all_names[next(state) % ARRAY_LEN(all_names)]);
	}
	ret->s = (struct spec_seccomp){ .syscalls = { ret->rules, rules, AT }, .at = AT };
	ret->s.defaultAction = (struct spec_enum)V(next(state) % (SPEC_SECCOMP_ALLOW + 1));
	if (next(state) % 4 == 0)
		ret->s.defaultErrnoRet = (struct spec_uint)V(ENOSYS);
	for (size_t i = 0; i < ARRAY_LEN(arches); i++)
		if (next(state) % 2 == 0)
			ret->arches[ret->s.architectures.count++] = (struct spec_enum)V(arches[i]);
	ret->s.architectures.items = ret->arches;
}

static void random_call(uint64_t *state, const struct profile *p, struct seccomp_data *ret)
{
	const struct spec_syscall *const rule = &p->rules[next(state) % p->s.syscalls.count];
	const char *name = all_names[next(state) % ARRAY_LEN(all_names)];
	const bool i386 = next(state) % 4 == 0, x32 = !i386 && next(state) % 4 == 0;

	if (next(state) % 8 != 0)
		name = rule->names.items[next(state) % rule->names.count].value;
	ret->arch = i386 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
	ret->nr = model_number(name, ret->arch, x32);
	if (next(state) % 16 == 0)
		ret->nr += (int)(next(state) % 3) - 1;
	if (next(state) % 32 == 0)
		ret->nr = (int)values[next(state) % ARRAY_LEN(values)];
	if (i386 && next(state) % 16 == 0)
		ret->nr = 102; /* socketcall(2) */
	for (size_t i = 0; i < 6; i++)
		ret->args[i] = values[next(state) % ARRAY_LEN(values)] + next(state) % 3 - 1;
	for (size_t i = 0; i < rule->args.count; i++)
		if (next(state) % 2 == 0)
			ret->args[rule->args.items[i].index.value] =
				rule->args.items[i].value.value + next(state) % 3 - 1;
	if (ret->nr == 102)
		ret->args[0] = next(state) % 2 == 0 ? 1 : 18;
	if (i386)
		for (size_t i = 0; i < 6; i++)
			ret->args[i] &= UINT32_MAX;
}

Test(seccomp, random_profiles)
{
	static struct profile p;
	static struct model_filter f;
	uint64_t state = 20240301;

	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		cr_skip_test("the table is for x86_64");
	for (unsigned i = 0; i < PROFILES; i++) {
		struct err e = { 0 };

		random_profile(&state, &p);
		cr_assert(eq(int, model_compile(&p.s, &f, &e), 0), "profile %u: %s", i, e.text);
		for (unsigned k = 0; k < CALLS; k++) {
			struct seccomp_data call = { 0 };

			random_call(&state, &p, &call);
			cr_assert(eq(u32, model_run(f.insns, f.count, &call),
					  model_answer(&p.s, &call)),
				"profile %u, call %u: %#x %d", i, k, call.arch, call.nr);
		}
	}
}

/* Exit status of a process under a filter: 0, or the number of the first wrong answer. */
static int look(const struct model_filter *f)
{
	const struct sock_fprog program = { (unsigned short)f->count,
		(struct sock_filter *)f->insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return 1;
	if (syscall(SYS_getpid) <= 0)
		return 2;
	if (syscall(SYS_sethostname, "", -1) != -1 || errno != ENODEV)
		return 3;
	if (syscall(1000) != -1 || errno != ENOSYS)
		return 4;
	return syscall(SYS_sync) == -1 && errno == EPERM ? 0 : 5;
}

Test(seccomp, in_the_kernel)
{
	static struct spec_str names[ARRAY_LEN(all_names)];
	static struct model_filter f;
	const struct spec_str denied = V("sethostname");
	struct spec_syscall rules[] = { { .names = { &denied, 1, AT },
						.action = V(SPEC_SECCOMP_ERRNO),
						.errnoRet = V(ENODEV) },
		{ .names = { names, 0, AT }, .action = V(SPEC_SECCOMP_ALLOW) } };
	const struct spec_seccomp s = { .defaultAction = V(SPEC_SECCOMP_ERRNO),
		.syscalls = { rules, 2, AT } };
	struct err e = { 0 };
	int status = -1;
	pid_t child;

	for (size_t i = 0; i < ARRAY_LEN(all_names); i++)
		if (strcmp(all_names[i], "sync") != 0)
			names[rules[1].names.count++] = (struct spec_str)V(all_names[i]);
	cr_assert(eq(int, model_compile(&s, &f, &e), 0), "%s", e.text);
	child = fork();
	if (child == 0)
		(void)syscall(SYS_exit_group, look(&f)); /* _exit() is more, under a sanitizer */
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	cr_expect(eq(int, status, 0), "answer %d is wrong", WEXITSTATUS(status));
}
