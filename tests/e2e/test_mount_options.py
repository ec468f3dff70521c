"""Every word of mounts[].options, read back from inside by mountinfo and by statmount(2).

All mounts of the table are in one container, each at a place of its own; what the words should make
of them is written here once more, and runc and crun are asked for the same where they are here.
"""

import json
import os
import re
import stat

from lib import kernel, peers, seen
from lib.suite import ROOT, USER, Failure, case, check, equal, rows, same, skip

LINUX_SINCE = (5, 12)  # recursive attributes
HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "../../spec/mount_options.def")

# Linux: include/uapi/linux/mount.h
ATTRIBUTES = {"ro": 1, "nosuid": 2, "nodev": 4, "noexec": 8, "noatime": 16, "strictatime": 32,
              "nodiratime": 128, "idmapped": 1 << 20, "nosymfollow": 1 << 21}
SUPER = {"sync": 1 << 4, "dirsync": 1 << 7, "lazytime": 1 << 25}
PROPAGATION = {"": 1 << 18, "private": 1 << 18, "shared": 1 << 20, "master": 1 << 19,
               "shared master": 1 << 20, "unbindable": 1 << 17}

STRICT = "ro nosuid nodev noexec noatime nodiratime nosymfollow"
LOCKED = "in a user namespace a bind keeps"


KINDS = ("plain", "strict", "shared")  # of sources


def strict_but(word, instead=""):
    return f"{STRICT.replace(' ' + word, '').replace(word + ' ', '')} {instead}".strip()


class Row:
    """One mount: its options, and what it is then.

    want    flags of the mount, access times as mountinfo has them; relatime is not written
    below   the same for the mount below it, None: there is none
    of      which source; type: what is mounted
    peers   word -> why its propagation, seen by mountinfo, is another there
    super   words that its file system has, and (with a minus) that it has not
    user    what a plain user is told; None: it works as for root
    """

    def __init__(self, *words, want="", below=None, of="plain", type="bind", peers="",
                 below_peers="", super="", user=None, **more):
        self.words, self.want, self.below, self.of, self.type = words, want, below, of, type
        self.peers, self.below_peers, self.super, self.user = peers, below_peers, super, user
        self.more = more
        self.source = of + ".tree" if "rbind" in words and of in KINDS else of
        self.label = more.get("label") or f"{type} {','.join(words)} of {of}".strip()


def on(type_, *words, **more):
    return Row(*words, type=type_, of="", **more)


def fresh(*words, **more):
    return on("tmpfs", *words, **more)


def down(*words, want="", **more):
    """A word for the mounts below too."""
    return Row("rbind", *words, want=want, below=want, **more)


