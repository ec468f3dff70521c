"""Scheduler, I/O priority, memory policy and personality: what the program has of them, and what
is said where the kernel gives them not."""

import os

from lib import host, seen
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

OTHER, FIFO, RR, BATCH, IDLE, DEADLINE = 0, 1, 2, 3, 5, 6
RT, BE, IO_IDLE = 1, 2, 3
MS = 1000 * 1000

PARAMETERS = {"nice": 0, "priority": 0, "deadline": 0, "period": 0, "flags": 0}


def in_user_ns(b):
    """A user namespace whose root is nobody on the host."""
    b.namespace("user")
    for side in ("uidMappings", "gidMappings"):
        b.linux[side] = [{"containerID": 0, "hostID": 0, "size": 1},
                         {"containerID": 1, "hostID": 300001, "size": 1000}]
    return b


def scheduled(b, asked, policy, **parameters):
    """Runs the probe with this scheduler, which it has to have."""
    b.process["scheduler"] = asked
    got = b.view()["scheduler"]
    if policy != DEADLINE:
        got.pop("runtime")  # the slice, since Linux 6.12
    equal(got, dict(PARAMETERS, policy=policy, **parameters), "scheduler")


BY_ANYBODY = (
    ("nice", {"policy": "SCHED_OTHER", "nice": 5}, OTHER, {"nice": 5}),
    ("plain", {"policy": "SCHED_OTHER"}, OTHER, {}),
    ("batch", {"policy": "SCHED_BATCH", "nice": 19}, BATCH, {"nice": 19}),
    ("idle", {"policy": "SCHED_IDLE"}, IDLE, {}),
    ("reset on fork", {"policy": "SCHED_BATCH", "flags": ["SCHED_FLAG_RESET_ON_FORK"]}, BATCH,
     {"flags": 1}),
)
BY_ROOT = (
    ("nice below", {"policy": "SCHED_OTHER", "nice": -20}, OTHER, {"nice": -20}),
    ("deadline", {"policy": "SCHED_DEADLINE", "runtime": 10 * MS, "deadline": 30 * MS,
                  "period": 40 * MS}, DEADLINE,
     {"runtime": 10 * MS, "deadline": 30 * MS, "period": 40 * MS}),
    ("deadline, flags", {"policy": "SCHED_DEADLINE", "runtime": 10 * MS, "deadline": 30 * MS,
                         "flags": ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",
                                   "SCHED_FLAG_DL_OVERRUN"]}, DEADLINE,
     {"runtime": 10 * MS, "deadline": 30 * MS, "period": 30 * MS, "flags": 7}),
)


@rows("scheduler", BY_ANYBODY, ROOT, USER)
def scheduler(w, asked, policy, parameters):
    scheduled(w.bundle(), asked, policy, **parameters)


@rows("scheduler", BY_ROOT)
def scheduler_of_root(w, asked, policy, parameters):
    scheduled(w.bundle(), asked, policy, **parameters)


@rows("scheduler in a user namespace", BY_ROOT)
def scheduler_user_ns(w, asked, policy, parameters):
    b = in_user_ns(w.bundle())
    b.process["user"] = {"uid": 7, "gid": 7}
    b.caps()
    scheduled(b, asked, policy, **parameters)


@rows("real time", (
    ("fifo", {"policy": "SCHED_FIFO", "priority": 1}, FIFO, 1),
    ("round robin", {"policy": "SCHED_RR", "priority": 99}, RR, 99),
))
def real_time(w, asked, policy, priority):
    b = w.bundle()
    b.process["scheduler"] = asked
    r = b.probe("view").run()
    if r.status == 0:
        scheduled(b, asked, policy, priority=priority)
        return
    # CONFIG_RT_GROUP_SCHED: the kernel says no, and so has the message to
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, f"process.scheduler: cannot set the scheduler to {asked['policy']}, priority "
                 f"{priority}: Operation not permitted\n  hint: this kernel has "
                 "CONFIG_RT_GROUP_SCHED", "message")


