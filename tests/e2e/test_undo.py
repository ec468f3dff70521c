"""A start that fails leaves the image and bound directories as they were."""

import os
import shutil

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same


def tree(*tops):
    """All below: path -> type and mode."""
    out = {}
    for top in tops:
        for where, dirs, files in os.walk(top):
            for name in dirs + files:
                full = os.path.join(where, name)
                out[full] = oct(os.lstat(full).st_mode)
    return out


def volume(w):
    path = w.directory("volume")
    os.mkdir(os.path.join(path, "there"))
    w.own(os.path.join(path, "there"))
    return path


def with_targets(w, b, path):
    """Mount points of all kinds that are missing: in the image, by way of a link, in a volume."""
    os.mkdir(b.file("real"))
    os.symlink("real", b.file("link"))
    w.own(b.file("real"))
    source = os.path.join(path, "there")
    b.bind(path, "/volume", "bind")
    for place in ("/volume/new/deep", "/volume/there/new", "/deep/er/still", "/deep/other",
                  "/link/in/side", "/up/../down/./here/", "/real/x"):
        b.mount(place, "tmpfs", "tmpfs")
    b.bind("/dev/null", "/a/file", "bind").bind("/dev/null", "/volume/file", "bind")
    b.bind(source, "/a/directory", "bind")
    os.symlink("nowhere", os.path.join(path, "loose"))
    b.bind(os.path.join(path, "loose"), "/a/copied/link", "bind", "copy-symlink")
    b.process["cwd"] = "/working/directory"


def no_program(b):
    b.args("/none/such")


def no_source(b):
    b.bind("/none/such", "/last", "bind")


def no_place(b):
    b.bind("/dev/null", "/bin/busybox/last", "bind")


def bad_data(b):
    b.mount("/last", "tmpfs", "tmpfs", "size=much")


def bad_sysctl(b):
    b.linux["sysctl"] = {"kernel.shmmax": "much"}


def bad_hook(b):
    b.config["hooks"] = {"createRuntime": [{"path": "/bin/false"}]}


def bad_hook_inside(b):
    b.config["hooks"] = {"createContainer": [{"path": "/bin/false"}]}


def bad_hook_late(b):
    b.config["hooks"] = {"startContainer": [{"path": "/none/such"}]}


FAILURES = [(f.__name__.replace("_", " "), f) for f in (
    no_program, no_source, no_place, bad_data, bad_sysctl, bad_hook, bad_hook_inside,
    bad_hook_late)]


@rows("undo: mount points", FAILURES, ROOT, USER)
def mount_points(w, fail):
    b = w.bundle()
    path = volume(w)
    with_targets(w, b, path)
    fail(b)
    before = tree(b.rootfs, path)
    r = b.run()
    equal(r.status, 1, f"status of {r}")
    same(tree(b.rootfs, path), before, "files")


@rows("undo: devices and links of an image without /dev", (("run", "run"), ("create", "create")))
def devices(w, command):
    b = w.bundle().args("/none/such")
    b.config["mounts"] = [m for m in b.config["mounts"] if not m["destination"].startswith("/dev")]
    b.linux["devices"] = [{"path": "/some/where/null", "type": "c", "major": 1, "minor": 3},
                          {"path": "/dev/fifo", "type": "p"}]
    shutil.rmtree(b.file("dev"))
    before = tree(b.rootfs)
    b.write()
    r = w.crun(command, "--bundle", b.path, b.id)
    equal(r.status, 1, f"status of {r}")
    same(tree(b.rootfs), before, "files")


@case("undo: what was there stays, and so does what came into it meanwhile", ROOT, USER)
def holds_something(w):
    b = w.bundle()
    for name in ("old", "old/empty"):
        os.mkdir(b.file(name))
        w.own(b.file(name))
    b.mount("/old/empty", "tmpfs", "tmpfs").mount("/new/place", "tmpfs", "tmpfs")
    b.bind("/dev/null", "/filled", "bind")
    hook = f"echo x > {b.file('new/place')}/x; echo x > {b.file('filled')}; exit 1"
    b.config["hooks"] = {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", hook]}]}
    r = b.run()
    equal(r.status, 1, f"status of {r}")
    check(os.path.isdir(b.file("old/empty")), "a directory that was there is gone")
    equal((host.read(b.file("new/place/x")), host.read(b.file("filled"))), ("x\n", "x\n"), "files")
    holds(r.err, "hint: ", "message")
    holds(r.err, "was made for this container and is left", "hint")


@case("undo: another's link in the place of what was made leads nowhere")
def swapped(w):
    b = w.bundle()
    canary = w.directory("canary")
    os.mkdir(canary + "/place")
    b.mount("/new/place", "tmpfs", "tmpfs")
    new = b.file("new")
    hook = f"mv {new} {new}.old && ln -s {canary} {new}; exit 1"
    b.config["hooks"] = {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", hook]}]}
    r = b.run()
    equal(r.status, 1, f"status of {r}")
    equal(os.listdir(canary), ["place"], "the host's directory")
    check(os.path.islink(new), "the link is gone")


@case("undo: of many directories the first is told that is left")
def many(w):
    b = w.bundle().args("/none/such")
    path = volume(w)
    b.bind(path, "/volume", "bind")
    for n in range(12):
        os.mkdir(os.path.join(path, str(n)))
        b.mount(f"/volume/{n}/new", "tmpfs", "tmpfs")
    r = b.run()
    left = [n for n in range(12) if os.listdir(os.path.join(path, str(n)))]
    check(0 < len(left) <= 5, f"left: {left}")
    equal(r.status, 1, f"status of {r}")
    holds(r.err, f"/volume/{left[0]}/new was made for this container and is left", "hint")


@case("undo: mount points of a container that ran stay", ROOT, USER)
def after_success(w):
    b = w.bundle().probe("exit", "3").mount("/new/place", "tmpfs", "tmpfs")
    b.must(status=3)
    check(os.path.isdir(b.file("new/place")), "the mount point is gone")
    c = w.bundle().mount("/new/place", "tmpfs", "tmpfs")
    equal(c.create(to_files=True).status, 0, "create")
    w.must("delete", "--force", c.id)
    check(os.path.isdir(c.file("new/place")), "the mount point is gone")
