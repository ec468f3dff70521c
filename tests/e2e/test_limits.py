"""Limits of the cgroup: the files hold what was asked; what is not there is refused by name."""

import os

from lib import host
from lib.suite import USER, case, check, equal, holds, rows, skip

# resources, controller, file, its content
LIMITS = (
    ("pids", {"pids": {"limit": 32}}, "pids", "pids.max", "32"),
    ("memory", {"memory": {"limit": 64 << 20}}, "memory", "memory.max", str(64 << 20)),
    ("memory and swap", {"memory": {"limit": 64 << 20, "swap": 96 << 20}}, "memory",
     "memory.swap.max", str(32 << 20)),
    ("memory reservation", {"memory": {"reservation": 32 << 20}}, "memory", "memory.low",
     str(32 << 20)),
    ("cpu quota", {"cpu": {"quota": 50000, "period": 100000}}, "cpu", "cpu.max", "50000 100000"),
    ("cpu shares", {"cpu": {"shares": 1024}}, "cpu", "cpu.weight", "100"),
    ("cpus", {"cpu": {"cpus": "0"}}, "cpuset", "cpuset.cpus", "0"),
    ("io weight", {"blockIO": {"weight": 500}}, "io", "io.bfq.weight", "500"),
    ("hugetlb", {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 << 20}]}, "hugetlb",
     "hugetlb.2MB.max", str(4 << 20)),
    ("unified", {"unified": {"hugetlb.2MB.max": "2097152"}}, "hugetlb", "hugetlb.2MB.max",
     "2097152"),
)


def controllers():
    return (host.read(host.CGROUPS + "/cgroup.controllers") or "").split()


@rows("limit", LIMITS)
def limit(w, resources, controller, name, want):
    b = w.bundle().probe("pause")
    b.linux["resources"].update(resources)
    if controller not in controllers():
        r = b.run()
        equal((r.status, r.out), (1, ""), f"{r}")
        holds(r.err, "config.json:", "place")
        holds(r.err, controller, "message")
        return
    b.detached()
    path = host.cgroups(w.token)
    equal(len(path), 1, f"cgroups {path}")
    text = host.read(os.path.join(path[0], name))
    w.must("delete", "--force", b.id)
    if text is None:
        skip(f"this kernel has no {name}")
    equal(text.strip().replace("default ", ""), want, name)


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
