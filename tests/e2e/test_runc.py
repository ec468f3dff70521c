"""The same configuration run by runc: what the program sees is the same, but for a list."""

import json
import os
import re
import shutil

from lib import seen
from lib.suite import Failure, check, rows, same, skip

# What differs on purpose: (part, key) -> why.
INTENDED = {
    ("devices", "core"): "runc leaves the link out where the host has no /proc/kcore; "
                         "a link to nothing harms nobody",
}
# Compared by being masked, not by their options: a mask of ours is read-only and nosuid, so that
# nobody reaches the mode of the host's null through it, and an empty directory noexec too.
MASKS = ("/proc/acpi", "/proc/asound", "/proc/scsi", "/sys/firmware")


def plain(w):
    return w.bundle()


def with_user(w):
    b = w.bundle()
    b.process["user"] = {"uid": 1000, "gid": 1001, "additionalGids": [5, 7], "umask": 0o27}
    b.process["cwd"] = "/tmp"
    return b.caps("KILL", "CHOWN", ambient=["KILL"], inheritable=["KILL"])


def with_mounts(w):
    b = w.bundle()
    source = w.directory("source")
    b.bind(source, "/a", "bind", "ro", "nosuid")
    b.bind(source, "/b", "rbind", "nodev", "noexec", "noatime", "rprivate")
    b.bind(source, "/c", "bind", "rw", "strictatime")
    b.mount("/t", "tmpfs", "tmpfs", "size=1m", "mode=1770", "nosuid", "noexec")
    b.config["root"]["readonly"] = True
    return b


def with_devices(w):
    b = w.bundle()
    b.linux["devices"] = [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229,
                           "fileMode": 0o660, "uid": 7, "gid": 8}]
    b.linux["resources"]["devices"].append(
        {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rwm"})
    return b


def with_limits(w):
    b = w.bundle()
    b.process["rlimits"] += [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
                             {"type": "RLIMIT_STACK", "soft": 1 << 20, "hard": 8 << 20}]
    b.process["oomScoreAdj"] = 200
    b.linux["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4444"}
    return b


def with_seccomp(w):
    b = w.bundle()
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW",
                          "architectures": ["SCMP_ARCH_X86_64"],
                          "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    return b


def with_fewer_namespaces(w):
    b = w.bundle()
    for kind in ("ipc", "uts", "cgroup"):
        b.namespace(kind, False)
    b.config.pop("hostname")
    b.config["mounts"] = [m for m in b.config["mounts"] if m["type"] not in ("mqueue", "cgroup")]
    return b


def mounts(view):
    out = {}
    for point, m in seen.mounts(view).items():
        masked = point in MASKS or point.startswith("/proc/") and m.root == "/null"
        flags = "masked" if masked else " ".join(sorted(m.options))
        out[point] = (m.type if not masked else "", flags, m.propagation != "")
    return out


def supers(view):
    return {m.point: sorted(o for o in m.super if re.match(r"(mode|gid|ptmxmode)=", o))
            for m in seen.mounts(view).values() if m.type in ("tmpfs", "devpts") and
            m.root == "/" and m.point not in MASKS}


def devices(view):
    return seen.devices(view)


def environment(view):
    return dict.fromkeys(view["env"])


def namespaces(view):
    """Which are the caller's."""
    return {k: v == os.readlink(f"/proc/self/ns/{k}") for k, v in view["ns"].items()}


def limits(view):
    return dict(zip(seen.RLIMITS, map(tuple, view["rlimits"])))


def files(view):
    return {k: view["files"][k] for k in
            ("/proc/self/oom_score_adj", "/proc/self/uid_map", "/proc/self/gid_map",
             "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax")}


def ids(view):
    out = {k: view[k] for k in "uids gids pid ppid sid pgid umask cwd securebits hostname".split()}
    out["groups"] = sorted(view["groups"])
    return out


def process(view):
    s = seen.status(view)
    return {k: s[k] for k in "NoNewPrivs Seccomp Seccomp_filters SigBlk SigIgn SigCgt".split()
            if k in s}


def descriptors(view):
    return {k: v["type"] for k, v in view["fds"].items()}


PARTS = (mounts, supers, devices, environment, namespaces, limits, files, ids, process,
         seen.capabilities, descriptors)
CONFIGS = [(f.__name__.replace("_", " "), f) for f in
           (plain, with_user, with_mounts, with_devices, with_limits, with_seccomp,
            with_fewer_namespaces)]


def runc(w, b):
    if shutil.which("runc") is None:
        skip("no runc here")
    state = w.directory("runc")
    b.write()
    r = w.command(["runc", "--root", state, "run", "--bundle", b.path, b.id])
    if r.status != 0:
        w.command(["runc", "--root", state, "delete", "--force", b.id])
        skip("runc cannot run this here: " + r.err.strip().replace("\n", " | ")[-300:])
    return json.loads(r.out)


def expected(part, view):
    return {k: v for k, v in part(view).items() if (part.__name__, k) not in INTENDED}


@rows("as runc", CONFIGS)
def as_runc(w, make):
    b = make(w)
    asked = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax")
    ours = b.view(*asked)
    theirs = runc(w, b)
    wrong = []
    for part in PARTS:
        try:
            same(expected(part, ours), expected(part, theirs), part.__name__)
        except Failure as what:
            wrong.append(str(what))
    check(not wrong, "\n".join(wrong))