ACCESS = {"user": LOCKED}
IDS = {"uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
       "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}]}
NO_MAPS = "CAP_SYS_ADMIN"

BINDS = (
    Row("bind", "defaults"), Row("bind", ""), Row("bind", "none"),
    Row(type="bind"),
    Row("bind", of="file"), Row("bind", "ro", want="ro", of="file"),
    Row("rbind", "nosuid", want="nosuid", of="file"),
    Row("bind", of="strict", want=STRICT),
    Row("bind", of="plain.tree", user="use rbind"),
    Row("rbind", below=""), Row("rbind", of="strict", want=STRICT, below=STRICT),
    Row("bind", "ro", want="ro"), Row("rbind", "ro", want="ro", below=""),
    Row("bind", "nosuid", want="nosuid"), Row("bind", "nodev", want="nodev"),
    Row("bind", "noexec", want="noexec"),
    Row("bind", "nosymfollow", want="nosymfollow"),
    Row("bind", "nodiratime", want="nodiratime", **ACCESS),
    Row("bind", "noatime", want="noatime", **ACCESS),
    Row("bind", "strictatime", want="strictatime", **ACCESS),
    Row("bind", "norelatime"),
    Row("bind", "atime"), Row("bind", "relatime"), Row("bind", "nostrictatime"),
    Row("bind", "ro", "rw"), Row("bind", "rw", "ro", want="ro"),
    Row("bind", "noatime", "relatime"), Row("bind", "ro", "nosuid", "noexec", "noatime",
                                            want="ro nosuid noexec noatime", **ACCESS),
    Row("bind", "rw", of="strict", want=strict_but("ro"), user=LOCKED),
    Row("bind", "suid", of="strict", want=strict_but("nosuid"), user=LOCKED),
    Row("bind", "dev", of="strict", want=strict_but("nodev"), user=LOCKED),
    Row("bind", "exec", of="strict", want=strict_but("noexec"), user=LOCKED),
    Row("bind", "diratime", of="strict", want=strict_but("nodiratime"), user=LOCKED),
    Row("bind", "symfollow", of="strict", want=strict_but("nosymfollow")),
    Row("bind", "relatime", of="strict", want=strict_but("noatime"), user=LOCKED),
    Row("bind", "strictatime", of="strict", want=strict_but("noatime", "strictatime"),
        user=LOCKED),
)

RECURSIVE = tuple(
    down("r" + word, want=word, **more) for word, more in (
        ("ro", {}), ("nosuid", {}), ("nodev", {}), ("noexec", {}), ("nosymfollow", {}),
        ("nodiratime", ACCESS), ("noatime", ACCESS), ("strictatime", ACCESS))
) + (
    down("rnorelatime"),
    down("ratime"), down("rrelatime"), down("rnostrictatime"),
    down("rrw", of="strict", want=strict_but("ro"), user=LOCKED),
    down("rsuid", of="strict", want=strict_but("nosuid"), user=LOCKED),
    down("rdev", of="strict", want=strict_but("nodev"), user=LOCKED),
    down("rexec", of="strict", want=strict_but("noexec"), user=LOCKED),
    down("rdiratime", of="strict", want=strict_but("nodiratime"), user=LOCKED),
    down("rsymfollow", of="strict", want=strict_but("nosymfollow")),
    down("ratime", of="strict", want=strict_but("noatime"), user=LOCKED),
    Row("rbind", "rro", "rw", want="ro", below="ro", label="words with r come last"),
)


def told(word, top, below, user=None):
    """A propagation, as root and as a plain user, whose copies of the host's mounts only hear."""
    mine = user or (top, below)
    return Row("rbind", word, of="shared", below="", peers={ROOT: top, USER: mine[0]},
               below_peers={ROOT: below, USER: mine[1]})


TOLD = (
    told("private", "", ""), told("rprivate", "", ""),
    told("slave", "master", "master"), told("rslave", "master", "master"),
    told("shared", "shared", "shared", ("shared master", "master")),
    told("rshared", "shared", "shared", ("shared master", "shared master")),
    told("unbindable", "unbindable", ""), told("runbindable", "unbindable", "unbindable"),
)

FRESH = (
    fresh(), fresh("defaults"), fresh("ro", want="ro"), fresh("rro", want="ro"),
    fresh("nosuid", "nodev", "noexec", want="nosuid nodev noexec"),
    fresh("noatime", want="noatime"), fresh("strictatime", want="strictatime"),
    fresh("nodiratime", "relatime", want="nodiratime"), fresh("nosymfollow", want="nosymfollow"),
    fresh("rnosuid", "rnoatime", want="nosuid noatime"),
    fresh("shared", peers="shared"), fresh("unbindable", peers="unbindable"),
    fresh("sync", super="sync"), fresh("sync", "async", super="-sync"),
    fresh("dirsync", super="dirsync"), fresh("lazytime", super="lazytime"),
    fresh("lazytime", "nolazytime", super="-lazytime"),
    fresh("rsync", super="sync"), fresh("rsync", "rasync", super="-sync"),
    fresh("rdirsync", super="dirsync"),
    *(fresh(word, super="-sync") for word in
      "mand nomand rmand rnomand iversion noiversion silent loud".split()),
    fresh("size=1m", "mode=1770", "uid=3", "gid=4", "nr_inodes=50",
          super="size=1024k mode=1770 uid=3 gid=4 nr_inodes=50", mode=0o1770),
    fresh("tmpcopyup", files={"f": "image"}, mode=0o751), fresh(files={"f": None}, mode=0o751),
    on("ramfs", "mode=700", "nosuid", want="nosuid", super="mode=700"),
    on("devpts", "newinstance", "mode=600", "ptmxmode=640", "gid=5", "noexec", want="noexec",
       super="mode=600 ptmxmode=640 gid=5"),
    on("mqueue", "ro", "nodev", want="ro nodev"),
    on("sysfs", "ro", "nosuid", want="ro nosuid"),
    on("proc", "hidepid=invisible", "subset=pid", "nosuid", want="nosuid",
       super="hidepid=invisible subset=pid"),
    on("cgroup2", "ro", "nosuid", want="ro nosuid"), on("cgroup", "rw", "noexec", want="noexec"),
    on("overlay", "lowerdir=LOWER", "upperdir=UPPER", "workdir=WORK", "nodev", want="nodev",
       files={"f": "lower"}),
    on("overlay", "lowerdir=LOWER:UPPER", "ro", want="ro", files={"f": "lower"}),
    fresh("remount", "bind", "ro", "nosuid", want="ro nosuid", first=("size=2m",),
          super="size=2048k"),
    fresh("remount", "noexec", want="nosuid noexec", first=("nosuid", "size=2m"),
          super="size=2048k"),
)

LINKS = (
    Row("bind", "copy-symlink", of="link", link="f"),
    Row("bind", "copy-symlink", "ro", of="plain", want="ro"),
    Row("bind", "src-nofollow", of="link", place="link"),
    Row("bind", "src-nofollow", "dest-nofollow", of="link", place="link", at="link"),
    Row("bind", "idmap", want="idmapped", user=NO_MAPS, **IDS),
    Row("rbind", "ridmap", want="idmapped", below="idmapped", user=NO_MAPS, **IDS),
    Row("bind", want="idmapped", label="idmap by lists", user=NO_MAPS, **IDS),
    Row("bind", "idmap=uids=0-100000-10;gids=0-100000-10", want="idmapped", user=NO_MAPS),
)

ROWS = BINDS + RECURSIVE + TOLD + FRESH + LINKS


@case("mount options: every word of the table has a row")
def every_word(_):
    with open(TABLE, encoding="utf-8") as f:
        words = set(re.findall(r'^OPTION\("([^"]*)"', f.read(), re.MULTILINE))
    check(len(words) > 60, f"only {len(words)} words read")
    same({w for row in ROWS for w in row.words} & words, words, "words")


# --- sources ----------------------------------------------------------------------------------

STRICT_FLAGS = 1 | 2 | 4 | 8 | 1024 | 2048 | 256  # MS_* of STRICT


def fill(w, path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    w.own(path)


class Sources:
    """Mounts of three kinds, each also with another one below it; unmounted at the end."""

    def __init__(self, w):
        self.top = w.directory("sources")
        for name in [k + end for k in KINDS for end in ("", ".tree")] + ["lower"]:
            self.make(w, name)
            fill(w, self.path(name) + "/f", name)
            if name.endswith(".tree"):
                os.mkdir(self.path(name) + "/sub")
        for name in ("upper", "work"):
            self.make(w, name)
        os.symlink("f", self.path("plain") + "/link")

    def make(self, w, name):
        os.mkdir(self.path(name))
        w.own(self.path(name))

    def path(self, name):
        return os.path.join(self.top, {"file": "plain/f", "link": "plain/link"}.get(name, name))

    def mounted(self):
        for name in KINDS:
            flags = STRICT_FLAGS if name == "strict" else 0
            for path in (self.path(name), self.path(name) + ".tree"):
                yield name, flags, path

    def __enter__(self):
        for name, flags, path in self.mounted():
            kernel.bind(path, path)
            if flags:
                kernel.mount(None, path, None, kernel.MS_REMOUNT | kernel.MS_BIND | flags)
            if path.endswith(".tree"):
                kernel.mount("none", path + "/sub", "tmpfs", flags)
            if name == "shared":
                kernel.mount(None, path, None, kernel.MS_SHARED | kernel.MS_REC)
        return self

    def __exit__(self, *_):
        for _, _, path in self.mounted():
            if path.endswith(".tree"):
                kernel.umount(path + "/sub")
            kernel.umount(path)


# --- one container ----------------------------------------------------------------------------


def place_of(number):
    return f"/m/{number}"


def make(w, s, chosen):
    """A bundle with these rows, (number, Row)."""
    b = w.bundle()
    os.mkdir(b.file("m"))
    for number, row in chosen:
        at, words = place_of(number), list(row.words)
        words = [o.replace("LOWER", s.path("lower")).replace("UPPER", s.path("upper"))
                 .replace("WORK", s.path("work")) for o in words]
        if "files" in row.more:
            os.mkdir(b.file(at))
            os.chmod(b.file(at), 0o751)
            fill(w, b.file(at) + "/f", "image")
        if row.more.get("at") == "link":
            os.symlink("/elsewhere", b.file(at))
        if "first" in row.more:
            b.mount(at, row.type, row.type, *row.more["first"])
        b.mount(at, row.type, s.path(row.source) if row.of else row.type, *words)
        b.config["mounts"][-1].update({k: row.more[k] for k in IDS if k in row.more})
    for top, dirs, _ in os.walk(b.file("m")):
        for name in dirs:
            w.own(os.path.join(top, name))
    w.own(b.file("m"))
    return b


def files_of(chosen):
    return [f"{place_of(n)}/{f}" for n, row in chosen for f in row.more.get("files", {})]


def flags(options):
    """Of mountinfo, in the words of the table."""
    out = set(options) - {"rw", "relatime"}
    if not out & {"noatime"} and "relatime" not in options:
        out.add("strictatime")
    return " ".join(sorted(out))


def kinds(propagation):
    return " ".join(sorted(re.findall("[a-z_]+", propagation), reverse=True)).replace(
        "propagate_from", "").strip()


def both(view, point):
    """What mountinfo and statmount say of a place, which must be the same."""
    m, s = seen.mounts(view).get(point), view["statmount"].get(point, {"errno": 0})
    if m is None:
        return None
    got = {"type": m.type, "flags": flags(m.options), "peers": kinds(m.propagation)}
    if "errno" in s:
        equal(s["errno"], 38, f"errno of statmount of {point}")  # before Linux 6.8
        return m, got
    want = sum(ATTRIBUTES[o] for o in got["flags"].split())
    equal(s["attributes"], want, f"attributes of {point} by statmount, {got}")
    mask = sum(set(PROPAGATION.values()))
    told_ = s["propagation"] & mask
    check(told_ & PROPAGATION.get(got["peers"], mask), f"{point}: {told_:#x} for {got}")
    equal(s["super"] & sum(SUPER.values()), sum(SUPER[o] for o in SUPER if o in m.super), point)
    return m, got


def sorted_words(text):
    return " ".join(sorted(text.split()))


def peer_words(role, row, member):
    told_ = getattr(row, member)
    return told_[role] if isinstance(told_, dict) else told_


def judge(w, view, number, row, b):
    """Complains of what is not as the row has it."""
    at = place_of(number)
    if "link" in row.more:
        equal(os.readlink(b.file(at)), row.more["link"], "link")
        return equal(both(view, at), None, "mount")
    role = ROOT if w.uid is None else USER
    m, got = both(view, at) or (None, None)
    check(m is not None, "not mounted")
    want = {"flags": sorted_words(row.want), "peers": peer_words(role, row, "peers")}
    equal({k: got[k] for k in want}, want, str(m))
    below = both(view, at + "/sub")
    if row.below is not None:
        check(below is not None, "nothing is mounted below")
        want = {"flags": sorted_words(row.below), "peers": peer_words(role, row, "below_peers")}
        equal({k: below[1][k] for k in want}, want, str(below[0]))
    else:
        equal(below, None, "below")
    words = [o for o in row.super.split() if role == ROOT or not o.startswith(("uid=", "gid="))]
    check({o for o in words if o[0] != "-"} <= m.super, f"{m} lacks of {words}")
    check(not {o[1:] for o in words if o[0] == "-"} & m.super, f"{m} has of {words}")
    if row.type != "bind":
        equal(m.type, {"cgroup": "cgroup2"}.get(row.type, row.type), "type")
    else:
        name = row.more.get("place") or {"file": "f", "link": "f"}.get(row.of, row.source)
        equal(os.path.basename(m.root), name, "root")
    for name, text in row.more.get("files", {}).items():
        equal(view["files"][f"{at}/{name}"], text, f"{at}/{name}")
    return None


def complain(w, view, chosen, b):
    wrong = []
    for number, row in chosen:
        try:
            judge(w, view, number, row, b)
        except Failure as what:
            wrong.append(f"{place_of(number)}, {row.label}: {what}")
    check(not wrong, "\n".join(wrong))


@case("mount options: each does what its row says", ROOT, USER)
def options(w):
    chosen = [(n, row) for n, row in enumerate(ROWS) if w.uid is None or row.user is None]
    with Sources(w) as s:
        b = make(w, s, chosen)
        complain(w, b.view(*files_of(chosen)), chosen, b)


@case("mount options: what a plain user cannot have is an error that names it", USER)
def refused(w):
    wrong = []
    with Sources(w) as s:
        for number, row in enumerate(ROWS):
            if row.user is None:
                continue
            r = make(w, s, [(number, row)]).run()
            where = f"({place_of(number)})"
            if r.status != 1 or row.user not in r.err or where not in r.err.split("\n")[0]:
                wrong.append(f"{row.label}: {r}")
    check(not wrong, "\n".join(wrong))


# --- the same by others -----------------------------------------------------------------------


def words(*some):
    return lambda row: bool(set(some) & set(row.words))


def labels(pattern):
    return lambda row: re.search(pattern, row.label) is not None


# Who, which rows, what they do and why ours is meant to be otherwise.
DIFFERENCES = (
    ("runc crun", labels(r"bind,\w+ of strict|rbind of strict|,r\w+ of strict"),
     "a word clears all flags of the source, not only its own; here the rest stays"),
    ("crun", labels("bind of strict"), "even without a word"),
    ("runc crun", labels("noatime,relatime"), "noatime wins; here the last word does"),
    ("crun", labels("ro,rw"), "ro wins; here the last word does"),
    ("crun", labels("sync,async|lazytime,nolazytime"), "the first word wins"),
    ("crun", words("nosymfollow", "rnosymfollow"), "passes it over in silence"),
    ("crun", words("rrelatime", "rdirsync", "ratime", "rnostrictatime"), "sets a flag of its own"),
    ("runc crun", lambda row: row.of == "shared",
     "copies the host's mounts as slaves first, so that shared is not shared with the host"),
    ("crun", lambda row: row.type == "tmpfs" and row.peers != "", "no propagation of a new mount"),
    ("runc", labels("tmpfs (rro|rnosuid)"), "passes such words over for a new mount"),
    ("runc crun", words("mand"), "shows a flag that does nothing since Linux 5.15"),
    ("runc", words("defaults", "none", "rsync", "rasync", "rdirsync", "rmand", "rnomand"),
     "no such word"),
    ("crun", words("none", ""), "no such word"),
    ("runc crun", words("copy-symlink", "src-nofollow", "dest-nofollow"),
     "words of crun's, since 1.21"),
    ("runc", lambda row: any("idmap=" in o for o in row.words), "a word of crun's"),
    ("crun", words("rnodiratime", "rnoatime", "rstrictatime", "rsync", "rasync", "rmand",
                   "rnomand"), "makes a call of them that the kernel refuses"),
    ("crun", words("iversion", "noiversion", "silent", "loud"), "no such word"),
    ("runc crun", words("remount"), "take it for a new bind mount, and clear flags not named"),
    ("runc crun", lambda row: row.type == "bind" and not {"bind", "rbind"} & set(row.words),
     "wants the word among the options"),
    ("crun", lambda row: row.type in ("proc", "sysfs"), "only right below the root"),
    ("crun", words("mode=600"), "drops options of devpts that it deems unneeded"),
)


def differs(name, row):
    return any(name in who.split() and which(row) for who, which, _ in DIFFERENCES)


def theirs(w, s, program, chosen):
    """What a peer makes of these rows; those that it refuses are not in it."""
    r = peers.start(w, program, make(w, s, chosen))
    if r.status == 0:
        view = json.loads(r.out)
        return {n: lines(view, n) for n, _ in chosen}
    if len(chosen) == 1:
        return {}
    half = len(chosen) // 2
    return {**theirs(w, s, program, chosen[:half]), **theirs(w, s, program, chosen[half:])}


def lines(view, number):
    """What is to be the same: of the place and of what is below it."""
    found, out = seen.mounts(view), []
    for point in (place_of(number), place_of(number) + "/sub"):
        m = found.get(point)
        # Of a tmpfs, the mode of its root may be told to the file system or set later; the rest is
        # what the one or the other way to mount shows.
        if m is not None:
            out.append((m.type, os.path.basename(m.root), flags(m.options), kinds(m.propagation),
                        {o for o in m.super if not o.startswith(("mode=", "uuid=", "ro", "rw"))}))
    return out


@rows("mount options, as", (("runc", "runc"), ("crun", "crun")))
def as_peer(w, name):
    program = peers.program(name)
    if program is None:
        skip(f"no {name} here")
    r = peers.start(w, program, w.bundle())
    if r.status != 0:
        skip(f"{name} runs nothing here: {r.err.strip()[-200:]}")
    old = not peers.maps_ids(w, program)
    chosen = [(n, row) for n, row in enumerate(ROWS)
              if not differs(name, row) and not (old and "idmapped" in row.want)]
    with Sources(w) as s:
        ours = make(w, s, chosen).view()
        got = theirs(w, s, program, chosen)
    check(len(got) > len(chosen) // 2, f"only {len(got)} of {len(chosen)} rows were run")
    wrong = [f"{row.label}:\n  ours {lines(ours, n)}\n  {name} {got[n]}"
             for n, row in chosen if n in got and got[n] != lines(ours, n)]
    check(not wrong, "\n".join(wrong))
