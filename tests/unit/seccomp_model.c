/* The interpreter of profiles and the machine for filters; see the header. */
#include "seccomp_model.h"

#include "parent/seccomp.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

static const struct {
	const char *name;
	int x86_64, i386, x32;
} calls[] = {
#define CALL(name, x86_64, i386, x32) { name, x86_64, i386, x32 },
#include "syscalls.def"
#undef CALL
};

#define X32 0x40000000

int model_compile(const struct spec_seccomp *s, struct model_filter *ret, struct err *e)
{
	AUTO_FD fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size;
	int rc;

	ret->count = 0;
	rc = seccomp_compile(s, fd, e);
	if (rc < 0)
		return rc;
	size = pread(fd, ret->insns, sizeof(ret->insns), 0);
	if (size <= 0)
		return err_sys(e, EIO, POS_NONE, "cannot read the filter");
	ret->count = (size_t)size / sizeof(ret->insns[0]);
	return 0;
}

int model_number(const char *name, uint32_t arch, bool x32)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if (strcmp(calls[i].name, name) != 0)
			continue;
		if (x32)
			return calls[i].x32 < 0 ? -1 : (int)(calls[i].x32 | X32);
		return arch == AUDIT_ARCH_I386 ? calls[i].i386 : calls[i].x86_64;
	}
	return -1;
}

static bool listed(const struct spec_seccomp *s, uint32_t arch)
{
	for (size_t i = 0; i < s->architectures.count; i++)
		if ((uint32_t)s->architectures.items[i].value == arch)
			return true;
	return false;
}

static uint32_t answer(const struct spec_enum *action, const struct spec_uint *number)
{
	const uint32_t n = number->at.line != 0 ? (uint32_t)number->value : 1;

	switch (action->value) {
	case SPEC_SECCOMP_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case SPEC_SECCOMP_KILL_PROCESS:
		return SECCOMP_RET_KILL_PROCESS;
	case SPEC_SECCOMP_TRAP:
		return SECCOMP_RET_TRAP;
	case SPEC_SECCOMP_ERRNO:
		return SECCOMP_RET_ERRNO | n;
	case SPEC_SECCOMP_TRACE:
		return SECCOMP_RET_TRACE | n;
	case SPEC_SECCOMP_LOG:
		return SECCOMP_RET_LOG;
	case SPEC_SECCOMP_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	default:
		return SECCOMP_RET_ALLOW;
	}
}

static bool holds(const struct spec_seccomp_arg *a, const struct seccomp_data *call)
{
	const uint64_t width = call->arch == AUDIT_ARCH_I386 ? UINT32_MAX : UINT64_MAX;
	const uint64_t arg = call->args[a->index.value] & width;
	const uint64_t one = a->value.value & width, two = a->valueTwo.value & width;

	switch (a->op.value) {
	case SCMP_CMP_NE:
		return arg != one;
	case SCMP_CMP_LT:
		return arg < one;
	case SCMP_CMP_LE:
		return arg <= one;
	case SCMP_CMP_EQ:
		return arg == one;
	case SCMP_CMP_GE:
		return arg >= one;
	case SCMP_CMP_GT:
		return arg > one;
	default:
		return (arg & one) == two;
	}
}

static bool matches(const struct spec_syscall *rule, const struct seccomp_data *call)
{
	size_t held = 0;
	bool twice = false;

	for (size_t i = 0; i < rule->args.count; i++) {
		held += holds(&rule->args.items[i], call);
		for (size_t k = 0; k < i; k++)
			twice |= rule->args.items[i].index.value == rule->args.items[k].index.value;
	}
	return twice ? held > 0 : held == rule->args.count;
}

/* Newer than all that the profile names on this architecture. */
static bool is_new(const struct spec_seccomp *s, const struct seccomp_data *call, bool x32)
{
	int newest = -1;

	if (s->defaultAction.value >= SPEC_SECCOMP_TRACE)
		return false;
	for (size_t i = 0; i < s->syscalls.count; i++)
		for (size_t k = 0; k < s->syscalls.items[i].names.count; k++) {
			const int n = model_number(
				s->syscalls.items[i].names.items[k].value, call->arch, x32);

			newest = n > newest ? n : newest;
		}
	return newest >= 0 && (uint32_t)call->nr > (uint32_t)newest;
}

/* The call is socketcall(2) of i386 in place of the named one. */
static bool is_packed(const char *name, const struct seccomp_data *call)
{
	const uint32_t which = (uint32_t)call->args[0];

	return call->arch == AUDIT_ARCH_I386 && call->nr == 102 &&
	       ((which == 1 && strcmp(name, "socket") == 0) ||
		       (which == 18 && strcmp(name, "accept4") == 0));
}

enum hold {
	NO,
	WITH_CONDITIONS,
	ALWAYS
};

/* Does the rule say anything of the call? */
static enum hold rule_holds(const struct spec_seccomp *s, const struct spec_syscall *rule,
	const struct seccomp_data *call, bool x32)
{
	const uint32_t otherwise = answer(&s->defaultAction, &s->defaultErrnoRet);
	const uint32_t own = answer(&rule->action, &rule->errnoRet);

	for (size_t i = 0; own != otherwise && i < rule->names.count; i++) {
		const char *const name = rule->names.items[i].value;
		const int number = model_number(name, call->arch, x32);

		if (number >= 0 && number == call->nr && matches(rule, call))
			return rule->args.count == 0 ? ALWAYS : WITH_CONDITIONS;
		if (is_packed(name, call) &&
			(rule->args.count == 0 ||
				(int32_t)(own & 0xffff0000) < (int32_t)(otherwise & 0xffff0000)))
			return WITH_CONDITIONS;
	}
	return NO;
}

uint32_t model_answer(const struct spec_seccomp *s, const struct seccomp_data *call)
{
	const bool large = call->arch == AUDIT_ARCH_X86_64 && (uint32_t)call->nr >= X32;
	const bool x32 = large && listed(s, SCMP_ARCH_X32);
	const struct spec_syscall *chosen = NULL;
	enum hold held = NO;

	if (call->arch != AUDIT_ARCH_X86_64 && !listed(s, call->arch))
		return SECCOMP_RET_KILL_THREAD;
	if (large && !x32 && call->nr != -1)
		return SECCOMP_RET_KILL_THREAD;
	if (is_new(s, call, x32))
		return SECCOMP_RET_ERRNO | ENOSYS;
	for (size_t i = 0; i < s->syscalls.count; i++) {
		const enum hold holds_now = rule_holds(s, &s->syscalls.items[i], call, x32);

		if (holds_now > held) {
			chosen = &s->syscalls.items[i];
			held = holds_now;
		}
	}
	return chosen == NULL ? answer(&s->defaultAction, &s->defaultErrnoRet)
			      : answer(&chosen->action, &chosen->errnoRet);
}

uint32_t model_run(const struct sock_filter *insns, size_t count, const struct seccomp_data *call)
{
	uint32_t a = 0;
	bool yes;

	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *const f = &insns[pc];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k > sizeof(*call) - 4)
				return NOT_A_PROGRAM;
			memcpy(&a, (const char *)call + f->k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & f->k) != 0;
			break;
		default:
			return NOT_A_PROGRAM;
		}
		pc += yes ? f->jt : f->jf;
	}
	return NOT_A_PROGRAM;
}
