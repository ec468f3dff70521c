"""Names of the image and of shared volumes that change all the while a container is made.

Somebody else, such as a container that shares a volume with it, exchanges a directory and a link,
as fast as it can.  Each round ends with an error or a container; nothing of the host is reached,
nothing is protected less.  HOSTILE_ROUNDS sets how many rounds each row takes (100).
"""

import contextlib
import os

from lib import host
from lib.canary import Canary
from lib.suite import ROOT, USER, check, equal, rows

ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "100"))


class Race:
    """A bundle with a volume, a canary of the host, and the pairs of names that are exchanged."""

    def __init__(self, w):
        self.world, self.bundle, self.canary = w, w.bundle(), Canary(w)
        self.volume = w.directory("volume")
        self.pairs = []
        self.bundle.process["cwd"] = "/"
        # whoever reaches the canary's file of this name shows it
        self.show = "cat /vol/*/hostname /vol/hostname /x/hostname /etc/hostname 2>&1;"
        self.bundle.bind(self.volume, "/vol", "bind", "rw")

    def exchange(self, place, target, directory=True):
        """`place`: a directory or a file; becomes a link to target and back."""
        other = place + ".other"
        if not os.path.lexists(place):
            if directory:
                os.makedirs(place)
                self.world.own(place)
            else:
                with open(place, "w", encoding="ascii"):
                    pass
        os.symlink(target, other)
        self.pairs.append((place, other))

    def links(self, place):
        """Where a link there would lead out: absolute, and by `..` from the place itself."""
        here = os.path.join(self.bundle.rootfs, "vol")
        return {"absolute": self.canary.path, "magic": "/proc/1/root" + self.canary.path,
                "relative": os.path.relpath(self.canary.path, here if place else
                                            self.bundle.rootfs)}


@contextlib.contextmanager
def exchanging(race):
    """The exchange goes on meanwhile; it is nobody's in the container."""
    w = race.world
    running = [w.popen([w.probe, "swap", *pair], env={}) for pair in race.pairs]
    try:
        yield
        equal([p.poll() for p in running], [None] * len(running), "the exchange")
    finally:
        for p in running:
            p.kill()
            p.wait()


def without_dev(b):
    b.config["mounts"] = [m for m in b.config["mounts"] if not m["destination"].startswith("/dev")]


def target(race, how):
    """Mount points on the raced name and below it, there and missing; one source in two hops."""
    race.exchange(race.volume + "/in", race.links("vol")[how])
    b = race.bundle
    b.mount("/vol/in/deep/missing", "tmpfs", "tmpfs")
    b.bind(race.volume, "/vol/in/sub", "bind")
    b.mount("/vol/in", "tmpfs", "tmpfs", "ro")


def image_target(race, how):
    race.exchange(race.bundle.file("x"), race.links("")[how])
    race.bundle.mount("/x/pts", "tmpfs", "tmpfs").bind("/proc/version", "/x/hostname", "bind")


def cwd(race, how):
    race.exchange(race.volume + "/in", race.links("vol")[how])
    race.bundle.process["cwd"] = "/vol/in/made/here"


def devices(race, how):
    race.exchange(race.bundle.file("x"), race.links("")[how])
    race.bundle.linux["devices"] = [
        {"path": f"/x/{name}", "type": "c", "major": 1, "minor": 5, "uid": 0, "gid": 0}
        for name in ("null", "sub/new")]


def dev(race, how):
    without_dev(race.bundle)
    race.exchange(race.bundle.file("dev"), race.links("")[how])


def console(race, how):
    without_dev(race.bundle)
    race.exchange(race.bundle.file("dev/null"), race.links("")[how] + "/null", False)
    race.exchange(race.bundle.file("dev/console"), race.links("")[how] + "/console", False)


def copied_up(race, how):
    race.exchange(race.volume + "/in", race.links("vol")[how])
    race.bundle.mount("/vol/in", "tmpfs", "tmpfs", "tmpcopyup")


def overlay(race, how):
    race.exchange(race.bundle.file("x"), race.links("")[how])
    race.bundle.config["annotations"]["org.crun-lite.overlay"] = "tmpfs"
    race.bundle.mount("/x/shm/new", "tmpfs", "tmpfs")


KINDS = (("mount points of a volume", target), ("mount points of the image", image_target),
         ("working directory", cwd), ("devices", devices), ("/dev of the image", dev),
         ("/dev/null and /dev/console of the image", console), ("tmpcopyup", copied_up),
         ("mount points of an overlay", overlay))


