"""Mounts that cannot be: one line with the place in the file, exit 1, nothing made and nothing left."""

import os
import re
import socket

from lib import kernel
from lib.suite import ROOT, USER, case, equal, holds, rows, same, skip
from test_input import refused
from test_undo import tree


def things(w, top):
    """A directory with one of each kind."""
    os.makedirs(os.path.join(top, "dir/sub"))
    with open(os.path.join(top, "file"), "w", encoding="ascii") as f:
        f.write("text")
    for name, target in (("loop", "loop"), ("dangling", "none/there"), ("up", "../../../.."),
                         ("out", "/none/there"),
                         ("toofile", "file/there"), ("self", "self/there")):
        os.symlink(target, os.path.join(top, name))
    os.mkfifo(os.path.join(top, "fifo"))
    with socket.socket(socket.AF_UNIX) as s:
        at = os.getcwd()
        os.chdir(top)  # its name may not be long
        s.bind("socket")
        os.chdir(at)
    for where, dirs, files in os.walk(top):
        for name in [where] + [os.path.join(where, n) for n in dirs + files]:
            w.own(name)


def prepared(w):
    b = w.bundle().probe("exit", "0")
    source = w.directory("source")
    things(w, source)
    os.mkdir(b.file("t"))
    things(w, b.file("t"))
    w.own(b.file("t"))
    return b, source


def attempt(w, b, source, entry, *parts):
    """Refused by run and by create, with nothing changed."""
    b.config["mounts"].append(entry)
    before = tree(b.rootfs, source)
    b.write()
    for command in ("run", "create"):
        r = w.crun(command, "--bundle", b.path, b.id)
        refused(w, r, re.compile(r"config\.json:\d+:\d+: mounts\[7\]"), *parts)
    same(tree(b.rootfs, source), before, "files")


# Source below S, destination, the line's end.
BINDS = (
    ("source missing", "S/none", "/x/y", 'cannot bind "S/none": No such file or directory'),
    ("source a circle", "S/loop", "/x/y", "Too many levels of symbolic links"),
    ("source a link to nothing", "S/dangling", "/x/y", "No such file or directory"),
    ("source below a file", "S/file/x", "/x/y", 'cannot bind "S/file/x": Not a directory'),
    ("source below a FIFO", "S/fifo/x", "/x/y", "Not a directory"),
    ("source with a long name", "S/" + "a" * 256, "/x/y", "File name too long"),
    ("source empty", "", "/x/y", "source: missing"),
    ("target a circle", "S/dir", "/t/loop", "Too many levels of symbolic links"),
    ("target beyond a circle", "S/dir", "/t/loop/x", "Too many levels of symbolic links"),
    ("target a link to nothing, below a file", "S/dir", "/t/toofile", "Not a directory"),
    ("target a link to its own child", "S/dir", "/t/self", "Too many levels of symbolic links"),
    ("target below a file", "S/dir", "/t/file/x/y", "Not a directory"),
    ("target below a FIFO", "S/dir", "/t/fifo/x", "Not a directory"),
    ("a directory on a file", "S/dir", "/t/file", "Not a directory"),
    ("a directory on a FIFO", "S/dir", "/t/fifo", "Not a directory"),
    ("a directory on a socket", "S/dir", "/t/socket", "Not a directory"),
    ("a file on a directory", "S/file", "/t/dir", "Not a directory"),
    ("a FIFO on a directory", "S/fifo", "/t/dir", "Not a directory"),
    ("target with a long name", "S/dir", "/x/" + "a" * 256, "File name too long"),
    ("target far too long", "S/dir", "/x" * 3000, "File name too long"),
)


@rows("bad bind", BINDS, ROOT, USER)
def bad_bind(w, source_name, target, text):
    b, source = prepared(w)
    entry = {"destination": target, "source": source_name.replace("S", source, 1),
             "options": ["bind"]}
    attempt(w, b, source, entry, re.compile(re.escape(text.replace("S", source, 1)) + "$"))


# Type, source, options, what the line holds, what the hint holds.
TYPES = (
    ("unknown type", "nosuchfs", "x", [], 'no file system of type "nosuchfs": No such device',
     "modprobe nosuchfs"),
    ("tmpfs: unknown option", "tmpfs", "x", ["foo"], "Unknown parameter 'foo': Invalid argument",
     "an option"),
    ("tmpfs: bad value", "tmpfs", "x", ["size=much"], "Bad value for 'size': Invalid argument",
     "an option"),
    ("proc: bad value", "proc", "x", ["hidepid=9"], "hidepid", "an option"),
    ("devpts: bad value", "devpts", "x", ["gid=x"],
     "Bad value for 'gid'" if kernel.RELEASE >= (6, 15) else "Invalid argument", "an option"),
    ("mqueue: unknown option", "mqueue", "x", ["foo"], "Unknown parameter 'foo'", "an option"),
    ("sysfs: unknown option", "sysfs", "x", ["foo"], "Unknown parameter 'foo'", "an option"),
    ("cgroup2: unknown option", "cgroup2", "x", ["foo"], "Unknown parameter 'foo'", "an option"),
    ("overlay: no layer", "overlay", "x", [], "Invalid argument", "it takes lowerdir="),
    ("overlay: layer missing", "overlay", "x", ["lowerdir=S/none:S/dir"], "No such file or directory",
     "a directory of lowerdir="),
    ("overlay: layer a file", "overlay", "x", ["lowerdir=S/file:S/dir"], "Invalid argument", ""),
    ("overlay: no workdir", "overlay", "x", ["lowerdir=S/dir", "upperdir=S/dir/sub"],
     "Invalid argument" if kernel.RELEASE > (5, 10) else "Cannot allocate memory", "workdir="),
    ("overlay: upper the same as lower", "overlay", "x",
     ["lowerdir=S/dir", "upperdir=S/dir", "workdir=S/dir/sub"], "cannot make a file system", "dir="),
)


