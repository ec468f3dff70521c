"""Overlay roots by fuse-overlayfs: what can be written, who serves it, what is left, what fails."""

import contextlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time

import test_overlay as o
from lib import blocked, host, kernel, seen, user
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip
from lib.world import reap
from test_killed import one

FUSE, KEY = "--overlay-fuse", o.KEY + ".fuse"
DEVICE = "/dev/fuse"


@contextlib.contextmanager
def fuse(w):
    """A device that all may open, as hosts have it; in our mount namespace alone."""
    if shutil.which("fuse-overlayfs") is None or not os.path.exists(DEVICE):
        skip("fuse-overlayfs or /dev/fuse is not here")
    if os.getuid() != 0:
        if not os.access(DEVICE, os.W_OK):
            skip("/dev/fuse is not for plain users here")
        yield
        return
    own = os.path.join(w.top, "fuse")
    os.mknod(own, stat.S_IFCHR | 0o666, os.makedev(10, 229))
    os.chmod(own, 0o666)
    try:
        kernel.bind(own, DEVICE)
        try:
            yield
        finally:
            kernel.umount(DEVICE)
    finally:
        os.unlink(own)


def fused(function):
    def with_device(w, *rest):
        with fuse(w):
            function(w, *rest)
    return with_device


def servers(w):
    """Numbers of the processes that serve roots of ours."""
    out = []
    for pid in host.processes(w.token):
        words = (host.read(f"/proc/{pid}/cmdline") or "").split("\0")
        if any(x.startswith("fsname=" + w.token) for x in words):
            out.append(pid)
    return out


def server(w):
    found = servers(w)
    equal(len(found), 1, f"servers {found}")
    return found[0]


def none_left(w, what=""):
    reap()
    equal(host.gone(lambda: (reap(), servers(w))[1]), [], f"servers left {what}")


# --- what can be done -----------------------------------------------------------------------------


@rows("fuse: everything can be written", (("memory", False), ("directory", True)), ROOT, USER)
@fused
def writes(w, keep):
    version = subprocess.run(["fuse-overlayfs", "--version"], capture_output=True, text=True, check=False)
    if keep and "fuse-overlayfs: version 1.13" in version.stdout:
        skip("fuse-overlayfs 1.13 forgets, at the next mount, writes to a layer's file with two names")
    b = w.bundle().caps("DAC_OVERRIDE", "FOWNER")
    b.shell("PATH=/bin:$PATH; for a in mv rm chmod ln mkdir; do busybox ln -s busybox /bin/$a; "
            "done;" + o.WRITES + (o.LOOK if not keep else ""))
    path = o.written(w)
    before = o.tree(path), o.tree(b.rootfs)
    options = o.lowers(path) + [FUSE] + ([f"--overlay={b.path}/k,e:e\\p"] if keep else [])
    out = b.must(*options).out
    none_left(w)
    if keep:
        b.shell(o.LOOK)
        out += b.must(*options).out
    want = "old\nold\nchanged\ninner\nhard\nmore\n" \
        "again\ncopy\nfile\nhard\nharder\nlink\nmode\nmoved\nsecond\ntree\n" \
        "again:\n\nmoved:\ninner\n\ntree:\nnew\n" \
        "old\nchanged\nhard\nmore\nhard\nmore\nold\nchanged\nmode 0:0 600\nno\n"
    equal("\n".join(sorted(out.split())), "\n".join(sorted(want.split())), "inside")
    same(o.tree(path), before[0], "the layer")
    same(o.tree(b.rootfs), before[1], "the root")
    none_left(w)


@case("fuse: names of layers, and of the directory for writes", ROOT, USER)
@fused
def names(w):
    b = w.bundle().shell("cat /f* /top; echo x >/x")
    top = w.directory("layers")
    paths = [o.layer(w, name, top, **{f"f{i}": f"{i}.", "top": f"t{i}"})
             for i, name in enumerate(o.NAMES)]
    for name in o.NAMES:
        keep = os.path.join(w.directory("keep"), name)
        r = b.must(FUSE, f"--overlay={keep}", *o.lowers(*paths))
        equal(r.out, "".join(f"{i}." for i in range(len(o.NAMES))) + "t0", name)
        equal(host.read(keep + "/upper/x"), "x\n", "written")
        equal(sorted(os.listdir(keep)), ["upper", "work"], "in the directory for writes")


