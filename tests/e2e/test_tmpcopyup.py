"""tmpcopyup: a tmpfs that begins as a copy of what the image has at its place."""

import os
import socket
import stat
import struct
import time

from lib import kernel, peers
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip

CAPS = struct.pack("<IIIII", 0x02000000, 0x400, 0, 0, 0)  # cap_net_bind_service, permitted
CAPS_OF = struct.pack("<IIIII", 0x03000000, 0x400, 0, 0, 0)  # those of one user namespace
CANARY = "this is the host's"


def write(path, text="", mode=0o644):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path, mode)


def facts(path, inode_times=True):
    """All that a copy shall have."""
    st = os.lstat(path)
    out = [stat.filemode(st.st_mode), st.st_uid, st.st_gid, st.st_rdev]
    if stat.S_ISLNK(st.st_mode):
        return out + [os.readlink(path), st.st_mtime_ns]
    if stat.S_ISREG(st.st_mode):
        out += [st.st_size]
        if st.st_size < 1 << 20:
            with open(path, "rb") as f:
                out.append(f.read())
    if stat.S_ISREG(st.st_mode) or stat.S_ISDIR(st.st_mode):
        out.append({n: os.getxattr(path, n) for n in sorted(os.listxattr(path))
                    if n != "security.selinux"})
    return out + ([st.st_mtime_ns] if inode_times else [])


def tree(top):
    out = {}
    for here, dirs, names in os.walk(top):
        for name in dirs + names:
            path = os.path.join(here, name)
            out[os.path.relpath(path, top)] = facts(path)
    return out


def copied(w, b, *options, place="/t"):
    """What a container has there, seen from outside."""
    b.probe("pause").mount(place, "tmpfs", "tmpfs", "tmpcopyup", *options)
    b.detached()
    there = f"/proc/{b.state()['pid']}/root{place}"
    try:
        return tree(there), facts(there, False)
    finally:
        w.must("delete", "--force", b.id)


def gentle(b):
    """Content that anybody may have."""
    top = b.file("t")
    os.makedirs(os.path.join(top, "a/b"))
    write(os.path.join(top, "plain"), "content")
    write(os.path.join(top, "a/b/program"), "x" * 70000, 0o755)
    write(os.path.join(top, "empty"), "", 0o400)
    os.symlink("plain", os.path.join(top, "link"))
    os.link(os.path.join(top, "plain"), os.path.join(top, "a/hard"))
    os.mkfifo(os.path.join(top, "fifo"), 0o640)
    os.chmod(os.path.join(top, "a"), 0o750)
    for name in ("plain", "a/b/program", "a", "fifo"):
        os.utime(os.path.join(top, name), (1e9, 1e9))
    os.utime(os.path.join(top, "link"), (2e9, 2e9), follow_symlinks=False)
    os.chmod(top, 0o751)
    return top


def own(w, top):
    for here, dirs, names in os.walk(top):
        for name in [*dirs, *names]:
            w.own(os.path.join(here, name))
    w.own(top)


@case("tmpcopyup: content, modes, times, links", ROOT, USER)
def content(w):
    b = w.bundle()
    top = gentle(b)
    own(w, top)
    got, root = copied(w, b)
    same(got, tree(top), "copy")
    equal(root[0], "drwxr-x--x", "mode of the directory")


@case("tmpcopyup: owners, set-id bits, devices, sockets, attributes")
def everything(w):
    b = w.bundle()
    top = gentle(b)
    write(os.path.join(top, "setuid"), "#!", 0o644)
    os.chown(os.path.join(top, "setuid"), 5, 6)
    os.chmod(os.path.join(top, "setuid"), 0o6755)
    os.mkdir(os.path.join(top, "shared"))
    os.chown(os.path.join(top, "shared"), 1000, 1000)
    os.chmod(os.path.join(top, "shared"), 0o3777)
    os.mknod(os.path.join(top, "null"), 0o20640, os.makedev(1, 3))
    os.mknod(os.path.join(top, "loop"), 0o60600, os.makedev(7, 200))
    os.lchown(os.path.join(top, "link"), 7, 8)
    os.chown(os.path.join(top, "fifo"), 9, 9)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(os.path.join(top, "s"))
    write(os.path.join(top, "capable"), "#!", 0o755)
    os.setxattr(os.path.join(top, "capable"), "security.capability", CAPS)
    os.setxattr(os.path.join(top, "plain"), "user.note", b"v")
    os.setxattr(os.path.join(top, "a"), "system.posix_acl_default", struct.pack(
        "<I" + "HHI" * 5, 2, 1, 7, 2**32 - 1, 2, 7, 1000, 4, 5, 2**32 - 1, 0x10, 7, 2**32 - 1,
        0x20, 0, 2**32 - 1))
    os.setxattr(os.path.join(top, "a"), "trusted.overlay.opaque", b"y")
    want = tree(top)
    del want["a"][-2]["trusted.overlay.opaque"]  # a layer's own, not the image's
    got, root = copied(w, b)
    same(got, want, "copy")
    equal(root[1:3], [0, 0], "owner of the directory is the tmpfs's")


