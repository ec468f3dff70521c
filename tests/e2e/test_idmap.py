"""Id-mapped mounts: whose files are seen inside, whose they become outside, who may ask for it."""

import os

from lib import kernel, peers
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

LINUX_SINCE = (5, 12)  # mount_setattr(2)
BASE = 300000  # of the container's user namespace
STAT = "/bin/busybox stat -c '%n %u:%g'"


def ids(inside, outside, count):
    return [{"containerID": inside, "hostID": outside, "size": count}]


def lists(uids, gids):
    return {"uidMappings": ids(*uids), "gidMappings": ids(*gids)}


def source(w):
    """A directory that anybody may write, with files of 0:0, 5:6 and 1000:1000."""
    path = w.directory("source")
    os.chmod(path, 0o777)
    for name, uid, gid in (("root", 0, 0), ("five", 5, 6), ("thousand", 1000, 1000)):
        with open(os.path.join(path, name), "w", encoding="ascii") as f:
            f.write(name)
        os.chown(os.path.join(path, name), uid, gid)
    return path


def in_user_ns(b):
    """Its root cannot make a mount point in our files."""
    for name in ("mnt", "own"):
        os.makedirs(b.file(name), exist_ok=True)
    b.namespace("user")
    b.linux.update(lists((0, BASE, 65536), (0, BASE, 65536)))
    return b


def run(b):
    r = b.run()
    if "not every file system can be id-mapped" in r.err:
        skip("the file system of the tests cannot be id-mapped")
    check(r.status == 0 and not r.err, f"must succeed silently: {r}")
    return r.out


# options, the mount's lists, in a user namespace, user of the program;
# owners of root, five, thousand inside; owner of a new file inside and outside
MAPS = (
    ("lists", [], lists((0, 2000, 10), (0, 3000, 10)), False, (2003, 3004),
     ["2000:3000", "2005:3006", "65534:65534"], "2003:3004", (3, 4)),
    ("option", ["idmap=uids=0-2000-10;gids=0-3000-10"], {}, False, (2003, 3004),
     ["2000:3000", "2005:3006", "65534:65534"], "2003:3004", (3, 4)),
    ("option, several ranges", ["idmap=uids=0-0-1#5-7-1#1000-5-1;gids=6-0-1#0-8-1"], {}, False,
     (5, 0), ["0:8", "7:0", "5:65534"], "5:0", (1000, 6)),
    ("lists and option", ["ridmap"], lists((0, 0, 1), (0, 0, 1)), False, (0, 0),
     ["0:0", "65534:65534", "65534:65534"], "0:0", (0, 0)),
    ("the container's", ["idmap"], {}, True, (7, 8), ["0:0", "5:6", "1000:1000"], "7:8", (7, 8)),
    ("the container's, by lists", [], lists((0, BASE, 65536), (0, BASE, 65536)), True, (7, 8),
     ["0:0", "5:6", "1000:1000"], "7:8", (7, 8)),
    ("another map in a user namespace", [],
     {"uidMappings": ids(0, BASE + 1, 1) + ids(5, BASE, 1),
      "gidMappings": ids(0, BASE + 1, 1) + ids(6, BASE, 1)}, True, (0, 0),
     ["1:1", "0:0", "65534:65534"], "0:0", (5, 6)),
    ("relative to the container's", ["idmap=uids=@0-40-1#@5-0-1;gids=@0-0-10"], {}, True, (40, 3),
     ["40:0", "0:6", "65534:65534"], "40:3", (0, 3)),
)


@rows("idmap", MAPS)
def maps(w, options, extra, own, user, seen, new_in, new_out):
    b = w.bundle().shell(f"cd /mnt && echo > new && {STAT} root five thousand new")
    path = source(w)
    if own:
        in_user_ns(b)
    b.process["user"] = {"uid": user[0], "gid": user[1]}
    b.bind(path, "/mnt", "bind", *options)
    b.config["mounts"][-1].update(extra)
    want = [f"{n} {o}" for n, o in zip(("root", "five", "thousand", "new"), seen + [new_in])]
    equal(run(b).splitlines(), want, "inside")
    st = os.stat(os.path.join(path, "new"))
    equal((st.st_uid, st.st_gid), new_out, "outside")


@case("idmap: a joined user namespace")
def joined(w):
    first = in_user_ns(w.bundle().probe("pause")).detached()
    pid = first.state()["pid"]
    b = in_user_ns(w.bundle()).shell(f"{STAT} /mnt/five").namespace("user", f"/proc/{pid}/ns/user")
    b.bind(source(w), "/mnt", "bind", "idmap")
    equal(run(b), "/mnt/five 5:6\n", "inside")
    w.must("delete", "--force", first.id)


@case("idmap: an id without a map can neither be used nor made")
def unmapped(w):
    b = w.bundle().shell("echo x > /mnt/thousand; echo x > /mnt/new; cat /mnt/five")
    b.bind(source(w), "/mnt", "bind", "idmap=uids=5-0-1;gids=6-0-1")
    r = b.run()
    if "id-mapped" in r.err:
        skip("the file system of the tests cannot be id-mapped")
    equal(r.out, "five", "what is mapped")
    equal(r.err.count("can't create"), 2, f"refusals in {r}")


@case("idmap: a mount before the network namespace is entered")
def early(w):
    b = w.bundle().shell(f"{STAT} /mnt/five")
    os.mkdir(b.file("mnt"))
    b.bind(source(w), "/mnt", "bind", "idmap=uids=5-7-1;gids=6-8-1")
    b.config["mounts"].insert(0, b.config["mounts"].pop())
    equal(run(b), "/mnt/five 7:8\n", "inside")


