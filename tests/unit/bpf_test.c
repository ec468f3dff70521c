/* A device program in the kernel: what it denies and what it lets through, in a cgroup of its own.
 * Needs root and cgroup2; skipped elsewhere. */
#include "parent/bpf.h"

#include "plan/device_program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

/* Where cgroup2 is, also on a host that still has cgroup v1; NULL: nowhere. */
static const char *cgroup2(void)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (statfs(places[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

/* A new group; -1 and a skipped test where none can be made. */
static int make_group(char *path, size_t size)
{
	const char *const root = cgroup2();

	if (geteuid() != 0 || root == NULL)
		return -1;
	(void)snprintf(path, size, "%s/crun-lite-test-%d", root, (int)getpid());
	if (mkdir(path, 0755) < 0)
		return -1;
	return openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* What becomes of opening a node: 0 or errno. */
static int try_open(const char *path, int flags)
{
	AUTO_FD fd = openat(AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? errno : 0;
}

static int enter(int group)
{
	AUTO_FD procs = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	return procs >= 0 && write(procs, "0", 1) == 1 ? 0 : -1;
}

/* Exit status of the child that looks: 0, or the number of the first answer that is wrong. */
static int look(int group, const char *node)
{
	if (enter(group) < 0)
		return 1;
	if (try_open("/dev/null", O_RDWR) != 0)
		return 2;
	if (try_open(node, O_RDONLY) != EPERM)
		return 3;
	if (unlink(node) < 0 || mknod(node, S_IFCHR | 0600, makedev(1, 1)) < 0)
		return 4; /* making nodes is allowed */
	return 0;
}

Test(bpf, denies_in_the_kernel)
{
	struct device_rule rules[] = {
		{ true, BPF_DEVCG_ACC_MKNOD, DEVICE_ANY, DEVICE_ANY, DEVICE_ANY },
		{ true, DEVICE_ACCESS_ALL, BPF_DEVCG_DEV_CHAR, 1, 3 },
	};
	char path[128], node[] = "/tmp/crun-lite-node-XXXXXX";
	AUTO_ARENA arena = { 0 };
	AUTO_FD group = make_group(path, sizeof(path));
	const int name = mkstemp(node);
	struct device_program program;
	int status = -1;
	pid_t child;

	cr_assert(ge(int, name, 0));
	(void)close(name);
	(void)unlink(node);
	if (group < 0)
		cr_skip_test("needs root and a writable cgroup2");
	if (mknod(node, S_IFCHR | 0600, makedev(1, 5)) < 0 || try_open(node, O_RDONLY) != 0) {
		(void)unlink(node);
		(void)rmdir(path);
		cr_skip_test("needs a /tmp where device nodes work");
	}
	cr_assert(eq(int, device_program_make(rules, ARRAY_LEN(rules), &arena, &program), 0));
	cr_expect(eq(int, bpf_device_attach(group, program.insns, program.count), 0));
	child = fork();
	if (child == 0)
		_exit(look(group, node));
	cr_expect(eq(int, waitpid(child, &status, 0), child));
	(void)unlink(node);
	(void)rmdir(path);
	cr_expect(eq(int, status, 0), "answer %d is wrong", WEXITSTATUS(status));
}

/* The kernel's verifier follows all ways through a program and gives up on too many. */
Test(bpf, verifier_takes_many_rules)
{
	static struct device_rule rules[DEVICE_RULES_MAX];
	char path[128];
	AUTO_ARENA arena = { 0 };
	AUTO_FD group = make_group(path, sizeof(path));
	struct device_program program;
	unsigned state = 1;

	if (group < 0)
		cr_skip_test("needs root and a writable cgroup2");
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		state = state * 1103515245 + 12345;
		rules[i].allow = (state >> 16) % 2 == 0;
		rules[i].access = 1 + (state >> 17) % 7;
		rules[i].type = (state >> 20) % 8 == 0 ? DEVICE_ANY : 1 + (int)(state >> 23) % 2;
		rules[i].major = state >> 28 == 0 ? DEVICE_ANY : (int)(state >> 24) % 32;
		rules[i].minor = (state >> 12) % 8 == 0 ? DEVICE_ANY : (int64_t)i;
	}
	cr_assert(eq(int, device_program_make(rules, ARRAY_LEN(rules), &arena, &program), 0));
	cr_expect(gt(sz, program.count, 2048));
	cr_expect(eq(int, bpf_device_attach(group, program.insns, program.count), 0));
	(void)rmdir(path);
}

Test(bpf, refuses_what_is_no_program)
{
	static const struct bpf_insn insns[] = { { .code = BPF_JMP | BPF_JA, .off = -1 } };

	if (geteuid() != 0)
		cr_skip_test("needs root");
	cr_expect(eq(int, bpf_device_attach(-1, insns, ARRAY_LEN(insns)), -EINVAL));
}

/* How many device programs are attached to the group. */
static uint32_t count_programs(int group)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)group;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	return syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0 && errno != ENOSPC
		       ? UINT32_MAX
		       : attr.query.prog_cnt;
}

/* One program at any time: put in, replaced, taken away, and back. */
Test(bpf, one_takes_the_place_of_another)
{
	struct device_rule rules[] = { { true, BPF_DEVCG_ACC_MKNOD, DEVICE_ANY, DEVICE_ANY,
		DEVICE_ANY } };
	char path[128];
	AUTO_ARENA arena = { 0 };
	AUTO_FD group = make_group(path, sizeof(path));
	AUTO_FD old = FD_NONE, new = FD_NONE, found = FD_NONE;
	struct device_program program;

	if (group < 0)
		cr_skip_test("needs root and a writable cgroup2");
	cr_assert(eq(int, device_program_make(rules, 1, &arena, &program), 0));
	cr_expect(eq(int, bpf_device_find(group, &found), 0));
	cr_expect(eq(int, found, FD_NONE));
	cr_assert(eq(int, bpf_device_load(program.insns, program.count, &old), 0));
	cr_assert(eq(int, bpf_device_load(program.insns, program.count, &new), 0));
	cr_expect(eq(int, bpf_device_put(group, old, FD_NONE), 0));
	cr_expect(eq(u32, count_programs(group), 1));
	cr_expect(eq(int, bpf_device_find(group, &found), 0));
	cr_expect(ge(int, found, 0));
	cr_expect(eq(int, bpf_device_put(group, new, found), 0));
	cr_expect(eq(u32, count_programs(group), 1));
	cr_expect(eq(int, bpf_device_put(group, FD_NONE, new), 0));
	cr_expect(eq(u32, count_programs(group), 0));
	cr_expect(eq(int, bpf_device_put(group, old, FD_NONE), 0));
	cr_expect(eq(u32, count_programs(group), 1));
	(void)rmdir(path);
}
