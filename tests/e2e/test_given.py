"""Bind mounts of what a descriptor of the caller's is open on: /proc/self/fd/N and --preserve-fds."""

import ctypes
import os

from lib import kernel, seen
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

FIRST = 20  # where the test keeps them, out of the way of what Python opens


def source(w):
    path = w.directory("source")
    with open(os.path.join(path, "seen"), "w", encoding="ascii") as f:
        f.write("content")
    os.mkdir(os.path.join(path, "sub"))
    return path


class Given:
    """These descriptors as 3 and up in the program that is started; the keywords for `run`."""

    def __init__(self, *fds):
        self.fds = list(fds)

    def __enter__(self):
        def put():
            for n, fd in enumerate(self.fds):
                os.dup2(fd, FIRST + n)
            for n in range(len(self.fds)):
                os.dup2(FIRST + n, 3 + n)
                os.set_inheritable(3 + n, True)
                os.close(FIRST + n)
            os.closerange(3 + len(self.fds), FIRST)

        return {"before": put, "close_fds": False}

    def __exit__(self, *_):
        for fd in self.fds:
            os.close(fd)


@rows("given descriptor: a directory and a file, by either name", (
    ("/proc/self/fd", "/proc/self/fd/"), ("/dev/fd", "/dev/fd/")), ROOT, USER)
def both_kinds(w, name):
    path = source(w)
    fds = os.open(path, os.O_RDONLY), os.open(path + "/seen", os.O_PATH)
    b = w.bundle().bind(name + "3", "/d", "bind", "ro", "nosuid").bind(name + "4", "/f", "bind")
    with Given(*fds) as given:
        v = b.view("/d/seen", "/f", options=("--preserve-fds", "2"), **given)
    equal((v["files"]["/d/seen"], v["files"]["/f"]), ("content", "content"), "content")
    m = seen.mounts(v)
    check({"ro", "nosuid"} <= m["/d"].options and m["/f"].root.endswith("/seen"), f"{m}")
    equal((m["/d"].propagation, m["/f"].propagation), ("", ""), "propagation")


@case("given descriptor: what was renamed after it was opened is the same", ROOT, USER)
def renamed(w):
    path = source(w)
    fd = os.open(path, os.O_RDONLY)
    os.rename(path, path + ".new")
    os.mkdir(path)
    b = w.bundle().bind("/proc/self/fd/3", "/d", "bind")
    with Given(fd) as given:
        v = b.view("/d/seen", options=("--preserve-fds", "1"), **given)
    equal(v["files"]["/d/seen"], "content", "content")


@case("given descriptor: rbind shows the mounts below, bind does not; id maps and propagation")
def words(w):
    path = source(w)
    kernel.bind(path, path)
    kernel.mount(None, path, None, kernel.MS_SHARED)
    kernel.mount("none", path + "/sub", "tmpfs", kernel.MS_RDONLY)
    try:
        b = w.bundle().bind("/proc/self/fd/3", "/r", "rbind", "rslave")
        b.bind("/proc/self/fd/3", "/b", "bind", "idmap=uids=0-5-10;gids=0-6-10", "noexec")
        with Given(os.open(path, os.O_RDONLY)) as given:
            m = seen.mounts(b.view(options=("--preserve-fds", "1"), **given))
    finally:
        kernel.umount(path + "/sub")
        kernel.umount(path)
    check("/r/sub" in m and "/b/sub" not in m, f"mounts {sorted(m)}")
    holds(m["/r"].propagation, "master:", "/r")
    check({"idmapped", "noexec"} <= m["/b"].options, f"{m['/b']}")


def detached(fstype):
    """A mount that is nowhere mounted: fsopen, fsconfig, fsmount."""
    libc = ctypes.CDLL(None, use_errno=True)
    fs = libc.syscall(ctypes.c_long(430), fstype, ctypes.c_uint(1))
    libc.syscall(ctypes.c_long(431), fs, ctypes.c_uint(6), None, None, ctypes.c_int(0))
    tree = libc.syscall(ctypes.c_long(432), fs, ctypes.c_uint(1), ctypes.c_uint(0))
    os.close(fs)
    return tree


