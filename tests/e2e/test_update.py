"""update: limits of a container that is there, all of them or none; what is kept of it."""

import contextlib
import json
import os

from lib import disk, host
from lib.limits import compare, needs
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

MIB = 1 << 20


@contextlib.contextmanager
def container(w, resources=None, **more):
    """A running container; its bundle and its cgroup."""
    b = w.bundle().shell(more.get("text", "exec sleep 1000"))
    b.linux["resources"] = resources or {}
    for node in more.get("nodes", ()):
        b.linux.setdefault("devices", []).append(node)
    b.detached()
    found = [p for p in host.cgroups(w.token) if p.endswith("/" + b.id)]
    yield b, found[0] if found else None
    w.must("delete", "--force", b.id)
    equal(w.left(), [], "left")


def file(w, value):
    path = os.path.join(w.directory("r"), "resources.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(value if isinstance(value, str) else json.dumps(value))
    return path


def refused(r, *parts):
    equal((r.status, r.out), (1, ""), f"{r}")
    for part in parts:
        holds(r.err, part, "message")


def kept(w, b):
    """linux.resources as it is kept."""
    path = os.path.join(w.state, b.id, "config")
    text = host.read(path)
    if text is None:
        return None
    return json.loads(text[17:])["linux"]["resources"]


def hugetlb(w):
    if not needs(w, "hugetlb") or not os.path.isdir("/sys/kernel/mm/hugepages/hugepages-2048kB"):
        skip("no controller hugetlb, or no pages of 2MB, here")


def pages(size):
    return {"hugepageLimits": [{"pageSize": "2MB", "limit": size}]}


# options, controller, files; on a container with the resources of BASE that can be had
OPTIONS = (
    ("--pids-limit", ["--pids-limit", "77"], "pids", {"pids.max": "77"}),
    ("--pids-limit -1", ["--pids-limit=-1"], "pids", {"pids.max": "max"}),
    ("--memory", ["--memory", "64m"], "memory", {"memory.max": str(64 * MIB)}),
    ("--memory -1", ["--memory=-1"], "memory", {"memory.max": "max", "memory.swap.max": "max"}),
    ("--memory in bytes", ["--memory", str(65 * MIB)], "memory", {"memory.max": str(65 * MIB)}),
    ("--memory-swap", ["--memory-swap", "200M"], "memory",
     {"memory.max": str(128 * MIB), "memory.swap.max": str(72 * MIB)}),
    ("both", ["--memory", "64m", "--memory-swap", "64m"], "memory",
     {"memory.max": str(64 * MIB), "memory.swap.max": "0"}),
    ("--memory-reservation", ["--memory-reservation", "32m"], "memory",
     {"memory.low": str(32 * MIB)}),
    ("--cpu-quota", ["--cpu-quota", "30000"], "cpu", {"cpu.max": "30000 200000"}),
    ("--cpu-quota -1", ["--cpu-quota=-1"], "cpu", {"cpu.max": "max 200000"}),
    ("--cpu-period", ["--cpu-period", "50000"], "cpu", {"cpu.max": "50000 50000"}),
    ("quota and period", ["--cpu-quota", "7000", "--cpu-period", "9000"], "cpu",
     {"cpu.max": "7000 9000"}),
    ("quota and period 0", ["--cpu-quota", "0", "--cpu-period", "0"], "cpu",
     {"cpu.max": "max 100000"}),
    ("--cpu-burst", ["--cpu-burst", "20000"], "cpu", {"cpu.max.burst": "20000"}),
    ("--cpu-share", ["--cpu-share", "1024"], "cpu", {"cpu.weight": "100"}),
    ("--cpu-idle", ["--cpu-idle", "1"], "cpu", {"cpu.idle": "1"}),
    ("--cpuset-cpus", ["--cpuset-cpus", "0"], "cpuset", {"cpuset.cpus": "0"}),
    ("--cpuset-mems", ["--cpuset-mems", "0"], "cpuset", {"cpuset.mems": "0"}),
    ("--blkio-weight", ["--blkio-weight", "500"], "io", {}),
    ("of version 1: a warning, no more",
     ["--kernel-memory", "5m", "--kernel-memory-tcp", "5m", "--cpu-rt-period", "1000000",
      "--cpu-rt-runtime", "950000"], "", {"cgroup.max.depth": "max"}),
)
BASE = {"pids": ("pids", {"limit": 50}),
        "memory": ("memory", {"limit": 128 * MIB, "swap": 160 * MIB}),
        "cpu": ("cpu", {"quota": 50000, "period": 200000, "shares": 512})}


@rows("option", OPTIONS, ROOT, USER)
def option(w, words, controller, want):
    base = {k: v for k, (c, v) in BASE.items() if needs(w, c)}
    with container(w, base) as (b, path):
        if not needs(w, controller):
            r = w.crun("update", *words, b.id)
            if r.status == 0:  # no limit, which holds without the controller too
                check(controller == "cpu" or "-1" in str(words), f"{r}")
                return
            refused(r, "option --", "hint:" if "swap" not in str(words) else "")
            if "swap" not in str(words):
                holds(r.err, f'the cgroup controller "{controller}" is not available', "message")
            equal(kept(w, b), None, "what is kept")
            return
        equal(w.must("update", *words, b.id).out, "", "output")
        compare(path, want)
        if controller == "io":
            check(any((host.read(f"{path}/{n}") or "").split()[-1:] == [v]
                      for n, v in (("io.bfq.weight", "500"), ("io.weight", "4950"))), "weight")


@case("of a file, from standard input; what is kept is changed", ROOT)
def from_file(w):
    hugetlb(w)
    with container(w, pages(8 * MIB)) as (b, path):
        equal(kept(w, b), None, "before")
        w.must("update", "--resources", file(w, pages(4 * MIB)), b.id)
        compare(path, {"hugetlb.2MB.max": str(4 * MIB), "hugetlb.2MB.rsvd.max": str(4 * MIB)})
        equal(kept(w, b)["hugepageLimits"], pages(4 * MIB)["hugepageLimits"], "kept")
        for words in (("--resources=-",), ("-r", "-"), ("--resources", "-")):
            w.must("update", *words, b.id, data=json.dumps(pages(2 * MIB)).encode())
            compare(path, {"hugetlb.2MB.max": str(2 * MIB)})
            w.must("update", "-r", file(w, pages(4 * MIB)), b.id)
        w.must("update", "-r", file(w, {"unified": {"cgroup.max.depth": "7"}}), b.id)
        equal(kept(w, b)["hugepageLimits"], pages(4 * MIB)["hugepageLimits"], "kept of before")
        equal(kept(w, b)["unified"], {"cgroup.max.depth": "7"}, "kept")
        compare(path, {"cgroup.max.depth": "7"})


# what is asked beside 2 MiB of huge pages, and what is said of it
FAILING = (
    ("the kernel has no such file", {"unified": {"hugetlb.3MB.max": "1"}},
     'unified.hugetlb.3MB.max: cannot set "hugetlb.3MB.max" to "1": No such file or directory'),
    ("the kernel refuses the value", {"unified": {"cgroup.max.depth": "x"}},
     'unified.cgroup.max.depth: cannot set "cgroup.max.depth" to "x": Invalid argument'),
    ("a controller is missing", {"unified": {"cgroup.max.depth": "5", "magic.max": "1"}},
     'unified.magic.max: the cgroup controller "magic" is not available'),
)


@rows("nothing is changed when", FAILING)
def nothing(w, more, text):
    hugetlb(w)
    with container(w, {**pages(8 * MIB), "unified": {"cgroup.max.descendants": "9"}}) as (b, path):
        files = ("hugetlb.2MB.max", "hugetlb.2MB.rsvd.max", "cgroup.max.depth",
                 "cgroup.max.descendants")
        before = [host.read(f"{path}/{f}") for f in files]
        asked = {**pages(2 * MIB), **more}
        asked["unified"]["cgroup.max.descendants"] = "11"
        name = file(w, json.dumps(asked, indent=1))
        r = w.crun("update", "-r", name, b.id)
        refused(r, text)
        check(r.err.startswith(name + ":"), f"no place in {r}")
        equal([host.read(f"{path}/{f}") for f in files], before, "files")
        equal(kept(w, b), None, "kept")
        check("config.new" not in os.listdir(os.path.join(w.state, b.id)), "config.new is left")


@case("what cannot be kept is not done")
def disk_full(w):
    hugetlb(w)
    with container(w, pages(8 * MIB)) as (b, path):
        os.mkdir(os.path.join(w.state, b.id, "config.new"))
        refused(w.crun("update", "-r", file(w, pages(2 * MIB)), b.id), "cannot write config.new")
        compare(path, {"hugetlb.2MB.max": str(8 * MIB)})


def node(major, minor):
    return {"path": f"/dev/t{major}", "type": "c", "major": major, "minor": minor,
            "fileMode": 0o666}


@case("device rules: the filter changes for who is there already")
def devices(w):
    out = w.directory("out")
    b = w.bundle().shell("while :; do cat /dev/t250 >/dev/null 2>/out/new; "
                         "busybox mv /out/new /out/now; sleep 0.02; done")
    b.bind(out, "/out", "bind")
    b.linux["devices"] = [node(250, 250)]
    b.linux["resources"] = {"devices": [{"allow": False}]}
    b.detached()

    def sees(word):
        return host.until(lambda: word in (host.read(out + "/now") or ""))

    rule = {"allow": True, "type": "c", "major": 250, "minor": 250, "access": "r"}
    check(sees("not permitted"), "it is not denied at first")
    w.must("update", "-r", file(w, {"devices": [{"allow": False}, rule]}), b.id)
    check(sees("No such device"), "it is not allowed then")
    equal(kept(w, b)["devices"], [{"allow": False}, rule], "kept")
    w.must("update", "-r", file(w, {"devices": [{"allow": False}]}), b.id)
    check(sees("not permitted"), "it is not denied again")
    w.must("update", "-r", file(w, {"devices": [{"allow": True}]}), b.id)
    check(sees("No such device"), "not all is allowed")
    refused(w.crun("update", "-r", file(w, {"devices": [{"allow": False}], "unified":
                                            {"cgroup.max.depth": "x"}}), b.id), "Invalid argument")
    check(sees("No such device"), "a failed update has changed the filter")
    w.must("update", "-r", file(w, {"devices": [{"allow": False}]}), b.id)
    check(sees("not permitted"), "it is not denied at last")
    w.must("delete", "--force", b.id)


@case("a created and a paused container can be changed; without any option nothing is", ROOT, USER)
def states(w):
    b = w.bundle().probe("pause")
    b.create(to_files=True)
    w.must("update", b.id)
    if host.cgroups(w.token):
        w.must("update", "-r", file(w, {"unified": {"cgroup.max.depth": "3"}}), b.id)
        w.must("pause", b.id)
        w.must("update", "-r", file(w, {"unified": {"cgroup.max.depth": "4"}}), b.id)
        w.must("resume", b.id)
    else:
        refused(w.crun("update", "--pids-limit", "5", b.id), "not using cgroups", "hint:")
    w.must("start", b.id)
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    refused(w.crun("update", b.id), "container not running")
    refused(w.crun("update", "--pids-limit", "5", b.id), "container not running")
    w.must("delete", b.id)


@case("hooks and kill read the changed configuration")
def read_again(w):
    out = w.directory("out")
    b = w.bundle().probe("pause")
    b.config["hooks"] = {"poststop": [{"path": "/bin/sh", "args": ["sh", "-c",
                                                                  f"echo ran >{out}/ran"]}]}
    b.detached()
    w.must("update", "-r", file(w, {"unified": {"cgroup.max.depth": "3"}}), b.id)
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    w.must("delete", b.id)
    equal(host.read(out + "/ran"), "ran\n", "hook")


BAD = (
    ("not a number", ["--memory", "12x"], 'option --memory: expected a whole number, found "12x"'),
    ("nothing", ["--pids-limit", ""], 'option --pids-limit: expected a whole number, found ""'),
    ("a fraction", ["--cpu-quota", "1.5"], "option --cpu-quota: expected a whole number"),
    ("more JSON", ["--pids-limit", '1,"x":2'], "option --pids-limit: expected a whole number"),
    ("too large", ["--memory", "9999999999g"], "option --memory: the number is too large"),
    ("below the range", ["--cpu-period", "5"],
     "option --cpu-period: expected 0 or 1000 to 1000000 microseconds, found 5"),
    ("above the range", ["--cpu-idle", "2"], "option --cpu-idle: "),
    ("a weight", ["--blkio-weight", "5"], "option --blkio-weight: expected 0 or a number from 10"),
    ("a list", ["--cpuset-cpus", "0x"], "option --cpuset-cpus: expected a list like 0-3,7"),
    ("swap without memory", ["--memory-swap", "5m"],
     "option --memory-swap: cannot set swap limit without the memory limit"),
    ("swap below memory", ["--memory", "6m", "--memory-swap", "5m"],
     "option --memory-swap: 5242880 is below the limit 6291456"),
    ("no resctrl group", ["--l3-cache-schema", "L3:0=f"], "has no linux.intelRdt"),
    ("no file", ["-r", "/no/such"], 'cannot read resources "/no/such": No such file or directory'),
    ("a directory", ["-r", "/"], 'cannot read resources "/": Is a directory'),
    ("an option", ["--no-such"], "unknown option"),
    ("an option without a value", ["--memory"], "flag needs an argument"),
)


@rows("refused", BAD, ROOT, USER)
def bad(w, words, text):
    with container(w) as (b, _):
        r = w.crun("update", *(words if words[-1] == "--memory" else (*words, b.id)))
        refused(r, text)
        equal(kept(w, b), None, "kept")


@rows("a file is refused", (
    ("no JSON", "{", ":1:2: syntax error"),
    ("empty", "", ":1:1: syntax error"),
    ("a list", "[]", "expected an object"),
    ("a wrong type", '{"pids":\n{"limit":"x"}}', ":2:10: pids.limit: expected a whole number"),
    ("twice", '{"pids":{"limit":1,"limit":2}}', ":1:20: pids.limit"),
    ("a file that moves processes", '{"unified":{"cgroup.procs":"1"}}', ":1:13: unified"),
    ("a path", '{"unified":{"../memory.max":"1"}}', ":1:13: unified"),
    ("a page size", '{"hugepageLimits":[{"pageSize":"2M","limit":1}]}', "hugepageLimits[0].pageSize"),
    ("a device rule", '{"devices":[{"allow":true,"access":"x"}]}', "devices[0].access"),
    ("no memory limit", '{"memory":{"swap":5}}',
     ":1:19: memory.swap: cannot set swap limit without the memory limit")))
def bad_file(w, text, part):
    with container(w) as (b, _):
        name = file(w, text)
        r = w.crun("update", "-r", name, b.id)
        refused(r, part)
        check(r.err.startswith(name), f"no name in {r}")
        equal(kept(w, b), None, "kept")


@case("engines' files: all of linux.resources, members of version 1, unknown ones, null")
def engines(w):
    full = {"devices": [{"allow": False, "access": "rwm"}], "memory": {}, "cpu": {"shares": 0},
            "pids": {"limit": -1}, "blockIO": {"weight": 0}, "unified": {}, "hugepageLimits": [],
            "network": {"classID": 0, "priorities": []}, "futureThing": {"a": [1]}}
    full["memory"] = {"limit": -1, "swap": -1, "kernel": 0, "swappiness": 0,
                      "disableOOMKiller": False}
    with container(w, {"devices": [{"allow": False, "access": "rwm"}]}) as (b, _):
        w.must("update", "--resources=" + file(w, full), b.id)
        w.must("update", "--resources", "-", b.id, data=json.dumps(full).encode())


@case("checkBeforeUpdate: a limit below what is in use is rejected")
def before(w):
    if not needs(w, "memory"):
        skip("no controller memory here")
    text = "busybox dd if=/dev/zero of=/tmp/x bs=1M count=32 2>/dev/null; exec sleep 1000"
    b = w.bundle().shell(text).mount("/tmp", "tmpfs", "tmpfs")
    b.linux["resources"] = {"memory": {"limit": 128 * MIB, "swap": 128 * MIB}}
    b.detached()
    path = next(p for p in host.cgroups(w.token) if p.endswith("/" + b.id))
    check(host.until(lambda: int(host.read(path + "/memory.current")) > 32 * MIB, 20), "not used")
    low = {"memory": {"limit": 16 * MIB, "swap": 16 * MIB, "checkBeforeUpdate": True}}
    refused(w.crun("update", "-r", file(w, low), b.id), "rejecting memory limit")
    low["memory"].update(limit=64 * MIB, swap=64 * MIB)
    w.must("update", "-r", file(w, low), b.id)
    compare(path, {"memory.max": str(64 * MIB), "memory.swap.max": "0"})
    equal(b.state()["status"], "running", "status")
    w.must("delete", "--force", b.id)


@case("a burst with a quota that allows it, in one step both up and down")
def burst(w):
    if not needs(w, "cpu"):
        skip("no controller cpu here")
    with container(w, {"cpu": {"quota": 50000, "burst": 40000}}) as (b, path):
        w.must("update", "--cpu-quota", "10000", "--cpu-burst", "5000", b.id)
        compare(path, {"cpu.max": "10000 100000", "cpu.max.burst": "5000"})
        w.must("update", "--cpu-quota", "90000", "--cpu-burst", "80000", b.id)
        compare(path, {"cpu.max": "90000 100000", "cpu.max.burst": "80000"})
        refused(w.crun("update", "--cpu-quota", "20000", b.id), "is above the quota")
        compare(path, {"cpu.max": "90000 100000", "cpu.max.burst": "80000"})


@case("a failure in the middle: what was written before is restored")
def middle(w):
    if not (needs(w, "pids") and needs(w, "memory") and needs(w, "cpu")):
        skip("no controllers here")
    with container(w, {"pids": {"limit": 50}, "cpu": {"shares": 512}}) as (b, path):
        files = ("pids.max", "memory.max", "memory.low", "cpu.weight", "cpu.idle", "cpu.max")
        before_ = [host.read(f"{path}/{f}") for f in files]
        asked = {"pids": {"limit": 9}, "memory": {"limit": 64 * MIB, "reservation": MIB},
                 "cpu": {"idle": 1, "quota": 30000}, "unified": {"cpu.weight.nice": "99"}}
        refused(w.crun("update", "-r", file(w, asked), b.id), "unified.cpu.weight.nice: cannot set")
        equal([host.read(f"{path}/{f}") for f in files], before_, "files")
        equal(kept(w, b), None, "kept")


@case("idle and back: the shares are what they were")
def idle(w):
    if not needs(w, "cpu"):
        skip("no controller cpu here")
    with container(w, {"cpu": {"shares": 512}}) as (b, path):
        w.must("update", "--cpu-idle", "1", b.id)
        compare(path, {"cpu.idle": "1"})
        w.must("update", "--cpu-idle", "0", b.id)
        compare(path, {"cpu.idle": "0", "cpu.weight": "59"})
        w.must("update", "--cpu-idle", "1", b.id)
        w.must("update", "--cpu-share", "1024", b.id)
        compare(path, {"cpu.idle": "0", "cpu.weight": "100"})


@case("throttles of devices, one after the other")
def throttles(w):
    if not needs(w, "io"):
        skip("no controller io here")
    major, minor = disk.any_disk()
    number = {"major": major, "minor": minor}
    with container(w) as (b, path):
        for member, rate in (("throttleReadBpsDevice", 1 << 20), ("throttleWriteIOPSDevice", 99)):
            w.must("update", "-r", file(w, {"blockIO": {member: [{**number, "rate": rate}]}}), b.id)
        compare(path, {"io.max": f"{major}:{minor} rbps=1048576 wbps=max riops=max wiops=99"})
        equal(sorted(kept(w, b)["blockIO"]), ["throttleReadBpsDevice", "throttleWriteIOPSDevice"],
              "kept")