@case("fuse: 200 layers", ROOT, USER)
@fused
def many(w):
    b = w.bundle().shell("cat /top; cat /n* | busybox wc -c")
    top = w.directory("layers")
    paths = [o.layer(w, f"{i:03}" + "x" * 100, top, **{f"n{i:03}": "x", "top": f"{i} "})
             for i in range(200)]
    equal(b.must(FUSE, *o.lowers(*paths)).out, "0 200\n", "files")


@rows("fuse: the mount", (("memory", "--overlay"), ("directory", "keep")), ROOT, USER)
@fused
def mount(w, option):
    b = w.bundle()
    option = f"--overlay={b.path}/keep" if option == "keep" else option
    found = seen.mounts(b.view(options=(FUSE, option)))["/"]
    equal((found.type, found.source, found.options & set(seen.FLAGS)),
          ("fuse.fuse-overlayfs", "fuse-overlayfs", set()), str(found))


@case("fuse: by annotation; a switch that is off changes nothing", ROOT, USER)
@fused
def annotation(w):
    b = w.bundle()
    b.config["annotations"] = {KEY: "true"}
    equal(seen.mounts(b.view())["/"].type, "fuse.fuse-overlayfs", "true")
    b.config["annotations"] = {KEY: "false", o.KEY: "tmpfs"}
    equal(seen.mounts(b.view())["/"].type, "overlay", "false")
    b.config["annotations"] = {KEY: "maybe"}
    o.refused(w, b, [], KEY, "expected true or false", "maybe")


@case("fuse: where the kernel has no overlay for plain users it is taken unasked", USER)
@fused
def unasked(w):
    b = w.bundle()
    found = seen.mounts(b.view(options=("--overlay",), before=blocked.old_kernel()))["/"]
    equal(found.type, "fuse.fuse-overlayfs", "type")
    b.config["annotations"] = {KEY: "false"}
    o.refused(w, b, ["--overlay"], "no overlay in a user namespace", KEY + '"] is false',
              before=blocked.old_kernel())


@rows("fuse: an older kernel", (
    ("by its version", ()), ("without mount_setattr", ("mount_setattr", "open_tree_attr"))))
@fused
def older(w, calls):
    b = o.user_ns(w.bundle(), 300000).shell("cat /f; echo x >/new; cat /new; grep ' / / ' "
                                            "/proc/self/mountinfo || cat /proc/self/mountinfo")
    path = o.layer(w, f="f")
    before = blocked.old_kernel(blocked.answering("ENOSYS", *calls) if calls else None)
    r = b.must("--overlay", f"--overlay={b.path}/keep", *o.lowers(path), before=before)
    holds(r.out, "fx\n", "files")
    holds(r.out, "fuse.fuse-overlayfs", "mounts")
    equal(sorted(os.listdir(path)), ["f"], "the layer")


def hidden():
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.bind("/dev/null", shutil.which("fuse-overlayfs"))


@case("fuse: not installed", ROOT, USER)
@fused
def missing(w):
    if os.getuid() != 0:
        skip("needs root to hide it")
    o.refused(w, w.bundle(), [FUSE], "--overlay-fuse: fuse-overlayfs is not installed: No such",
              "apt-get install fuse-overlayfs", before=hidden)
    if w.uid is not None:
        o.refused(w, w.bundle(), ["--overlay"], "no overlay in a user namespace",
                  "apt-get install fuse-overlayfs", before=blocked.old_kernel(hidden))


