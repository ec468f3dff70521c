"""Names of the image and of shared volumes that change all the while a container is made.

Somebody else, such as a container that shares a volume with it, exchanges a directory and a link,
as fast as it can.  Each round ends with an error or a container; nothing of the host is reached,
nothing is protected less.  HOSTILE_ROUNDS sets how many rounds each row takes (40).
The ids are those of docs/attacks.md.
"""

import os
import re
import shutil
import stat

from lib import host, race as racing, user
from lib.race import Race
from lib.suite import ROOT, USER, case, check, equal, holds, note, rows, skip

NODES = """busybox find / -xdev -type c 2>/dev/null | busybox sed 's/^/at /'
busybox find / -xdev -type c 2>/dev/null | busybox xargs -r busybox rm -f 2>/dev/null
true
"""
WAYS = ("absolute", "relative", "magic")


def without_dev(b):
    b.config["mounts"] = [m for m in b.config["mounts"] if not m["destination"].startswith("/dev")]


# --- a link out of the root, in the place of a directory or file ------------------------------


def component(n):
    """The n-th of three directories on the way to something in the volume."""

    def place(race, how):
        names = "abc"[:n + 1]
        os.makedirs(os.path.join(race.volume, *"abc"))
        for i in range(3):
            race.world.own(os.path.join(race.volume, *"abc"[:i + 1]))
        race.exchange(os.path.join(race.volume, *names),
                      race.way_out(os.path.join("/vol", *names), how))
        return "/vol/a/b/c"

    return place


def mount_at(n):
    def make(race, how):
        place = component(n)(race, how)
        race.bundle.mount(place, "tmpfs", "tmpfs").bind(race.volume, place + "/new", "bind")

    return make


def cwd_at(n):
    def make(race, how):
        race.bundle.process["cwd"] = component(n)(race, how) + "/made"

    return make


def device_at(n):
    def make(race, how):
        place = component(n)(race, how)
        race.bundle.linux["devices"] = [
            {"path": f"{place}/{name}", "type": "c", "major": 1, "minor": 5, "uid": 0, "gid": 0}
            for name in ("null", "sub/new")]
        # where the names lead now is not where they led: by all of them
        race.more = NODES.replace("/ -xdev", "/ /vol -xdev")

    return make


def missing(race, how):
    """Mount points on the raced name and below it, there and missing; one source in two hops."""
    race.exchange(race.volume + "/in", race.way_out("/vol/in", how))
    b = race.bundle
    b.mount("/vol/in/deep/missing", "tmpfs", "tmpfs")
    b.bind(race.volume, "/vol/in/sub", "bind")
    b.mount("/vol/in", "tmpfs", "tmpfs", "ro")
    race.made += [os.path.join(race.volume, name, new) for name in ("in", "in.other")
                  for new in ("deep/missing", "deep", "sub")]


def image_target(race, how):
    race.exchange(race.bundle.file("x"), race.way_out("/x", how))
    race.bundle.mount("/x/pts", "tmpfs", "tmpfs").bind("/proc/version", "/x/hostname", "bind")


def overlay(race, how):
    race.exchange(race.bundle.file("x"), race.way_out("/x", how))
    race.bundle.config["annotations"]["org.crun-lite.overlay"] = "tmpfs"
    race.bundle.mount("/x/shm/new", "tmpfs", "tmpfs")


def copied_up(race, how):
    race.exchange(race.volume + "/in", race.way_out("/vol/in", how))
    race.bundle.mount("/vol/in", "tmpfs", "tmpfs", "tmpcopyup")


def dev(race, how):
    without_dev(race.bundle)
    race.exchange(race.bundle.file("dev"), race.way_out("/dev", how))
    race.more = NODES


def null(race, how):
    without_dev(race.bundle)
    if race.world.root_ids or user.subordinate_ids(race.world) is not None:
        race.bundle.process["user"] = {"uid": 1000, "gid": 1000}
    if race.world.root_ids:
        os.mknod(race.bundle.file("dev/null"), 0o20666, os.makedev(1, 3))
    race.exchange(race.bundle.file("dev/null"), race.way_out("/dev/null", how) + "/null", False)
    race.more = "busybox find /dev -name 'null*' -type c | busybox sed 's/^/at /'"


