"""Options that several commands share."""

import json
import os
import socket
import subprocess

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows


def stops(b):
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")


@rows("--regex", (("kill", "kill"), ("delete", "delete")), ROOT, USER)
def regex(w, command):
    some = [w.bundle().shell("exec sleep 100") for _ in range(3)]
    for b in some:
        equal(b.run("--detach", to_files=True).status, 0, "run")
    pattern = f"^({some[0].id}|{some[1].id})$"
    words = ["delete", "--force", "--regex"] if command == "delete" else ["kill", "-r"]
    r = w.crun(*words, pattern, *([] if command == "delete" else ["KILL"]))
    equal((r.status, r.out, r.err), (0, "", ""), "result")
    for b in some[:2]:
        if command == "kill":
            stops(b)
            w.must("delete", b.id)
        equal(w.crun("state", b.id).status, 1, "gone")
    equal(some[2].state()["status"], "running", "the third")
    w.must("delete", "--force", some[2].id)


@case("--regex: a failure for one is told, and the others are served")
def regex_failure(w):
    one, two = (w.bundle().shell("exec sleep 100") for _ in range(2))
    for b in (one, two):
        equal(b.run("--detach", to_files=True).status, 0, "run")
    w.must("kill", one.id, "KILL")
    stops(one)
    r = w.crun("delete", "--regex", f"{one.id}|{two.id}")
    equal((r.status, r.out), (0, ""), "result")
    holds(r.err, two.id, "the one that runs")
    equal(w.crun("state", one.id).status, 1, "the other is gone")
    w.must("delete", "--force", two.id)


@case("--regex that is none")
def regex_bad(w):
    r = w.crun("kill", "--regex", "a(")
    equal((r.status, r.out), (1, ""), "result")
    holds(r.err, 'option --regex: "a(": ', "error")


@rows("--log to a service", (("syslog", "syslog:me", "/dev", "log", "<27>me["),
                             ("syslog without a name", "syslog:", "/dev", "log", "<27>nobody-{}["),
                             ("journal", "journald:me", "/run/systemd/journal", "socket",
                              "\nCONTAINER_ID=me\n")))
def log_service(w, target, directory, name, want):
    own = w.directory("sockets")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        s.bind(os.path.join(own, name))
        os.symlink("/proc/self/fd/2", os.path.join(own, "stderr"))
        r = subprocess.run(
            ["unshare", "-m", "--propagation", "private", "sh", "-c",
             'test -d "$2" || { mount -t tmpfs none /run && mkdir -p "$2"; } && '
             'mount --bind "$1" "$2" && shift 2 && exec "$@"', "-", own, directory,
             *w.words("--log", target, "state", f"nobody-{w.token}")],
            capture_output=True, text=True, check=False, timeout=20)
        equal(r.returncode, 1, f"{r}")
        got = s.recv(4096).decode()
    holds(got, want.format(w.token), "datagram")
    holds(got, "does not exist", "datagram")
    if target.startswith("journald"):
        holds(got, "PRIORITY=3\n", "datagram")
        equal(got.count("\n"), 4, "a field a line")


@rows("--log that cannot be", (
    ("nobody listens", "journald:x", 'cannot open log: connect to "'),
    ("a name with a newline", "syslog:a\nb", "option --log: control characters in the name"),
    ("no such directory", "/nowhere/log", 'cannot open log "/nowhere/log": No such file'),
    ("no scheme of ours is a path", "nope:/x", 'cannot open log "nope:/x": No such file')))
def log_bad(w, target, want):
    r = w.crun("--log", target, "list")
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, want, "error")


@case("--cgroup-manager disabled: no cgroup is made")
def no_cgroup(w):
    b = w.bundle().shell("cat /proc/self/cgroup")
    b.config["linux"].pop("cgroupsPath", None)
    b.config["linux"]["namespaces"] = [
        n for n in b.config["linux"]["namespaces"] if n["type"] != "cgroup"]
    b.config["linux"].pop("resources", None)
    b.write()
    with open("/proc/self/cgroup", encoding="utf-8") as f:
        mine = [x.split(":", 2)[2] for x in f if x.startswith("0::")]
    r = w.crun("--cgroup-manager", "disabled", "run", "--bundle", b.path, b.id)
    equal(r.status, 0, f"{r}")
    equal([x.split(":", 2)[2] for x in r.out.splitlines(True) if x.startswith("0::")], mine, "cgroup")


@case("--cgroup-manager disabled: a limit is an error")
def no_cgroup_limit(w):
    b = w.bundle().shell("true")
    b.config["linux"].setdefault("resources", {})["pids"] = {"limit": 10}
    b.write()
    r = w.crun("--cgroup-manager=disabled", "run", "--bundle", b.path, b.id)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "linux.resources.pids.limit: no cgroup is made: --cgroup-manager is disabled", "error")


@rows("a word that is none", (
    ("manager", ("--cgroup-manager", "x"), "option --cgroup-manager: expected cgroupfs, systemd or"),
    ("rootless", ("--rootless", "maybe"), "option --rootless: expected true, false or auto"),
    ("level", ("--log-level", "x"), "option --log-level: expected"),
    ("format", ("--log-format", "x"), "option --log-format: expected text or json")))
def word(w, words, want):
    r = w.crun(*words, "list")
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, want, "error")


@case("spec --file writes over what is there; without it that is refused")
def spec_file(w):
    where = w.directory("spec")
    w.must("spec", "--bundle", where)
    equal(w.crun("spec", "--bundle", where).status, 1, "a second time")
    name = os.path.join(where, "mine.json")
    with open(name, "w", encoding="utf-8") as f:
        f.write("x" * 100000)
    w.must("spec", "-f", "mine.json", "--bundle", where)
    with open(name, encoding="utf-8") as f, open(os.path.join(where, "config.json"),
                                                 encoding="utf-8") as g:
        equal(f.read(), g.read(), "the same template")


@rows("spec: the root", (("read-only as the peers write it", (), True, None),
                         ("an overlay", ("--overlay",), False, "tmpfs")))
def spec_root(w, options, read_only, overlay):
    where = w.directory("spec")
    w.must("spec", *options, "--bundle", where)
    with open(os.path.join(where, "config.json"), encoding="utf-8") as f:
        c = json.load(f)
    equal((c["root"].get("readonly", False), c.get("annotations", {}).get("org.crun-lite.overlay")),
          (read_only, overlay), "read-only, overlay")


@rows("other forms of options", (("-V", "-V", "crun-lite version "), ("--usage", "--usage", "Usage:"),
                                 ("-?", "-?", "Usage:")))
def forms(w, option, want):
    holds(w.must(option).out, want, "output")


@case("completions know the containers of a state directory", ROOT, USER)
def completed_ids(w):
    b = w.bundle().shell("exec sleep 100")
    equal(b.run("--detach", to_files=True).status, 0, "run")
    for words in (("state", b.id[:-1]), ("kill", ""), ("exec", b.id)):
        out = w.must("completion", "words", "--root", w.state, *words).out
        check(f"{b.id}\trunning\n" in out, f"{words}: {out}")
    equal(w.must("completion", "words", "--root", w.state, "exec", b.id, "").out, "", "a program")
    w.must("delete", "--force", b.id)


@rows("a command that is to come says so", (
    ("checkpoint", ("checkpoint", "--image-path", "/tmp/x", "--leave-running", "x")),
    ("restore", ("restore", "-d", "-no-subreaper", "--bundle", "b", "x"))))
def later(w, words):
    r = w.crun(*words)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, f"{words[0]}: this version of crun-lite has no checkpoints", "error")