@case("fuse: as root, for a container in a user namespace: ids are the container's")
@fused
def user_namespace(w):
    b = o.user_ns(w.bundle(), 300000).caps("CHOWN", "DAC_OVERRIDE", "FOWNER")
    path = o.layer(w, theirs="x", secret="x")
    os.chown(path + "/theirs", 300007, 300008)
    b.shell(f"{o.STAT} /theirs; echo x >/new; busybox chown 5:6 /new; {o.STAT} /new; "
            "echo y >>/theirs && cat /theirs")
    r = b.must(FUSE, f"--overlay={b.path}/keep", *o.lowers(path))
    equal(r.out, "/theirs 7:8 644\n/new 5:6 644\nxy\n", "inside")
    s = os.stat(b.path + "/keep/upper/new")
    equal((s.st_uid, s.st_gid), (300005, 300006), "on the host")
    equal(os.stat(b.path + "/keep/upper/theirs").st_uid, 300007, "copied up")


@case("fuse: a plain user without subordinate ids", USER)
@fused
def one_id(w):
    if os.getuid() != 0:
        skip("needs root to take the ids away")
    b = w.bundle().shell(f"echo x >/new; {o.STAT} /new /bin")
    equal(b.must(FUSE, before=user.without_subordinate_ids).out, "/new 0:0 644\n/bin 0:0 755\n",
          "inside")
    none_left(w)


@case("fuse: a read-only root, set-id programs, devices of a layer that nobody opens")
@fused
def kinds(w):
    b = w.bundle().shell("echo x >/new || echo refused; cat /file")
    b.config["root"]["readonly"] = True
    equal(b.run(FUSE, *o.lowers(o.layer(w, file="text"))).out, "refused\ntext", "read-only")
    path = o.layer(w)
    os.mkfifo(path + "/fifo")
    os.mknod(path + "/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod(path + "/none", stat.S_IFCHR | 0o666, os.makedev(240, 77))
    shutil.copy(w.probe, path + "/probe")
    os.chmod(path + "/probe", 0o4755)
    b = w.bundle().shell("ls -l /null /none /fifo | busybox wc -l; echo gone >/null && echo written")
    r = b.must(FUSE, *o.lowers(path))
    equal(r.out, "3\nwritten\n", "inside")
    b = w.bundle().args("/probe", "view")
    b.process.update(user={"uid": 1000, "gid": 1000}, noNewPrivileges=False)
    v = json.loads(b.must(FUSE, *o.lowers(path)).out)
    equal(seen.status(v)["Uid"].split()[:2], ["1000", "0"], "real and effective user")


@rows("fuse: how much can be written to memory", (
    ("size", ["--overlay-size=2m"], None), ("memory limit", [], 32 << 20)))
@fused
def size(w, options, limit):
    b = w.bundle().shell("dd if=/dev/zero of=/new bs=65536 count=16 2>/dev/null && echo fits; "
                         "dd if=/dev/zero of=/more bs=65536 count=1024; ls /more")
    if limit is not None:
        b.linux["resources"] = {"memory": {"limit": limit}}
    r = b.run(FUSE, *options)
    if limit is not None and "controller" in r.err:
        skip("no memory controller of cgroup2 here")
    holds(r.err, "No space left on device", "dd")
    equal(r.out, "fits\n/more\n", "inside")


@case("fuse: a directory that it has written to is not for the kernel; the other way it is", ROOT, USER)
@fused
def changing(w):
    b = w.bundle().shell("busybox rm -r /d && busybox mkdir /d; echo x >/new")
    options = [f"--overlay={b.path}/keep", *o.lowers(o.layer(w, d__old="x"))]
    b.must(*options)
    r = w.bundle().args("/nothing").run(*options, FUSE)
    equal(r.status, 1, str(r))
    equal(os.listdir(f"{b.path}/keep/work"), ["work"], "a note of a start that failed")
    b.shell("ls /d /new")
    equal(b.must(*options, FUSE).out, "/new\n\n/d:\n", "written by the kernel, read by the program")
    o.refused(w, b, options, "/keep\" holds was written by fuse-overlayfs", "--overlay-fuse goes on")
    equal(b.must(*options, FUSE).out, "/new\n\n/d:\n", "and again")


# --- who serves it --------------------------------------------------------------------------------


@case("fuse: the server has nothing of its caller, and no more rights than it needs", ROOT, USER)
@fused
def process(w):
    b = w.bundle().probe("pause")
    if w.uid is None:
        o.user_ns(b, 300000)
    b.detached(FUSE)
    pid, own = server(w), b.state()["pid"]
    equal(host.read(f"/proc/{pid}/environ"), "", "environment")
    status = dict(line.split(":\t", 1) for line in host.read(f"/proc/{pid}/status").splitlines())
    equal(status["NoNewPrivs"], "1", "no_new_privs")
    equal(int(status["CapEff"], 16), seen.capability_mask(
        ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID",
         "CAP_MKNOD", "CAP_SETFCAP"]), "capabilities")
    equal(int(status["SigBlk"], 16), 0, "blocked signals")
    for kind in ("user", "mnt", "pid", "net", "ipc"):
        names_ = {os.readlink(f"/proc/{p}/ns/{kind}") for p in (pid, own, "self")}
        equal(len(names_), 3, f"{kind} namespaces of server, container and host")
    equal(host.read(f"/proc/{pid}/uid_map"), host.read(f"/proc/{own}/uid_map"), "ids")
    check(b.id not in host.read(f"/proc/{pid}/cgroup"), "it is in the container's cgroup")
    links = {n: os.readlink(f"/proc/{pid}/fd/{n}") for n in "012"}
    equal(links["0"], "/dev/null", "standard input")
    check(all("memfd:" in links[n] for n in "12"), f"outputs: {links}")
    for name in os.listdir(f"/proc/{pid}/fd"):
        path = os.readlink(f"/proc/{pid}/fd/{name}")
        check("lock" not in path and w.state not in path and "socket" not in path, path)
    options = [line.split()[5].split(",")[0] for line in
               host.read(f"/proc/{pid}/mountinfo").splitlines() if line.split()[4] == "/"]
    equal(options, ["ro"], "the host, as it sees it")
    w.must("delete", "--force", b.id)
    none_left(w)