@case("given descriptor: a mount that only the caller has")
def only_callers(w):
    tree = detached(b"tmpfs")
    os.mkdir("inside", dir_fd=tree)
    b = w.bundle().bind("/proc/self/fd/3", "/t", "bind").shell("ls /t")
    with Given(tree) as given:
        r = b.run("--preserve-fds", "1", **given)
    if kernel.RELEASE < (6, 15) and "since Linux 6.15" in r.err:
        skip("before Linux 6.15")
    equal((r.status, r.out), (0, "inside\n"), str(r))


REFUSED = (
    ("not handed on", "/proc/self/fd/4", "1", "Bad file descriptor", "hands on descriptors 3 to 3"),
    ("without the option", "/proc/self/fd/3", "0", "Bad file descriptor", "--preserve-fds N"),
    ("standard output", "/dev/fd/1", "1", "Bad file descriptor", "hands on descriptors 3 to 3"),
    ("a number that is none", "/proc/self/fd/99999999999", "1", "No such file or directory", ""),
    ("beneath it", "/proc/self/fd/3/sub", "1", "Invalid argument", "hint: "),
)


@rows("given descriptor: refused", REFUSED, ROOT, USER)
def refused(w, name, count, words_, hint):
    path = source(w)
    b = w.bundle().bind(name, "/d", "bind").probe("exit", "0")
    with Given(os.open(path, os.O_RDONLY)) as given:
        r = b.run("--preserve-fds", count, **given)
    if name.endswith("/sub") and w.uid is not None and r.status == 0:
        return  # in a user namespace's copy of the host's mounts it may be the very same
    equal(r.status, 1, f"status of {r}")
    holds(r.err, f'(/d): cannot bind "{name}": {words_}', "message")
    holds(r.err, hint, "hint")


@case("given descriptor: one that is not open is refused", ROOT, USER)
def not_open(w):
    b = w.bundle().bind("/proc/self/fd/8", "/d", "bind")
    with Given(os.open("/", os.O_RDONLY)) as given:
        r = b.run("--preserve-fds", "9", **given)
    equal((r.status, r.out), (1, ""), str(r))
    holds(r.err, "descriptor 4 is not open: Bad file descriptor", "message")


@rows("given descriptor: no directory or file that is mounted", (
    ("a pipe", lambda w: os.pipe()[0]), ("a memfd", lambda w: os.memfd_create("x")),
    ("a removed directory", lambda w: gone(w))), ROOT, USER)
def nothing_mounted(w, make):
    b = w.bundle().bind("/proc/self/fd/3", "/d", "bind").probe("exit", "0")
    with Given(make(w)) as given:
        r = b.run("--preserve-fds", "1", **given)
    equal(r.status, 1, f"status of {r}")
    holds(r.err, '(/d): cannot bind "/proc/self/fd/3": ', "message")
    check(not os.path.exists(b.file("d")), "a mount point was left")


def gone(w):
    path = w.directory("gone")
    fd = os.open(path, os.O_RDONLY)
    os.rmdir(path)
    return fd


@case("given descriptor: another directory under its name is refused in a user namespace", USER)
def replaced(w):
    if os.getuid() != 0:
        skip("needs root, to mount over it")
    path = source(w)
    b = w.bundle().bind("/proc/self/fd/3", "/d", "bind")
    cover = w.directory("cover")
    with Given(os.open(path, os.O_RDONLY)) as given:
        kernel.bind(cover, path)
        try:
            r = b.run("--preserve-fds", "1", **given)
        finally:
            kernel.umount(path)
    equal(r.status, 1, f"status of {r}")
    holds(r.err, "Invalid cross-device link\n  hint: in a user namespace", "message")
