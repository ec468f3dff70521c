"""Attacks on what the kernel makes up: /proc, /sys, the cgroup tree; and what is written there.

The ids are those of docs/attacks.md.
"""

import errno
import os
import time

from lib import host, kernel, seen
from lib.canary import Canary
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip


def stand_in(w, *files):
    """A directory like a part of /proc, with files of known content; and what is in them."""
    top = w.directory("fake")
    for name in files:
        full = os.path.join(top, name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="ascii") as f:
            f.write("stand-in")
        for path in (os.path.dirname(full), full):
            w.own(path)
    return top, {name: "stand-in" for name in files}


def content(top, files):
    return {name: host.read(os.path.join(top, name)) for name in files}


FAKES = "self/attr/exec self/attr/current thread-self/attr/exec sys/kernel/core_pattern " \
        "sys/net/ipv4/ip_unprivileged_port_start self/oom_score_adj self/uid_map".split()
COVERS = ("/proc", "/proc/", "/proc/self", "/proc/self/attr", "/proc/1", "/proc/sys",
          "/proc/sys/net/ipv4", "/proc/sysrq-trigger", "/tmp/../proc", "/proc/../proc",
          "/tmp/./../proc/sys", "/link", "/link/sys")


@rows("A12 A14 something else over /proc or a part of it is refused",
      [(f"{kind}, {c}", c, kind) for c in COVERS for kind in ("bind", "tmpfs")], ROOT, USER)
def fake_proc(w, place, kind):
    b = w.bundle()
    top, want = stand_in(w, *FAKES)
    os.symlink("proc", b.file("link"))
    b.linux["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": "7"}
    b.process["oomScoreAdj"] = 500
    if kind == "bind":
        b.bind(top, place, "bind")
    else:
        b.mount(place, "tmpfs", "tmpfs")
    b.shell("busybox ls -A /proc")
    r = b.run()
    covers = kind == "tmpfs" and place.rstrip("/") == "/proc"  # all of it may be hidden, by nothing
    equal((r.status, r.out), (0 if covers else 1, ""), f"status and output of {r}")
    if not covers:
        holds(r.err, "mounts[", "message")
        check(r.err.count("\n") <= 2, f"message {r.err!r}")
    same(content(top, want), want, "what is in the place of kernel files")


@rows("A14 a volume that holds /proc leads writes nowhere else",
      (("in the root", "proc"), ("the root's own link", "link")), ROOT, USER)
def proc_in_volume(w, how):
    """What is written is the kernel's own file, whatever the volume has at these names."""
    b = w.bundle()
    top, want = stand_in(w, *FAKES)
    b.linux["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": "7"}
    b.process["oomScoreAdj"] = 500
    os.rmdir(b.file("proc"))
    if how == "proc":
        os.rename(top, b.file("proc"))
        top = b.file("proc")
    else:
        os.symlink(top, b.file("proc"))
    b.shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/self/oom_score_adj")
    r = b.run()
    want_out = (0, "7\n500\n") if how == "proc" else (1, "")
    equal((r.status, r.out), want_out, f"status and output of {r}")
    same(content(top, want), want, "what is in the place of kernel files")


def covered(*pairs):
    """For a `before`: the host's /proc has these files or directories in places of its own."""

    def before():
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        for source, place in pairs:
            kernel.bind(source, place)

    return before


SYSCTL = "sys/net/ipv4/ip_unprivileged_port_start"


@rows("A14 R33 the caller's own /proc is not the kernel's", (
    ("all of it", ""), ("a file", SYSCTL), ("a directory", "sys/net"), ("all of sys", "sys")),
      ROOT, USER)
def covered_proc(w, part):
    if os.getuid() != 0:
        skip("only root can cover a part of /proc")
    b = w.bundle()
    top, want = stand_in(w, *FAKES)
    b.linux["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": "7"}
    b.process["oomScoreAdj"] = 500
    b.shell("cat /proc/" + SYSCTL)
    r = b.run(before=covered((os.path.join(top, part), os.path.join("/proc", part))))
    same(content(top, want), want, "what is in the place of kernel files")
    check(r.status == 1 or r.out == "7\n", f"{r}")
    if r.status == 1:
        check(r.out == "" and r.err.count("\n") <= 2, f"message {r.err!r}")


# --- what is hidden and what is read-only -----------------------------------------------------

