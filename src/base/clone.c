/* A child that runs in our memory on a stack of its own, for which clone3(2) has no wrapper in the
 * C library: the child comes back from the system call on another stack, which no function of C
 * may. Decides nothing. */
#include "base/sys.h"

#include <linux/sched.h>
#include <sys/syscall.h>

pid_t sys_clone3_near(struct clone_args *args, size_t size, sys_child_fn child, void *data)
{
	long rc;

#if defined(__x86_64__)
	register void *r12 __asm__("r12") = data;
	register sys_child_fn r13 __asm__("r13") = child;

	__asm__ volatile("syscall\n"
			 "	test %%rax, %%rax\n"
			 "	jnz 1f\n"
			 "	xor %%ebp, %%ebp\n"
			 "	mov %%r12, %%rdi\n"
			 "	call *%%r13\n" /* does not return */
			 "	ud2\n"
			 "1:\n"
			 : "=a"(rc)
			 : "a"(SYS_clone3), "D"(args), "S"(size), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory", "cc");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_clone3;
	register void *x0 __asm__("x0") = args;
	register size_t x1 __asm__("x1") = size;
	register void *x19 __asm__("x19") = data;
	register sys_child_fn x20 __asm__("x20") = child;

	__asm__ volatile("svc 0\n"
			 "	cbnz x0, 1f\n"
			 "	mov x29, xzr\n"
			 "	mov x0, x19\n"
			 "	blr x20\n" /* does not return */
			 "	brk 0\n"
			 "1:\n"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x19), "r"(x20)
			 : "x30", "memory", "cc");
	rc = (long)x0;
#else
#error "teach sys_clone3_near this architecture"
#endif
	return (pid_t)rc;
}
