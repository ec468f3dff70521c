"""Limits of the cgroup: the files hold what was asked; what is not there is refused by name."""

import os

from lib import disk, host, kernel
from lib.limits import compare, group, needs, refused
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

MIB = 1 << 20

# resources, controller, its files and what they hold
LIMITS = (
    ("pids", {"pids": {"limit": 32}}, "pids", {"pids.max": "32"}),
    ("pids, 0 is the container's own process", {"pids": {"limit": 0}}, "pids", {"pids.max": "1"}),
    ("pids, none", {"pids": {"limit": -1}}, "pids", {"pids.max": "max"}),
    ("memory", {"memory": {"limit": 64 * MIB}}, "memory", {"memory.max": str(64 * MIB)}),
    ("memory, none", {"memory": {"limit": -1}}, "memory",
     {"memory.max": "max", "memory.swap.max": "max"}),
    ("memory and swap", {"memory": {"limit": 64 * MIB, "swap": 96 * MIB}}, "memory",
     {"memory.max": str(64 * MIB), "memory.swap.max": str(32 * MIB)}),
    ("memory without swap", {"memory": {"limit": 64 * MIB, "swap": 64 * MIB}}, "memory",
     {"memory.max": str(64 * MIB), "memory.swap.max": "0"}),
    ("memory with any swap", {"memory": {"limit": 64 * MIB, "swap": -1}}, "memory",
     {"memory.max": str(64 * MIB), "memory.swap.max": "max"}),
    ("memory reservation", {"memory": {"reservation": 32 * MIB}}, "memory",
     {"memory.low": str(32 * MIB)}),
    ("cpu quota", {"cpu": {"quota": 50000, "period": 200000}}, "cpu",
     {"cpu.max": "50000 200000"}),
    ("cpu quota without a period", {"cpu": {"quota": 50000}}, "cpu", {"cpu.max": "50000 100000"}),
    ("cpu period without a quota", {"cpu": {"period": 20000}}, "cpu", {"cpu.max": "max 20000"}),
    ("cpu quota, none", {"cpu": {"quota": -1}}, "cpu", {"cpu.max": "max 100000"}),
    ("cpu burst", {"cpu": {"quota": 50000, "burst": 20000}}, "cpu", {"cpu.max.burst": "20000"}),
    ("cpu shares", {"cpu": {"shares": 1024}}, "cpu", {"cpu.weight": "100"}),
    ("cpu shares, least", {"cpu": {"shares": 2}}, "cpu", {"cpu.weight": "1"}),
    ("cpu shares, most", {"cpu": {"shares": 262144}}, "cpu", {"cpu.weight": "10000"}),
    ("cpu idle", {"cpu": {"idle": 1, "shares": 512}}, "cpu", {"cpu.idle": "1"}),
    ("cpu not idle", {"cpu": {"idle": 0, "shares": 512}}, "cpu",
     {"cpu.idle": "0", "cpu.weight": "59"}),
    ("cpus", {"cpu": {"cpus": "0"}}, "cpuset", {"cpuset.cpus": "0", "cpuset.cpus.effective": "0"}),
    ("memory nodes", {"cpu": {"mems": "0"}}, "cpuset",
     {"cpuset.mems": "0", "cpuset.mems.effective": "0"}),
    ("hugetlb", {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]}, "hugetlb",
     {"hugetlb.2MB.max": str(4 * MIB), "hugetlb.2MB.rsvd.max": str(4 * MIB)}),
    ("hugetlb, two sizes", {"hugepageLimits": [{"pageSize": "2MB", "limit": 0},
                                               {"pageSize": "1GB", "limit": 1 << 30}]}, "hugetlb",
     {"hugetlb.2MB.max": "0", "hugetlb.1GB.max": str(1 << 30)}),
    ("unified, hugetlb", {"unified": {"hugetlb.2MB.max": "2097152"}}, "hugetlb",
     {"hugetlb.2MB.max": "2097152"}),
    ("unified, memory", {"unified": {"memory.high": str(48 * MIB), "memory.oom.group": "1",
                                     "memory.min": "4096"}}, "memory",
     {"memory.high": str(48 * MIB), "memory.oom.group": "1", "memory.min": "4096"}),
    ("unified, cpu", {"unified": {"cpu.weight.nice": "5", "cpu.max": "30000 60000"}}, "cpu",
     {"cpu.weight.nice": "5", "cpu.max": "30000 60000"}),
    ("unified has the last word", {"pids": {"limit": 32}, "unified": {"pids.max": "33"}}, "pids",
     {"pids.max": "33"}),
    ("unified, cgroup", {"unified": {"cgroup.max.depth": "3", "cgroup.max.descendants": "9"}}, "",
     {"cgroup.max.depth": "3", "cgroup.max.descendants": "9"}),
    ("what version 1 alone had is not missed",
     {"memory": {"kernel": 64 * MIB, "kernelTCP": MIB, "swappiness": 10, "disableOOMKiller": True,
                 "useHierarchy": True, "checkBeforeUpdate": True},
      "cpu": {"realtimeRuntime": 950000, "realtimePeriod": 1000000},
      "blockIO": {"leafWeight": 100},
      "network": {"classID": 1048577, "priorities": [{"name": "lo", "priority": 5}]}},
     "", {"cgroup.max.depth": "max"}),
)

