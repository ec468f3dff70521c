/* Names of system calls and architectures to numbers, as libseccomp knows them.
 * Makes no filter. */
#ifndef CRUN_LITE_PARENT_SECCOMP_NUMBERS_H
#define CRUN_LITE_PARENT_SECCOMP_NUMBERS_H

#include "base/defs.h"

#define SECCOMP_X32_BIT 0x40000000u /* <asm/unistd.h> of x86_64: set in all numbers of x32 */

enum {
	SECCOMP_PACKED_MAX = 128
};

/* What is needed to find numbers of one architecture. */
struct seccomp_numbers {
	uint32_t arch;                  /* SCMP_ARCH_* */
	int socketcall, ipc;            /* the calls that stand for many others; -1: it has none */
	int direct[SECCOMP_PACKED_MAX]; /* numbers that those others have besides; -1: none */
};

/* One way to make a call. */
struct seccomp_number {
	uint32_t number;
	bool packed;   /* the number is socketcall's or ipc's, which take others as arguments; */
	uint64_t mask; /* then it is this call when (first argument & mask) == value */
	uint64_t value;
};

/* The architecture that this program was made for, SCMP_ARCH_*, which is AUDIT_ARCH_*. */
uint32_t seccomp_numbers_native(void);

/* Begins an architecture.  Returns false when nothing of it can run here: libseccomp does not know
 * it, or its byte order is another. */
bool seccomp_numbers_begin(uint32_t arch, struct seccomp_numbers *ret);

/* All ways to make the call of a name.
 * ret      room for two
 * Returns  how many; 0: there is no such call on this architecture */
size_t seccomp_numbers_find(
	const struct seccomp_numbers *n, const char *name, struct seccomp_number *ret);

/* x32 has no architecture of its own for the kernel: a number with the bit is one of its calls. */
bool seccomp_numbers_is_x32(uint32_t arch);

#endif
