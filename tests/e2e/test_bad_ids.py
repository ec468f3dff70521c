"""Each command with an id that is none, or with a container that is not whole: one clear line, an
exit status of its own, and nothing has changed."""

import json
import os
import re
import shutil
import stat

from lib import host
from lib.suite import ROOT, USER, case, check, equal, rows, skip
from lib.world import reap

# Each command on a container that is there; `{}` is its id.  exec says 255 for its own errors.
COMMANDS = {
    "state": ["state", "{}"], "start": ["start", "{}"], "kill": ["kill", "{}"],
    "kill KILL": ["kill", "{}", "KILL"], "kill --all": ["kill", "--all", "{}", "KILL"],
    "delete": ["delete", "{}"], "delete --force": ["delete", "--force", "{}"],
    "exec": ["exec", "{}", "/bin/true"], "exec --dry-run": ["exec", "--dry-run", "{}", "x"],
    "pause": ["pause", "{}"], "resume": ["resume", "{}"], "ps": ["ps", "{}"],
    "ps json": ["ps", "--format", "json", "{}"], "events": ["events", "--stats", "{}"],
    "events on": ["events", "{}"], "update": ["update", "--pids-limit", "10", "{}"],
    "stats": ["stats", "--no-stream", "--interval", "1ms", "{}"], "diff": ["diff", "{}"],
}
MAKERS = {"create": ["create", "--bundle", "BUNDLE", "{}"],
          "run": ["run", "--bundle", "BUNDLE", "{}"],
          "run --detach": ["run", "--detach", "--bundle", "BUNDLE", "{}"]}


def tree(path):
    """All below, links and files with what they hold, and when they were changed."""
    out = {}
    for top, dirs, files in os.walk(path):
        for name in sorted(dirs + files):
            full = os.path.join(top, name)
            s = os.lstat(full)
            text = None
            if stat.S_ISREG(s.st_mode):
                with open(full, "rb") as f:
                    text = f.read(1 << 20)
            out[full] = (s.st_mode, s.st_uid, s.st_ino, s.st_size, s.st_ctime_ns, text)
    return out


def refused(w, words, *parts, **options):
    """One line with these parts, a hint at most, and the status of an error."""
    r = w.command(w.words(*words), limit=15, **options)
    equal((r.status, r.out), (255 if words[0] == "exec" else 1, ""), f"status and output of {r}")
    lines = r.err.splitlines()
    check(len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("  hint: ")),
          f"lines of {r}")
    check(all(31 < ord(c) != 127 or c == "\n" for c in r.err), f"unescaped: {r.err!r}")
    for part in parts:
        check(re.search(part, lines[0]), f"no {part!r} in {r}")
    return r


# --- ids ------------------------------------------------------------------------------------------

LONG = "x" * 1025
IDS = (
    ("dot dot", "..", r'container id "\.\." is not allowed'),
    ("dot", ".", r'container id "\." is not allowed'),
    ("up", "../state", "is not allowed"),
    ("slash", "/", 'container id "/" is not allowed'),
    ("a path", "a/../b", "is not allowed"),
    ("slash at the end", "whole/", "is not allowed"),
    ("empty", "", "the container id is empty"),
    ("1025 bytes", LONG, "is longer than 255 bytes"),
    ("newline", "a\nb", r"is not allowed"),
    ("newline at the end", "whole\n", r"is not allowed"),
    ("control", "a\x07b", "is not allowed"),
    ("escape", "\x1b]0;x\x07", "is not allowed"),
    ("not UTF-8", os.fsdecode(b"\xff\xfe"), "is not allowed"),
    ("UTF-8", "ä", "is not allowed"),
    ("blank", " ", "is not allowed"),
    ("blank in front", " whole", "is not allowed"),
    ("dash", "-x", '^unknown option "-x"$'),
    ("dashes", "--nosuch", '^unknown option "--nosuch"$'),
    ("percent", "%n%s", "is not allowed"),
    ("a star", "*", "is not allowed"),
)


def whole(w):
    """A container beside, which nobody is to touch."""
    b = w.bundle().probe("pause").write()
    b.id = w.token + "-whole"
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    return b


def fill(words, id_, b):
    put = {"{}": id_, "BUNDLE": b.path}
    return [put.get(word, word) for word in words]


@rows("an id that is none, each command", IDS)
def bad_ids(w, id_, text):
    each_command(w, id_, text)


