"""What a program sees of namespaces, ids, rights, limits and itself, against the configuration."""

import errno
import json
import os
import resource
import signal
import time

from lib import host, kernel, seen, user
from lib.bundle import template
from lib.suite import ROOT, USER, case, check, equal, rows, same, skip

KINDS = {"pid": "pid", "network": "net", "ipc": "ipc", "uts": "uts", "mount": "mnt",
         "cgroup": "cgroup", "user": "user", "time": "time"}


def all_namespaces(b):
    """All eight new; the ids of root mapped to ones far from the host's."""
    b.namespace("time")
    if b.world.uid is None and os.getuid() == 0:
        b.namespace("user")
        for side in ("uidMappings", "gidMappings"):
            b.linux[side] = [{"containerID": 0, "hostID": 0, "size": 1},
                             {"containerID": 1, "hostID": 300001, "size": 1000}]
    return b


@case("all eight namespaces are new", ROOT, USER)
def eight_namespaces(w):
    v = all_namespaces(w.bundle()).view()
    for kind, name in KINDS.items():
        here = os.readlink(f"/proc/self/ns/{name}")
        check(v["ns"][name] not in ("", here), f"{kind}: {v['ns'][name]}, here {here}")


@case("namespaces that are not listed are the caller's")
def shared_namespaces(w):
    b = w.bundle()
    b.linux["namespaces"] = [{"type": "mount"}, {"type": "pid"}]
    b.config["mounts"] = [m for m in b.config["mounts"] if m["type"] not in ("sysfs", "cgroup")]
    b.config.pop("hostname")
    v = b.view()
    for kind, name in KINDS.items():
        here = os.readlink(f"/proc/self/ns/{name}")
        equal(v["ns"][name] == here, kind not in ("mount", "pid"), f"{kind} is the caller's")


@case("time offsets")
def time_offsets(w):
    b = w.bundle().namespace("time")
    b.linux["timeOffsets"] = {"monotonic": {"secs": 86400, "nanosecs": 5},
                              "boottime": {"secs": 864000}}
    v = b.view()
    check(abs(v["boottime"] - 864000 - time.clock_gettime(time.CLOCK_BOOTTIME)) < 20,
          f"boottime {v['boottime']}")
    check(abs(v["monotonic"] - 86400 - time.clock_gettime(time.CLOCK_MONOTONIC)) < 20,
          f"monotonic {v['monotonic']}")


@case("it is process 1 of its own session", ROOT, USER)
def process_one(w):
    v = w.bundle().view()
    for name, want in (("pid", 1), ("ppid", 0), ("sid", 1), ("pgid", 1), ("dumpable", 1),
                       ("personality", 0)):
        equal(v[name], want, name)
    equal(seen.status(v)["NSpid"], "1", "NSpid")


@case("id maps of a user namespace")
def id_maps(w):
    b = all_namespaces(w.bundle())
    v = b.view()
    for name, side in (("uid_map", "uidMappings"), ("gid_map", "gidMappings")):
        rows_ = [tuple(map(int, line.split()))
                 for line in v["files"]["/proc/self/" + name].splitlines()]
        equal(rows_, [(m["containerID"], m["hostID"], m["size"]) for m in b.linux[side]], name)
    equal(v["uids"], [0, 0, 0], "uids")


@case("a plain user's container has the whole subordinate range", USER)
def subordinate_range(w):
    if not user.subordinate_ids(w):
        skip("no newuidmap, or no subordinate ids for this user")
    v = w.bundle().view()
    lines = [line.split() for line in v["files"]["/proc/self/uid_map"].splitlines()]
    equal(lines[0], ["0", str(w.uid if w.uid is not None else os.getuid()), "1"], "first line")
    equal(lines[1:], [["1", *map(str, user.subordinate_ids(w))]], "second line")


@case("a plain user without subordinate ids has one id", USER)
def single_id(w):
    if w.uid is None:
        skip("needs root, to take the subordinate ids away")
    b = w.bundle()
    b.mounted("/dev/pts")["options"].remove("gid=5")
    v = b.view(before=user.without_subordinate_ids)
    equal(v["files"]["/proc/self/uid_map"].split(), ["0", str(w.uid), "1"], "uid_map")
    equal(v["files"]["/proc/self/setgroups"].strip(), "deny", "setgroups")
    equal(v["uids"], [0, 0, 0], "uids")


@case("crun-lite spec --rootless runs as it is", USER)
def spec_rootless(w):
    b = w.bundle()
    config = template(w, "--rootless")
    config["process"].update(terminal=False, args=["/bin/probe", "view"])
    config["process"]["env"].append(f"CRUN_LITE_E2E={w.token}")
    config["annotations"] = {}
    b.config, b.process, b.linux = config, config["process"], config["linux"]
    equal(b.view()["uids"], [0, 0, 0], "uids")