KINDS = (("A3 missing mount points of a volume", missing),
         ("A3 mount points of an overlay", overlay),
         ("A4 /dev of the image", dev), ("A7 mount points of the image", image_target),
         ("A10 tmpcopyup", copied_up))
COMPONENTS = (("mount point", mount_at), ("working directory", cwd_at))


def by_component(kinds):
    return [(f"A2 component {n + 1} of a {name}, {WAYS[n]} link", make(n), WAYS[n])
            for name, make in kinds for n in range(3)]


@rows("raced", [(f"{name}, {how} link", make, how) for name, make in KINDS for how in WAYS],
      ROOT, USER)
@rows("raced", by_component(COMPONENTS), ROOT, USER)
@rows("raced", by_component([("device", device_at)]))
def raced(w, make, how):
    race = Race(w)
    make(race, how)
    racing.run(race)


@rows("raced", [(f"A22 /dev/null of the image, {how} link", how) for how in WAYS], ROOT, USER)
def raced_null(w, how):
    """The device, or a link to something of the host's; a user who is not root."""
    race = Race(w)
    null(race, how)
    before = host.devices()
    racing.run(race)
    equal(host.devices(), before, "devices of the host")


@case("raced: A1 the other container that has the volume does it, and a later source lies there",
      ROOT, USER)
def chained(w):
    """Were the first mount put where the link leads, the second one's source would be another."""
    race = Race(w)
    stage = w.directory("stage")
    for top, text in ((stage + "/second", "genuine"),):
        os.mkdir(top)
        with open(top + "/hostname", "w", encoding="ascii") as f:
            f.write(text)
    race.exchange(race.volume + "/in", stage)
    os.symlink(race.canary.path, race.volume + "/second")
    race.led = [os.path.basename(stage)]
    swapping = w.bundle().bind(race.volume, "/vol", "bind")
    swapping.probe("swap", "/vol/in", "/vol/in.other")
    race.canary.inside += (swapping.rootfs,)
    race.pairs.clear()
    race.bundle.bind(race.volume, "/vol/in", "bind").bind(stage + "/second", "/second", "bind")
    swapping.detached()

    def judge(r):
        holds(r.out, "/second/hostname: genuine\n", "source")

    racing.run(race, judge)
    equal(swapping.state()["status"], "running", "who exchanges the names")
    w.must("delete", "--force", swapping.id)


