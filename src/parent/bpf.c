/* The calls of bpf(2) that a device program needs.  Knows nothing of its rules. */
#include "parent/bpf.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PROGRAM_NAME "crun_lite_dev"

enum {
	LOAD_TRIES = 5,
	PROGRAMS_MAX = 64 /* of one group: include/linux/bpf-cgroup.h, BPF_CGROUP_MAX_PROGS */
};

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	const long rc = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return rc < 0 ? -errno : (int)rc;
}

/* A signal in the middle of the check gives EAGAIN. */
static int load(const struct bpf_insn *insns, size_t count)
{
	union bpf_attr attr;
	int rc = -EAGAIN;

	memset(&attr, 0, sizeof(attr)); /* also what lies between and behind the members */
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)count;
	attr.license =
		(uintptr_t) "Apache-2.0"; /* only helpers ask for another, and none is called */
	_Static_assert(sizeof(PROGRAM_NAME) <= sizeof(attr.prog_name), "must fit");
	memcpy(attr.prog_name, PROGRAM_NAME, sizeof(PROGRAM_NAME));
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

int bpf_device_put(int cgroup_fd, int program, int other)
{
	union bpf_attr attr;

	if (program < 0 && other < 0)
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)(program >= 0 ? program : other);
	attr.attach_type = BPF_CGROUP_DEVICE;
	if (program < 0)
		return bpf(BPF_PROG_DETACH, &attr);
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (other >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)other;
	}
	return bpf(BPF_PROG_ATTACH, &attr);
}

int bpf_device_load(const struct bpf_insn *insns, size_t count, int *ret)
{
	int rc = load(insns, count);

	if (rc == -EPERM)
		rc = load_unlimited(insns, count);
	if (rc < 0)
		return rc;
	*ret = rc; /* bpf(2) sets close-on-exec on it */
	return 0;
}

int bpf_device_attach(int cgroup_fd, const struct bpf_insn *insns, size_t count)
{
	AUTO_FD program = FD_NONE;

	TRY(bpf_device_load(insns, count, &program));
	return bpf_device_put(cgroup_fd, program, FD_NONE);
}

/* Is it one of those that we load? */
static bool is_ours(int program)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(&info, 0, sizeof(info));
	attr.info.bpf_fd = (uint32_t)program;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 &&
	       strncmp(info.name, PROGRAM_NAME, sizeof(info.name)) == 0;
}

int bpf_device_find(int cgroup_fd, int *ret)
{
	uint32_t ids[PROGRAMS_MAX];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = PROGRAMS_MAX;
	TRY(bpf(BPF_PROG_QUERY, &attr));
	*ret = FD_NONE;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < PROGRAMS_MAX; i++) {
		AUTO_FD program = FD_NONE;
		union bpf_attr get;

		memset(&get, 0, sizeof(get));
		get.prog_id = ids[i];
		program = bpf(BPF_PROG_GET_FD_BY_ID, &get);
		if (program < 0)
			return program;
		if (is_ours(program)) {
			*ret = fd_take(&program);
			return 0;
		}
	}
	return 0;
}
