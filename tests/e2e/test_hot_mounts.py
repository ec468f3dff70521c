"""mounts add and remove: what a container that is there gets, and loses; all of it or nothing."""

import contextlib
import errno
import json
import os
import re
import signal
import stat
import struct
import subprocess
import time

from lib import host, kernel, race as racing, seen
from lib.race import Race
from lib.suite import ROOT, USER, case, check, equal, holds, note, rows, same, skip
from lib.world import reap


@contextlib.contextmanager
def container(b, *words):
    """Runs while the block does; its program waits."""
    if words:
        b.args(*words)
    elif b.process["args"] == ["/bin/probe", "view"]:
        b.probe("pause")
    b.detached()
    try:
        yield b
    finally:
        time.sleep(0.05)
        reap()
        b.world.must("delete", "--force", b.id)


def mount(destination, type_, source, *options, **more):
    return {"destination": destination, "type": type_, "source": source,
            "options": list(options), **more}


def mounts(b, what, *entries, text=None, options=()):
    data = (json.dumps(entries, indent=1) if text is None else text).encode()
    return b.world.crun("mounts", *options, what, b.id, "-", data=data)


def must(b, what, *entries):
    r = mounts(b, what, *entries)
    equal((r.status, r.out, r.err), (0, "", ""), f"{what} {entries}: {r}")


def refused(b, what, part, *entries):
    """One line that holds this part, and nothing has changed."""
    before, tree = inside(b), files(b)
    r = mounts(b, what, *entries)
    lines = r.err.splitlines()
    check(r.status == 1 and r.out == "" and 1 <= len(lines) <= 2, f"{r}")
    holds(r.err, part, "message")
    same(inside(b), before, f"mounts after {r}")
    equal(files(b), tree, f"files after {r}")
    return r


def lines(b):
    out = b.world.must("exec", b.id, "/bin/cat", "/proc/self/mountinfo").out
    return [seen.Mount(line) for line in out.splitlines()]


def inside(b):
    """Mount point and how often something lies there -> what it is."""
    out = {}
    for m in lines(b):
        key = (m.point, sum(k[0] == m.point for k in out))
        out[key] = (m.type, sorted(m.options), m.root)
    return out


def at(b, point):
    return [m for m in lines(b) if m.point == point]


def files(b):
    return sorted(os.path.join(top, name) for top, dirs, names in os.walk(b.rootfs)
                  for name in dirs + names)


def volume(w, text="of the host\n"):
    path = w.directory("volume")
    with open(os.path.join(path, "file"), "w", encoding="ascii") as f:
        f.write(text)
    w.own(os.path.join(path, "file"))
    return path


def read(b, *paths):
    return b.world.must("exec", b.id, "/bin/cat", *paths).out


# --- adding -----------------------------------------------------------------------------------


def plain(w):
    return w.bundle()


def own_user_namespace(w):
    b = w.bundle().namespace("user")
    for side in ("uidMappings", "gidMappings"):
        b.linux[side] = [{"containerID": 0, "hostID": 200000, "size": 65536}]
    subprocess.run(["chown", "-Rh", "200000:200000", "--", b.rootfs], check=True)
    return b


def host_pids(w):
    return w.bundle().namespace("pid", False)


def readonly_root(w):
    b = w.bundle()
    b.config["root"]["readonly"] = True
    for name in ("data", "scratch"):
        os.mkdir(b.file(name))
    with open(b.file("etc/file"), "w", encoding="ascii"):
        pass
    return b


def overlay(w):
    b = w.bundle()
    b.config["annotations"]["org.crun-lite.overlay"] = "tmpfs"
    return b


KINDS = [("plain", plain), ("with a user namespace", own_user_namespace),
         ("without a pid namespace", host_pids), ("with a read-only root", readonly_root),
         ("with an overlay", overlay)]