USERS = (
    ("root", {"uid": 0, "gid": 0}),
    ("another", {"uid": 1000, "gid": 1001}),
    ("groups", {"uid": 1000, "gid": 1000, "additionalGids": [5, 7, 1234]}),
    ("groups, one twice", {"uid": 7, "gid": 8, "additionalGids": [8, 5, 5, 1234, 5]}),
    ("groups of root", {"uid": 0, "gid": 0, "additionalGids": [10, 0, 10]}),
    ("large", {"uid": 4294967294, "gid": 4294967294}),
)


@rows("user", USERS)
def ids(w, who):
    b = w.bundle()
    b.process["user"] = who
    v = b.view(before=lambda: os.setgroups([0, 4, 27, 999]))
    equal(v["uids"], [who["uid"]] * 3, "uids")
    equal(v["gids"], [who["gid"]] * 3, "gids")
    equal(sorted(set(v["groups"])), sorted(set(who.get("additionalGids", []))), "groups")


@case("a user of the container's own range", USER)
def rootless_user(w):
    if not user.subordinate_ids(w):
        skip("no newuidmap, or no subordinate ids for this user")
    b = w.bundle()
    b.process["user"] = {"uid": 1000, "gid": 1001, "additionalGids": [5, 9]}
    v = b.view()
    equal((v["uids"], v["gids"], sorted(v["groups"])), ([1000] * 3, [1001] * 3, [5, 9]), "ids")


ONE, TWO = ["CAP_KILL"], ["CAP_KILL", "CAP_CHOWN"]
SETS = (
    ("none at all", 0, None),
    ("empty object", 0, {}),
    ("as spec writes them", 0, "spec"),
    ("bounding only", 0, {"bounding": TWO}),
    ("permitted above effective", 0, {"bounding": TWO, "permitted": TWO, "effective": ONE}),
    ("inheritable", 0, {"bounding": TWO, "permitted": TWO, "effective": TWO, "inheritable": ONE}),
    ("ambient", 0, {"bounding": TWO, "permitted": TWO, "effective": TWO, "inheritable": ONE,
                    "ambient": ONE}),
    ("user, ambient", 1000, {"bounding": TWO, "permitted": TWO, "effective": TWO,
                             "inheritable": TWO, "ambient": TWO}),
    ("user, all five different", 1000, {
        "bounding": ["CAP_KILL", "CAP_CHOWN", "CAP_MKNOD", "CAP_SYS_CHROOT"],
        "permitted": ["CAP_KILL", "CAP_CHOWN", "CAP_MKNOD"], "effective": ["CAP_KILL"],
        "inheritable": ["CAP_KILL", "CAP_CHOWN"], "ambient": ["CAP_KILL"]}),
    ("all that the caller has", 0, "all"),
)


def after_exec(sets, uid):
    """The five sets after execve with no_new_privs of an ordinary file: capabilities(7)."""
    p, i, bnd, amb = (sets[k] for k in ("permitted", "inheritable", "bounding", "ambient"))
    if uid == 0:
        p &= i | bnd
        return {"effective": p, "permitted": p, "inheritable": i, "bounding": bnd,
                "ambient": amb}
    return {"effective": amb, "permitted": amb, "inheritable": i, "bounding": bnd, "ambient": amb}


@rows("capability sets", SETS, ROOT, USER)
def capability_sets(w, uid, sets):
    if uid != 0 and not w.root_ids and not user.subordinate_ids(w):
        skip("no subordinate ids")
    b = w.bundle()
    b.process["user"] = {"uid": uid, "gid": uid}
    if sets is None:
        b.process.pop("capabilities")
    elif sets == "all":
        have = int(next(line.split()[1] for line in host.read("/proc/self/status").splitlines()
                        if line.startswith("CapBnd")), 16)
        b.caps(*(c for i, c in enumerate(seen.CAPABILITIES) if not w.root_ids or have >> i & 1))
    elif sets != "spec":
        b.process["capabilities"] = sets
    v = b.view()
    same(seen.capabilities(v), after_exec(seen.capabilities_of(b.config), uid), "capabilities")
    equal(v["securebits"], 0, "securebits")


@rows("no_new_privs", (("on", True), ("off", False)), ROOT, USER)
def no_new_privs(w, value):
    b = w.bundle()
    b.process["noNewPrivileges"] = value
    equal(seen.status(b.view())["NoNewPrivs"], str(int(value)), "NoNewPrivs")