@case("raced: R42 a file in the place of a device that was made keeps its owner")
def owner(w):
    """Who exchanges it for the device in time gets no owner for it; we see to the time."""
    if shutil.which("strace") is None:
        skip("no strace here")
    slow = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fchownat,openat", "-e",
            "inject=fchownat,openat:delay_enter=1000"]
    race = Race(w)
    b, top = race.bundle, race.volume + "/in"
    os.mkdir(top)
    race.pairs.append((top + "/null", top + "/file"))
    b.linux["devices"] = [{"path": "/vol/in/null", "type": "c", "major": 1, "minor": 5,
                           "uid": 7, "gid": 7, "fileMode": 0o600}]
    b.args("/bin/true").write()
    met = {}
    with racing.exchanging(race):
        for _ in range(max(racing.ROUNDS // 10, 4)):
            for name in os.listdir(top):
                os.unlink(os.path.join(top, name))
            with open(top + "/file", "w", encoding="ascii"):
                pass
            r = w.command([*slow, *w.words("run", "--bundle", b.path, b.id)])
            racing.judge_one(race, r)
            kept = sorted((stat.S_ISREG(s.st_mode), s.st_uid) for s in facts(top))
            check((True, 7) not in kept, f"a file got the device's owner: {kept} by {r}")
            met[r.status, *kept] = met.get((r.status, *kept), 0) + 1
    note(f"{sum(met.values())} rounds: {met}")
    equal(host.gone(w.left, 2), [], "left")


def facts(top):
    """What is in a directory whose names change: by descriptors, as names would be met twice."""
    fds = []
    for name in ("null", "file", "null"):
        try:
            fds.append(os.open(os.path.join(top, name), os.O_PATH | os.O_NOFOLLOW))
        except FileNotFoundError:
            pass
    found = {os.fstat(fd).st_ino: os.fstat(fd) for fd in fds}
    for fd in fds:
        os.close(fd)
    return found.values()


# --- what protects ----------------------------------------------------------------------------


@rows("raced: A13 /proc and /sys are what they are, or there is no container",
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
        echo at $d; [ ! -s $d/keys ] || echo SEEN; (: >>$d/{file}) && echo WRITABLE
        done 2>/dev/null; true""")

    def judge(r):
        check("SEEN" not in r.out and "WRITABLE" not in r.out, f"masks are missing: {r}")

    # not always seen when it is there: the names change while the program looks
    met = racing.run(race, judge)
    check(met["dir"] > 0, f"no round saw its /{place}")


@rows("raced: A16 masked and read-only paths are in force", (
    ("directory", False), ("file", True)), ROOT, USER)
def masks(w, is_file):
    """Whichever way the names led at that moment, something is masked and something read-only."""
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
    race.led = ["/vol/twin"]
    hidden = "/vol/real/f" if is_file else "/vol/real/d"
    race.bundle.linux["maskedPaths"] = [hidden]
    race.bundle.linux["readonlyPaths"] = ["/vol/real"]
    race.more = "cat /proc/self/mountinfo"

    def judge(r):
        points = [line.split() for line in r.out.splitlines() if re.match(r"\d", line)]
        below = [(p[4], p[5].split(",")) for p in points if p[4].startswith("/vol/")]
        check(any(p.endswith(hidden[-2:]) and "ro" in o for p, o in below), f"no mask: {r}")
        check(any(p.count("/") == 2 and "ro" in o for p, o in below), f"not read-only: {r}")

    racing.run(race, judge)


@rows("raced: A15 a mask is the null device, whatever /dev/null of the container is", (
    ("link to a file of /proc", "/proc/version"), ("link to a file", "/etc/hostname")), ROOT, USER)
def fake_null(w, where):
    race = Race(w)
    own_dev = w.directory("dev")
    race.canary.inside += (own_dev,)
    race.exchange(own_dev + "/null", where, False)
    without_dev(race.bundle)
    race.bundle.bind(own_dev, "/dev", "bind")
    race.bundle.linux["maskedPaths"] = ["/proc/keys", "/proc/timer_list"]
    race.bundle.shell("busybox stat -c '%t %T %s' /proc/keys; cat /proc/keys")

    def judge(r):
        equal(r.out, "1 3 0\n", f"what is seen of a masked file in {r}")

    racing.run(race, judge, sides=1)


CONSOLES = (("A20 /dev/console of a volume, link to a file of /proc", "console", "/proc/version"),
            ("A20 /dev/console of a volume, link to the host's", "console", None),
            ("A20 /dev/pts of a volume, link to the host's", "pts", None))


@rows("raced", CONSOLES, ROOT, USER)
def console(w, name, target):
    """It is the terminal of the container, and nothing else is put there or seen through it."""
    race = Race(w)
    own_dev = w.directory("dev")
    os.mkdir(own_dev + "/pts")
    w.own(own_dev + "/pts")
    race.canary.inside += (own_dev,)
    race.exchange(f"{own_dev}/{name}", target or f"{race.canary.path}/{name}", name == "pts")
    race.raced.append("/dev/" + name)
    b = race.bundle
    pts = b.mounted("/dev/pts")
    without_dev(b)
    b.bind(own_dev, "/dev", "bind").config["mounts"].append(pts)
    b.process["terminal"] = True
    judge_console(race)


@rows("raced", [(f"A21 /dev/console of the image{', read-only' if ro else ''}, {how} link", how, ro)
                for how in ("absolute", "relative") for ro in (False, True)], ROOT, USER)
def image_console(w, how, readonly):
    race = Race(w)
    b = race.bundle
    os.mkdir(b.file("dev/pts"))
    w.own(b.file("dev/pts"))
    b.config["root"]["readonly"] = readonly
    race.exchange(b.file("dev/console"), race.way_out("/dev/console", how) + "/missing", False)
    pts = b.mounted("/dev/pts")
    without_dev(b)
    b.config["mounts"].append(pts)
    b.process["terminal"] = True
    judge_console(race)


def judge_console(race):
    race.bundle.shell("""busybox stat -L -c 'stdin %t' /proc/self/fd/0
        busybox awk '{print "at", $5} $9 == "devpts" || $10 == "devpts" {print "pts", $4, $5}' \\
            /proc/self/mountinfo""")

    def judge(r):
        words = [line.split() for line in r.out.splitlines()]
        equal([x[1] for x in words if x[0] == "stdin"], ["88"], f"kind of terminal in {r}")
        terminals = [x[2] for x in words if x[0] == "pts" and x[1] != "/"]
        check(len(terminals) == 1 and terminals[0].startswith("/dev/console"),
              f"where the terminal is, {terminals}, in {r}")

    met = racing.run(race, judge, tty=True)
    check(met["error"] < sum(met.values()), f"no container at all: {met}")


# --- the root and sources themselves ----------------------------------------------------------


def told_apart(race):
    race.side = lambda r: "error" if r.status == 1 else r.out.split()[0]


@rows("raced", (("R17 the root: all of one, never of two", ()),
                ("R17 the root under an overlay", ("--overlay",))), ROOT, USER)
def root(w, options):
    race = Race(w)
    twin = w.bundle()
    race.canary.inside += (twin.path,)
    race.pairs.append((race.bundle.rootfs, twin.rootfs))
    for b, text in ((race.bundle, "one"), (twin, "two")):
        os.makedirs(b.file("data/in"))
        os.mkdir(b.file("vol"))
        for name in ("which", "data/in/which", "hidden"):
            with open(b.file(name), "w", encoding="ascii") as f:
                f.write(text + "\n")
    race.bundle.process["cwd"] = "/data/in"
    race.bundle.linux["maskedPaths"] = ["/hidden"]
    race.bundle.linux["readonlyPaths"] = ["/data"]
    race.bundle.shell("cat /which which /hidden; echo x 2>/dev/null >/data/in/new || echo ro")
    told_apart(race)

    def judge(r):
        check(r.out in ("one\none\nro\n", "two\ntwo\nro\n"), f"a mixture: {r}")

    racing.run(race, judge, options=options)


@rows("raced", (("R22 a source: one of both, with all flags", "directory"),
                ("R22 a source that is mapped", "map"),
                ("A2 a source that is not to be followed", "link")), ROOT, USER)
def source(w, kind):
    race = Race(w)
    b, place = race.bundle, w.directory("source") + "/in"
    race.canary.inside += (os.path.dirname(place),)
    options = ["bind", "ro", "nosuid", "nodev", "noexec"]
    if kind == "link":
        race.exchange(place, race.canary.path + "/hostname", False)
        options.append("src-nofollow")
        with open(place, "w", encoding="ascii") as f:
            f.write("one\n")
        b.shell("""[ -L /s ] && echo two || cat /s; busybox awk '$5 == "/s" {print "flags", $6}' """
                "/proc/self/mountinfo")
    else:
        for path, text in ((place, "one"), (place + ".other", "two")):
            os.mkdir(path)
            with open(path + "/which", "w", encoding="ascii") as f:
                f.write(text + "\n")
        race.pairs.append((place, place + ".other"))
        b.shell("""cat /s/which; busybox awk '$5 == "/s" {print "flags", $6}' """
                "/proc/self/mountinfo; busybox stat -c 'owner %u' /s/which")
    for top, dirs, files in os.walk(os.path.dirname(place)):
        for name in dirs + files:
            w.own(os.path.join(top, name))
    b.bind(place, "/s", *options)
    if kind == "map":
        map_ids(w, b)
    told_apart(race)

    def judge(r):
        lines = r.out.splitlines()
        check(lines[0] in ("one", "two"), f"neither source: {r}")
        flags = set(lines[1].split()[1].split(","))
        check({"ro", "nosuid", "nodev", "noexec"} <= flags, f"flags of {r}")
        if kind == "map":
            equal(lines[2], "owner 5", f"owner in {r}")

    racing.run(race, judge)


def map_ids(w, b):
    if not w.root_ids:
        skip("an id-mapped mount needs rights over its file system")
    ids = [{"containerID": 0, "hostID": 5, "size": 9}]
    b.config["mounts"][-1]["options"][0] = "idmap"
    b.config["mounts"][-1].update({"uidMappings": ids, "gidMappings": ids})