@rows("scheduler refused", (
    ("iso", {"policy": "SCHED_ISO"}, None, "SCHED_ISO: Invalid argument\n  hint: Linux keeps"),
    ("tiny runtime", {"policy": "SCHED_DEADLINE", "runtime": 1, "deadline": 30 * MS}, None,
     "SCHED_DEADLINE, runtime 1 ns, deadline 30000000 ns: Invalid argument\n"
     "  hint: runtime is 1024"),
    ("clamp", {"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_UTIL_CLAMP_MAX"]}, None,
     "SCHED_FLAG_UTIL_CLAMP_MAX: Operation not supported\n  hint: "),
    ("deadline beside cpus", {"policy": "SCHED_DEADLINE", "runtime": 10 * MS, "deadline": 30 * MS},
     "0", "process scheduler can't be used together with AllowedCPUs"),
))
def scheduler_refused(w, asked, cpus, text):
    if cpus is not None and "cpuset" not in (
            host.read(host.CGROUPS + "/cgroup.controllers") or "").split():
        skip("no cpuset controller here")
    if cpus is not None and os.cpu_count() == 1:
        skip("one processor is all of them")
    b = w.bundle().probe("view")
    b.process["scheduler"] = asked
    if cpus is not None:
        b.linux["resources"]["cpu"] = {"cpus": cpus}
    r = b.run()
    if r.status == 0 and "CLAMP" in str(asked):
        skip("this kernel has CONFIG_UCLAMP_TASK")
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, text, "message")
    holds(r.err, "config.json:", "place")
    holds(r.err, "hint: ", "hint")


@case("deadlines of more time than there is")
def deadlines_together(w):
    count = os.cpu_count()
    if count > 4:
        skip("too many processors to fill")
    asked = {"policy": "SCHED_DEADLINE", "runtime": 30 * MS, "deadline": 30 * MS}
    held, r = [], None
    for _ in range(count + 1):
        b = w.bundle().probe("pause")
        b.process["scheduler"] = asked
        b.write()
        r = w.crun("run", "--detach", "--bundle", b.path, b.id, to_files=True)
        if r.status != 0:
            break
        held.append(b.id)
    for id_ in held:
        w.must("delete", "--force", id_)
    check(held, "not even one")
    equal(r.status, 1, f"{r}")
    holds(r.err, "Device or resource busy\n  hint: the deadlines of all", "message")


@case("a deadline with an affinity of the caller's")
def deadline_affinity(w):
    if os.cpu_count() == 1:
        skip("one processor is all of them")
    b = w.bundle()
    b.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 10 * MS, "deadline": 30 * MS}
    r = b.run(before=lambda: os.sched_setaffinity(0, {0}))
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "Operation not permitted\n  hint: SCHED_DEADLINE needs all processors", "message")


@rows("scheduler needs rights", (
    ("nice", {"policy": "SCHED_OTHER", "nice": -1}, "SCHED_OTHER, nice -1"),
    ("fifo", {"policy": "SCHED_FIFO", "priority": 1}, "SCHED_FIFO, priority 1"),
    ("deadline", {"policy": "SCHED_DEADLINE", "runtime": 10 * MS, "deadline": 30 * MS},
     "SCHED_DEADLINE, runtime 10000000 ns, deadline 30000000 ns"),
), USER)
def scheduler_rights(w, asked, words):
    b = w.bundle()
    b.process["scheduler"] = asked
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, f"process.scheduler: cannot set the scheduler to {words}: Operation not permitted\n"
                 "  hint: it needs CAP_SYS_NICE in the first user namespace", "message")


@case("create has the scheduler and the I/O priority before start")
def scheduler_created(w):
    b = w.bundle().probe("pause")
    b.process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 7}
    equal(b.create(to_files=True).status, 0, "create")
    pid = b.state()["pid"]
    equal((os.sched_getscheduler(pid), os.getpriority(os.PRIO_PROCESS, pid)), (BATCH, 7), "created")
    w.must("delete", "--force", b.id)