def run_rounds(race, judge=None):
    """Returns how many rounds ended as a container."""
    race.bundle.write()
    w, b, ran = race.world, race.bundle, 0
    with exchanging(race):
        for _ in range(ROUNDS):
            r = w.crun("run", "--bundle", b.path, b.id)
            check(r.status in (0, 1), f"{r}")
            check("canary" not in r.out, f"it reads files of the host: {r}")
            if r.status == 1:
                check(r.out == "" and r.err.count("\n") <= 2, f"message of {r}")
            elif judge is not None:
                judge(r)
            ran += r.status == 0
    race.canary.check()
    equal(host.gone(w.left, 2), [], "left")
    return ran


@rows("raced", [(f"{name}, relative link", make, "relative") for name, make in KINDS], USER)
@rows("raced", [(f"{name}, {how} link", make, how) for name, make in KINDS
                for how in ("absolute", "relative", "magic")])
def raced(w, make, how):
    race = Race(w)
    make(race, how)
    race.bundle.shell(race.show + "true")
    run_rounds(race)


@rows("raced: /proc and /sys are what they are, or there is no container",
      (("proc", "proc", "sys/kernel/printk_delay", "9fa0"),
       ("sys", "sys", "kernel/profiling", "62656572")),
      ROOT, USER)
def kernel_trees(w, place, file, magic):
    """A mount moves with what it is on: whatever its name is now, the masks are in it."""
    race = Race(w)
    os.mkdir(race.bundle.file("elsewhere"))
    w.own(race.bundle.file("elsewhere"))
    race.exchange(race.bundle.file(place), "elsewhere")
    race.bundle.shell(f"""for d in /{place} /{place}.other /elsewhere; do
        [ $(busybox stat -f -c %t $d/) = {magic} ] || continue
        echo FOUND; [ ! -s $d/keys ] || echo SEEN; (: >>$d/{file}) && echo WRITABLE
        done 2>/dev/null; true""")
    found = []

    def judge(r):
        found.append("FOUND" in r.out)  # not always: the names change while it looks
        check("SEEN" not in r.out and "WRITABLE" not in r.out, f"masks are missing: {r}")

    run_rounds(race, judge)
    check(any(found), f"no round saw its /{place}")


@rows("raced: masked and read-only paths are in force", (
    ("directory", False), ("file", True)), ROOT, USER)
def masks(w, is_file):
    """By whichever way the names led at that moment, something is masked and something read-only."""
    race = Race(w)
    for name in ("real", "twin"):
        os.makedirs(f"{race.volume}/{name}/d")
        for path in ("f", "d/f"):
            with open(f"{race.volume}/{name}/{path}", "w", encoding="ascii") as f:
                f.write("secret")
    for top, dirs, files in os.walk(race.volume):
        for name in dirs + files:
            w.own(os.path.join(top, name))
    race.exchange(race.volume + "/real", "twin")
    hidden = "/vol/real/f" if is_file else "/vol/real/d"
    race.bundle.linux["maskedPaths"] = [hidden]
    race.bundle.linux["readonlyPaths"] = ["/vol/real"]
    race.bundle.shell("cat /proc/self/mountinfo")

    def judge(r):
        points = [line.split() for line in r.out.splitlines()]
        below = [(p[4], p[5].split(",")) for p in points if p[4].startswith("/vol/")]
        check(any(p.endswith(hidden[-2:]) and "ro" in o for p, o in below), f"no mask: {r}")
        check(any(p.count("/") == 2 and "ro" in o for p, o in below), f"not read-only: {r}")

    check(run_rounds(race, judge) > 0, "no round ended as a container")


@rows("raced: a mask is the null device, whatever /dev/null of the container is", (
    ("link to a file of /proc", "/proc/version"), ("link to a file", "/etc/hostname")), ROOT, USER)
def null(w, where):
    race = Race(w)
    own_dev = w.directory("dev")
    race.exchange(own_dev + "/null", where, False)
    without_dev(race.bundle)
    race.bundle.bind(own_dev, "/dev", "bind")
    race.bundle.linux["maskedPaths"] = ["/proc/keys", "/proc/timer_list"]
    race.bundle.shell("busybox stat -c '%t %T %s' /proc/keys; cat /proc/keys")

    def judge(r):
        equal(r.out, "1 3 0\n", f"what is seen of a masked file in {r}")

    check(run_rounds(race, judge) > 0, "no round ended as a container")