HIDDEN = "kcore keys latency_stats timer_list timer_stats sched_debug".split()
WRITABLE = """sys/kernel/core_pattern sys/kernel/modprobe sys/vm/drop_caches sys/kernel/hotplug
sys/fs/binfmt_misc/register sysrq-trigger irq/default_smp_affinity fs/nfsd/threads""".split()
OF_SYS = """kernel/uevent_helper kernel/mm/transparent_hugepage/enabled kernel/mm/ksm/run
class/net/lo/mtu power/state module/kernel/parameters/panic kernel/profiling""".split()
NO = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT}


@rows("A17 D18-D24 the kernel's files", (
    ("plain", []), ("network namespace of the host", ["network"]),
    ("no network, no cgroup namespace", ["network", "cgroup"])), ROOT, USER)
def kernel_files(w, without):
    """Masked ones are empty, the others cannot be written; no mask can be taken off."""
    b = w.bundle()
    for kind in without:
        b.namespace(kind, False)
    if without and not w.root_ids:
        b.config["mounts"] = [m for m in b.config["mounts"]
                              if not m["destination"].startswith("/sys")]
    opens = [["openw", "/proc/" + f] for f in WRITABLE] + [["openw", "/sys/" + f] for f in OF_SYS]
    makes = [["create", f"/{d}/x"] for d in (
        "proc/acpi", "proc/scsi", "proc/asound", "sys/firmware", "sys/fs/bpf", "sys/kernel/debug",
        "sys/fs/pstore")]
    loosens = [["umount", "/proc/keys"], ["umount", "/proc/sys"], ["remount", "/proc/sys"],
               ["mount", "/proc/acpi", "tmpfs"], ["mount", "/proc", "proc"]]
    calls = opens + makes + loosens
    got = dict(zip((" ".join(x) for x in calls), b.tries(*calls)))
    same({k: v for k, v in got.items() if v not in NO}, {}, "what could be done")
    ids = "attr fd ns task map_files uid_map oom_score_adj".split()
    b.shell("for f in " + " ".join(HIDDEN) + """; do [ ! -s /proc/$f ] || echo SEEN $f
        [ ! -e /proc/self/root/proc/$f ] || cat /proc/self/root/proc/$f /proc/1/root/proc/$f
        [ ! -e /proc/$f ] || busybox stat -c '%t:%T' /proc/$f; done
        busybox stat -f -c 'type %t' /proc
        ls /proc | busybox grep -c '^[0-9]'; ls /proc/acpi /sys/firmware 2>/dev/null
        for f in /proc/self """ + " ".join("/proc/self/" + i for i in ids) +
            " /proc/thread-self; do busybox awk '/^mnt_id/ {print}' /proc/self/fdinfo/3 3<$f; done")
    r = b.run()
    lines = r.out.splitlines()
    check("SEEN" not in r.out, f"{r}")
    holds(r.out, "type 9fa0", "kind of /proc")
    allowed = {"1:3", "type 9fa0", "/proc/acpi:", "/sys/firmware:", "", "2", "3", "4"}
    mount_ids = {x for x in lines if x.startswith("mnt_id")}
    equal(len(mount_ids), 1, f"mounts below /proc/self in {r}")
    same(set(lines) - allowed - mount_ids, set(), "what masked files show")


@rows("A19 the cgroup tree cannot be written", (
    ("own namespace", None), ("the host's", False)), ROOT, USER)
def cgroup_tree(w, namespace):
    b = w.bundle().namespace("cgroup", namespace)
    if namespace is False and not w.root_ids:
        b.mounted("/sys/fs/cgroup")["options"].append("ro")
    names = """cgroup.procs cgroup.subtree_control cgroup.freeze cgroup.kill pids.max
        memory.max""".split()
    top = "/sys/fs/cgroup"
    got = b.tries(["mkdir", top + "/x"], ["mkdir", f"{top}/../cgroup/x"],
                  *[["openw", f"{top}/{n}"] for n in names])
    check(set(got) <= NO, f"errno {got}")
    check({errno.EROFS, errno.EACCES} & set(got), f"errno {got}")
    equal([c for c in host.cgroups(w.token)], [], "cgroups")


# --- kernel parameters ------------------------------------------------------------------------