@rows("ioPriority", (
    ("best effort", "IOPRIO_CLASS_BE", 6, BE << 13 | 6),
    ("no priority", "IOPRIO_CLASS_BE", None, BE << 13),
    ("idle", "IOPRIO_CLASS_IDLE", 0, IO_IDLE << 13),
), ROOT, USER)
def io_priority(w, class_, priority, want):
    b = w.bundle()
    b.process["ioPriority"] = {"class": class_}
    if priority is not None:
        b.process["ioPriority"]["priority"] = priority
    equal(b.view()["ioprio"], want, "ioprio")


@rows("ioPriority of real time", (("host's ids", False), ("in a user namespace", True)))
def io_real_time(w, user_ns):
    b = w.bundle()
    if user_ns:
        in_user_ns(b)
    b.caps()
    b.process["user"] = {"uid": 7, "gid": 7}
    b.process["ioPriority"] = {"class": "IOPRIO_CLASS_RT", "priority": 3}
    equal(b.view()["ioprio"], RT << 13 | 3, "ioprio")


@case("ioPriority of real time needs rights", USER)
def io_rights(w):
    b = w.bundle()
    b.process["ioPriority"] = {"class": "IOPRIO_CLASS_RT", "priority": 0}
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "process.ioPriority: cannot set the I/O priority to IOPRIO_CLASS_RT, 0: Operation "
                 "not permitted\n  hint: IOPRIO_CLASS_RT needs CAP_SYS_NICE", "message")


# --- memory policy ----------------------------------------------------------------------------

STATIC, RELATIVE, BALANCING = 1 << 15, 1 << 14, 1 << 13