@rows("idmap: mounts below", (
    ("idmap", "idmap", "65534:65534", "0:0"),
    ("ridmap", "ridmap", "65534:65534", "65534:65534")))
def below(w, word, top, sub):
    path = source(w)
    os.mkdir(os.path.join(path, "sub"))
    kernel.mount("none", os.path.join(path, "sub"), "tmpfs")
    try:
        b = w.bundle().shell(f"cd /mnt && {STAT} . sub")
        b.bind(path, "/mnt", "rbind", f"{word}=uids=7-0-1;gids=7-0-1")
        equal(run(b).split(), [".", top, "sub", sub], "inside")
    finally:
        kernel.umount(os.path.join(path, "sub"))


@case("idmap: a new tmpfs, its copy of the image too")
def fresh(w):
    b = w.bundle().shell(f"cd /mnt && echo > new && {STAT} . five new; "
                         f"cd /own && echo > new && {STAT} . new")
    in_user_ns(b)
    with open(b.file("mnt/five"), "w", encoding="ascii"):
        os.chown(b.file("mnt/five"), 5, 6)
    for name in ("mnt", "mnt/five"):
        st = os.stat(b.file(name))
        os.chown(b.file(name), BASE + st.st_uid, BASE + st.st_gid)
    b.mount("/mnt", "tmpfs", "tmpfs", "tmpcopyup", f"idmap=uids=@0-0-1#@5-9-1;gids=@0-0-1#@6-9-1")
    b.mount("/own", "tmpfs", "tmpfs", "idmap")
    equal(run(b).split(), [".", "0:0", "five", "9:9", "new", "0:0", ".", "0:0", "new", "0:0"])


@case("idmap: what the host locked stays locked")
def locked(w):
    path = w.directory("source")
    kernel.mount("none", path, "tmpfs", kernel.MS_RDONLY | 2)
    try:
        b = in_user_ns(w.bundle().caps("SYS_ADMIN"))
        b.shell("mount -o remount,bind,rw /mnt; /bin/busybox grep ' /mnt ' /proc/self/mountinfo")
        b.bind(path, "/mnt", "bind", "idmap")
        r = b.run()
        holds(r.out, " ro,nosuid,", "mount after the attempt")
        holds(r.err, "denied", "attempt")
    finally:
        kernel.umount(path)


PEERS = (("lists", [], lists((0, 2000, 10), (0, 3000, 10)), ("crun", "runc")),
         ("one id", [], lists((5, 0, 1), (6, 0, 1)), ("crun", "runc")),
         ("option", ["idmap=uids=0-2000-10#1000-0-1;gids=0-3000-10"], {}, ("crun",)))


@rows("idmap: as others", PEERS)
def as_others(w, options, extra, names):
    names = peers.new_enough(w, names)
    b = w.bundle().shell(f"{STAT} /mnt /mnt/*")
    b.bind(source(w), "/mnt", "bind", *options)
    b.config["mounts"][-1].update(extra)
    ours = run(b)
    for name in names:
        equal(ours, peers.run(w, name, b), f"owners, {name}")


REFUSED = (
    ("no map", ["idmap"], {}, "idmap without ids needs a user namespace of the container"),
    ("one list", [], {"gidMappings": ids(0, 0, 1)}, "mounts[7].uidMappings: missing, though there are gidMappings"),
    ("half an option", ["idmap=uids=0-0-1"], {}, "both uids= and gids= are needed"),
    ("not numbers", ["idmap=uids=a-b-c;gids=0-0-1"], {}, "a range is three numbers"),
    ("contradiction", ["idmap=uids=0-1-1;gids=0-1-1"], lists((0, 0, 1), (0, 0, 1)),
     "say another map than the option"),
    ("relative to nothing", ["idmap=uids=@0-0-1;gids=0-0-1"], {}, "there is none"),
)


@rows("idmap refused", REFUSED)
def refused(w, options, extra, text):
    b = w.bundle()
    b.bind(source(w), "/mnt", "bind", *options)
    b.config["mounts"][-1].update(extra)
    r = b.run()
    equal(r.status, 1, f"status of {r}")
    holds(r.err, text, "message")
    holds(r.err, "config.json:", "message")


@case("idmap refused: sysfs has no ids to map")
def cannot(w):
    b = w.bundle().bind("/sys", "/mnt", "bind", "idmap=uids=0-0-1;gids=0-0-1")
    r = b.run()
    equal(r.status, 1, f"status of {r}")
    holds(r.err, "(/mnt): cannot map the ids of the mount: the file system is of type sysfs: "
          "Invalid argument", "message")


@rows("idmap refused without rights", (("lists", [], lists((0, 0, 1), (0, 0, 1))),
                                       ("own", ["idmap"], {})), USER)
def rootless(w, options, extra):
    b = w.bundle().bind(w.directory("source"), "/mnt", "bind", *options)
    b.config["mounts"][-1].update(extra)
    r = b.run()
    equal(r.status, 1, f"status of {r}")
    holds(r.err, "an id-mapped mount is not possible without root's rights: "
          "Operation not permitted", "message")


@case("idmap: a new tmpfs of the container's own ids needs no rights", ROOT, USER)
def rootless_fresh(w):
    b = w.bundle().shell(f"{STAT} /mnt").mount("/mnt", "tmpfs", "tmpfs", "idmap")
    if w.root_ids:
        in_user_ns(b)
    equal(b.must().out, "/mnt 0:0\n", "owner")
