"""Images made to reach the host: links where the runtime makes, mounts or opens something.

The ids are those of docs/attacks.md.
"""

import hashlib
import os
import re
import shutil
import time

from lib import host
from lib.canary import Canary
from lib.race import ROUNDS
from lib.suite import ROOT, USER, case, check, equal, holds, names, rows, skip

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/attacks.md")


@case("docs/attacks.md has the ids that tests have", ROOT, USER)
def page(_):
    text = host.read(PAGE)
    told = {i for row in re.findall(r"^\| ([AR]\d[^|]*) \|", text, re.M) for i in row.split(", ")}
    tested = {i for name in names() for i in re.findall(r"\b[AR]\d+\b", name)}
    equal(sorted(told - tested), [], "ids without a test")
    equal(sorted(i for i in tested - told if i[0] == "A"), [], "ids of tests that it lacks")


PLACES = """proc sys dev dev/pts dev/shm dev/mqueue dev/null dev/zero dev/ptmx dev/console dev/tty
dev/fd dev/stdin sys/fs/cgroup etc run tmp opt etc/hostname etc/resolv.conf etc/mtab""".split()


def plant(b, place, target):
    """Makes the place in the root a link to the target."""
    path = b.file(place)
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    elif os.path.lexists(path):
        os.unlink(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(target, path)
    b.world.own(path)


def prepare(w):
    """A bundle whose program writes where it can, and a canary."""
    b = w.bundle().probe("try", "create", "/tmp/x", "--", "create", "/dev/x", "--",
                         "mkdir", "/opt/x")
    return b, Canary(w, b.rootfs)


def run_hostile(w, b, canary):
    """An error of one line, or a container whose mounts are inside."""
    b.process["cwd"] = "/"
    b.write()
    canary.watch()
    r = b.run()
    canary.check(r.out + r.err)
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


@rows("A4 links", [(f"{how} /{place}", place, how) for place in PLACES
                   for how in ("absolute", "relative")], ROOT, USER)
def links(w, place, how):
    for bare in (False, True):
        for readonly in (False, True):
            b, canary = prepare(w)
            b.config["root"]["readonly"] = readonly
            target = canary.path
            if how == "relative":
                target = os.path.relpath(canary.path, os.path.dirname(b.file(place)))
            plant(b, place, target)
            if bare:
                without_dev(b)
            run_hostile(w, b, canary)


CHAINS = ("../../../../../../../../..", "/proc/self/root", "/proc/1/root", "/proc/self/cwd",
          "oldroot", ".pivot_root", "/.pivot_root", "/proc/self/fd/3", "/proc/self/fd/4", "loop")


@rows("A5 chain of links as a mount's parent", [(c, c) for c in CHAINS], ROOT, USER)
def chains(w, target):
    b = w.bundle().probe("exit", "0")
    canary = Canary(w, b.rootfs)
    os.symlink(target, b.file("/loop"))
    for name in ("oldroot", ".pivot_root"):  # on the host, where the old root would be
        os.symlink(canary.path, os.path.join(b.path, name))
    b.mount("/loop" + canary.path + "/made", "tmpfs", "tmpfs")
    b.mount("/loop/../loop/made", "tmpfs", "tmpfs")
    b.bind(canary.path + "/sub", "/loop/mnt", "bind")
    run_hostile(w, b, canary)


WRITTEN = """.krun_config.json .dockerenv etc/hostname etc/hosts etc/resolv.conf etc/mtab etc/passwd
etc/group etc/machine-id etc/localtime run/.containerenv run/secrets run/lock run/notify
var/run/crun-lite tmp/crun-lite dev/console dev/null dev/init dev/ptmx config.json rootfs""".split()


@rows("A6 a link at every name that could be written", (
    ("plain", False, ()), ("read-only", True, ()), ("overlay", False, ("--overlay",))), ROOT, USER)
def written(w, readonly, options):
    for bare in (False, True):
        b = w.bundle().probe("exit", "0")
        canary = Canary(w, b.rootfs)
        for name in WRITTEN:
            plant(b, name, canary.path + "/hostname")
        if bare:
            without_dev(b)
        b.config.update(hostname="written", root=dict(b.config["root"], readonly=readonly))
        b.write()
        canary.watch()
        r = b.run(*options)
        canary.check(r.out + r.err)
        check(r.status == 0 or (bare and r.status == 1), f"{r}")
        for name in WRITTEN:
            equal(os.readlink(b.file(name)), canary.path + "/hostname", name)


@rows("A7 mount target is a link to /", [(p, p) for p in (
    "proc", "dev", "dev/pts", "dev/shm", "dev/mqueue", "sys", "sys/fs/cgroup", "all")], ROOT, USER)
def root_link(w, place):
    b, canary = prepare(w)
    places = [place] if place != "all" else ["proc", "dev", "sys"]
    for p in places:
        plant(b, p, "/")
    b.config["mounts"] = [m for m in b.config["mounts"]
                          if m["destination"][1:] in (place, "proc") or place == "all"]
    b.linux["maskedPaths"], b.linux["readonlyPaths"] = [], []
    r = run_hostile(w, b, canary)
    if place in ("proc", "sys", "all"):
        equal(r.status, 1, f"status of {r}")
        holds(r.err, "/" + places[0], "message")


@rows("A13 /proc of the image is a link: no container without masks",
      [(f"{p} to {t}", p, t) for p in ("proc", "sys") for t in ("x", "/x", "tmp/../x")], ROOT, USER)
def proc_link(w, place, target):
    b = w.bundle()
    os.rmdir(b.file(place))
    os.mkdir(b.file("x"))
    os.symlink(target, b.file(place))
    r = b.run()
    equal((r.status, r.out), (1, ""), f"status and output of {r}")
    holds(r.err, "/" + place, "message")


@case("masked paths that climb are masked too", ROOT, USER)
def climbing_masks(w):
    b = w.bundle().shell("cat /etc/secret; cat /proc/keys; mkdir /etc/x; :")
    with open(b.file("/etc/secret"), "w", encoding="ascii") as f:
        f.write("secret")
    b.linux["maskedPaths"] = ["/proc/../etc/secret", "/etc/../proc/keys"]
    b.linux["readonlyPaths"] = ["/sys/../etc"]
    r = b.run()
    equal((r.status, r.out), (0, ""), f"{r}")
    holds(r.err, "Read-only file system", "mkdir's message")


TARGETS = "proc dev dev/pts dev/shm dev/mqueue sys sys/fs/cgroup data data/in dev/console".split()


@rows("A8 what the last run left is no way out of the next", [(t, t) for t in TARGETS], ROOT, USER)
def second_run(w, place):
    """The first container makes its own image hostile, as far as its mounts let it."""
    b = w.bundle()
    canary = Canary(w, b.rootfs)
    mounts = b.config["mounts"]
    b.config["mounts"] = [m for m in mounts if m["destination"] == "/proc"]
    b.linux["maskedPaths"], b.linux["readonlyPaths"] = [], []
    for name in ("dev", "data"):
        path = b.file(name)
        os.makedirs(path, exist_ok=True)
        w.own(path)
    b.shell(f"cd / && busybox mkdir -p {os.path.dirname(place) or '.'} && busybox rm -rf {place}; "
            f"busybox ln -s {canary.path} {place}")
    if place != "proc":
        run_hostile(w, b, canary)
    if place in ("proc", "dev") and not os.path.islink(b.file(place)):  # busy in the first one
        shutil.rmtree(b.file(place))
        os.symlink(canary.path, b.file(place))
    equal(os.readlink(b.file(place)), canary.path, place)
    b.config["mounts"] = mounts
    b.mount("/data", "tmpfs", "tmpfs").bind(w.directory("source"), "/data/in", "bind")
    for bare in (False, True):
        if bare:
            without_dev(b)
        run_hostile(w, b.probe("exit", "0"), canary)


@case("A10 tmpcopyup of links, a FIFO, a device and a huge file: as they are, and soon", ROOT, USER)
def copied(w):
    b = w.bundle().shell("cd /t && busybox ls -l | busybox awk '{print $1, $NF}'; "
                         "cat abs up magic/hostname 2>/dev/null; busybox stat -c %s,%b huge")
    canary = Canary(w, b.rootfs)
    top = b.file("t")
    os.mkdir(top)
    for name, target in (("abs", canary.path + "/hostname"),
                         ("up", "../" * 40 + canary.path[1:] + "/null"),
                         ("magic", "/proc/1/root" + canary.path)):
        os.symlink(target, os.path.join(top, name))
    os.mkfifo(top + "/fifo")
    with open(top + "/huge", "wb") as f:
        f.truncate(1 << 30)
    if w.root_ids:
        os.mknod(top + "/null", 0o20666, os.makedev(1, 3))
    for name in ["", *os.listdir(top)]:
        w.own(os.path.join(top, name))
    b.mount("/t", "tmpfs", "tmpfs", "tmpcopyup", "size=1m")
    started = time.monotonic()
    r = run_hostile(w, b, canary)
    check(time.monotonic() - started < 5, "it took long")
    lines = r.out.split("\n")
    holds(r.out, f"lrwxrwxrwx {canary.path}/hostname", "links")
    equal(lines[-2], f"{1 << 30},0", "size and blocks of the huge file")
    equal(sum(line.startswith("p") for line in lines), 1, "FIFOs")


def long_chain(b):
    """39 links of almost the longest length, each to the next; 40 are what the kernel follows."""
    for n in range(39):
        os.symlink("./" * 1990 + f"l{n + 1}", b.file(f"l{n}"))
    os.mkdir(b.file("l39"))


DEEP = "/a" * 10000
LONGEST = ("/" + "n" * 255) * 15


def use_mount(b, path):
    b.mount(path, "tmpfs", "tmpfs")


def use_below(b, path):
    b.mount(path + "/new/one", "tmpfs", "tmpfs")


def use_cwd(b, path):
    b.process["cwd"] = path


def use_copy(b, path):
    b.mount(path, "tmpfs", "tmpfs", "tmpcopyup")


def use_mask(b, path):
    b.linux["maskedPaths"].append(path)


def use_device(b, path):
    b.linux["devices"] = [{"path": path + "/null", "type": "c", "major": 1, "minor": 5}]


def use_source(b, path):
    b.bind(b.rootfs + path, "/tmp", "bind")


def use_root(b, path):
    b.config["root"]["path"] += path


USES = (("mount point", use_mount), ("below it", use_below), ("cwd", use_cwd), ("copy", use_copy),
        ("mask", use_mask), ("device", use_device), ("source", use_source), ("root", use_root))


@rows("A11 39 long links, 40 of them, 10000 components", USES, ROOT, USER)
def long_names(w, use):
    for path, made, words in (("/l0", True, None), ("/l", True, "levels of symbolic links"),
                              (DEEP, False, "File name too long"), (LONGEST, False, None)):
        b = w.bundle().probe("exit", "0")
        canary = Canary(w, b.rootfs)
        if made:
            long_chain(b)
            os.symlink("l", b.file("l"))
        use(b, path)
        b.write()
        r = b.run()
        canary.check(r.out + r.err)
        check(r.status in (0, 1) and "Sanitizer" not in r.err, f"{r}")
        if r.status == 1:
            check(r.err.count("\n") <= 2, f"message {r.err!r}")
        if words is not None and not (use is use_device and not w.root_ids):
            equal(r.status, 1, f"status of {r}")
            holds(r.err, words, "message")


FDS = range(256) if ROUNDS >= 1000 else (*range(24), 100, 200, 255)
CWDS = [f"/proc/self/fd/{n}" for n in FDS] + \
    [f"/proc/1/fd/{n}" for n in range(3, 12)] + ["/proc/self/cwd", "/proc/1/cwd/..", "/link"]


@case("A25 cwd by a magic link never leads out", ROOT, USER)
def magic_cwd(w):
    leaked = os.open("/", os.O_RDONLY)
    ids = (os.stat("/").st_dev, os.stat("/").st_ino)
    b = w.bundle().shell("busybox stat -c '%i %n' . ..; pwd; ls")
    os.symlink("/proc/self/fd/9", b.file("link"))

    def leak():
        for n in (9, 200):
            os.dup2(leaked, n)
            os.set_inheritable(n, True)

    for path in CWDS:
        b.process["cwd"] = path
        r = b.run(before=leak, close_fds=False)
        check(r.status == 1 or (f"{ids[1]} ." not in r.out and w.token not in r.out),
              f"{path}: {r}")
        if "/fd/" in path or path == "/link":
            equal((r.status, r.out), (1, ""), f"{path}: {r}")
    os.close(leaked)


# --- the program itself -----------------------------------------------------------------------


def fingerprint(path):
    with open(path, "rb") as f:
        s = os.fstat(f.fileno())
        return hashlib.sha256(f.read()).hexdigest(), s.st_ino, s.st_mtime_ns, s.st_mode


@rows("A33 the program cannot be written", (("entry /proc/self/exe", "exe"),
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


@case("A33 the program cannot be written by another container that sees it start")
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