@case("fuse: a container that shares the host's processes cannot look into the server")
@fused
def shielded(w):
    b = o.user_ns(w.bundle(), 300000).namespace("pid", False).probe("pause")
    b.config["mounts"] = [m for m in b.config["mounts"] if m["destination"] != "/proc"]
    b.bind("/proc", "/proc", "rbind")
    b.caps("SYS_PTRACE", "DAC_OVERRIDE", "DAC_READ_SEARCH")
    b.detached(FUSE)
    pid = server(w)
    r = w.crun("exec", "--cap", "CAP_SYS_PTRACE", b.id, "/bin/sh", "-c",
               f"cd /proc/{pid} && for f in root cwd fd/4 fd/5; do ls -d $f/. && echo reached; done; "
               "cat environ mem maps && echo read; echo end")
    equal(r.out, "end\n", "what the container sees of it")
    holds(r.err, "Permission denied", "ls")
    w.must("delete", "--force", b.id)
    none_left(w)


# --- the end --------------------------------------------------------------------------------------


@rows("fuse: it ends with the container", (
    ("delete --force", "delete"), ("kill", "kill"), ("SIGKILL from outside", "outside"),
    ("created, never started", "create"), ("a start that fails", "fail"),
    ("the directory above it is gone", "bundle")), ROOT, USER)