@case("no seccomp filter when none is asked for", ROOT, USER)
def no_seccomp(w):
    s = seen.status(w.bundle().view())
    equal((s["Seccomp"], s.get("Seccomp_filters", "0")), ("0", "0"), "seccomp")


@rows("seccomp", (("with no_new_privs", True), ("without", False)), ROOT, USER)
def seccomp(w, no_new):
    b = w.bundle()
    b.process["noNewPrivileges"] = no_new
    b.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 88},
                     {"names": ["sethostname"], "action": "SCMP_ACT_ERRNO"}]}
    s = seen.status(b.view())
    equal((s["Seccomp"], s.get("Seccomp_filters", "1")), ("2", "1"), "seccomp")
    equal(b.tries(["mkdir", "/tmp/x"], ["sethostname", "x"], ["chmod", "/tmp", "1777"]),
          [88, errno.EPERM, 0], "errno")


@rows("seccomp: a program may be kept from the calls of a start", (
    ("unknown", errno.ENOSYS), ("forbidden", errno.EPERM)), ROOT, USER)
def seccomp_calls(w, code):
    b = w.bundle()
    b.process["noNewPrivileges"] = False
    b.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
        "syscalls": [{"names": ["close_range", "fsopen", "fsconfig", "fspick", "openat2", "open_tree",
                                "move_mount", "mount_setattr", "clone3", "pidfd_open", "statx",
                                "faccessat2"],
                      "action": "SCMP_ACT_ERRNO", "errnoRet": code}]}
    equal(b.shell("ls /proc/self/fd | wc -l").must().out.strip(), "4", "descriptors, with ls's own")


@case("seccomp: kill ends with 128 + SIGSYS")
def seccomp_kill(w):
    b = w.bundle()
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}
    b.probe("try", "mkdir", "/tmp/x").must(status=128 + 31)


@case("rlimits", ROOT, USER)
def rlimits(w):
    b = w.bundle()
    asked = {"NOFILE": (512, 1024), "CORE": (0, 0), "STACK": (4 << 20, 8 << 20), "FSIZE": (9, 10**9),
             "NPROC": (50, 60), "SIGPENDING": (100, 200), "MSGQUEUE": (4096, 8192)}
    b.process["rlimits"] = [{"type": f"RLIMIT_{n}", "soft": s, "hard": h}
                            for n, (s, h) in asked.items() if n != "FSIZE"]
    v = b.view()
    got = dict(zip(seen.RLIMITS, map(tuple, v["rlimits"])))
    for name, want in asked.items():
        if name != "FSIZE":
            equal(got[name], want, name)


@case("rlimits that are not asked for are the caller's")
def other_rlimits(w):
    b = w.bundle()
    v = b.view(before=lambda: resource.setrlimit(resource.RLIMIT_CPU, (7000, 8000)))
    got = dict(zip(seen.RLIMITS, map(tuple, v["rlimits"])))
    equal(got["CPU"], (7000, 8000), "CPU")
    equal(got["NOFILE"], (1024, 1024), "NOFILE")


@rows("umask", (("default", None, 0o022), ("027", 0o27, 0o27), ("0", 0, 0)), ROOT, USER)
def umask(w, asked, want):
    b = w.bundle()
    if asked is not None:
        b.process["user"]["umask"] = asked
    equal(b.view(before=lambda: os.umask(0o777))["umask"], want, "umask")


@rows("environment", (
    ("HOME is added", ["A=1", "B=", "C=x=y"], 0, ["HOME=/"]),
    ("HOME of passwd", ["A=1"], 1000, ["HOME=/srv/someone"]),
    ("HOME as given", ["HOME=/mine", "A=\u00e4 \"'\\"], 0, []),
    ("PATH is not added", [], 0, ["HOME=/"]),
    ("HOME of passwd for an empty one", ["A=1", "HOME="], 1000, ["HOME=/srv/someone"], ["HOME="]),
    ("HOME is / for an empty one", ["HOME=", "A=1"], 0, ["HOME=/"], ["HOME="]),
    ("HOME of a user whom passwd has not", [], 77, ["HOME=/"]),
    ("the last of a name wins", ["A=1", "AB=3", "A=2", "B=", "B=4", "HOME=/x", "HOME=/y"], 0, [],
     ["A=1", "B=", "HOME=/x"]),
    ("one without = is left out", ["A=1", "NOTHING"], 0, ["HOME=/"], ["NOTHING"]),
))
def environment(w, env, uid, more, less=()):
    b = w.bundle()
    with open(b.file("/etc/passwd"), "w", encoding="utf-8") as f:
        f.write("bad line\nsomeone:x:1000:1000::/srv/someone:/bin/sh\n")
    b.process["user"] = {"uid": uid, "gid": uid}
    b.process["env"] = env
    got = b.view(env=w.environment(MARKER="leak", LD_PRELOAD="/x", LISTEN_FDS="0"))["env"]
    want = [s.encode().decode("latin-1") for s in env + more if s not in less]
    equal(sorted(got), sorted(want), "environment")


