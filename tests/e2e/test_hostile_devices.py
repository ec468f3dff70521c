"""Images whose devices, terminal or programs are not what they look like.

The ids are those of docs/attacks.md.
"""

import errno
import json
import os
import shutil
import subprocess

import test_hooks as hooks
from lib import host, seen
from lib.canary import Canary
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip
from lib.terminal import Terminal
from test_devices import NUMBERS, POSSIBLE


def without_dev(b, *but):
    b.config["mounts"] = [m for m in b.config["mounts"]
                          if not m["destination"].startswith("/dev") or m["destination"] in but]
    return b


def make(w, path, kind, canary):
    """Something of this kind at the path."""
    if kind in ("other device", "device") and not w.root_ids:
        skip("a plain user makes no device")
    if kind == "device":
        os.mknod(path, 0o20666, os.makedev(1, 3))
    elif kind == "other device":
        os.mknod(path, 0o20666, os.makedev(1, 5))
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        os.mkdir(path)
    elif kind == "file":
        with open(path, "w", encoding="ascii") as f:
            f.write("file")
    else:
        os.symlink({"link to /proc": "/proc/version", "link to the host's": canary.path + "/null",
                    "link to the device": "/dev/null"}.get(kind, kind), path)
    w.own(path)


NULLS = ("link to /proc", "link to the host's", "file", "other device", "fifo", "directory")


@rows("A15 R38 a mask where /dev/null is a", [(k, k) for k in NULLS], ROOT, USER)
def null(w, kind):
    before = host.devices()
    for bound in (False, True):
        b = w.bundle()
        canary = Canary(w, b.rootfs)
        top = b.file("dev")
        without_dev(b)
        if bound:
            top = w.directory("dev")
            canary.inside += (top,)
            b.bind(top, "/dev", "bind")
        make(w, top + "/null", kind, canary)
        b.linux["maskedPaths"] = ["/proc/keys", "/proc/timer_list"]
        b.shell("busybox stat -c '%t %T %s' /proc/keys; cat /proc/keys /proc/timer_list")
        b.write()
        canary.watch()
        r = b.run()
        canary.check(r.out)
        check((r.status, r.out) == (0, "1 3 0\n") or (r.status == 1 and r.out == ""), f"{r}")
        check(r.status == 0 or "/dev/null" in r.err, f"{r}")
    same(host.devices(), before, "devices of the host")


# --- the terminal -----------------------------------------------------------------------------


def run_in_terminal(w, b, want):
    b.process["terminal"] = True
    b.write()
    with Terminal(w) as t:
        return t.run(w.words("run", "--bundle", b.path, b.id), want)


@rows("A21 R41 /dev/console of the image is a link to", [
    (f"{what}{', read-only' if ro else ''}", what, ro) for ro in (False, True) for what in (
        "missing", "console", "relative")], ROOT, USER)
def console(w, what, readonly):
    b = w.bundle().shell("echo ran")
    canary = Canary(w, b.rootfs)
    without_dev(b, "/dev/pts")
    os.mkdir(b.file("dev/pts"))
    w.own(b.file("dev/pts"))
    b.config["root"]["readonly"] = readonly
    target = f"{canary.path}/{what}"
    if what == "relative":
        target = os.path.relpath(canary.path + "/missing", b.file("dev"))
    os.symlink(target, b.file("dev/console"))
    b.write()
    canary.watch()
    text = run_in_terminal(w, b, 1)
    canary.check(text)
    holds(text, "process.terminal", "message")
    check("ran" not in text, f"it ran: {text}")


@rows("A20 R40 the image's own /dev/pts has as ptmx a", [(k, k) for k in (
    "link to /proc", "file", "device", "fifo", "/dev/ptmx")], ROOT, USER)
def ptmx(w, kind):
    b = w.bundle().shell("echo ran")
    canary = Canary(w, b.rootfs)
    without_dev(b)
    os.mkdir(b.file("dev/pts"))
    make(w, b.file("dev/pts/ptmx"), kind, canary)
    text = run_in_terminal(w, b, 1)
    check("ran" not in text, f"it ran: {text}")
    holds(text, "process.terminal", "message")


@case("A20 the terminal is the container's own", ROOT, USER)
def own_terminal(w):
    b = w.bundle().shell("busybox stat -L -c '%d %t' /dev/console /proc/self/fd/0; "
                         "busybox stat -c %d /dev/pts; ls /dev/pts")
    words = run_in_terminal(w, b, 0).split()
    check(words[0] == words[2] == words[4] and words[1] == words[3] == "88", f"{words}")
    equal(words[5:], ["0", "ptmx"], "/dev/pts")


# --- standard input and output ----------------------------------------------------------------

STDIO = "stdin stdout stderr null tty console".split()


def stdio_of(w, how):
    """What the three are to be, as Popen takes it."""
    if how == "file":
        path = os.path.join(w.directory("io"), "f")
        f = open(path, "w+b")
        w.own(path)
        return f
    return open("/dev/null", "r+b")