# the first Linux that has the file, where that is later than 5.4
SINCE = {"cpu.idle": (5, 15), "cpu.max.burst": (5, 14), "hugetlb.2MB.max": (5, 6),
         "hugetlb.1GB.max": (5, 6), "hugetlb.2MB.rsvd.max": (5, 7)}


@rows("limit", LIMITS, ROOT, USER)
def limit(w, resources, controller, want):
    later = [name for name in want if kernel.RELEASE < SINCE.get(name, (0,))]
    if later:
        skip(f"this kernel has no {later[0]}")
    for size in resources.get("hugepageLimits", ()):
        kib = {"2MB": 2048, "1GB": 1 << 20}[size["pageSize"]]
        if not os.path.isdir(f"/sys/kernel/mm/hugepages/hugepages-{kib}kB"):
            skip(f"no pages of {size['pageSize']} here")
    if not needs(w, controller):
        if all(value.split()[0] == "max" for value in want.values()):
            skip(f"no controller {controller} here")
        refused(w, resources, f'the cgroup controller "{controller}" is not available', "hint:")
        return
    with group(w, resources) as path:
        compare(path, want)


THROTTLES = (("throttleReadBpsDevice", "rbps"), ("throttleWriteBpsDevice", "wbps"),
             ("throttleReadIOPSDevice", "riops"), ("throttleWriteIOPSDevice", "wiops"))


@rows("throttle", THROTTLES, ROOT, USER)
def throttle(w, word):
    member = dict((key, member) for member, key in THROTTLES)[word]
    major, minor = disk.any_disk()
    io = {"blockIO": {member: [{"major": major, "minor": minor, "rate": 4 * MIB}]}}
    if not needs(w, "io"):
        refused(w, io, f"linux.resources.blockIO.{member}", '"io" is not available')
        return
    with group(w, io) as path:
        values = {key: "max" for _, key in THROTTLES}
        values[word] = str(4 * MIB)
        compare(path, {"io.max": f"{major}:{minor} " + " ".join(f"{k}={v}"
                                                               for k, v in values.items())})


@case("all throttles of a device together", ROOT, USER)
def throttles(w):
    major, minor = disk.any_disk()
    if not needs(w, "io"):
        skip("no controller io here")
    number = {"major": major, "minor": minor}
    io = {member: [dict(number, rate=1000 + n)] for n, (member, _) in enumerate(THROTTLES)}
    with group(w, {"blockIO": io}) as path:
        compare(path, {"io.max": f"{major}:{minor} rbps=1000 wbps=1001 riops=1002 wiops=1003"})


@case("blockIO.weight is that of each scheduler that is there", ROOT, USER)
def io_weight(w):
    if not needs(w, "io"):
        refused(w, {"blockIO": {"weight": 500}}, '"io" is not available')
        return
    with group(w, {"blockIO": {"weight": 500}}) as path:
        files = {"io.weight": "4950", "io.bfq.weight": "500"}
        there = {n: v for n, v in files.items() if os.path.exists(os.path.join(path, n))}
        check(there, "neither file is there")
        compare(path, there)