@fused
def ends(w, how):
    b = w.bundle().shell("echo x >/written; exec /bin/probe pause")
    keep = w.directory("keep") + "/k"
    options = [FUSE, f"--overlay={keep}"]
    if how == "fail":
        b.mount("/some/deep/place", "tmpfs", "tmpfs")
        o.refused(w, b.args("/nothing"), options, "/nothing")
        check(not os.path.exists(keep), "the directory for writes was left")
        w.bundle().shell("echo data >/data").must(*options)
        r = b.run(*options)
        check(r.status == 1 and "left" not in r.err, str(r))
        found = [n for n, facts in o.tree(keep + "/upper").items() if facts[0] != "0o20000"]
        equal(found, ["data"], "what is in a directory that was there")
        none_left(w)
        return
    if how == "create":
        b.create(*options, to_files=True)
        server(w)
        w.must("delete", b.id)
        none_left(w)
        return
    b.detached(*options)
    pid = server(w)
    host.until(lambda: host.read(keep + "/upper/written") == "x\n")
    if how == "kill":
        w.must("kill", b.id, "KILL")
        none_left(w, "before delete")
    elif how == "outside":
        os.kill(b.state()["pid"], signal.SIGKILL)
        none_left(w, "before delete")
    elif how == "bundle":
        shutil.rmtree(b.path)
    w.must("delete", "--force", b.id)
    check(pid not in servers(w), "it is there still")
    equal(host.read(keep + "/upper/written"), "x\n", "what was written")
    none_left(w)


@case("fuse: what a program has just written is in the directory when run returns", ROOT, USER)
@fused
def flushed(w):
    b = w.bundle().shell("dd if=/dev/zero of=/big bs=1048576 count=32 2>/dev/null; echo end >>/big")
    keep = w.directory("keep") + "/k"
    b.must(FUSE, f"--overlay={keep}")
    equal(os.stat(keep + "/upper/big").st_size, (32 << 20) + 4, "size")


@case("fuse: without its server a container has errors, and is deleted as any other", ROOT, USER)
@fused
def server_killed(w):
    b = w.bundle().probe("pause").detached(FUSE)
    os.kill(server(w), signal.SIGKILL)
    none_left(w, "after SIGKILL")
    r = w.crun("exec", b.id, "/bin/ls", "/")
    check(r.status != 0, str(r))
    check("Transport endpoint is not connected" in r.err or "is not running" in r.err, str(r))
    w.must("delete", "--force", b.id)


@case("fuse: a server that does not end is ended by delete", ROOT, USER)
@fused
def server_hangs(w):
    b = w.bundle().probe("pause").detached(FUSE)
    os.kill(server(w), signal.SIGSTOP)
    w.must("delete", "--force", b.id)
    none_left(w)


@case("fuse: a server that hangs with a question of the program's")
@fused
def server_holds(w):
    for _ in range(3):  # it is at work on one nearly always
        b = w.bundle().shell("while :; do /bin/busybox dd if=/dev/zero of=/f bs=1M count=50 "
                             "conv=fsync 2>/dev/null; done").detached(FUSE)
        time.sleep(0.5)
        os.kill(server(w), signal.SIGSTOP)
        time.sleep(0.2)
        w.must("delete", "--force", b.id, limit=60)
        none_left(w)


@case("fuse: the runtime is killed at random moments", ROOT, USER)
@fused
def killed(w):
    b = w.bundle().probe("pause")
    b.config["annotations"] = {KEY: "true"}
    b.write()
    for _ in range(20):
        one(w, b, ["create"], random.uniform(0, 0.03))
    none_left(w)


@case("fuse: paused in the middle of its work, and on")
@fused
def paused(w):
    b = w.bundle().shell("while :; do echo x >>/log; ls / >/dev/null; done").detached(FUSE)
    for _ in range(5):
        time.sleep(0.05)
        w.must("pause", b.id)
        w.must("diff", b.id)
        w.must("resume", b.id)
    w.must("delete", "--force", b.id)
    none_left(w)


# --- what fails -----------------------------------------------------------------------------------