@rows("A28 R50 stdio is the caller's, links in the image", [
    (f"{how}, {'image' if bare else 'own'} /dev", how, bare)
    for how in ("pipe", "file", "null", "closed") for bare in (False, True)], ROOT, USER)
def stdio(w, how, bare):
    b = w.bundle()
    canary = Canary(w, b.rootfs)
    if bare:
        without_dev(b)
        for name in STDIO if not w.root_ids else STDIO[:3] + STDIO[5:]:
            os.symlink(canary.path + "/console", b.file("dev/" + name))
    out = w.directory("out")
    os.chmod(out, 0o777)
    b.bind(out, "/out", "bind")
    b.shell("x=$(busybox stat -L -c %d:%i /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); "
            "echo $x >/out/seen")
    b.write()
    words = w.words("run", "--bundle", b.path, b.id)
    if how == "closed":
        p = w.popen(words, before=lambda: [os.close(n) for n in (0, 1, 2)])
        want = None
    elif how == "pipe":
        p = w.popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        want = ["%d:%d" % (s.st_dev, s.st_ino) for s in (
            os.fstat(f.fileno()) for f in (p.stdin, p.stdout, p.stderr))]
    else:
        with stdio_of(w, how) as f:
            p = w.popen(words, stdin=f, stdout=f, stderr=f)
            s = os.fstat(f.fileno())
        want = ["%d:%d" % (s.st_dev, s.st_ino)] * 3
    status = p.wait(20)
    if how == "pipe":
        for f in (p.stdin, p.stdout, p.stderr):
            f.close()
    canary.check()
    if bare and not w.root_ids and status == 1:
        return  # the links are where the devices have to be: refused
    equal(status, 0, "status")
    got = (host.read(out + "/seen") or "").split()
    if want is None:
        null_ = os.stat("/dev/null")
        want = ["%d:%d" % (null_.st_dev, null_.st_ino)] * 3
    equal(got, want, "files of the three descriptors")


@rows("A22 R42 /dev/null of the image is a link, stdio", [
    (f"{how}, {kind}, uid {uid}", how, kind, uid) for how in ("null", "file", "closed")
    for kind in ("link to a node", "link to the host's", "link to the device")
    for uid in (0, 1000)],
      ROOT, USER)
def null_owner(w, how, kind, uid):
    """Neither what the link leads to, nor the host's device, gets another owner or mode."""
    b = w.bundle().probe("exit", "0")
    canary = Canary(w, b.rootfs)
    node = canary.path + "/node"
    if kind == "link to a node":
        make(w, node, "device", canary)
        canary.before = canary.look() if not w.root_ids else canary.before
        os.symlink(node, b.file("dev/null"))
    else:
        make(w, b.file("dev/null"), kind, canary)
    was = os.lstat(node) if kind == "link to a node" else None
    without_dev(b)
    b.process["user"] = {"uid": uid, "gid": uid}
    before, text = host.devices(), ""
    b.write()
    words = w.words("run", "--bundle", b.path, b.id)
    if how == "closed":
        p = w.popen(words, before=lambda: [os.close(n) for n in (0, 1, 2)])
    else:
        with stdio_of(w, how) as f:
            p = w.popen(words, stdin=f, stdout=f, stderr=f)
    check(p.wait(20) in (0, 1), f"status {p.returncode}")
    same(host.devices(), before, "devices of the host")
    if was is not None:
        now = os.lstat(node)
        equal((now.st_mode, now.st_uid, now.st_gid), (was.st_mode, was.st_uid, was.st_gid), "node")
        os.unlink(node)
    for name, facts in canary.look().items():
        if name != canary.path + "/":
            equal(facts, canary.before[name], name)


# --- which devices can be used ----------------------------------------------------------------

