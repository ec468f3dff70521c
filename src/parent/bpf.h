/* Device programs of cgroups: loads and attaches what plan/ compiled.  Compiles nothing. */
#ifndef CRUN_LITE_PARENT_BPF_H
#define CRUN_LITE_PARENT_BPF_H

#include "base/defs.h"

#include <linux/bpf.h>

/* Attaches a device program to a cgroup, beside those that are there; it lives as long as the
 * group.  Needs CAP_SYS_ADMIN, or CAP_BPF and CAP_NET_ADMIN, in the first user namespace.
 *
 * cgroup_fd  the group's directory; stays the caller's
 * insns      a program of type BPF_PROG_TYPE_CGROUP_DEVICE
 * Returns    0; -EINVAL also when the kernel was built without CONFIG_CGROUP_BPF; else -errno
 * Source     bpf(2); kernel: Documentation/admin-guide/cgroup-v2.rst, "Device controller" */
CHECKED int bpf_device_attach(int cgroup_fd, const struct bpf_insn *insns, size_t count);

/* The device program that bpf_device_attach has attached.  FD_NONE: there is none.
 * ret  the caller's to close */
CHECKED int bpf_device_find(int cgroup_fd, int *ret);

/* Loads a device program that is attached by bpf_device_put. */
CHECKED int bpf_device_load(const struct bpf_insn *insns, size_t count, int *ret);

/* Puts one program in another's place, with no moment between them (Linux 5.6).
 * program  FD_NONE: none, the other one is taken away; other  FD_NONE: there was none */
CHECKED int bpf_device_put(int cgroup_fd, int program, int other);

#endif