def add_all(w, make):
    path = volume(w)
    os.mkdir(os.path.join(path, "sub"))
    with container(make(w)) as b:
        before = inside(b)
        entries = [mount("/data", "bind", path, "ro", "nosuid", "rbind"),
                   mount("/etc/file", "", os.path.join(path, "file"), "bind", "rw"),
                   mount("/scratch", "tmpfs", "tmpfs", "size=1m", "noexec", "nodev"),
                   mount("/scratch/below", "bind", path, "bind")]
        must(b, "add", *entries)
        got = {p: sorted(at(b, p)[0].options & {"ro", "rw", "nosuid", "noexec", "nodev"})
               for p in ("/data", "/etc/file", "/scratch")}
        equal((got["/data"][-2:], "rw" in got["/etc/file"], got["/scratch"][:2]),
              (["nosuid", "ro"] if len(got["/data"]) == 2 else got["/data"][-2:], True,
               ["nodev", "noexec"]), f"options {got}")
        check("ro" in got["/data"] and "nosuid" in got["/data"], f"options {got}")
        equal(read(b, "/data/file", "/etc/file", "/scratch/below/file"), "of the host\n" * 3,
              "files")
        r = w.crun("exec", b.id, "/bin/touch", "/data/new")
        check(r.status != 0 and not os.path.exists(os.path.join(path, "new")), f"{r}")
        w.must("exec", b.id, "/bin/touch", "/scratch/new")
        must(b, "remove", *entries)
        same(inside(b), before, "mounts after remove")
        equal(sorted(os.listdir(path)), ["file", "sub"], "the volume")


rows("mounts: added and taken away", KINDS)(add_all)


@case("mounts: added and taken away by a plain user", USER)
def add_user(w):
    add_all(w, plain)


@case("mounts: file systems are those of the container's namespaces")
def own_namespaces(w):
    with container(w.bundle()) as b:
        must(b, "add", mount("/mq", "mqueue", "mqueue"), mount("/sysfs", "sysfs", "sysfs", "ro"),
             mount("/cg", "cgroup", "cgroup", "ro"))
        script = "for d in mq sysfs/class/net cg; do ls -A /$d; echo; done"
        mine = "for d in dev/mqueue sys/class/net sys/fs/cgroup; do ls -A /$d; echo; done"
        equal(w.must("exec", b.id, "/bin/sh", "-c", script).out,
              w.must("exec", b.id, "/bin/sh", "-c", mine).out, "what they show")


@case("mounts: a tmpfs that begins as a copy, read-only from its first moment")
def copied(w):
    b = w.bundle()
    os.mkdir(b.file("kept"))
    with open(b.file("kept/file"), "w", encoding="ascii") as f:
        f.write("of the image\n")
    with container(b):
        must(b, "add", mount("/kept", "tmpfs", "tmpfs", "ro", "tmpcopyup"))
        equal((read(b, "/kept/file"), at(b, "/kept")[0].type, "ro" in at(b, "/kept")[0].options),
              ("of the image\n", "tmpfs", True), "the copy")


@case("mounts: an id-mapped one")
def idmapped(w):
    path = volume(w)
    ids = [{"containerID": 0, "hostID": 4321, "size": 65536}]
    with container(w.bundle()) as b:
        must(b, "add", mount("/data", "bind", path, "bind", uidMappings=ids, gidMappings=ids))
        r = w.must("exec", b.id, "/bin/ls", "-ln", "/data/file")
        holds(r.out, " 4321     4321 ", "owner")


@case("mounts: the host's flags cannot be taken off in a user namespace")
def locked(w):
    path = volume(w)
    kernel.bind(path, path)
    kernel.mount(None, path, None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY)
    try:
        b = own_user_namespace(w).caps("SYS_ADMIN", "DAC_OVERRIDE")
        with container(b):
            must(b, "add", mount("/data", "bind", path, "bind"))
            r = w.crun("exec", b.id, "/bin/mount", "-o", "remount,bind,rw", "/data")
            check(r.status != 0, f"{r}")
            check("ro" in at(b, "/data")[0].options, "it is read-only")
    finally:
        kernel.umount(path)


@case("mounts: what is there of the root, and relative sources", ROOT, USER)
def of_the_root(w):
    b = w.bundle()
    os.mkdir(os.path.join(b.path, "beside"))
    w.own(os.path.join(b.path, "beside"))
    with container(b):
        must(b, "add", mount("/one", "tmpfs", "tmpfs"))
        w.must("exec", b.id, "/bin/touch", "/one/file")
        must(b, "add", mount("/two", "bind", b.file("one"), "bind"),
             mount("/three", "bind", "beside", "bind"))
        equal(w.must("exec", b.id, "/bin/ls", "/two", "/three").out, "/three:\n\n/two:\nfile\n",
              "what is seen")


