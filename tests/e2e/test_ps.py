"""ps: whose processes, in which form; with and without the host's ps."""

import json
import os

from lib import host
from lib.suite import case, check, equal, holds, rows

HEADER = "UID PID PPID C STIME TTY TIME CMD"


def container(w):
    b = w.bundle().shell("sleep 1000 & sleep 1001 & exec sleep 1002").detached()

    def programs():
        return [(host.read(f"/proc/{pid}/cmdline") or "")[:5] for pid in host.processes(w.token)]
    check(host.until(lambda: programs() == ["sleep"] * 3), f"does not run: {programs()}")
    return b


def refused(r, *parts):
    equal(r.status, 1, f"{r}")
    for part in parts:
        holds(r.err, part, "message")


@case("the rows of the host's ps, by default those of -ef")
def table(w):
    b = container(w)
    lines = w.must("ps", b.id).out.splitlines()
    equal(lines[0].split(), HEADER.split(), "header")
    equal(sorted(int(l.split()[1]) for l in lines[1:]), host.processes(w.token), "pids")
    equal(int(lines[1].split()[1]), b.state()["pid"], "first")
    w.must("delete", "--force", b.id)


@case("options of ps, behind the id; rows are chosen by the column PID")
def options(w):
    b = container(w)
    for words in (("-o", "pid,args"), ("-o", "ppid,pid,args"), ("aux",), ("--", "-ef")):
        r = w.must("ps", b.id, *words)
        equal(len(r.out.splitlines()), 4, f"lines of {r}")
        holds(r.out, "sleep 1001", "rows")
    refused(w.crun("ps", b.id, "-o", "args"), "has no column PID", "hint:")
    equal(w.crun("ps", b.id, "--no-such-option").status, 1, "status")
    w.must("delete", "--force", b.id)


@case("threads of its processes are rows too")
def threads(w):
    b = w.bundle().probe("pause").detached()
    lines = w.must("ps", b.id, "-efm").out.splitlines()
    equal(len(lines), 3, f"lines: {lines}")
    equal(lines[2].split()[1], "-", "PID of a thread")
    w.must("delete", "--force", b.id)


@case("--format json is one array of numbers")
def as_json(w):
    b = container(w)
    for words in (("--format", "json"), ("--format=json",), ("-f", "json")):
        out = w.must("ps", *words, b.id).out
        equal(json.loads(out), host.processes(w.token), "pids")
        equal(out.count("\n"), 1, "lines")
    w.must("delete", "--force", b.id)


@case("without a ps on the host: the same table from /proc")
def own(w):
    b = container(w)
    env = w.environment(PATH="/nowhere")
    lines = w.must("ps", b.id, env=env).out.splitlines()
    equal(lines[0].split(), HEADER.split(), "header")
    theirs = w.must("ps", b.id, "-A", "-o", "uid,pid,ppid,args")
    want = sorted(l.split(None, 3) for l in theirs.out.splitlines()[1:])
    got = sorted([l.split(None, 7)[i] for i in (0, 1, 2, 7)] for l in lines[1:])
    equal(got, want, "rows")
    refused(w.crun("ps", b.id, "-ef", env=env), "cannot run ps: No such file or directory")
    w.must("delete", "--force", b.id)


@case("arguments that steer a terminal do not, in the own table")
def steer(w):
    b = w.bundle().probe("pause", "\x1b[2J\nx").detached()
    r = w.must("ps", b.id, env=w.environment(PATH="/nowhere"))
    check("\x1b" not in r.out, f"{r}")
    equal(len(r.out.splitlines()), 2, f"lines of {r}")
    w.must("delete", "--force", b.id)


@case("processes in cgroups made inside are the container's")
def below(w):
    b = w.bundle().caps("SYS_ADMIN", "DAC_OVERRIDE")
    b.mounted("/sys/fs/cgroup")["options"] = ["nosuid"]
    b.shell("d=/sys/fs/cgroup/a/b; busybox mkdir -p $d; sleep 1000 & echo $! >$d/cgroup.procs; "
            "exec sleep 1001").detached()
    check(host.until(lambda: any(host.read(c + "/cgroup.procs") for c in host.cgroups(w.token)
                                 if c.endswith("/a/b")) or
                     any((host.read(c + "/a/b/cgroup.procs") or "") for c in host.cgroups(w.token))),
          "not there")
    equal(len(json.loads(w.must("ps", "-f", "json", b.id).out)), 2, "pids")
    w.must("kill", "--all", b.id, "KILL")
    equal(host.gone(lambda: host.processes(w.token)), [], "processes")
    w.must("delete", b.id)


@case("a stopped container has none, and that is no error")
def stopped(w):
    b = w.bundle().probe("exit", "0").detached()
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    equal(w.must("ps", "-f", "json", b.id).out, "[]\n", "json")
    equal(len(w.must("ps", b.id).out.splitlines()), 1, "lines of the table")
    w.must("delete", b.id)


@rows("refused", (("no id", (), "requires a minimum of 1 argument"),
                  ("no such container", ("nobody",), "does not exist"),
                  ("form", ("--format", "xml", "x"), "expected table or json"),
                  ("option before the id", ("-ef", "x"), "unknown option"),
                  ("unknown option", ("--nope", "x"), "unknown option")))
def bad(w, words, part):
    r = w.crun("ps", *words)
    refused(r, part)
    equal(r.out, "", "output")


@rows("output that nobody takes", (("full", "/dev/full"), ("closed pipe", None)))
def nobody(w, path):
    b = container(w)
    for words in (("ps", b.id), ("ps", "-f", "json", b.id), ("state", b.id), ("list",),
                  ("list", "-f", "json")):
        if path is None:
            reader, writer = os.pipe()
            os.close(reader)
        else:
            writer = os.open(path, os.O_WRONLY)
        r = w.popen(w.words(*words), stdout=writer, stderr=-1)
        os.close(writer)
        _, err = r.communicate(timeout=10)
        equal(r.returncode, 1, f"status of {words}")
        holds(err.decode(), "cannot write to standard output", f"message of {words}")
    w.must("delete", "--force", b.id)
