"""Images made to reach the host: links where the runtime makes, mounts or opens something."""

import hashlib
import os
import time

from lib import host
from lib.canary import Canary
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip

PLACES = """proc sys dev dev/pts dev/shm dev/mqueue dev/null dev/zero dev/ptmx dev/console dev/tty
dev/fd dev/stdin sys/fs/cgroup etc run tmp opt etc/hostname etc/resolv.conf etc/mtab""".split()


def plant(b, place, target):
    """Makes the place in the root a link to the target."""
    path = b.file(place)
    if os.path.isdir(path):
        os.rmdir(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(target, path)


def run_hostile(w, b, canary):
    """An error of one line, or a container whose mounts are inside."""
    b.process["cwd"] = "/"
    r = b.run()
    canary.check()
    check(r.status in (0, 1), f"{r}")
    if r.status == 1:
        check(r.err.count("\n") <= 2, f"message {r.err!r}")
    equal(host.gone(w.left, 1), [], "left")
    return r


def without_dev(b):
    """No mount on /dev or below: devices are made in the image's own directory."""
    b.config["mounts"] = [m for m in b.config["mounts"]
                          if not m["destination"].startswith(("/dev", "/sys"))]
    b.linux["maskedPaths"] = []


@rows("links", [(f"{how} /{place}", place, how) for place in PLACES
                for how in ("absolute", "relative")], ROOT)
def links(w, place, how):
    for bare in (False, True):
        b = w.bundle().probe("try", "create", "/tmp/x", "--", "create", "/dev/x", "--",
                             "mkdir", "/opt/x")
        canary = Canary(w)
        target = canary.path
        if how == "relative":
            target = os.path.relpath(canary.path, os.path.dirname(b.file(place)))
        plant(b, place, target)
        if bare:
            without_dev(b)
        run_hostile(w, b, canary)


@rows("links of a plain user's", [(f"/{p}", p) for p in ("proc", "dev", "dev/pts", "sys")], USER)
def links_user(w, place):
    b = w.bundle().probe("exit", "0")
    canary = Canary(w)
    plant(b, place, canary.path)
    run_hostile(w, b, canary)


CHAINS = ("../../../../../../../../..", "/proc/self/root", "/proc/1/root", "/proc/self/cwd",
          "oldroot", "/proc/self/fd/3", "loop")


@rows("chain of links as a mount's parent", [(c, c) for c in CHAINS])
def chains(w, target):
    b = w.bundle().probe("exit", "0")
    canary = Canary(w)
    os.symlink("loop" if target == "loop" else target, b.file("/loop"))
    b.mount("/loop" + canary.path + "/made", "tmpfs", "tmpfs")
    b.bind(canary.path, "/loop/mnt", "bind")
    run_hostile(w, b, canary)
    check(not os.path.exists("/mnt/made"), "made on the host")


@rows("/proc of the image is a link: no container without masks",
      [(f"{p} to {t}", p, t) for p in ("proc", "sys") for t in ("x", "/x", "tmp/../x")])
def proc_link(w, place, target):
    b = w.bundle()
    os.rmdir(b.file(place))
    os.mkdir(b.file("x"))
    os.symlink(target, b.file(place))
    r = b.run()
    equal((r.status, r.out), (1, ""), f"status and output of {r}")
    holds(r.err, "/" + place, "message")


@case("a directory bound over /proc is refused")
def fake_proc(w):
    b = w.bundle()
    fake = w.directory("fake")
    os.makedirs(fake + "/self/attr")
    b.bind(fake, "/proc", "bind")
    r = b.run()
    equal((r.status, r.out), (1, ""), f"status and output of {r}")
    holds(r.err, "/proc", "message")


@case("a directory bound over /proc or below, by a way that climbs, is refused")
def fake_proc_climbing(w):
    for place in ("/tmp/../proc", "/proc/../proc", "/tmp/./../proc/sys"):
        b = w.bundle()
        b.bind(w.directory("fake"), place, "bind")
        r = b.run()
        equal((r.status, r.out), (1, ""), f"status and output of {r}")
        holds(r.err, "/proc", "message")


@case("masked paths that climb are masked too")
def climbing_masks(w):
    b = w.bundle().shell("cat /etc/secret; cat /proc/keys; mkdir /etc/x; :")
    with open(b.file("/etc/secret"), "w", encoding="ascii") as f:
        f.write("secret")
    b.linux["maskedPaths"] = ["/proc/../etc/secret", "/etc/../proc/keys"]
    b.linux["readonlyPaths"] = ["/sys/../etc"]
    r = b.run()
    equal((r.status, r.out), (0, ""), f"{r}")
    holds(r.err, "Read-only file system", "mkdir's message")


@case("devices: a link in the place of one, no mount on /dev")
def device_links(w):
    for name in ("null", "zero", "console", "ptmx", "stdin"):
        b = w.bundle().probe("try", "write", "/dev/null", "x")
        without_dev(b)
        canary = Canary(w)
        os.symlink(os.path.join(canary.path, name), b.file("dev/" + name))
        run_hostile(w, b, canary)


@case("devices: another kind in the place of /dev/null")
def fake_null(w):
    before = host.devices()
    for make in (lambda p: os.mknod(p, 0o20666, os.makedev(1, 5)), os.mkfifo,
                 lambda p: open(p, "w", encoding="ascii").close(), os.mkdir):
        b = w.bundle().shell("cat /proc/keys; ls -l /dev/null")
        without_dev(b)
        b.linux["maskedPaths"] = ["/proc/keys"]
        make(b.file("dev/null"))
        r = b.run()
        if r.status == 0:
            check(r.out.startswith("c") and "1,   3" in r.out, f"{r}")
    same(host.devices(), before, "devices of the host")


CWDS = [f"/proc/self/fd/{n}" for n in (*range(0, 24), 100, 255)] + \
    [f"/proc/1/fd/{n}" for n in range(3, 12)] + ["/proc/self/cwd", "/proc/1/cwd/..", "/link"]


@case("cwd by a magic link never leads out")
def magic_cwd(w):
    leaked = os.open("/", os.O_RDONLY)
    ids = (os.stat("/").st_dev, os.stat("/").st_ino)
    for path in CWDS:
        b = w.bundle().shell("busybox stat -c '%i %n' . ..; pwd; ls")
        os.symlink("/proc/self/fd/9", b.file("link"))
        b.process["cwd"] = path

        def leak():
            for n in (9, 200):
                os.dup2(leaked, n)
                os.set_inheritable(n, True)

        r = b.run(before=leak, close_fds=False)
        check(r.status == 1 or (f"{ids[1]} ." not in r.out and w.token not in r.out),
              f"{path}: {r}")
        if "/fd/" in path or path == "/link":
            equal((r.status, r.out), (1, ""), f"{path}: {r}")
    os.close(leaked)


@case("what the last run left is no way out of the next")
def second_run(w):
    b = w.bundle().probe("exit", "0")
    canary = Canary(w)
    b.must()
    for place in ("dev", "proc", "sys"):
        plant(b, place, canary.path)
        run_hostile(w, b, canary)
        os.unlink(b.file(place))


@case("names of the image's programs are not run on the host")
def markers(w):
    b = w.bundle().probe("exit", "0")
    mark = os.path.join(w.directory("mark"), "mark")
    for name in ("newuidmap", "newgidmap", "mount", "nsenter", "ps", "ldconfig"):
        path = b.file("/bin/" + name)
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "w", encoding="ascii") as f:
            f.write(f"#!/bin/sh\necho x >{mark}\n")
        os.chmod(path, 0o755)
    env = w.environment(PATH=b.file("/bin"))
    b.must(env=env)
    check(not os.path.exists(mark), "one was run")