@case("mounts: a container that is created, and one that is paused")
def other_states(w):
    b = w.bundle()
    b.probe("met").write()
    equal(b.create(to_files=True).status, 0, "create")
    must(b, "add", mount("/new", "tmpfs", "tmpfs"))
    must(b, "add", mount("/gone", "tmpfs", "tmpfs"))
    must(b, "remove", mount("/gone", "tmpfs", "tmpfs"))
    points = [m.point for m in lines(b)]
    check("/new" in points and "/gone" not in points, f"{points}")
    w.must("start", b.id)
    w.must("delete", "--force", b.id)
    b = w.bundle()
    with container(b):
        w.must("pause", b.id)
        must(b, "add", mount("/new", "tmpfs", "tmpfs"))
        w.must("resume", b.id)
        equal(len(at(b, "/new")), 1, "mounts on /new")


@case("mounts: --dry-run does nothing and says what would be done", ROOT, USER)
def dry(w):
    with container(w.bundle()) as b:
        before = inside(b)
        r = mounts(b, "add", mount("/new", "tmpfs", "tmpfs"), options=("--dry-run",))
        holds(r.out, 'mount on "/new"', "plan")
        r = mounts(b, "remove", mount("/tmp", "", ""), options=("--dry-run", "--format", "json"))
        equal([o["op"] for o in json.loads(r.out)["operations"]
               if o["op"] in ("mount_find", "detach")], ["mount_find", "detach"], "plan")
        same(inside(b), before, "mounts")


# --- all or nothing ---------------------------------------------------------------------------

GOOD = [mount("/new/dir", "tmpfs", "tmpfs"), mount("/new/dir/deep", "tmpfs", "tmpfs")]


def good(w):
    path = volume(w)
    return [*GOOD, mount("/new/file", "bind", os.path.join(path, "file"), "bind")]


BAD = [("data", "Bad value", mount("/last", "tmpfs", "tmpfs", "size=much")),
       ("source", "No such file or directory", mount("/last", "bind", "/none/such", "bind")),
       ("source of the root", "No such file or directory", "own"),
       ("file system", "knows no file system", mount("/last", "nofs", "none")),
       ("place", "Not a directory", mount("/bin/busybox/last", "tmpfs", "tmpfs")),
       ("kind", "only be mounted on a file", mount("/bin/busybox", "tmpfs", "tmpfs")),
       ("link into /proc", "cover a part of /proc", mount("/to-proc", "tmpfs", "tmpfs")),
       ("link to the root", "leads to the root", mount("/to-root", "tmpfs", "tmpfs")),
       ("magic link", "Too many levels", mount("/proc/self/root/x", "tmpfs", "tmpfs"))]


@rows("mounts: the last fails, all are undone", BAD, ROOT, USER)
def undone(w, part, bad):
    b = w.bundle()
    os.symlink("/proc/sys/net", b.file("to-proc"))
    os.symlink("/", b.file("to-root"))
    if bad == "own":
        bad = mount("/last", "bind", b.file("none"), "bind")
    with container(b):
        if "proc/self" in bad["destination"]:
            part = "protects the host"
        refused(b, "add", part, *good(w), bad)


@case("mounts: ids that cannot be mapped, all are undone")
def undone_by_parent(w):
    ids = [{"containerID": 0, "hostID": 1, "size": 1}]
    with container(w.bundle()) as b:
        bad = mount("/last", "bind", "/proc/sys", "bind", uidMappings=ids, gidMappings=ids)
        refused(b, "add", "cannot map the ids of the mount", *good(w), bad)


@rows("mounts: ended while at work, all are taken back",
      [("asked to", signal.SIGTERM, -signal.SIGTERM), ("killed", signal.SIGKILL, -signal.SIGKILL)])
def ended(w, number, status):
    b = w.bundle()
    os.mkdir(b.file("big"))
    for n in range(4000):
        os.mkdir(b.file(f"big/{n}"))
    with container(b):
        before, tree = inside(b), files(b)
        path = os.path.join(b.path, "list.json")
        with open(path, "w", encoding="ascii") as f:
            json.dump([*GOOD, mount("/big", "tmpfs", "tmpfs", "tmpcopyup")], f)
        table = f"/proc/{b.state()['pid']}/mountinfo"
        p = w.popen(w.words("mounts", "add", b.id, path), stderr=subprocess.PIPE)
        check(host.until(lambda: "/new/dir/deep" in host.read(table), pause=0.001), "it begins")
        p.send_signal(number)
        err = p.communicate(timeout=20)[1].decode()
        equal((p.returncode, err), (status, ""), "end")
        host.until(lambda: "/new/dir" not in host.read(table))
        same(inside(b), before, "mounts")
        if number == signal.SIGTERM:
            equal(files(b), tree, "files")