ONE = [{"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]


@rows("A23 R43 device rules", (("absent", None, []), ("empty", [], []),
                               ("one that allows", ONE, [("c", 10, 229)])))
def device_rules(w, rules, allowed):
    b = w.bundle().caps(*POSSIBLE)
    b.linux["resources"].pop("devices", None)
    if rules is not None:
        b.linux["resources"]["devices"] = rules
    calls = [["mknod", "/tmp/null", "c", 1, 3], ["rdwr", "/tmp/null"]]
    for n, (kind, major, minor) in enumerate(NUMBERS):
        calls += [["mknod", f"/tmp/d{n}", kind, major, minor], ["rdwr", f"/tmp/d{n}"]]
    got = b.tries(*calls)
    equal(got[:2], [0, 0], "the null device")
    for n, number in enumerate(NUMBERS):
        used = got[2 + 2 * n:4 + 2 * n]
        if number in allowed:
            check(errno.EPERM not in used, f"{number}: {used}")
        else:
            check(errno.EPERM in used, f"{number}: {used}")


def user_namespace(w, b):
    """As root, a user namespace of its own as engines give it."""
    if w.root_ids:
        b.namespace("user")
        for kind in ("uidMappings", "gidMappings"):
            b.linux[kind] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        for top, dirs, files in os.walk(b.path):
            for name in ["", *dirs, *files]:
                full = os.path.join(top, name)
                if not os.path.samefile(os.path.dirname(full), os.path.join(b.rootfs, "bin")):
                    os.chown(full, 100000, 100000, follow_symlinks=False)
    return b


@rows("A24 R24 mounts have all flags that were asked for", (
    ("plain", False), ("read-only root", True)), ROOT, USER)
def flags(w, readonly):
    b = user_namespace(w, w.bundle())
    b.config["root"]["readonly"] = readonly
    b.config["mounts"][0]["options"] = ["nosuid", "noexec", "nodev"]
    b.bind(w.directory("source"), "/tmp", "rbind", "ro", "nosuid", "nodev", "noexec", "nosymfollow")
    found = seen.mounts(b.view())
    for m in b.config["mounts"]:
        want = seen.mount_flags(m.get("options", []))
        same(found[m["destination"]].options - {"relatime"}, want - {"relatime"}, m["destination"])
    equal("ro" in found["/"].options, readonly, "/")
    for name, d in seen.DEVICES.items():
        point = found.get("/dev/" + name)
        if d[0] == "char":  # who may not make them gets the host's, and no more than the node
            check(point is not None and {"nosuid", "noexec"} <= point.options, f"{name}: {point}")


@case("A24 R11 a signal that cannot be sent leaves no cgroup frozen")
def never_frozen(w):
    if shutil.which("strace") is None:
        skip("no strace here")
    b = w.bundle().probe("pause").detached()
    top = [c for c in host.cgroups(w.token)][0]
    for call in ("pidfd_send_signal", "pidfd_open", "write"):
        for when in (1, 2, 3, 4):
            r = w.command(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                           f"inject={call}:error=EPERM:when={when}",
                           *w.words("kill", "--all", b.id, "USR1")])
            check(r.status in (0, 1), f"{r}")
            equal(host.read(top + "/cgroup.freeze"), "0\n", f"frozen after {call} {when}")
            if b.state()["status"] != "running":
                b.id = w.id()
                b.detached()
                top = [c for c in host.cgroups(w.token) if b.id in c][0]
    for id_ in os.listdir(w.state):
        w.must("delete", "--force", id_)


# --- programs of the image --------------------------------------------------------------------

PROGRAMS = """newuidmap newgidmap mount umount nsenter unshare ps ldconfig passt slirp4netns criu sh
modprobe ip iptables mke2fs losetup apparmor_parser systemd-run setfattr""".split()


@case("A35 R55 names of the image's programs are not run on the host", ROOT, USER)
def markers(w):
    b = w.bundle().probe("pause")
    mark = os.path.join(w.directory("mark"), "mark")
    os.chmod(os.path.dirname(mark), 0o777)
    for top in ("bin", "sbin", "usr/bin", "usr/sbin"):
        os.makedirs(b.file(top), exist_ok=True)
        for name in PROGRAMS:
            path = b.file(f"{top}/{name}")
            if os.path.lexists(path):
                os.unlink(path)
            with open(path, "w", encoding="ascii") as f:
                f.write(f"#!/bin/sh\necho {name} >>{mark}\n")
            os.chmod(path, 0o755)
    env = w.environment(PATH=":".join(b.file(t) for t in ("bin", "sbin", "usr/bin", "usr/sbin")),
                        LD_LIBRARY_PATH=b.file("lib"), LD_PRELOAD=b.file("lib/evil.so"))
    b.mount("/tmp/x", "tmpfs", "tmpfs", "tmpcopyup")
    b.linux["maskedPaths"].append("/etc")
    b.write()
    os.chdir(b.rootfs)
    try:
        for words in (("create", "--bundle", b.path, b.id), ("start", b.id), ("state", b.id),
                      ("list",), ("kill", b.id, "KILL"), ("delete", "--force", b.id)):
            r = w.crun(*words, env=env, to_files=True)
            equal((r.status, r.err.replace("\n", "")[:60]), (0, ""), f"{r}")
        for options in ((), ("--overlay",)):
            b.probe("exit", "0").must(*options, env=env)
    finally:
        os.chdir("/")
    check(not os.path.exists(mark), f"were run: {host.read(mark)}")


@case("A36 R76 hooks have nothing of the container's environment", ROOT, USER)
def hook_environment(w):
    b = w.bundle().probe("exit", "0")
    b.process["env"] += ["LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/evil", "GLIBC_TUNABLES=x=y",
                         "PATH=/evil:/bin", "SECRET=x", "BASH_ENV=/evil"]
    for kind in hooks.KINDS:
        hooks.view(b, kind)
    b.must(env=w.environment(SECRET="caller", LD_AUDIT="/evil"))
    for kind in hooks.KINDS:
        with open(f"{b.log}/{kind}", encoding="utf-8") as f:
            equal(json.load(f)["env"], [f"CRUN_LITE_E2E={w.token}", "A=b c", "EMPTY="], kind)
