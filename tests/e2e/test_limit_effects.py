"""Limits of the cgroup: what they do to the program."""

import time

from lib import disk, host, seen
from lib.limits import needs
from lib.suite import ROOT, USER, case, check, equal, holds, skip

MIB = 1 << 20


@case("pids.limit stops a fork", ROOT, USER)
def pids_effect(w):
    if not needs(w, "pids"):
        skip("no controller pids here")
    b = w.bundle().shell("for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo all")
    b.linux["resources"]["pids"] = {"limit": 6}
    r = b.run()
    check(r.status != 0 and r.out == "", f"{r}")
    holds(r.err, "can't fork: Resource temporarily unavailable", "the shell's word")


@case("memory.limit kills a program that takes more, and only that", ROOT, USER)
def memory_effect(w):
    if not needs(w, "memory"):
        skip("no controller memory here")
    take = "dd if=/dev/zero of=/dev/null bs={}M count=1 2>/dev/null; echo $?"
    b = w.bundle().shell(take.format(4) + "; " + take.format(64))
    b.linux["resources"]["memory"] = {"limit": 32 * MIB, "swap": 32 * MIB}
    equal(b.must().out, "0\n137\n", "status of both")
    b = w.bundle().shell("exec dd if=/dev/zero of=/dev/null bs=64M count=1")
    b.linux["resources"]["memory"] = {"limit": 32 * MIB, "swap": 32 * MIB}
    b.must(status=137)


@case("cpu.quota is enforced", ROOT, USER)
def quota_effect(w):
    if not needs(w, "cpu"):
        skip("no controller cpu here")
    b = w.bundle().shell("while :; do :; done")
    b.linux["resources"]["cpu"] = {"quota": 2000, "period": 20000}
    b.detached()
    path = host.cgroups(w.token)[0]

    def throttled():
        text = dict(line.split() for line in host.read(path + "/cpu.stat").splitlines())
        return int(text["nr_throttled"]) >= 5

    ok = host.until(throttled)
    w.must("delete", "--force", b.id)
    check(ok, "never throttled")


@case("cpu.cpus and cpu.mems bind the program", ROOT, USER)
def cpuset_effect(w):
    if not needs(w, "cpuset"):
        skip("no controller cpuset here")
    last = host.read(host.CGROUPS + "/cpuset.cpus.effective").strip().replace(",", "-").split("-")[-1]
    b = w.bundle()
    b.linux["resources"]["cpu"] = {"cpus": last, "mems": "0"}
    s = seen.status(b.view("/proc/self/status"))
    equal((s["Cpus_allowed_list"], s["Mems_allowed_list"]), (last, "0"), "allowed")


@case("throttleWriteBpsDevice slows writing", ROOT, USER)
def throttle_effect(w):
    if not needs(w, "io"):
        skip("no controller io here")
    b = w.bundle().shell("dd if=/dev/zero of=/tmp/f bs=256k count=8 oflag=direct 2>/dev/null")
    major, minor = disk.below(b.path)

    def seconds():
        start = time.monotonic()
        b.must()
        return time.monotonic() - start

    quick = seconds()
    b.linux["resources"]["blockIO"] = {"throttleWriteBpsDevice": [
        {"major": major, "minor": minor, "rate": MIB}]}
    slow = seconds()
    check(slow > quick + 0.8, f"2 MiB at 1 MiB/s took {slow:.2f} s, unlimited {quick:.2f} s")