def keep_names(device):
    """Answers what the kernel asks of the root, and no question for a name in it."""
    answers = {26: struct.pack("<2I12xI40x", 7, 31, 4096),
               3: struct.pack("<Q8xQ52xII20x", 60, 1, stat.S_IFDIR | 0o755, 2)}
    while True:
        kind, number = struct.unpack_from("<4xIQ", os.read(device, 1 << 17))
        body = answers.get(kind, b"")
        if kind != 1:
            os.write(device, struct.pack("<IiQ", 16 + len(body), 0 if body else -errno.ENOSYS,
                                         number) + body)


@case("mounts: a file system in the container that answers nobody")
def held(w):
    """As one of the container's own does that it serves by FUSE."""
    if not os.path.exists("/dev/fuse"):
        skip("/dev/fuse is not here")
    top = w.directory("served")
    device = os.open("/dev/fuse", os.O_RDWR)
    kernel.mount("keeper", top, "fuse", 0,
                 f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other")
    server = os.fork()
    if server == 0:
        keep_names(device)
    os.close(device)
    try:
        b = w.bundle().mount("/held", "bind", top, "bind")
        with container(b):
            path = os.path.join(b.path, "list.json")
            with open(path, "w", encoding="ascii") as f:
                json.dump([mount("/held/x", "tmpfs", "tmpfs")], f)
            with open(path + ".err", "wb") as err:  # stays open in what hangs
                p = w.popen(w.words("mounts", "add", b.id, path), stderr=err)
            time.sleep(0.5)
            equal(p.poll(), None, "it waits")
            p.terminate()
            equal(p.wait(60), -signal.SIGTERM, "end")
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
        kernel.umount(top)


REFUSED = [("the root", "cannot be covered", mount("/", "tmpfs", "tmpfs")),
           ("the root by dots", "leads to the root", mount("/./..", "tmpfs", "tmpfs")),
           ("remount", "is there already", mount("/tmp", "", "", "remount", "ro")),
           ("a new proc", "the caller's pid namespace", mount("/p", "proc", "proc")),
           ("over the masks", "hide the masks", mount("/proc", "bind", "/proc", "rbind")),
           ("a part of /proc", "protects the host", mount("/proc/sys", "tmpfs", "tmpfs")),
           ("no destination", "destination: missing", {"source": "/tmp"}),
           ("an unknown option", "foo", mount("/x", "bind", "/tmp", "bind", "foo")),
           ("one id map", "gidMappings", mount("/x", "bind", "/tmp", "bind", uidMappings=[
               {"containerID": 0, "hostID": 0, "size": 1}])),
           ("a number", "mounts[0]: expected an object", 5)]


@rows("mounts: refused", REFUSED, ROOT, USER)
def refuse(w, part, entry):
    with container(w.bundle()) as b:
        r = refused(b, "add", part, entry)
        check(re.match(r"standard input:\d+:\d+: mounts\[0\]", r.err), f"place in {r.err}")


TEXTS = [("no list", "{}", "standard input:1:1: mounts: expected a list of objects"),
         ("nothing", "", "syntax error"), ("half", '[{"destination": "/x"', "syntax error"),
         ("twice", '[{"destination": "/x", "destination": "/y"}]', "given twice")]


@rows("mounts: a file that is none", TEXTS)
def no_list(w, text, part):
    with container(w.bundle()) as b:
        r = mounts(b, "add", text=text)
        check(r.status == 1 and len(r.err.splitlines()) <= 2, f"{r}")
        holds(r.err, part, "message")


@case("mounts: a file, an empty list, and words that are wrong")
def words(w):
    b = w.bundle()
    path = os.path.join(b.path, "list.json")
    with open(path, "w", encoding="ascii") as f:
        f.write("[\n {\"destination\": \"/new\", \"type\": \"tmpfs\"},\n {\"type\": \"tmpfs\"}\n]")
    with container(b):
        r = w.crun("mounts", "add", b.id, path)
        equal((r.status, r.err), (1, f"{path}:3:2: mounts[1].destination: missing\n"), f"{r}")
        must(b, "add")
        must(b, "remove")
        for wrong in (("change", b.id, path), ("add", b.id, path + "x"), ("add", "none", path)):
            r = w.crun("mounts", *wrong)
            equal((r.status, len(r.err.splitlines())), (1, 1), f"{r}")
    r = w.crun("mounts", "add", b.id, path)
    holds(r.err, "does not exist", "message")


@case("mounts: not in a container that has stopped", ROOT, USER)
def stopped(w):
    b = w.bundle().args("/bin/true").detached()
    check(host.until(lambda: b.state()["status"] == "stopped"), "it ends")
    r = mounts(b, "add", mount("/x", "tmpfs", "tmpfs"))
    holds(r.err, "container not running", "message")
    w.must("delete", b.id)


# --- taking away ------------------------------------------------------------------------------

STAYS = [("nothing there", 'nothing is mounted on "/none"', mount("/none", "", "")),
         ("no mount point", 'nothing is mounted on "/bin"', mount("/bin", "", "")),
         ("the root", "cannot be taken away", mount("/", "", "")),
         ("a link to the root", "symbolic link", mount("/to-root", "", "")),
         ("a mask", "masks a part", mount("/proc/sys", "", "")),
         ("a link to a mask", "symbolic link", mount("/to-proc", "", "")),
         ("one twice", "twice", mount("/there", "", ""))]


@rows("mounts: one cannot go, all stay", STAYS, ROOT, USER)
def stay(w, part, entry):
    b = w.bundle().mount("/there", "tmpfs", "tmpfs")
    os.symlink("/", b.file("to-root"))
    os.symlink("/proc/sys", b.file("to-proc"))
    with container(b):
        refused(b, "remove", part, mount("/there", "", ""), entry)
        must(b, "remove", mount("/there", "", ""))
        equal(at(b, "/there"), [], "mounts")


@case("mounts: the container puts a link to another mount in the place of one", ROOT, USER)
def exchanged(w):
    b = w.bundle().mount("/a/b", "tmpfs", "tmpfs").mount("/cover", "tmpfs", "tmpfs")
    with container(b):
        w.must("exec", b.id, "/bin/busybox", "mv", "/a", "/moved")
        w.must("exec", b.id, "/bin/busybox", "mkdir", "/a")
        w.must("exec", b.id, "/bin/busybox", "ln", "-s", "/cover", "/a/b")
        refused(b, "remove", "symbolic link", mount("/a/b", "", ""))
        equal((len(at(b, "/cover")), len(at(b, "/moved/b"))), (1, 1), "mounts")


@case("mounts: removed with what is mounted below it, and one on another", ROOT, USER)
def nested(w):
    with container(w.bundle()) as b:
        must(b, "add", mount("/a", "tmpfs", "tmpfs"), mount("/a/b", "tmpfs", "tmpfs"),
             mount("/a", "tmpfs", "tmpfs"))
        equal(len(at(b, "/a")), 2, "mounts")
        must(b, "remove", mount("/a", "", ""))
        equal((len(at(b, "/a")), len(at(b, "/a/b"))), (1, 1), "mounts")
        must(b, "remove", mount("/a", "", ""), mount("/a/b", "", ""))
        equal((at(b, "/a"), at(b, "/a/b")), ([], []), "mounts")


# --- a hostile container ----------------------------------------------------------------------


def way(race, how):
    race.exchange(race.bundle.file("x"), race.way_out("/x", how))


@rows("mounts: raced by the container itself",
      [(f"{how} link", how) for how in ("absolute", "relative", "magic")], ROOT, USER)
def raced(w, how):
    """It exchanges a directory and a link out of the root all the while."""
    race = Race(w)
    way(race, how)
    b = race.bundle
    met = {"added": 0, "error": 0}
    with container(b, "/bin/probe", "swap", "/x", "/x.other"):
        race.canary.watch()
        entries = [mount("/x/sub/new", "tmpfs", "tmpfs"),
                   mount("/x/file", "bind", os.path.join(race.volume), "bind")]
        for _ in range(racing.ROUNDS):
            r = mounts(b, "add", *entries)
            if r.status != 0:
                racing.judge_one(race, r)
            met["added" if r.status == 0 else "error"] += 1
            r = mounts(b, "remove", *entries)
            if r.status != 0:
                racing.judge_one(race, r)
    race.canary.check()
    note(f"{met}")
    check(met["added"] > 0, f"{met}")
