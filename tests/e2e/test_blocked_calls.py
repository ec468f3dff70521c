"""Kernels that lack a call, or policies that forbid it: a container as ever, or a clear error.

Never a weaker container: what the program inside sees is compared with what it sees otherwise.
"""

import errno
import json
import os

from lib import blocked, kernel, seen
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same

NEWEST = [c for c in blocked.CALLS if c != "mount"]
TRIES = [["mknod", "/tmp/disk", "8", "0"], ["openw", "/proc/sys/kernel/core_pattern"],
         ["openw", "/proc/kcore"], ["mkdir", "/sys/x"], ["openw", "/dev/null"],
         ["mkdir", "/sys/fs/cgroup/x"]]


def guarded(w):
    """A container with what a filter of calls could take away: its own filter, limits, masks."""
    b = w.bundle().caps("MKNOD", "KILL")
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7}]}
    b.bind(w.directory("source"), "/mnt/volume", "bind", "ro", "nosuid", "nodev")
    return b


def protection(view):
    """What protects, without what differs from one container to the next."""
    s = seen.status(view)
    names = "Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp".split()
    return {
        **{name: s[name] for name in names},
        **{point: (m.type, tuple(sorted(m.options)), m.propagation)
           for point, m in seen.mounts(view).items()},
        "fds": sorted(view["fds"]) if "fds" in view else None,
    }


def tried(b, **more):
    words = []
    for call in TRIES:
        words += (["--"] if words else []) + call
    b.probe("try", *words)
    return b.run(**more)


def run_blocked(w, before, names):
    """An error that says what it could not do and why, or a container as strong as ever."""
    b = guarded(w)
    plain = protection(b.view())
    plain_tries = tried(b).out
    plain["Seccomp"] = "2"
    r = b.probe("view").run(before=before)
    if r.status == 0:
        equal(r.err, "", "standard error of a run that did without")
        same(protection(json.loads(r.out)), plain, f"protection without {names}")
        equal(tried(b, before=before).out, plain_tries, f"tries without {names}")
        return r
    equal(r.status, 1, f"status of {r}")
    lines = r.err.splitlines()
    check(len(lines) in (1, 2), f"lines of {r}")
    check(any(os.strerror(n) in lines[0] for n in (errno.ENOSYS, errno.EPERM)), f"words of {r}")
    check(len(lines) == 1 or lines[1].startswith("  hint: "), f"hint of {r}")
    return r


@rows("a call that is answered", [(f"{c} {e}", c, e) for c in NEWEST for e in ("ENOSYS", "EPERM")],
      ROOT, USER)
def one_call(w, call, error):
    r = run_blocked(w, blocked.answering(error, call), call)
    if r.status != 0 and error == "ENOSYS":
        holds(r.err, call, "message")


@rows("all new calls at once", (("ENOSYS", "ENOSYS"), ("EPERM", "EPERM")), ROOT, USER)
def all_calls(w, error):
    equal(run_blocked(w, blocked.answering(error, *NEWEST), "all").status, 1, "status")


@rows("calls that a start can do without", [(c, c) for c in (
    "open_tree_attr", "statx", "landlock_restrict_self")], ROOT, USER)
def needless(w, call):
    equal(run_blocked(w, blocked.answering("ENOSYS", call), call).status, 0, "status")


@case("an older kernel: the same container without mount_setattr", ROOT, USER)
def without_setattr(w):
    """The program is given a copy that is read-only by its mount or in memory, as there."""
    lacking = blocked.answering("ENOSYS", "mount_setattr", "open_tree_attr")
    equal(run_blocked(w, blocked.old_kernel(lacking), "mount_setattr").status, 0, "status")


@case("an older kernel: close_range knows no flag", ROOT, USER)
def without_cloexec(w):
    lacking = blocked.knowing_no_flag("close_range", 2)
    leaked = os.open("/", os.O_RDONLY)

    def leak():
        os.dup2(leaked, 9)
        os.set_inheritable(9, True)
        lacking()

    r = w.bundle().shell("for f in /proc/self/fd/*; do echo ${f##*/}; done").must(
        before=leak, close_fds=False)
    os.close(leaked)
    equal([n for n in r.out.split() if int(n) > 3], [], "descriptors")  # 3 is the shell's own


FLAGS = (
    ("ro",), ("nosuid", "nodev", "noexec"), ("ro", "nosymfollow"), ("noatime",), ("strictatime",),
    ("nodiratime", "relatime"), ("rshared",), ("rslave", "ro"), ("private",), ("unbindable",),
)


@rows("an older kernel: flags of a bind", [(",".join(f), f) for f in FLAGS])
def old_flags(w, options):
    source = w.directory("source")
    b = w.bundle().bind(source, "/mnt/a", "bind", "nosuid", "noexec")
    b.bind("/proc", "/mnt/proc", "rbind")
    b.mount("/mnt/t", "tmpfs", "tmpfs", "nodev")
    for place in ("/mnt/b", "/mnt/c/d"):
        b.bind(source, place, "bind", *options)
    if not set(options) & {"rshared", "rslave", "private", "unbindable"}:
        b.mount("/mnt/a", "bind", "", "remount", "bind", "dev", "suid", *options)
    new = b.view()
    old = b.view(before=blocked.old_kernel(blocked.answering("ENOSYS", "mount_setattr",
                                                             "open_tree_attr")))
    for view in (new, old):
        for m in seen.mounts(view).values():  # numbers of peer groups
            view.setdefault("flags", []).append(
                (m.point, sorted(m.options), [t.split(":")[0] for t in m.propagation.split()]))
    equal(sorted(old["flags"]), sorted(new["flags"]), "flags")


@case("an older kernel: what needs a newer one is refused with its name")
def old_refused(w):
    source = w.directory("source")
    ids = [{"containerID": 0, "hostID": 1000, "size": 10}]
    for options, maps, word in (
            (("rbind", "rro"), {}, "rro"),
            (("bind",), {"uidMappings": ids, "gidMappings": ids}, "map the ids")):
        b = w.bundle().bind(source, "/mnt/a", *options)
        b.mounted("/mnt/a").update(maps)
        r = b.run(before=blocked.old_kernel())
        equal(r.status, 1, f"status of {r}")
        holds(r.err, word, "message")
        holds(r.err, "Linux 5.12", "hint")


@case("an older kernel: an overlay in a user namespace is refused", USER)
def old_overlay(w):
    b = w.bundle().probe("exit", "0")
    b.config["annotations"] = {"org.crun-lite.overlay.fuse": "false"}
    r = b.run("--overlay", before=blocked.old_kernel())
    equal(r.status, 1, f"status of {r}")
    holds(r.err, "Linux 5.11", "hint")


@case("an older kernel: an overlay whose layers come in one string")
def old_overlay_root(w):
    b = w.bundle().shell("echo new >/etc/new && cat /etc/new")
    r = b.must("--overlay", before=blocked.old_kernel())
    equal(r.out, "new\n", "output")
    check(not os.path.exists(b.file("/etc/new")), "written to the image")


@case("what is blocked in a container stays blocked: no filter of ours takes another's away")
def stacked(w):
    b = guarded(w).shell("busybox hostname x; busybox mount -t tmpfs x /tmp; true")
    r = b.run(before=blocked.answering("EPERM", "keyctl"))
    check(r.status in (0, 1), f"{r}")
    equal(kernel.MS_BIND, 4096)