@case("blockIO.weight with the scheduler bfq")
def bfq_weight(w):
    if not needs(w, "io"):
        skip("no controller io here")
    with disk.loop_with(w, "bfq"), group(w, {"blockIO": {"weight": 500}}) as path:
        compare(path, {"io.bfq.weight": "500"})


@case("blockIO.weightDevice, and that it takes the scheduler bfq")
def weight_device(w):
    if not needs(w, "io"):
        skip("no controller io here")
    with disk.loop_with(w, "bfq") as (major, minor):
        io = {"blockIO": {"weight": 200, "weightDevice": [
            {"major": major, "minor": minor, "weight": 300, "leafWeight": 100}]}}
        with group(w, io) as path:
            compare(path, {"io.bfq.weight": f"200\n{major}:{minor} 300"})
    with disk.loop_with(w, "none") as (major, minor):
        io["blockIO"]["weightDevice"][0]["minor"] = minor
        refused(w, io, "linux.resources.blockIO.weightDevice[0]: cannot set \"io.bfq.weight\"",
                ": Operation not supported\n  hint: the device has another I/O scheduler")


@case("rdma")
def rdma(w):
    limits = {"hcaHandles": 3, "hcaObjects": 10000}
    if not needs(w, "rdma"):
        refused(w, {"rdma": {"x": limits}}, '"rdma" is not available')
        return
    refused(w, {"rdma": {"x": limits}}, 'cannot set "rdma.max" to "x hca_handle=3 hca_object=10000"',
            "No such device\n  hint: there is no RDMA device of this name")
    where = "/sys/class/infiniband"
    names = sorted(os.listdir(where)) if os.path.isdir(where) else []
    if not names:
        skip("no RDMA device here: modprobe rdma_rxe, rdma link add NAME type rxe netdev DEVICE")
    with group(w, {"rdma": {names[0]: limits}}) as path:
        holds(host.read(path + "/rdma.max"), f"{names[0]} hca_handle=3 hca_object=10000", "file")


@case("unified, misc")
def misc(w):
    capacity = (host.read(host.CGROUPS + "/misc.capacity") or "").split()
    if not needs(w, "misc"):
        refused(w, {"unified": {"misc.max": "x 1"}}, '"misc" is not available')
        return
    refused(w, {"unified": {"misc.max": "x 1"}}, "linux.resources.unified.misc.max",
            "Invalid argument\n  hint:")
    if not capacity:
        skip("no resource of the controller misc here, such as sev")
    with group(w, {"unified": {"misc.max": f"{capacity[0]} 1"}}) as path:
        holds(host.read(path + "/misc.max"), f"{capacity[0]} 1\n", "file")


# resources, controller, parts of the message
REFUSED = (
    ("no such cpu", {"cpu": {"cpus": "99999"}}, "cpuset",
     ('linux.resources.cpu.cpus: cannot set "cpuset.cpus" to "99999"', "out of range\n  hint:")),
    ("no such memory node", {"cpu": {"mems": "1023"}}, "cpuset",
     ('linux.resources.cpu.mems: cannot set "cpuset.mems" to "1023"', "\n  hint:")),
    ("no such disk", {"blockIO": {"throttleReadBpsDevice": [
        {"major": 511, "minor": 9999, "rate": 5}]}}, "io",
     ('linux.resources.blockIO.throttleReadBpsDevice[0]: cannot set "io.max"',
      "No such device\n  hint: there is no block device of these numbers")),
    ("no such page size", {"hugepageLimits": [{"pageSize": "3MB", "limit": 0}]}, "hugetlb",
     ('linux.resources.hugepageLimits[0]: cannot set "hugetlb.3MB.max" to "0"',
      "No such file or directory\n  hint:")),
    ("too many pids", {"pids": {"limit": 1 << 40}}, "pids",
     ('linux.resources.pids.limit: cannot set "pids.max"', "Invalid argument\n  hint:")),
    ("no such file", {"unified": {"memory.nope": "1"}}, "memory",
     ('linux.resources.unified.memory.nope: cannot set "memory.nope"',
      "No such file or directory\n  hint:")),
    ("a wrong value", {"unified": {"cpu.weight": "0"}}, "cpu",
     ('linux.resources.unified.cpu.weight: cannot set "cpu.weight" to "0"',
      "out of range\n  hint:")),
    ("no such controller", {"unified": {"magic.max": "1"}}, "",
     ('linux.resources.unified.magic.max: the cgroup controller "magic" is not available',
      "\n  hint:")),
    ("too little memory to start", {"memory": {"limit": 4096, "swap": 4096}}, "memory",
     ("linux.resources.memory.limit: ", "the memory limit may be too low",
      "Cannot allocate memory\n  hint:")),
)