@rows("an id that is none, each command", IDS[::4], USER)
def bad_ids_plain(w, id_, text):
    each_command(w, id_, text)


def each_command(w, id_, text):
    b = whole(w)
    before = tree(w.state)
    for words in [*COMMANDS.values(), *MAKERS.values()]:
        refused(w, fill(words, id_, b), text, cwd=w.state)
    equal(tree(w.state), before, "the state directory")
    equal(b.state()["status"], "created", "status of the one beside")
    w.must("delete", "--force", b.id)


@case("an id that begins with a dash, behind --", ROOT, USER)
def dash(w):
    b = w.bundle().probe("pause").write()
    id_ = "-" + w.token
    w.must("create", "--bundle", b.path, "--", id_, to_files=True)
    equal(json.loads(w.must("state", "--", id_).out)["id"], id_, "id")
    w.must("start", "--", id_)
    equal(w.must("exec", "--", id_, "/bin/echo", "-x").out, "-x\n", "output")
    w.must("kill", "--", id_, "KILL")
    w.must("delete", "--force", "--", id_)


# --- containers that are not whole ----------------------------------------------------------------


def record(text, **changes):
    """The record with other values, and a sum that is right."""
    lines = text.split("\n")[:-2]
    for key, value in changes.items():
        at, = (i for i, line in enumerate(lines) if line.startswith(key + "="))
        lines[at] = f"{key}={value}"
    body = "\n".join(lines) + "\n"
    total = 0xcbf29ce484222325
    for byte in body.encode():
        total = ((total ^ byte) * 0x100000001b3) % 2**64
    return f"{body}sum={total:016x}\n"


class Place:
    """The directory of a container that was made whole, and is not any more."""

    def __init__(self, w, b):
        self.w, self.path = w, os.path.join(w.state, b.id)
        self.file = os.path.join(self.path, "state")
        self.text = host.read(self.file)

    def write(self, text, name="state"):
        path = os.path.join(self.path, name)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        self.w.own(path)

    def remove(self, *names):
        for name in names or os.listdir(self.path):
            os.unlink(os.path.join(self.path, name))

    def swap(self, make):
        self.remove("state")
        make(self.file)


def giant(path):
    with open(path, "wb") as f:
        f.truncate(1 << 40)


