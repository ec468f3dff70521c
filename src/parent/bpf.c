/* The two calls of bpf(2) that a device program needs.  Knows nothing of its rules. */
#include "parent/bpf.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum {
	LOAD_TRIES = 5
};

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	const long rc = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return rc < 0 ? -errno : (int)rc;
}

/* A signal in the middle of the check gives EAGAIN. */
static int load(const struct bpf_insn *insns, size_t count)
{
	static const char name[] = "crun_lite_dev";
	union bpf_attr attr;
	int rc = -EAGAIN;

	memset(&attr, 0, sizeof(attr)); /* also what lies between and behind the members */
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)count;
	attr.license =
		(uintptr_t) "Apache-2.0"; /* only helpers ask for another, and none is called */
	_Static_assert(sizeof(name) <= sizeof(attr.prog_name), "must fit");
	memcpy(attr.prog_name, name, sizeof(name));
	for (int i = 0; i < LOAD_TRIES && rc == -EAGAIN; i++)
		rc = bpf(BPF_PROG_LOAD, &attr);
	return rc;
}

/* Before Linux 5.11 programs were counted as locked memory of the user.  The limit is put back, for
 * the container would inherit it. */
static int load_unlimited(const struct bpf_insn *insns, size_t count)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit before;
	int rc;

	if (getrlimit(RLIMIT_MEMLOCK, &before) < 0 || setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0)
		return -EPERM; /* the first answer stands */
	rc = load(insns, count);
	(void)setrlimit(RLIMIT_MEMLOCK, &before); /* lowering is always allowed */
	return rc;
}

static int attach(int cgroup_fd, int program_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)program_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return bpf(BPF_PROG_ATTACH, &attr);
}

int bpf_device_attach(int cgroup_fd, const struct bpf_insn *insns, size_t count)
{
	AUTO_FD program = FD_NONE;
	int rc = load(insns, count);

	if (rc == -EPERM)
		rc = load_unlimited(insns, count);
	if (rc < 0)
		return rc;
	program = rc; /* bpf(2) sets close-on-exec on it */
	return attach(cgroup_fd, program);
}