@case("tmpcopyup: in a user namespace")
def user_namespace(w):
    b = w.bundle()
    top = gentle(b)
    write(os.path.join(top, "alien"), "", 0o4755)
    os.chown(os.path.join(top, "alien"), 5, 5)  # not mapped
    os.chmod(os.path.join(top, "alien"), 0o4755)
    os.mknod(os.path.join(top, "null"), 0o20666, os.makedev(1, 3))
    write(os.path.join(top, "capable"), "#!", 0o755)
    os.setxattr(os.path.join(top, "capable"), "security.capability", CAPS)
    for name in ("plain", "a", "a/b"):
        os.chown(os.path.join(top, name), 300005, 300006)
    for name in (".", "empty", "link", "a/b/program", "fifo", "capable"):
        os.chown(os.path.join(top, name), 300000, 300000, follow_symlinks=False)
    os.setxattr(os.path.join(top, "capable"), "security.capability", CAPS)
    b.namespace("user")
    b.linux["uidMappings"] = b.linux["gidMappings"] = [
        {"containerID": 0, "hostID": 300000, "size": 65534}]  # 65534 itself is not mapped
    want = tree(top)
    del want["null"]  # nobody could use it
    want["alien"][:3] = ["-rwxr-xr-x", 300000, 300000]  # root's of the container, not set-uid
    # the host's root gave them, who is root above the container too; now it is the container's
    want["capable"][-2] = {"security.capability": CAPS_OF + struct.pack("<I", 300000)}
    same(copied(w, b)[0], want, "copy")


@case("tmpcopyup: links in the image lead nowhere", ROOT, USER)
def hostile_links(w):
    b = w.bundle()
    canary = w.directory("canary")
    write(os.path.join(canary, "secret"), CANARY)
    w.own(os.path.join(canary, "secret"))
    top = b.file("t")
    os.mkdir(top)
    up = "../" * 40
    for name, target in (("abs", canary), ("file", f"{canary}/secret"), ("up", up + canary),
                         ("loop", "loop"), ("self", "."), ("magic", "/proc/self/root"),
                         ("long", "x" * 4000)):
        os.symlink(target, os.path.join(top, name))
    own(w, top)
    before = os.stat(canary).st_mtime_ns
    same(copied(w, b)[0], tree(top), "copy")
    equal((os.stat(canary).st_mtime_ns, os.listdir(canary)), (before, ["secret"]), "canary")


@rows("tmpcopyup: the place itself is a link", (
    ("into the root", "/real", "inside"), ("out of it", "../../../../../../real", "inside"),
    ("to the host's directory", None, None)))
def place_is_link(w, target, want):
    b = w.bundle()
    canary = w.directory("canary")
    write(os.path.join(canary, "secret"), CANARY)
    os.mkdir(b.file("real"))
    write(b.file("real/f"), "inside")
    os.symlink(target or canary, b.file("t"))
    b.shell("cd /t && ls && cat /t/f").mount("/t", "tmpfs", "tmpfs", "tmpcopyup")
    r = b.run()
    if want is not None:
        equal((r.status, r.out), (0, f"f\n{want}"), f"in {r}")
    check(CANARY not in r.out and "secret" not in r.out, f"the host's file in {r}")
    equal(os.listdir(canary), ["secret"], "canary")


@case("tmpcopyup: a sparse file stays one, whatever its size")
def sparse(w):
    b = w.bundle()
    os.mkdir(b.file("t"))
    with open(b.file("t/big"), "wb") as f:
        f.seek(4 << 30)
        f.write(b"end")
        f.truncate(8 << 30)
        f.seek(1 << 20)
        f.write(b"middle")
    started = time.monotonic()
    got, _ = copied(w, b, "size=2m")
    equal(got["big"][4], 8 << 30, "size")
    check(time.monotonic() - started < 10, "it takes time")
    b.config["mounts"].pop()
    b.mount("/t", "tmpfs", "tmpfs", "tmpcopyup", "size=2m")
    b.shell("/bin/busybox dd if=/t/big bs=1 skip=1048576 count=6 2>/dev/null; "
            "/bin/busybox dd if=/t/big bs=1048576 skip=4096 count=1 2>/dev/null | "
            "/bin/busybox head -c 3")
    equal(b.must().out, "middleend", "content")


@case("tmpcopyup: many files", ROOT, USER)
def many(w):
    b = w.bundle()
    top = b.file("t")
    for i in range(40):
        os.makedirs(os.path.join(top, f"d{i}", "sub"))
    for i in range(3000):
        write(os.path.join(top, f"a rather long name of a file, number {i}"))
    own(w, top)
    same(copied(w, b)[0], tree(top), "copy")