@rows("cwd", (("there", "/tmp"), ("missing, made", "/made/of/three"), ("root", "/")), ROOT, USER)
def cwd(w, path):
    b = w.bundle()
    b.process["cwd"] = path
    equal(b.view()["cwd"], path, "cwd")


@case("cwd of another user's: entered as that user")
def cwd_of_user(w):
    b = w.bundle()
    b.process["user"] = {"uid": 1000, "gid": 1000}
    b.process["cwd"] = "/srv/mine"
    os.makedirs(b.file("/srv/mine"), 0o700)
    os.chown(b.file("/srv/mine"), 1000, 1000)
    os.chmod(b.file("/srv/mine"), 0o700)
    equal(b.view()["cwd"], "/srv/mine", "cwd")


@case("host name and domain name", ROOT, USER)
def names(w):
    b = w.bundle()
    b.config.update(hostname="box-1.example", domainname="example.org")
    before = os.uname().nodename
    v = b.view()
    equal((v["hostname"], v["domainname"]), ("box-1.example", "example.org"), "names")
    equal(os.uname().nodename, before, "the host's name")


@case("sysctls", ROOT, USER)
def sysctls(w):
    b = w.bundle()
    asked = {"net.ipv4.ip_forward": "1", "net.ipv4.ping_group_range": "0 0",
             "net.core.somaxconn": "77", "kernel.shmmax": "123456", "kernel.msgmax": "4444",
             "fs.mqueue.msg_max": "20", "kernel.shm_rmid_forced": "1"}
    b.linux["sysctl"] = asked
    files = ["/proc/sys/" + k.replace(".", "/") for k in asked]
    got = b.view(*files)["files"]
    for name, want in asked.items():
        path = "/proc/sys/" + name.replace(".", "/")
        equal(got[path].split(), want.split(), name)


@rows("oomScoreAdj", (("as asked", 123, 123), ("the caller's", None, 77)), ROOT, USER)
def oom_score(w, asked, want):
    with open("/proc/self/oom_score_adj", encoding="ascii") as f:
        ours = int(f.read())  # only root may go below it

    def set_own():
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as f:
            f.write(str(ours + 77))

    b = w.bundle()
    if asked is not None:
        b.process["oomScoreAdj"] = ours + asked
    equal(b.view(before=set_own)["files"]["/proc/self/oom_score_adj"].strip(), str(ours + want),
          "score")


@case("signals: nothing blocked, ignored or caught, whatever the caller does", ROOT, USER)
def signal_masks(w):
    def odd():
        signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 65)) - {9, 19, 32, 33})
        for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGHUP, signal.SIGINT,
                       signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)

    s = seen.status(w.bundle().view(before=odd))
    for name in ("SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd"):
        equal(int(s[name], 16), 0, name)


@case("only the loopback interface, and it is up")
def loopback(w):
    v = w.bundle().view("/sys/class/net/lo/flags")
    lines = v["files"]["/proc/net/dev"].splitlines()[2:]
    equal([line.split(":")[0].strip() for line in lines], ["lo"], "interfaces")
    equal(int(v["files"]["/sys/class/net/lo/flags"], 16) & 1, 1, "flags")


@case("a program found by PATH, arguments as given", ROOT, USER)
def arguments(w):
    b = w.bundle().args("probe", "view", "/a b", "", "\u00e4")
    r = b.must()
    equal(json.loads(r.out)["argv"], ["/a b", "", "\u00c3\u00a4"], "argv")


@case("a script with an interpreter", ROOT, USER)
def script(w):
    b = w.bundle().args("/run.sh", "x")
    with open(b.file("/run.sh"), "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\necho \"$0 $1\"; exit 3\n")
    os.chmod(b.file("/run.sh"), 0o755)
    equal(b.must(status=3).out, "/run.sh x\n", "output")


@case("the caller's keyring is out of reach")
def keyring(w):
    equal(w.bundle().shell("cat /proc/keys").must().out, "", "/proc/keys is masked")
    b = w.bundle()
    b.linux["maskedPaths"] = []
    v = b.view("/proc/keys")
    if v["session_keyring"] < 0:
        skip("this kernel has no keyrings")
    check(v["session_keyring"] != kernel.session_keyring(), "it is the caller's")
    names = [line.split()[8] for line in v["files"]["/proc/keys"].splitlines()
             if int(line.split()[0], 16) == v["session_keyring"]]
    equal(names, ["_ses:"], "name of the session keyring")