PROGRAMS = {
    "says why and ends": ("#!/bin/sh\necho first >&2\necho 'no \x1b[31mway' >&2\nexit 3\n",
                          ["it ended with status 3: no \\x1b[31mway", "Transport endpoint"]),
    "ends silently": ("#!/bin/sh\nexit 0\n", ["it ended with status 0: Transport endpoint"]),
    "says too much": ("#!/bin/sh\nwhile echo 0123456789abcdef; do :; done 2>/dev/null\nexit 4\n",
                      ["it ended with status 4"]),
    "hangs": ("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 5; done\n",
              ["does not answer within 10 seconds", "Connection timed out"]),
    "has no interpreter": ("#!/none\n", ["/fuse-overlayfs: No such file"]),
    "is no program": ("\x7fELF nothing\n", ["/fuse-overlayfs: Exec format error"]),
}


@rows("fuse: a program that", [(k, *v) for k, v in PROGRAMS.items()], ROOT, USER)
@fused
def stand_in(w, text, parts):
    where = w.directory("bin")
    o.write(where + "/fuse-overlayfs", text, 0o755)
    w.own(where + "/fuse-overlayfs")
    env = w.environment(PATH=f"relative::{where}:/usr/bin:/bin")
    keep = w.directory("keep") + "/k"
    b = w.bundle()
    r = b.run(FUSE, f"--overlay={keep}", env=env)
    equal((r.status, r.out), (1, ""), str(r))
    for part in ["--overlay", f"{where}/fuse-overlayfs", *parts]:
        holds(r.err, part, "message")
    check("\x1b" not in r.err, "an escape sequence came through")
    check(not os.path.exists(keep), "the directory for writes was left")
    none_left(w)


# Answers the kernel's first question, reads the second and keeps it: whoever asked cannot be killed.
KEEPER = f"""#!{sys.executable}
import os, struct, time
unique, = struct.unpack_from("<8xQ", os.read(3, 1 << 17))
os.write(3, struct.pack("<IiQ2I12xI40x", 80, 0, unique, 7, 31, 4096))
os.read(3, 1 << 17)
time.sleep(300)
"""


@case("fuse: a program that keeps a question for itself")
@fused
def keeper(w):
    where = w.directory("bin")
    o.write(where + "/fuse-overlayfs", KEEPER, 0o755)
    b = w.bundle()
    begin = time.monotonic()
    r = b.run(FUSE, env=w.environment(PATH=f"{where}:/usr/bin:/bin"))
    equal((r.status, r.out), (1, ""), str(r))
    holds(r.err, "does not answer within 10 seconds", "message")
    check(time.monotonic() - begin < 25, "it ends soon after")
    none_left(w)


@rows("fuse: refused", (
    ("no such layer", [FUSE, "--overlay-lower=none"], ["cannot use layer", "No such file"]),
    ("a layer that is a file", [FUSE, "--overlay-lower=file"], ["is no directory"]),
    ("a directory for writes that is a layer", [FUSE, "--overlay=keep", "--overlay-lower=keep/upper"],
     ["a layer is the directory for writes", "keep/upper: Invalid"]),
    ("upper is a link", [FUSE, "--overlay=linked"], ["linked/upper", "Not a directory"]),
    ("ids of layers", [FUSE, "--overlay-idmap"], ["cannot map the ids"]),
    ("a size that is none", [FUSE, "--overlay-size=0"], ["expected a size"])), ROOT, USER)
@fused
def bad(w, options, parts):
    b = w.bundle()
    top = o.layer(w, file="", linked__x="", real__x="", keep__upper__x="", keep__work__x="")
    os.symlink("../real", top + "/linked/upper")
    o.own(w, top)
    words = [x.replace("=", f"={top}/", 1) if not x.startswith("--overlay-size") else x
             for x in options]
    o.refused(w, b, words, *parts)
    none_left(w)


@case("fuse: no device, and one that may not be opened", ROOT, USER)
def device(w):
    if shutil.which("fuse-overlayfs") is None or os.getuid() != 0:
        skip("needs fuse-overlayfs, and root to take the device away")

    def closed():
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.bind("/dev/null", DEVICE)

    o.refused(w, w.bundle(), [FUSE], "there is no FUSE behind /dev/fuse", "modprobe fuse",
              before=closed)
    if w.uid is not None and stat.S_IMODE(os.stat(DEVICE).st_mode) & 6 == 0:
        o.refused(w, w.bundle(), [FUSE], "/dev/fuse cannot be opened: Permission denied",
                  "chmod 666")


