"""state and list: columns and members as runc has them, whoever asks and whatever is at work."""

import json
import os
import pwd
import shutil
import subprocess
import time

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

HEAD = "ID PID STATUS BUNDLE CREATED OWNER".split()
KEYS = "ociVersion id pid status bundle rootfs created owner".split()


def owner(w):
    """The user's name, as the host knows it."""
    uid = os.getuid() if w.uid is None else w.uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def created(w):
    b = w.bundle().probe("pause")
    b.create(to_files=True)
    return b


def spoil_mode(top):
    os.chmod(top, 0o755)


def spoil_link(top):
    os.rename(top + "/state", top + "/other")
    os.symlink("other", top + "/state")


def spoil_fifo(top):
    os.unlink(top + "/state")
    os.mkfifo(top + "/state", 0o600)


@rows("list: told as what it is", (("open to others", spoil_mode, "is open to others: its mode is 0755"),
                                  ("its record a link", spoil_link, "Too many levels of symbolic"),
                                  ("its record a FIFO", spoil_fifo, "cannot read its state record")),
      ROOT, USER)
def spoilt(w, spoil, text):
    b = w.bundle().probe("exit", "0")
    b.must("--keep")
    top = os.path.join(w.state, b.id)
    kept = shutil.copytree(top, os.path.join(w.directory("kept"), "c"))
    spoil(top)
    r = w.crun("list")
    equal(r.out.split(), HEAD, f"{r}")
    holds(r.err, text, "error")
    shutil.rmtree(top)
    subprocess.run(["cp", "-a", kept, top], check=True)
    for name in [top] + [os.path.join(top, n) for n in os.listdir(top)]:
        w.own(name)
    w.must("delete", b.id)


@case("list: a table, JSON, ids alone; nothing is an empty list", ROOT, USER)
def forms(w):
    equal(w.must("list").out.split(), HEAD, "table of none")
    equal(w.must("list", "--format", "json").out, "[]\n", "JSON of none")
    equal(w.must("list", "-q").out, "", "ids of none")
    a, b = created(w), created(w)
    w.must("start", b.id)
    s = b.state()
    lines = [line.split() for line in w.must("list").out.splitlines()]
    equal(lines[0], HEAD, "head")
    equal([line[0] for line in lines[1:]], [a.id, b.id], "ids, in order")
    equal(lines[2], [b.id, str(s["pid"]), "running", b.path, s["created"], owner(w)], "row")
    out = w.must("list", "-f", "json").out
    equal(out.count("\n"), 1, "lines of JSON")
    equal([list(c) for c in json.loads(out)], [KEYS, KEYS], "members")
    equal(json.loads(out)[1], s, "the same as state")
    equal(w.must("list", "--quiet").out.split(), [a.id, b.id], "ids")
    for one in (a, b):
        w.must("delete", "--force", one.id)


@case("annotations come before the owner, when there are any")
def annotations(w):
    b = w.bundle().probe("pause")
    b.config["annotations"] = {"a": "b"}
    b.create(to_files=True)
    equal(list(b.state()), KEYS[:-1] + ["annotations", "owner"], "members")
    w.must("delete", b.id)


@case("a stopped container has no process", ROOT, USER)
def stopped(w):
    b = w.bundle().probe("exit", "0").detached()
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    equal(b.state()["pid"], 0, "pid")
    equal(w.must("list").out.splitlines()[1].split()[1:3], ["0", "stopped"], "row")
    w.must("delete", b.id)


@case("while a create is at work: creating, at once", ROOT, USER)
def creating(w):
    here = w.directory("hook")
    b = w.bundle().probe("pause")
    busybox = os.path.join(os.path.dirname(w.probe), "busybox")
    b.config["hooks"] = {"createRuntime": [{"path": busybox, "args": [
        "sh", "-c", f"echo >{here}/in; while [ ! -e {here}/go ]; do {busybox} sleep 0.02; done"]}]}
    b.write()
    with open(os.devnull, "w", encoding="ascii") as null:
        p = w.popen(w.words("create", "--bundle", b.path, b.id), stdout=null, stderr=null)
    try:
        check(host.until(lambda: os.path.exists(here + "/in")), "the hook does not run")
        began = time.monotonic()
        equal(b.state()["status"], "creating", "state")
        equal(w.must("list").out.splitlines()[1].split()[2], "creating", "list")
        equal(w.must("ps", "-f", "json", b.id).out, "[]\n", "ps")
        holds(w.crun("events", "--stats", b.id).err, "is not running", "events")
        holds(w.must("stats", "--no-stream", "--interval", "1ms").out, "creating", "stats")
        check(time.monotonic() - began < 3, "it waits for the lock")
    finally:
        with open(here + "/go", "w", encoding="ascii"):
            pass
        equal(p.wait(10), 0, "create")
    equal(b.state()["status"], "created", "state")
    w.must("delete", b.id)


@case("what is broken is told of, and the others are listed", ROOT, USER)
def broken(w):
    b = created(w)
    path = os.path.join(w.state, w.token + "-broken")
    os.mkdir(path, 0o700)
    w.own(path)
    for words in (("list",), ("list", "-q"), ("list", "-f", "json")):
        r = w.crun(*words)
        equal(r.status, 0, "status")
        holds(r.out, b.id, "output")
        check("broken" not in r.out, f"{r}")
        holds(r.err, "-broken", "message")
    json.loads(r.out)
    w.must("delete", "--force", os.path.basename(path))
    w.must("delete", b.id)


@case("a state directory that is not there has no containers", ROOT, USER)
def no_root(w):
    equal(w.must("--root", w.top + "/none", "list", "-f", "json").out, "[]\n", "list")
    check(not os.path.exists(w.top + "/none"), "--root is made")


@rows("refused", (("form", ("list", "--format", "xml"), "expected table or json"),
                  ("an argument", ("list", "x"), "requires a maximum of 0"),
                  ("no id", ("state",), "requires a minimum of 1"),
                  ("unknown", ("state", "nobody"), "container does not exist")), ROOT, USER)
def bad(w, words, part):
    r = w.crun(*words)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, part, "message")


@case("members and columns are runc's")
def shape(w):
    if shutil.which("runc") is None:
        skip("no runc here")
    b = w.bundle().shell("exec sleep 1000")
    b.config["ociVersion"] = "1.0.2"
    b.write()
    runc = ["runc", "--root", w.directory("runc")]
    r = w.command([*runc, "run", "--detach", "--bundle", b.path, b.id], to_files=True)
    if r.status != 0:
        skip("runc cannot run this here")
    theirs = [w.command([*runc, *words]).out for words in
              (("state", b.id), ("list",), ("list", "-f", "json"))]
    w.command([*runc, "delete", "--force", b.id])
    b.detached()
    ours = [w.must(*words).out for words in (("state", b.id), ("list",), ("list", "-f", "json"))]
    w.must("delete", "--force", b.id)
    equal(list(json.loads(ours[0])), list(json.loads(theirs[0])), "state")
    equal(ours[1].splitlines()[0].split(), theirs[1].splitlines()[0].split(), "list")
    equal(ours[1].splitlines()[1].split()[3], theirs[1].splitlines()[1].split()[3], "column 4")
    equal(list(json.loads(ours[2])[0]), list(json.loads(theirs[2])[0]), "list as JSON")