def deep(top, levels):
    """A tree that is deeper than a path can be long."""
    os.mkdir(top)
    here = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("bottom", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)


@case("tmpcopyup: deep trees, up to a limit")
def depth(w):
    b = w.bundle()
    deep(b.file("t"), 127)
    same(copied(w, b)[0], tree(b.file("t")), "copy")
    b = w.bundle()
    deep(b.file("t"), 128)
    r = b.mount("/t", "tmpfs", "tmpfs", "tmpcopyup").run()
    equal(r.status, 1, f"status of {r}")
    holds(r.err, '(/t): cannot copy what the image has at "/t": "d": File name too long')
    holds(r.err, "hint: directories lie more than 128 deep")


@case("tmpcopyup: other mounts are not entered")
def other_mounts(w):
    b = w.bundle()
    os.makedirs(b.file("t/mounted"))
    os.mkdir(b.file("t/here"))
    source = w.directory("source")
    write(os.path.join(source, "f"), CANARY)
    kernel.bind(source, b.file("t/mounted"))
    try:
        b.bind("/proc", "/t/here", "rbind")
        equal(sorted(copied(w, b)[0]), [], "copy")
    finally:
        kernel.umount(b.file("t/mounted"))


@case("tmpcopyup: read-only after the copy", ROOT, USER)
def readonly(w):
    b = w.bundle()
    own(w, gentle(b))
    b.mount("/t", "tmpfs", "tmpfs", "tmpcopyup", "ro", "mode=711")
    b.shell("cat /t/plain; echo > /t/new; /bin/busybox stat -c ' %a' /t")
    r = b.run()
    equal(r.out, "content 711\n", f"output of {r}")
    holds(r.err, "Read-only file system", "attempt")


@case("tmpcopyup: nothing there, an empty directory is there", ROOT, USER)
def nothing(w):
    b = w.bundle().mount("/none/at/all", "tmpfs", "tmpfs", "tmpcopyup")
    os.mkdir(b.file("empty"))
    w.own(b.file("empty"))
    b.mount("/empty", "tmpfs", "tmpfs", "tmpcopyup").shell("ls /none/at/all /empty")
    equal(b.must().out, "/empty:\n\n/none/at/all:\n", "content")


@case("tmpcopyup: /dev of the image, its nodes, links and shm")
def dev(w):
    b = w.bundle()
    write(b.file("dev/note"), "x")
    os.mkdir(b.file("real"))
    os.symlink("/real", b.file("dev/shm"))
    b.mounted("/dev")["options"].append("tmpcopyup")
    b.shell("cat /dev/note /dev/null; echo > /real/f && ls /dev/shm/")
    equal(b.must().out, "xf\n", "content")


REFUSED = (
    ("full", ["size=64k"], "big", 'cannot copy what the image has at "/t": "big": No space left on '
                                  'device', "hint: the tmpfs is full"),
    ("a file", [], "file", 'cannot copy what the image has at "/t": Not a directory', "hint: "),
    ("proc", [], "proc", "what is there is the kernel's, not the image's", "hint: "),
    ("attribute", [], "xattr", '"f": Argument list too long', "hint: its extended attributes"),
)


@rows("tmpcopyup refused", REFUSED)
def refused(w, options, what, text, hint):
    b = w.bundle()
    if what == "file":
        write(b.file("t"))
    elif what == "proc":
        os.symlink("/proc/sys", b.file("t"))
    else:
        os.mkdir(b.file("t"))
        write(b.file("t/big"), "x" * 100000 if what == "big" else "")
    if what == "xattr":
        try:
            write(b.file("t/f"))
            for i in range(40):
                os.setxattr(b.file("t/f"), f"user.{'n' * 60}{i}", b"")
        except OSError:
            skip("this file system takes no such attributes")
    r = b.mount("/t", "tmpfs", "tmpfs", "tmpcopyup", *options).run()
    equal(r.status, 1, f"status of {r}")
    holds(r.err, text, "message")
    holds(r.err, hint, "message")


@case("tmpcopyup: as others")
def as_others(w):
    names = peers.new_enough(w)
    b = w.bundle()
    top = gentle(b)
    os.unlink(os.path.join(top, "fifo"))  # runc cannot
    os.chown(os.path.join(top, "plain"), 5, 6)
    b.mount("/t", "tmpfs", "tmpfs", "tmpcopyup")
    b.shell("cd /t && /bin/busybox find . | /bin/busybox sort | "
            "/bin/busybox xargs /bin/busybox stat -c '%n %F %a %u %g'; cat /t/link")
    ours = b.must().out
    holds(ours, "./plain regular file 644 5 6", "copy")
    for name in names:
        equal(ours, peers.run(w, name, b), f"copy, {name}")
