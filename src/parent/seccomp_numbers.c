/* libseccomp's tables of names.  Older architectures pack the calls of sockets and of System V IPC
 * into one each, socketcall(2) and ipc(2); libseccomp gives such calls numbers below zero. */
#include "parent/seccomp_numbers.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

/* libseccomp: -100 less the first argument of socketcall(2), -200 less that of ipc(2). */
enum {
	PACKED_SOCKET = -100,
	PACKED_IPC = -200,
	PACKED_END = PACKED_SOCKET - SECCOMP_PACKED_MAX
};

/* Where the kernel put calls of their own for them: since Linux 4.3 and 5.1, above those of the
 * time; on mips there were two ways from the start, counted from 4000. */
enum {
	DIRECT_FIRST = 320,
	DIRECT_LAST = 404,
	MIPS_BASE = 4000,
	MIPS_FIRST = 4150
};

uint32_t seccomp_numbers_native(void)
{
	return seccomp_arch_native();
}

bool seccomp_numbers_is_x32(uint32_t arch)
{
	return arch == SCMP_ARCH_X32;
}

static bool is_packed(int number)
{
	return number < PACKED_SOCKET && number > PACKED_END;
}

/* Both kinds count from 1 to less than 100. */
static size_t packed_index(int number)
{
	return (size_t)(PACKED_SOCKET - number);
}

static void find_direct(struct seccomp_numbers *n, int first, int last)
{
	for (int number = first; number <= last; number++) {
		char *const name = seccomp_syscall_resolve_num_arch(n->arch, number);
		const int packed =
			name == NULL ? 0 : seccomp_syscall_resolve_name_arch(n->arch, name);

		if (is_packed(packed))
			n->direct[packed_index(packed)] = number;
		free(name);
	}
}

bool seccomp_numbers_begin(uint32_t arch, struct seccomp_numbers *ret)
{
	const uint32_t order = seccomp_arch_native() & __AUDIT_ARCH_LE;
	const int read = seccomp_syscall_resolve_name_arch(arch, "read");

	if (read < 0 || (arch & __AUDIT_ARCH_LE) != order)
		return false;
	ret->arch = arch;
	ret->socketcall = seccomp_syscall_resolve_name_arch(arch, "socketcall");
	ret->ipc = seccomp_syscall_resolve_name_arch(arch, "ipc");
	for (size_t i = 0; i < SECCOMP_PACKED_MAX; i++)
		ret->direct[i] = -1;
	if (ret->socketcall < 0 && ret->ipc < 0)
		return true;
	if (read < MIPS_BASE)
		find_direct(ret, DIRECT_FIRST, DIRECT_LAST);
	else
		find_direct(ret, MIPS_FIRST, MIPS_BASE + DIRECT_LAST);
	return true;
}

/* The kernel looks at the lower 32 bits of socketcall's number, and at 16 of ipc's: above them is a
 * version. */
static size_t find_packed(const struct seccomp_numbers *n, int packed, struct seccomp_number *ret)
{
	const bool ipc = packed < PACKED_IPC;
	const int carrier = ipc ? n->ipc : n->socketcall;
	const int direct = n->direct[packed_index(packed)];
	size_t count = 0;

	if (direct >= 0)
		ret[count++] = (struct seccomp_number){ .number = (uint32_t)direct };
	if (carrier >= 0)
		ret[count++] =
			(struct seccomp_number){ (uint32_t)carrier, true, ipc ? 0xffff : 0xffffffff,
				(uint64_t)((ipc ? PACKED_IPC : PACKED_SOCKET) - packed) };
	return count;
}

size_t seccomp_numbers_find(
	const struct seccomp_numbers *n, const char *name, struct seccomp_number *ret)
{
	const int number = seccomp_syscall_resolve_name_arch(n->arch, name);

	if (is_packed(number))
		return find_packed(n, number, ret);
	if (number < 0)
		return 0;
	ret[0] = (struct seccomp_number){ .number = (uint32_t)number };
	return 1;
}