@rows("memoryPolicy", (
    ("default", {"mode": "MPOL_DEFAULT"}, 0, 0),
    ("preferred", {"mode": "MPOL_PREFERRED", "nodes": "0"}, 1, 1),
    ("preferred, static", {"mode": "MPOL_PREFERRED", "nodes": "0",
                           "flags": ["MPOL_F_STATIC_NODES"]}, 1 | STATIC, 1),
    ("bind", {"mode": "MPOL_BIND", "nodes": "0"}, 2, 1),
    ("bind, relative", {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES"]},
     2 | RELATIVE, 1),
    ("interleave", {"mode": "MPOL_INTERLEAVE", "nodes": "0"}, 3, 1),
    ("interleave, more than there are", {"mode": "MPOL_INTERLEAVE", "nodes": " 0-3 , 3"}, 3, 1),
    ("local", {"mode": "MPOL_LOCAL"}, 4, 0),
    ("local, nodes empty", {"mode": "MPOL_LOCAL", "nodes": ""}, 4, 0),
    ("preferred many", {"mode": "MPOL_PREFERRED_MANY", "nodes": "0"}, 5, 1),
    ("weighted interleave", {"mode": "MPOL_WEIGHTED_INTERLEAVE", "nodes": "0"}, 6, 1),
), ROOT, USER)
def memory_policy(w, asked, mode, nodes):
    b = w.bundle()
    b.linux["memoryPolicy"] = asked
    r = b.probe("view").run()
    if r.status == 1 and mode & 0xff >= 5:
        holds(r.err, "MPOL_WEIGHTED_INTERLEAVE with 6.9", "message")
        skip("this kernel has no such mode")
    got = b.view("/proc/self/numa_maps")
    equal(got["mempolicy"], [mode, nodes], "memory policy")
    if mode == 2:
        holds(got["files"]["/proc/self/numa_maps"], " bind:0 ", "numa_maps")


@rows("memoryPolicy refused", (
    ("node that is not there", {"mode": "MPOL_BIND", "nodes": "1023"},
     "linux.memoryPolicy: cannot set the memory policy to MPOL_BIND, nodes 1023: Invalid argument\n"
     "  hint: one of the nodes must be online"),
    ("too high", {"mode": "MPOL_BIND", "nodes": "0,1024"},
     "linux.memoryPolicy.nodes: invalid memory policy node: \"1024\" is above 1023"),
    ("reversed", {"mode": "MPOL_BIND", "nodes": "1-0"},
     "linux.memoryPolicy.nodes: invalid memory policy node: \"1-0\" ends below where it begins"),
    ("flags that exclude each other", {"mode": "MPOL_BIND", "nodes": "0", "flags": [
        "MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]},
     "MPOL_BIND|MPOL_F_STATIC_NODES|MPOL_F_RELATIVE_NODES, nodes 0: Invalid argument\n  hint: "),
), ROOT, USER)
def memory_policy_refused(w, asked, text):
    b = w.bundle()
    b.linux["memoryPolicy"] = asked
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "config.json:", "place")
    holds(r.err, text, "message")


# --- personality ------------------------------------------------------------------------------


@rows("personality", (("LINUX32", "LINUX32", 8), ("LINUX", "LINUX", 0)), ROOT, USER)
def personality(w, domain, want):
    def without_random_addresses():
        kernel_personality(0x0040000)

    b = w.bundle()
    b.linux["personality"] = {"domain": domain}
    got = b.view(before=without_random_addresses)
    equal(got["personality"], want, "personality")
    native = os.uname().machine
    machine = {"x86_64": "i686", "aarch64": "armv8l"}.get(native) if want == 8 else native
    equal(got["machine"], machine, "machine")


def kernel_personality(value):
    import ctypes
    ctypes.CDLL(None).personality(ctypes.c_ulong(value))


@case("personality: flags are warned of, in the log")
def personality_flags(w):
    b = w.bundle()
    b.linux["personality"] = {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}
    log = os.path.join(w.directory("log"), "log")
    b.probe("view").must(globals_=("--log", log))
    holds(host.read(log), "linux.personality.flags: the specification defines none", "log")


# --- all of them ------------------------------------------------------------------------------

@rows("scheduling calls beside a filter that forbids them", (
    ("with no_new_privs", True), ("without", False)), ROOT, USER)
def beside_filter(w, no_new):
    b = w.bundle()
    b.process["noNewPrivileges"] = no_new
    b.process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 3}
    b.process["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 1}
    b.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0"}
    b.linux["personality"] = {"domain": "LINUX32"}
    b.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
        "syscalls": [{"names": ["sched_setattr", "ioprio_set", "set_mempolicy"],
                      "action": "SCMP_ACT_KILL_PROCESS"},
                     {"names": ["personality"], "action": "SCMP_ACT_ERRNO"}]}
    got = b.view()
    equal((got["scheduler"]["policy"], got["scheduler"]["nice"], got["ioprio"], got["mempolicy"],
           got["machine"] != os.uname().machine), (BATCH, 3, BE << 13 | 1, [2, 1], True), "all")
    equal(got["personality"], -1, "personality(2) under the filter")


@case("nothing asked for: none of the calls is made", ROOT, USER)
def nothing(w):
    def odd():
        os.nice(9)

    got = w.bundle().view(before=odd)
    equal((got["scheduler"]["nice"], got["ioprio"] >> 13, got["mempolicy"], got["personality"]),
          (9, got["ioprio"] >> 13, [0, 0], 0), "the caller's")


@case("execCPUAffinity is for exec: create does nothing with it", ROOT, USER)
def exec_affinity(w):
    b = w.bundle()
    b.process["execCPUAffinity"] = {"initial": "0", "final": "0"}
    here = next(line.split()[1] for line in host.read("/proc/self/status").splitlines()
                if line.startswith("Cpus_allowed_list:"))
    equal(seen.status(b.view())["Cpus_allowed_list"], here, "affinity")
