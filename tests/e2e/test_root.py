"""The root: what is mounted over it, its propagation, how it is entered; /dev that is not ours."""

import os
import shutil

from lib import host, kernel, seen, terminal
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same

# --- mounts on / ------------------------------------------------------------------------------


def other_root(w, b):
    """A copy of the bundle's root, with a file that says so."""
    path = os.path.join(b.path, "other")
    shutil.copytree(b.rootfs, path, symlinks=True)
    with open(path + "/which", "w", encoding="ascii") as f:
        f.write("other")
    for top, dirs, files in os.walk(path):
        for name in [top] + [os.path.join(top, n) for n in dirs + files]:
            w.own(name)
    return path


def by_bind(w, b):
    b.bind(other_root(w, b), "/", "rbind")


def by_overlay(w, b):
    path = other_root(w, b)
    for name in ("up", "wk"):
        os.mkdir(os.path.join(b.path, name))
        w.own(os.path.join(b.path, name))
    b.mount("/", "overlay", "overlay", f"lowerdir={path}", f"upperdir={b.path}/up",
            f"workdir={b.path}/wk")


def by_copy(w, b):
    with open(b.file("which"), "w", encoding="ascii") as f:
        f.write("other")
    w.own(b.file("which"))
    b.mount("/", "tmpfs", "tmpfs", "tmpcopyup", "size=20m")


COVERS = (("bind", by_bind), ("overlay", by_overlay), ("tmpfs with a copy", by_copy))


@rows("mount on /: it is the root, and the rest is mounted in it", COVERS, ROOT, USER)
def covers(w, make):
    b = w.bundle()
    rest = b.config["mounts"]
    b.config["mounts"] = []
    make(w, b)
    b.config["mounts"] += rest
    b.mount("/made/here", "tmpfs", "tmpfs", "nosuid")
    before = set(os.listdir(b.rootfs))
    v = b.view("/which", "/proc/keys")
    equal(v["files"]["/which"], "other", "the root's file")
    equal(v["files"]["/proc/keys"] or "", "", "a masked file")
    m = seen.mounts(v)
    check("nosuid" in m["/made/here"].options and m["/proc"].type == "proc", f"{sorted(m)}")
    equal(set(os.listdir(b.rootfs)), before, "the covered root")
    same({d for d in seen.DEVICES} - set(v["dirs"]["/dev"]), set(), "devices")


@case("mount on /: read-only by its own word, and by root.readonly; cwd and hooks", ROOT, USER)
def covers_readonly(w):
    b = w.bundle()
    path = other_root(w, b)
    b.bind(path, "/", "bind", "ro", "nosuid")
    b.config["mounts"].insert(0, b.config["mounts"].pop())
    m = seen.mounts(b.view())["/"]
    check({"ro", "nosuid"} <= m.options, f"{m}")
    b.config["mounts"][0]["options"] = ["bind"]
    b.config["root"]["readonly"] = True
    b.config["hooks"] = {"createContainer": [
        {"path": "/bin/sh", "args": ["sh", "-c", f"cat {b.rootfs}/which > {b.path}/said"]}]}
    equal(b.tries(["mkdir", "/x"], ["mkdir", "/dev/x"]), [30, 0], "errno")
    if w.uid is None:
        equal(host.read(b.path + "/said"), "other", "what a hook saw in the root's place")


@case("mount on /: after others it hides them, devices are made in what is seen")
def covers_late(w):
    b = w.bundle()
    b.bind(other_root(w, b), "/", "bind")
    b.config["mounts"].append(b.config["mounts"].pop(0))  # /proc again, on top
    v = b.view()
    same(set(seen.mounts(v)) - {"/", "/proc"} - set(b.linux["maskedPaths"]) -
         set(b.linux["readonlyPaths"]), set(), "mounts")
    check(v["dirs"]["/dev"].get("null", {}).get("major") == 1, "no /dev/null")


@case("mount on /: remounted, it is the root that changes", ROOT, USER)
def remounted(w):
    b = w.bundle().mount("/", "none", "none", "remount", "bind", "ro", "nodev")
    check({"ro", "nodev"} <= seen.mounts(b.view())["/"].options, "options")


@rows("mount on /: refused", (
    ("proc", "/", "proc", [], (), "would hide the whole root"),
    ("sysfs", "/./", "sysfs", [], (), "would hide the whole root"),
    ("cgroup", "//", "cgroup2", [], (), "would hide the whole root"),
    ("a file", "/", "bind", ["bind"], (), "cannot mount over the root: Not a directory"),
    ("an overlay is asked for", "/", "tmpfs", [], ("--overlay",),
     "would hide the overlay that is asked for"),
    ("by a way up", "/tmp/..", "tmpfs", [], (), "cannot mount on \"/tmp/..\": Device or resource"),
    ("by a link", "/link", "tmpfs", [], (), "cannot mount on \"/link\": Device or resource busy"),
), ROOT, USER)
def covers_refused(w, place, type_, words, options, text):
    b = w.bundle()
    os.symlink("/", b.file("link"))
    b.mount(place, type_, os.path.join(b.path, "config.json"), *words)
    r = b.run(*options)
    equal((r.status, r.out), (1, ""), str(r))
    holds(r.err, text, "message")
    holds(r.err, f"mounts[7] ({place})", "message")


# --- propagation ------------------------------------------------------------------------------

PROPAGATION = (
    (None, "", "", ""), ("private", "", "", ""), ("rprivate", "", "", ""),
    ("slave", "master", "", "master"), ("rslave", "master", "", "master"),
    ("shared", "shared master", "", "shared"), ("rshared", "shared master", "shared", "shared"),
    ("unbindable", "unbindable", "", ""), ("runbindable", "unbindable", "unbindable", "unbindable"),
)