@rows("bad file system", TYPES, ROOT, USER)
def bad_type(w, type_, source_name, words, text, hint):
    if type_ == "overlay" and w.uid is not None and kernel.RELEASE < (5, 11):
        skip("no overlay in a user namespace before Linux 5.11")
    b, source = prepared(w)
    words = [o.replace("S/", source + "/") for o in words]
    attempt(w, b, source, {"destination": "/x/y", "type": type_, "source": source_name,
                           "options": words}, text)
    if w.uid is None and kernel.RELEASE > (5, 10):
        holds(b.run().err, hint, "hint")


ON_DISK = (
    ("a missing device", "ext4", "none", "No such file or directory"),
    ("a directory", "ext4", "dir", "Block device required"),
    ("a FIFO", "ext4", "fifo", "Block device required"),
    ("no erofs at all", "erofs", "file", ""),
    ("no source", "ext4", None, "Invalid argument"),
)


@rows("bad file system of a device", ON_DISK)
def bad_device(w, type_, name, text):
    b, source = prepared(w)
    entry = {"destination": "/x/y", "type": type_}
    if name is not None:
        entry["source"] = os.path.join(source, name)
    b.config["mounts"].append(entry)
    before = tree(b.rootfs, source)
    r = b.run()
    if "this kernel knows no" in r.err:
        skip(f"no {type_} here")
    refused(w, r, re.compile(r"config\.json:\d+:\d+: mounts\[7\] \(/x/y\)"), text)
    holds(r.err, "\n  hint: ", "hint")
    same(tree(b.rootfs, source), before, "files")


@case("bad file system: an overlay whose upper is on one that it cannot write to")
def bad_upper(w):
    b, source = prepared(w)
    for name in ("l", "u", "w", "m"):
        os.mkdir(os.path.join(source, name))
    kernel.mount("overlay", source + "/m", "overlay", 0,
                 f"lowerdir={source}/l,upperdir={source}/u,workdir={source}/w")
    try:
        for name in ("up", "work"):
            os.mkdir(f"{source}/m/{name}")
        words = [f"lowerdir={source}/dir", f"upperdir={source}/m/up", f"workdir={source}/m/work"]
        attempt(w, b, source, {"destination": "/x/y", "type": "overlay", "source": "x",
                               "options": words}, "Invalid argument")
    finally:
        kernel.umount(source + "/m")


def ids(*ranges):
    return [{"containerID": c, "hostID": h, "size": n} for c, h, n in ranges]


@rows("bad id map of a mount", (
    ("users that overlap", ["idmap"], ids((0, 0, 10), (5, 100, 10)), ids((0, 0, 10)), "overlaps"),
    ("files' users that overlap", ["idmap"], ids((0, 0, 10), (10, 5, 10)), ids((0, 0, 10)),
     "overlaps"),
    ("an option that overlaps", ["idmap=uids=0-0-10#5-100-10;gids=0-0-10"], None, None,
     "ranges that overlap"),
    ("no range", ["idmap=uids=;gids=0-0-1"], None, None, "idmap"),
    ("one list only", ["idmap"], ids((0, 0, 1)), None, "gidMappings"),
    ("beyond all ids", ["idmap"], ids((0, 4294967290, 10)), ids((0, 0, 1)), "4294967"),
), ROOT, USER)
def bad_ids(w, words, uids, gids, text):
    b, source = prepared(w)
    entry = {"destination": "/x/y", "source": source, "options": ["bind", *words]}
    entry.update({k: v for k, v in (("uidMappings", uids), ("gidMappings", gids)) if v})
    attempt(w, b, source, entry, text)


CONTRADICTING = (
    ("data on a bind", ["bind", "size=1m"], "bind mounts cannot have any filesystem-specific options"),
    ("a slip of the pen", ["bind", "nosiud"], "nosiud"),
    ("a copy of a bind", ["bind", "tmpcopyup"], "only a tmpfs can begin as a copy"),
    ("a link both copied and mounted", ["bind", "copy-symlink", "src-nofollow"],
     "a link is either copied or mounted"),
    ("data with remount", ["remount", "size=1m"], "remount changes the mount alone"),
    ("a map with remount", ["remount", "idmap"], "remount keeps what is mounted"),
)


@rows("contradicting options", CONTRADICTING, ROOT, USER)
def contradicting(w, words, text):
    b, source = prepared(w)
    attempt(w, b, source, {"destination": "/t/dir", "source": source, "options": words}, text)


# --- what is odd and yet can be ---------------------------------------------------------------


@case("odd binds that work: FIFO, socket, a file on either, ways that climb", ROOT, USER)
def odd(w):
    b, source = prepared(w)
    for name, target in (("fifo", "/x/fifo"), ("socket", "/x/socket"), ("file", "/t/fifo"),
                         ("file", "/t/socket"), ("dir", "/t/up/climbed"), ("dir", "/../../above"),
                         ("dir", "t/relative")):
        b.bind(os.path.join(source, name), target, "bind")
    b.shell("for f in /x/fifo /x/socket /t/fifo /t/socket /climbed /above /t/relative; do "
            "busybox stat -c %F $f; done")
    equal(b.must().out.split("\n")[:-1], ["fifo", "socket", "regular file", "regular file",
                                          "directory", "directory", "directory"], "kinds")


@case("odd binds that work: a device as source")
def device(w):
    b = w.bundle().bind("/dev/zero", "/x/zero", "bind", "ro").shell("busybox stat -c %F /x/zero")
    equal(b.must().out, "character special file\n", "kind")
