/* Where the static program begins: before the C library, for the one thing that is cheaper there.
 *
 * A command that starts containers first executes a read-only clone of its own file (self.h).  Done
 * from main, that would run the C library's own start twice: 13 system calls, relocations, and the
 * cpuid instructions of its function selection, which a virtual machine traps (0.3 ms in all).
 *
 * So this runs on a bare stack: no C library, no pointer in initialised data (nothing is relocated
 * yet), no stack protector (there is no thread data yet).  A failure here is of no consequence:
 * self_protect in main looks again, and has other ways. */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

void early_main(char **stack);

#if defined(__x86_64__)

__asm__(".text\n"
	".globl early_start\n"
	".type early_start, @function\n"
	"early_start:\n"
	"	endbr64\n"
	"	mov %rsp, %rdi\n"
	"	mov %rsp, %rbp\n" /* kept over the call */
	"	call early_main\n"
	"	mov %rbp, %rsp\n"
	"	xor %ebp, %ebp\n"
	"	xor %edx, %edx\n" /* no function to call at exit */
	"	jmp _start\n");

static long call5(long nr, long a, long b, long c, const long d[2])
{
	register long r10 __asm__("r10") = d[0];
	register long r8 __asm__("r8") = d[1];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

__asm__(".text\n"
	".globl early_start\n"
	".type early_start, %function\n"
	"early_start:\n"
	"	bti c\n"
	"	mov x0, sp\n"
	"	mov x19, sp\n" /* kept over the call */
	"	bl early_main\n"
	"	mov sp, x19\n"
	"	mov x29, xzr\n"
	"	mov x30, xzr\n"
	"	mov x0, xzr\n" /* no function to call at exit */
	"	b _start\n");

static long call5(long nr, long a, long b, long c, const long d[2])
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d[0];
	register long x4 __asm__("x4") = d[1];

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}

#else
#error "no entry for this architecture: leave this file out"
#endif

enum {
	PROTECT = 1,
	ROOT_ARGS = 2, /* nothing here */
	OUTPUT = 4,    /* nor this */
	LATER = 8,
	NAME_SIZE = 16
};

/* Letters in the rows themselves: a pointer to them would need relocation. */
static const struct {
	char name[NAME_SIZE];
	unsigned flags;
} commands[] = {
#define COMMAND(name, arguments, min, max, flags, what) { #name, flags },
#include "spec/commands.def"
#undef COMMAND
};

static bool is_same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Any word may be the command; one that only looks like it costs a clone that was not needed. */
static bool wants_protection(char *const *argv)
{
	for (; *argv != NULL; argv++)
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
			if ((commands[i].flags & PROTECT) != 0 && is_same(commands[i].name, *argv))
				return true;
	return false;
}

static long address(const void *p)
{
	return (long)(size_t)p;
}

/* A detached read-only mount of our own file. */
static long clone_self(const char *self, const char *here)
{
	static const struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	const long flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	const long attr[2] = { address(&read_only), sizeof(read_only) };
	const long none[2] = { 0, 0 };
	long tree = call5(SYS_open_tree_attr, AT_FDCWD, address(self), flags, attr);

	if (tree >= 0) /* Linux 6.15 */
		return tree;
	tree = call5(SYS_open_tree, AT_FDCWD, address(self), flags, none);
	if (tree >= 0 && call5(SYS_mount_setattr, tree, address(here), AT_EMPTY_PATH, attr) == 0)
		return tree;
	return -1; /* one that is open still is closed by exec, or by main */
}

void early_main(char **stack)
{
	static const char self[] = "/proc/self/exe", here[] = "";
	char **const argv = stack + 1; /* argc comes first */
	struct statfs fs;
	char **envp = argv;
	long tree;

	while (*envp++ != NULL)
		;
	if (!wants_protection(argv) ||
		call5(SYS_statfs, address(self), address(&fs), 0, (const long[2]){ 0, 0 }) < 0 ||
		(fs.f_flags & ST_RDONLY) != 0)
		return;
	tree = clone_self(self, here);
	if (tree < 0)
		return;
	(void)call5(SYS_execveat, tree, address(here), address(argv),
		(const long[2]){ address(envp), AT_EMPTY_PATH });
	(void)call5(SYS_close, tree, 0, 0, (const long[2]){ 0, 0 });
}