# --- diff -----------------------------------------------------------------------------------------


@rows("fuse: diff", (("one layer", False), ("several", True)), ROOT, USER)
@fused
def diff(w, several):
    b = w.bundle()
    low = o.layer(w, d__a__f="old", d__gone="x", again__old1="x", again__old2="x", kept="x",
                  same__deep__f="x", mode="x")
    low2 = o.layer(w, d__a__g="x", again__old3="x")
    if not several:
        for path in (low2, low):
            shutil.copytree(path, b.rootfs, dirs_exist_ok=True)
        o.own(w, b.rootfs)
    b.shell("PATH=/bin; echo new >>/d/a/f; busybox rm /d/gone; busybox rm -r /again; "
            "busybox mkdir /again; echo x >/again/new; busybox chmod 600 /mode; touch /ready; "
            "exec probe pause")
    keep = w.directory("keep") + "/k"
    b.detached(FUSE, f"--overlay={keep}", *(o.lowers(low, low2) if several else []))
    host.until(lambda: os.path.exists(keep + "/upper/ready"))
    want = [["changed", "/d/a/f"], ["deleted", "/d/gone"], ["deleted", "/again/old1"],
            ["deleted", "/again/old2"], ["deleted", "/again/old3"], ["added", "/again/new"],
            ["changed", "/mode"], ["added", "/ready"]]
    quiet = ("/kept", "/same", "/same/deep", "/same/deep/f", "/d/a/g")

    def look(when):
        found = [line.split(" (")[0].split(" ", 1) for line in w.must("diff", b.id).out.splitlines()]
        found = [[{"A": "added", "C": "changed", "D": "deleted"}[k], p] for k, p in found]
        for row in want:
            check(row in found, f"{when}: no {row} in {found}")
        check(not [r for r in found if r[1] in quiet], f"{when}: too much: {found}")
        return found

    running = look("running")
    w.must("kill", b.id, "KILL")
    equal(host.until(lambda: b.state()["status"] == "stopped"), True, "stopped")
    equal(look("stopped"), running, "stopped and running")
    none_left(w)
    w.must("delete", b.id)
    none_left(w)


@rows("fuse: diff, as root, of a container in a user namespace", (("running", True), ("stopped", False)))
@fused
def diff_user_ns(w, running):
    b = o.user_ns(w.bundle(), 300000).probe("pause")
    for top, _, names_ in os.walk(b.rootfs):
        for path in [top] + [os.path.join(top, n) for n in names_]:
            os.chown(path, 300000, 300000, follow_symlinks=False)
    layers = [o.layer(w, a__x="x"), o.layer(w, a__y="y")]
    b.detached(FUSE, f"--overlay={b.path}/keep", *o.lowers(*layers))
    w.must("exec", b.id, "/bin/touch", "/new")
    if not running:
        w.must("kill", b.id, "KILL")
        none_left(w)
    r = w.must("diff", b.id)
    holds(r.out, "A /new\n", "diff")
    check("/bin" not in r.out and " /a" not in r.out, r.out)
    w.must("delete", "--force", b.id)
    none_left(w)


@case("fuse: diff of writes to memory; the program is needed for several layers", ROOT, USER)
@fused
def diff_memory(w):
    b = w.bundle().probe("pause").detached(FUSE, *o.lowers(o.layer(w, a="x"), o.layer(w, b="x")))
    w.must("exec", b.id, "/bin/touch", "/new")
    holds(w.must("diff", b.id).out, "A /new\n", "diff")
    if os.getuid() == 0:
        r = w.crun("diff", b.id, before=hidden)
        equal(r.status, 1, str(r))
        holds(r.err, "which is not installed any more", "message")
    w.must("delete", "--force", b.id)
    none_left(w)