CUT = "is cut short or damaged|is not one of crun-lite"
# label, what is done, what each command says; delete --force removes all of these
BROKEN = (
    ("half made: no file at all", lambda p: p.remove(),
     "no state is recorded: its creation was cut short"),
    ("an empty record", lambda p: p.write(""), "its state record is not one of crun-lite"),
    ("garbage", lambda p: p.write(os.urandom(500)), "its state record is not one of crun-lite"),
    ("NULs", lambda p: p.write(b"\0" * 4096), "its state record is not one of crun-lite"),
    ("JSON of another runtime", lambda p: p.write('{"id": "x", "pid": 1}'),
     "its state record is not one of crun-lite"),
    ("cut after half", lambda p: p.write(p.text[:len(p.text) // 2]), CUT),
    ("cut before its end", lambda p: p.write(p.text[:-1]), CUT),
    ("one byte changed", lambda p: p.write(p.text.replace("pid=", "pid=1", 1)), CUT),
    ("more behind it", lambda p: p.write(p.text + "pid=1\n"), CUT),
    ("a newer version", lambda p: p.write(p.text.replace("crun-lite-state=", "crun-lite-state=9")),
     "its state record is of version 9[0-9]+, written by a newer crun-lite: this one knows"),
    ("an older version", lambda p: p.write("crun-lite-state=1\n" + p.text.split("\n", 1)[1]),
     "its state record is of version 1, written by an older crun-lite"),
    ("that of another", lambda p: p.write(record(p.text, id="another")),
     'its state record is that of "another"'),
    ("a phase that is none", lambda p: p.write(record(p.text, phase="paused")),
     "line [0-9]+ of its state record: phase= is not known"),
    ("a path that is none", lambda p: p.write(record(p.text, bundle="relative")),
     "its state record makes no sense"),
    ("a FIFO", lambda p: p.swap(os.mkfifo), "cannot read its state record: Invalid argument"),
    ("a directory", lambda p: p.swap(os.mkdir), "cannot read its state record: Invalid argument"),
    ("a link", lambda p: p.swap(lambda path: os.symlink("/etc/passwd", path)),
     "cannot read its state record: Too many levels of symbolic links"),
    ("1 TiB", lambda p: p.swap(giant), "cannot read its state record: File too large"),
)


def stopped(w):
    """One that has ended, so that a record that is lost leaves nothing else."""
    b = w.bundle().probe("exit", "0").write()
    w.must("run", "--detach", "--bundle", b.path, b.id, to_files=True)
    check(host.until(lambda: (reap(), b.state()["status"] == "stopped")[1]), "does not stop")
    return b


@rows("a record that is broken, each command", BROKEN)
def broken(w, harm, text):
    broken_one(w, harm, text)


@rows("a record that is broken, each command", BROKEN[::4], USER)
def broken_plain(w, harm, text):
    broken_one(w, harm, text)


def broken_one(w, harm, text):
    near, b = whole(w), stopped(w)
    for group in host.cgroups(w.token):
        if group.endswith(b.id):
            os.rmdir(group)  # as the record that knew of it
    harm(Place(w, b))
    before = tree(w.state)
    half = "half" in text or "cut short" in text and "|" not in text
    for name, words in COMMANDS.items():
        if name == "delete --force" or (name == "delete" and half):
            continue
        refused(w, fill(words, b.id, b), f'container "{b.id}"', text)
    for words in MAKERS.values():
        refused(w, fill(words, b.id, b), "already exists")
    r = w.crun("list", "-q")
    equal((r.status, r.out), (0, near.id + "\n"), "list")
    check(re.search(text, r.err), f"what list says: {r.err}")
    equal(tree(w.state), before, "the state directory")
    w.must("delete", *([] if half else ["--force"]), b.id)
    equal(os.listdir(w.state), [near.id], "what is left")
    w.must("delete", "--force", near.id)


def what_is_left(w, near):
    """But for that one."""
    reap()
    return [x for x in w.left() if near.id not in str(x) and x != near.state()["pid"]]


TELLING = ("cut before its end", "more behind it", "a newer version", "an older version",
           "a phase that is none", "a path that is none")


def ends_all(w, harm):
    near = whole(w)
    b = w.bundle().probe("pause").detached()
    harm(Place(w, b))
    r = w.crun("--log", w.top + "/log", "delete", "--force", b.id)
    equal((r.status, r.out, r.err), (0, "", ""), f"{r}")
    text = host.read(w.top + "/log")
    os.unlink(w.top + "/log")
    check("something of it may be left" in (text or ""), f"log {text}")
    equal(host.gone(lambda: what_is_left(w, near), 3), [], "left")
    equal(near.state()["status"], "created", "status of the one beside")
    w.must("delete", "--force", near.id)


@rows("delete --force of a running one with a broken record ends all of it",
      [row[:2] for row in BROKEN[1:] if row[0] != "that of another"])
def forced(w, harm):
    ends_all(w, harm)


@rows("delete --force of a running one with a broken record ends its process",
      [row[:2] for row in BROKEN if row[0] in TELLING], USER)
def forced_plain(w, harm):
    ends_all(w, harm)


@case("delete --force of a copy of another's state leaves that one alone", ROOT, USER)
def copied(w):
    near = whole(w)
    copy = os.path.join(w.state, w.token + "-copy")
    shutil.copytree(os.path.join(w.state, near.id), copy, ignore=lambda *_: ["exec.fifo"])
    for path in (copy, *(os.path.join(copy, n) for n in os.listdir(copy))):
        w.own(path)
    w.must("delete", "--force", os.path.basename(copy))
    equal((near.state()["status"], os.listdir(w.state)), ("created", [near.id]), "the other")
    w.must("start", near.id)
    w.must("delete", "--force", near.id)


@rows("a container that is not there, each command", (("unknown", False), ("no root", True)), ROOT,
      USER)
def missing(w, no_root):
    root = ["--root", w.top + "/none"] if no_root else []
    for name, words in COMMANDS.items():
        words = root + [w.token if word == "{}" else word for word in words]
        r = w.crun(*words)
        if name == "delete --force":
            equal((r.status, r.out, r.err), (0, "", ""), f"{r}")
            continue
        equal((r.status, r.out), (255 if "exec" in name else 1, ""), f"{r}")
        equal(r.err, f'cannot open container "{w.token}": container does not exist: No such file '
                     "or directory\n", "message")
    check(not os.path.exists(w.top + "/none"), "--root is made")


def mode(p):
    os.chmod(p.path, 0o755)


def owner(p):
    for name in ("", *os.listdir(p.path)):
        os.chown(os.path.join(p.path, name), 12345, 12345)


def link(p):
    os.rename(p.path, p.path + ".real")
    os.symlink(p.path + ".real", p.path)


def plain_file(p):
    os.rename(p.path, p.path + ".real")
    with open(p.path, "w", encoding="ascii"):
        pass


@rows("a directory that is not ours alone, each command", (
    ("open to others", mode, "is open to others: its mode is 0755"),
    ("of another user", owner, "belongs to user 12345"),
    ("a link", link, "Not a directory|Too many levels"),
    ("a file", plain_file, "Not a directory")), ROOT)
def foreign(w, harm, text):
    b = stopped(w)
    p = Place(w, b)
    harm(p)
    before = tree(w.state)
    for words in COMMANDS.values():
        refused(w, fill(words, b.id, b), b.id, text)
    for words in MAKERS.values():
        refused(w, fill(words, b.id, b), "already exists")
    equal(tree(w.state), before, "the state directory")
    if os.path.isdir(p.path + ".real"):
        os.unlink(p.path)
        os.rename(p.path + ".real", p.path)
    os.chmod(p.path, 0o700)
    os.chown(p.path, 0, 0)
    w.must("delete", "--force", b.id)


# --- after a reboot, and numbers used again -------------------------------------------------------


def bystander(w):
    """A process that has nothing to do with it."""
    p = w.popen(["sleep", "1000"])
    host.until(lambda: "sleep" in (host.read(f"/proc/{p.pid}/cmdline") or ""))
    return p


def start_of(pid):
    return int(host.read(f"/proc/{pid}/stat").rpartition(")")[2].split()[19])


STALE = (
    ("another boot", {"boot": "00000000-0000-0000-0000-000000000000"}, True),
    ("its number is another's", {}, False),
)


@rows("a pid that is somebody else's by now", STALE, ROOT, USER)
def stale(w, changes, same_start):
    """The record names a living process: of another boot, or one that began at another time."""
    b = stopped(w)
    p = bystander(w)
    place = Place(w, b)
    start = start_of(p.pid) - (0 if same_start else 1)
    text = record(place.text, pid=p.pid, start=start, phase="running", **changes)
    place.write(text)
    try:
        s = b.state()
        equal((s["status"], s["pid"]), ("stopped", 0), "status, pid")
        for words in (["kill", b.id, "KILL"], ["kill", b.id, "0"]):
            refused(w, words, "container not running")
        w.must("kill", "--all", b.id, "KILL")
        refused(w, ["start", b.id], "has stopped")
        refused(w, ["exec", b.id, "/bin/true"], "is not running")
        equal(w.must("ps", "--format", "json", b.id).out, "[]\n", "ps")
        for words in (["pause", b.id], ["resume", b.id]):
            refused(w, words, b.id)
        w.must("delete", b.id)
        equal(p.poll(), None, "the bystander")
    finally:
        p.kill()
        p.wait()


@case("after a reboot: a maker's number that is another's keeps nobody from deleting", ROOT, USER)
def stale_maker(w):
    b = stopped(w)
    p = bystander(w)
    place = Place(w, b)
    place.write(record(place.text, pid=0, start=0, phase="creating", runtime_pid=p.pid,
                       runtime_start=start_of(p.pid),
                       boot="00000000-0000-0000-0000-000000000000"))
    try:
        equal(b.state()["status"], "stopped", "status")
        w.must("delete", b.id)
        equal(p.poll(), None, "the bystander")
    finally:
        p.kill()
        p.wait()


@case("after a reboot: a cgroup of that path that is another's is left alone")
def stale_cgroup(w):
    b = stopped(w)
    group, = (g for g in host.cgroups(w.token) if g.endswith(b.id))
    os.rmdir(group)
    os.mkdir(group)
    p = bystander(w)
    with open(group + "/cgroup.procs", "w", encoding="ascii") as f:
        f.write(str(p.pid))
    try:
        if str(os.stat(group).st_ino) == re.search(r"^cgroup_inode=(\d+)$",
                                                   Place(w, b).text, re.M).group(1):
            skip("the kernel gave the same number again")
        w.must("kill", "--all", b.id, "KILL")
        w.must("delete", "--force", b.id)
        equal((p.poll(), os.path.isdir(group)), (None, True), "the bystander, its cgroup")
    finally:
        p.kill()
        p.wait()
        host.until(lambda: "populated 0" in host.read(group + "/cgroup.events"))
        os.rmdir(group)