# --- the program itself -----------------------------------------------------------------------


def fingerprint(path):
    with open(path, "rb") as f:
        s = os.fstat(f.fileno())
        return hashlib.sha256(f.read()).hexdigest(), s.st_ino, s.st_mtime_ns, s.st_mode


@rows("the program cannot be written", (("entry /proc/self/exe", "exe"),
                                        ("script of /proc/self/exe", "script")), ROOT, USER)
def self_exe(w, kind):
    before = fingerprint(w.program)
    b = w.bundle()
    if kind == "exe":
        b.args("/proc/self/exe", "--version")
    else:
        with open(b.file("/run.sh"), "w", encoding="ascii") as f:
            f.write("#!/proc/self/exe\n")
        os.chmod(b.file("/run.sh"), 0o755)
        b.args("/run.sh")
    r = b.run()
    check(r.status in (0, 1), f"{r}")
    equal(fingerprint(w.program), before, "the program")


@case("the program cannot be written by another container that sees it start")
def hunt(w):
    """One hunts with all rights; others are made in its pid namespace meanwhile."""
    before = fingerprint(w.program)
    hunter = w.bundle().caps(*("SYS_PTRACE SYS_ADMIN DAC_OVERRIDE DAC_READ_SEARCH FOWNER "
                               "KILL".split())).probe("--to", "/tmp/out", "hunt", "3")
    hunter.probe("--to", "/out/text", "hunt", "3")
    out = w.directory("out")
    hunter.bind(out, "/out", "bind").detached()
    pid = hunter.state()["pid"]
    prey = w.bundle().namespace("pid", f"/proc/{pid}/ns/pid").args("/proc/self/exe", "--version")
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        prey.run()
    host.until(lambda: hunter.state()["status"] == "stopped")
    lines = (host.read(out + "/text") or "").splitlines()
    w.must("delete", "--force", hunter.id)
    equal(fingerprint(w.program), before, "the program")
    numbers = {line.split()[1] for line in lines if line.startswith("caught")}
    check(numbers <= {"1", "13", "26", "30"}, f"errno of the tries: {numbers}")
    if not numbers:
        skip("the hunter never got hold of it")