SMUGGLED = (
    ("another after a plus", "kernel.shmmax", "1+kernel.core_pattern=x"),
    ("another in the value", "kernel.shmmax", "1\nkernel.core_pattern=x"),
    ("NUL", "kernel.shmmax", "1\0"),
    ("plus in the name", "kernel.shmmax+kernel.core_pattern", "x"),
    ("equal in the name", "kernel.core_pattern=x", "x"),
    ("slash", "kernel/core_pattern", "x"), ("up", "net/../kernel/core_pattern", "x"),
    ("up with dots", "net....kernel.core_pattern", "x"),
    ("up behind", "kernel.shmmax/../core_pattern", "x"),
    ("NUL in the name", "kernel.shmmax\0", "1"), ("newline in the name", "kernel.shmmax\n", "1"),
    ("absolute", "/proc/sys/kernel/core_pattern", "x"), ("empty", "", "x"), ("dot", ".", "x"),
    ("the host's", "kernel.core_pattern", "x"), ("the host's, modprobe", "kernel.modprobe", "/x"),
    ("the host's, vm", "vm.drop_caches", "3"), ("the host's, fs", "fs.suid_dumpable", "2"),
    ("the host's, by a prefix", "net", "x"), ("a directory", "net.ipv4", "x"),
    ("binfmt", "fs.binfmt_misc.register", ":x"),
)


@rows("A18 sysctl", SMUGGLED, ROOT, USER)
def sysctl(w, key, value):
    before = {n: host.read("/proc/sys/" + n) for n in host.SYSCTLS}
    b = w.bundle().probe("exit", "0")
    b.linux["sysctl"] = {key: value}
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    check(r.err.startswith("config.json:") or "/config.json:" in r.err, f"no place in {r.err!r}")
    if "\0" not in key + value:
        holds(r.err, "sysctl", "message")
    check(r.err.count("\n") <= 2, f"message {r.err!r}")
    same({n: host.read("/proc/sys/" + n) for n in host.SYSCTLS}, before, "the host's")


# --- the way back -----------------------------------------------------------------------------


@rows("R26 nothing is above the root", (("plain", ()), ("overlay", ("--overlay",))), ROOT, USER)
def above(w, options):
    b = w.bundle()
    canary = Canary(w, b.rootfs).watch()
    b.process["cwd"] = "/tmp"
    b.shell("cd ../../../../..; pwd; for d in / /.. '/proc/self/root'/.. '/proc/1/root'/..; do "
            "busybox stat -c '%d:%i' $d/; ls $d | busybox md5sum; done; "
            "busybox awk '{print $5}' /proc/self/mountinfo")
    b.write()
    canary.names = canary.outside()
    r = b.run(*options)
    canary.check(r.out)
    lines = r.out.splitlines()
    equal((r.status, lines[0]), (0, "/"), f"{r}")
    equal((len(set(lines[1:9:2])), len(set(lines[2:9:2]))), (1, 1), f"roots in {r}")
    check(lines[1] != "%d:%d" % (os.stat("/").st_dev, os.stat("/").st_ino), f"{r}")
    check(w.top not in r.out and w.state not in r.out, f"paths of the host in {r}")


PASSWD = ("fifo", "device", "sparse", "directory", "link", "long line")


@rows("R29 /etc/passwd of the image is a", [(k, k) for k in PASSWD], ROOT, USER)
def passwd(w, kind):
    """HOME comes from it: read soon, little of it, and none of the host's."""
    b = w.bundle().shell("echo $HOME")
    canary = Canary(w, b.rootfs)
    path = b.file("etc/passwd")
    with open(canary.path + "/hostname", "w", encoding="ascii") as f:
        f.write("root:x:0:0::/canary:/bin/sh\n")
    canary.before = canary.look()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        if not w.root_ids:
            skip("a plain user makes no device")
        os.mknod(path, 0o20666, os.makedev(1, 5))
    elif kind == "directory":
        os.mkdir(path)
    elif kind == "link":
        os.symlink(canary.path + "/hostname", path)
    else:
        with open(path, "wb") as f:
            f.truncate(4 << 30) if kind == "sparse" else f.write(b"x" * (100 << 20))
            f.seek(0, 2)
            f.write(b"\nroot:x:0:0::/far:/bin/sh\n")
    b.process["env"] = [e for e in b.process["env"] if not e.startswith("HOME")]
    started = time.monotonic()
    r = b.run()
    check(time.monotonic() - started < 5, "it took long")
    equal((r.status, r.out, r.err), (0, "/\n", ""), "HOME")
    canary.check(r.out)