@rows("rootfsPropagation, of a root that is shared", [(str(r[0]), *r) for r in PROPAGATION])
def propagation(w, word, top, fresh, bound):
    b = w.bundle()
    source = w.directory("source")
    for path in (b.path, source):
        kernel.bind(path, path)
        kernel.mount(None, path, None, kernel.MS_SHARED)
    if word is not None:
        b.linux["rootfsPropagation"] = word
    try:
        m = seen.mounts(b.mount("/t", "tmpfs", "tmpfs").bind(source, "/b", "bind").view())
    finally:
        for path in (source, b.path):
            kernel.umount(path)
    got = {k: kinds(m[k].propagation) for k in ("/", "/t", "/b")}
    equal(got, {"/": top, "/t": fresh, "/b": bound}, "propagation")


def kinds(text):
    return " ".join(sorted({w.split(":")[0] for w in text.split()} - {"propagate_from"},
                           reverse=True))


# --- how it is entered ------------------------------------------------------------------------


def lines(view):
    return {m.point: (m.type, m.root if m.type != "ext4" else "", sorted(m.options),
                      kinds(m.propagation)) for m in seen.mounts(view).values()}


@case("--no-pivot: the same mounts, the same root, no way up", ROOT, USER)
def no_pivot(w):
    b = w.bundle()
    b.config["root"]["readonly"] = True
    pivoted, moved = b.view(), b.view(options=("--no-pivot",))
    same(lines(moved), lines(pivoted), "mounts")
    equal(sorted(moved["dirs"]["/"]), sorted(pivoted["dirs"]["/"]), "root directory")
    b.shell("cd /; cd ../../..; pwd; ls -d /../bin /proc/self/cwd/../bin")
    equal(b.must("--no-pivot").out, "/\n/../bin\n/proc/self/cwd/../bin\n", "the way up")


@rows("a user namespace inside gets no proc and no sysfs without the masks", (
    ("proc, pivot", "proc", ()), ("proc, moved root", "proc", ("--no-pivot",)),
    ("sysfs, pivot", "sysfs", ()), ("sysfs, moved root", "sysfs", ("--no-pivot",))), ROOT, USER)
def bare(w, type_, options):
    b = w.bundle()
    b.caps("SETFCAP")
    b.shell(f"busybox unshare -mrpfn sh -c 'mount -t {type_} none /{type_.removesuffix('fs')}' 2>&1; echo $?")
    os.makedirs(b.file("sys"), exist_ok=True)
    r = b.must(*options)
    holds(r.out, "ermission denied", "mount")
    equal(r.out.splitlines()[-1] != "0", True, "status")


# --- /dev that is not ours --------------------------------------------------------------------


def dev_of(w, kind):
    """A bundle whose /dev is bound, or is the image's own."""
    b = w.bundle()
    b.config["mounts"] = [m for m in b.config["mounts"] if m["destination"] != "/dev"]
    where = w.directory("dev") if kind == "bound" else b.file("dev")
    for name in ("pts", "shm", "mqueue"):
        os.mkdir(os.path.join(where, name))
        w.own(os.path.join(where, name))
    if kind == "bound":
        b.bind(where, "/dev", "bind")
        b.config["mounts"].insert(1, b.config["mounts"].pop())
    return b, where


@rows("/dev", (("bound", "bound"), ("of the image", "image")), ROOT, USER)
def foreign_dev(w, kind):
    b, where = dev_of(w, kind)
    names = set(b.view()["dirs"]["/dev"])
    made = set() if kind == "bound" else set(seen.DEVICES)
    same(names, made | {"pts", "shm", "mqueue"}, "names in /dev")
    same(set(os.listdir(where)), names, "names in the directory")


@rows("a terminal where /dev is", (("bound", "bound"), ("of the image", "image")), ROOT, USER)
def terminal_on(w, kind):
    b, where = dev_of(w, kind)
    b.process["terminal"] = True
    b.shell("echo through >/dev/console; tty; busybox stat -c %t /dev/console").write()
    with terminal.Terminal(w) as t:
        equal(t.run(w.words("run", "--bundle", b.path, b.id), want=0).split(),
              ["through", "/dev/pts/0", "88"], "output")
    console = os.lstat(os.path.join(where, "console"))
    equal((console.st_mode & 0o170000, console.st_size), (0o100000, 0), "what is left of it")


@rows("a terminal where /dev has a console that is", (
    ("a link", lambda path, to: os.symlink(to, path)), ("a directory", lambda path, _: os.mkdir(path))),
    ROOT, USER)
def bad_console(w, make):
    b, where = dev_of(w, "bound")
    canary = os.path.join(w.directory("canary"), "made")
    make(os.path.join(where, "console"), canary)
    b.process["terminal"] = True
    b.write()
    with terminal.Terminal(w) as t:
        text = t.run(w.words("run", "--bundle", b.path, b.id), want=1)
    holds(text, "process.terminal: cannot make the terminal: ", "message")
    check(not os.path.exists(canary), "a file was made through the link")


@case("a terminal where there is no /dev/pts", ROOT, USER)
def no_pts(w):
    b = w.bundle()
    b.config["mounts"] = [m for m in b.config["mounts"] if m["destination"] != "/dev/pts"]
    b.process["terminal"] = True
    b.write()
    with terminal.Terminal(w) as t:
        text = t.run(w.words("run", "--bundle", b.path, b.id), want=1)
    holds(text, "process.terminal needs a mount of type devpts on /dev/pts", "hint")