@rows("limit refused", REFUSED, ROOT, USER)
def limit_refused(w, resources, controller, words):
    if not needs(w, controller):
        skip(f"no controller {controller} here")
    refused(w, resources, *words)


@rows("a group above that has processes is left as it is", (("with a limit", True),
                                                            ("without", False)))
def processes_above(w, limited):
    path = f"{host.CGROUPS}/{w.token}-above"
    files = ("cgroup.type", "cgroup.subtree_control")
    os.mkdir(path)
    p = w.popen(["sleep", "60"])
    try:
        with open(path + "/cgroup.procs", "w", encoding="ascii") as f:
            f.write(str(p.pid))
        before = [host.read(f"{path}/{name}") for name in files]
        b = w.bundle().probe("exit", "0")
        b.linux["cgroupsPath"] = f"/{w.token}-above/{w.token}-it"
        if limited and needs(w, "pids"):
            b.linux["resources"]["pids"] = {"limit": 5}
            r = b.run()
            equal((r.status, r.out), (1, ""), f"{r}")
            holds(r.err, 'linux.resources.pids.limit: cannot set "pids.max" to "5"', "message")
            holds(r.err, "a group with processes in it", "hint")
        else:
            b.must()
        equal([host.read(f"{path}/{name}") for name in files], before, "the group above")
    finally:
        p.kill()
        p.wait()
        host.until(lambda: _rmdir(path))


@case("cgroupsPath")
def cgroups_path(w):
    b = w.bundle().probe("pause")
    b.linux["cgroupsPath"] = f"/{w.token}-above/in/{w.token}-it"
    b.detached()
    pid = b.state()["pid"]
    holds(host.read(f"/proc/{pid}/cgroup"), b.linux["cgroupsPath"] + "\n", "cgroup")
    equal(host.read(f"{host.CGROUPS}{b.linux['cgroupsPath']}/cgroup.procs"), f"{pid}\n", "procs")
    w.must("delete", "--force", b.id)
    equal(host.cgroups(w.token), [], "cgroups")


@rows("cgroupsPath refused", (("up", "/../x"), ("up inside", "/a/../../x"), ("a dot file",
                                                                            "/cgroup.procs")))
def cgroups_path_bad(w, path):
    b = w.bundle()
    b.linux["cgroupsPath"] = path
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "cgroupsPath", "message")


@case("a cgroup in use by others is refused and left alone")
def used(w):
    path = f"{host.CGROUPS}/{w.token}-used"
    os.mkdir(path)
    p = w.popen(["sleep", "60"])
    try:
        with open(path + "/cgroup.procs", "w", encoding="ascii") as f:
            f.write(str(p.pid))
        b = w.bundle()
        b.linux["cgroupsPath"] = f"/{w.token}-used"
        r = b.run()
        equal((r.status, r.out), (1, ""), f"{r}")
        holds(r.err, "cgroup is not empty", "message")
        equal(w.crun("delete", "--force", b.id).status, 0, "delete")
        check(p.poll() is None, "the process of others was killed")
        equal(host.read(path + "/cgroup.procs"), f"{p.pid}\n", "procs")
    finally:
        p.kill()
        p.wait()
        host.until(lambda: _rmdir(path))


def _rmdir(path):
    try:
        os.rmdir(path)
        return True
    except OSError:
        return not os.path.exists(path)


@case("a plain user's limit names the delegation that is missing", USER)
def no_delegation(w):
    b = w.bundle()
    b.linux["resources"]["pids"] = {"limit": 10}
    r = b.run()
    if r.status == 0:
        skip("this user has a cgroup delegated")
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "linux.resources", "message")
    holds(r.err, "hint:", "message")
