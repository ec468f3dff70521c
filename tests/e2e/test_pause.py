"""pause, resume, and kill where it means a whole cgroup."""

import os
import shutil
import signal
import time

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip


def counting(w, label="b"):
    """A container that writes a line at a time; how many there are, and its bundle."""
    out = w.directory("out")
    b = w.bundle(label).shell("while :; do echo x >>/out/n; sleep 0.01; done")
    b.bind(out, "/out", "bind").detached()
    check(host.until(lambda: lines(out) > 0), "does not run")
    return b, out


def lines(out):
    return len((host.read(os.path.join(out, "n")) or ""))


def moves(out):
    before = lines(out)
    return host.until(lambda: lines(out) > before, 1.0)


def refused(r, *parts):
    equal((r.status, r.out), (1, ""), f"status and output of {r}")
    equal(len([l for l in r.err.splitlines() if not l.startswith("  hint:")]), 1, f"lines of {r}")
    for part in parts:
        holds(r.err, part, "message")


def cgroup_of(w, b):
    return next(p for p in host.cgroups(w.token) if p.endswith("/" + b.id))


def status(b):
    return b.state()["status"]


def end(w, b):
    w.must("delete", "--force", b.id)
    equal(w.left(), [], "left")


@case("pause stops the processes, resume lets them go on")
def pause(w):
    b, out = counting(w)
    equal(w.must("pause", b.id).out, "", "output")
    equal(status(b), "paused", "status")
    holds(host.read(cgroup_of(w, b) + "/cgroup.events"), "frozen 1", "events")
    holds(w.must("list").out, " paused ", "list")
    before = lines(out)
    time.sleep(0.2)
    equal(lines(out), before, "lines written while paused")
    equal(w.must("resume", b.id).out, "", "output")
    equal(status(b), "running", "status")
    check(moves(out), "does not go on")
    end(w, b)


@case("pause of a created container: it starts when it is resumed and started")
def pause_created(w):
    b = w.bundle().probe("pause")
    b.create(to_files=True)
    w.must("pause", b.id)
    equal(status(b), "paused", "status")
    refused(w.crun("start", b.id), "cannot start a container in the paused state")
    w.must("resume", b.id)
    equal(status(b), "created", "status")
    w.must("start", b.id)
    equal(status(b), "running", "status")
    end(w, b)


@case("pause and resume in every other state are refused")
def pause_refused(w):
    b, _ = counting(w)
    refused(w.crun("resume", b.id), "container not paused", "running")
    w.must("pause", b.id)
    refused(w.crun("pause", b.id), "container not running", "paused already")
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: status(b) == "stopped"), "does not stop")
    refused(w.crun("pause", b.id), "container not running")
    refused(w.crun("resume", b.id), "container not paused", "stopped")
    w.must("delete", b.id)
    refused(w.crun("pause", b.id), "container does not exist")
    refused(w.crun("resume", b.id), "container does not exist")


@rows("bad input", (("no id", ()), ("two ids", ("a", "b")), ("an option", ("--no-such", "a")),
                    ("an id that is none", ("../x",))), ROOT, USER)
def bad_input(w, words):
    for command in ("pause", "resume"):
        refused(w.crun(command, *words))


@case("a record that is damaged, or missing, is named", ROOT, USER)
def damaged(w):
    for text, part in ((None, "no state is recorded"), ("crun-lite-state=4\nrubbish", "damaged")):
        id_ = w.id()
        path = os.path.join(w.state, id_)
        os.mkdir(path, 0o700)
        if text is not None:
            with open(path + "/state", "w", encoding="ascii") as f:
                f.write(text)
            w.own(path + "/state")
        w.own(path)
        for command in ("pause", "resume", "ps", "kill", "state", "update", "events", "stats"):
            refused(w.crun(command, id_), part, id_)
        w.must("delete", "--force", id_)


@case("a container of another user is not touched", USER)
def foreign(w):
    id_ = w.id()
    path = os.path.join(w.state, id_)
    if os.getuid() != 0:
        skip("needs root to make one")
    os.mkdir(path, 0o755)
    for command in ("pause", "resume", "ps", "state", "update", "events", "stats"):
        refused(w.crun(command, id_), "belongs to user 0")
    os.rmdir(path)


@case("without a cgroup of its own a container cannot be paused, and why", USER)
def no_cgroup(w):
    b = w.bundle().probe("pause")
    b.detached()
    if host.cgroups(w.token):
        skip("this user has a cgroup delegated")
    refused(w.crun("pause", b.id), "cannot pause", "the container is not using cgroups", "hint:")
    refused(w.crun("ps", b.id), "the container is not using cgroups", "hint:")
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: status(b) == "stopped"), "does not stop")
    equal(w.must("ps", "--format", "json", b.id).out, "[]\n", "ps of a stopped one")
    w.must("delete", b.id)


@rows("a paused container ends by", (("kill KILL", ("kill", "KILL")), ("kill --all 9", ("kill", "9")),
                                     ("delete --force", ())))
def paused_end(w, kill):
    b, _ = counting(w)
    w.must("pause", b.id)
    started = time.monotonic()
    if kill:
        all_ = ["--all"] if kill[1] == "9" else []
        w.must("kill", *all_, b.id, kill[1])
        check(host.until(lambda: status(b) == "stopped"), "does not stop")
        w.must("delete", b.id)
    else:
        refused(w.crun("delete", b.id), b.id, "is not stopped: paused")
        w.must("delete", "--force", b.id)
    check(time.monotonic() - started < 5, "takes too long")
    equal(w.left(), [], "left")


@rows("a signal to a paused container comes when it goes on", (("to the first", ()),
                                                               ("to all", ("--all",))))
def signal_waits(w, options):
    out = w.directory("out")
    b = w.bundle().shell("trap 'echo got >/out/got; exit 0' TERM; echo >/out/n; "
                         "while :; do sleep 0.01; done")
    b.bind(out, "/out", "bind").detached()
    check(host.until(lambda: os.path.exists(out + "/n")), "does not run")
    w.must("pause", b.id)
    w.must("kill", *options, b.id, "TERM")
    equal(status(b), "paused", "status")
    time.sleep(0.1)
    check(not os.path.exists(out + "/got"), "the signal came")
    w.must("resume", b.id)
    check(host.until(lambda: os.path.exists(out + "/got")), "the signal did not come")
    host.until(lambda: status(b) == "stopped")
    w.must("delete", b.id)


def shared(w, text):
    b = w.bundle().shell(text).namespace("pid", False)
    b.detached()
    return b


@case("KILL without a pid namespace of its own is for all, TERM for the first")
def kill_shared(w):
    b = shared(w, "sleep 1000 & sleep 1001 & exec sleep 1002")
    check(host.until(lambda: len(host.processes(w.token)) >= 3), "does not run")
    w.must("kill", b.id, "TERM")
    check(host.until(lambda: status(b) == "stopped"), "does not stop")
    equal(len(host.processes(w.token)), 2, "processes left by TERM")
    equal(len(w.must("ps", "-f", "json", b.id).out.split(",")), 2, "ps")
    refused(w.crun("kill", b.id, "TERM"), "container not running", "No such process")
    w.must("kill", b.id, "KILL")
    equal(host.gone(lambda: host.processes(w.token)), [], "processes left by KILL")
    refused(w.crun("kill", b.id, "KILL"), "container not running", "No such process")
    w.must("delete", b.id)


@case("kill --all without a pid namespace, the first gone, any signal")
def kill_all_shared(w):
    b = shared(w, "sleep 1000 & exec sleep 0.05")
    check(host.until(lambda: status(b) == "stopped"), "does not stop")
    equal(len(host.processes(w.token)), 1, "processes left")
    w.must("kill", "--all", b.id, "TERM")
    equal(host.gone(lambda: host.processes(w.token)), [], "processes")
    w.must("delete", b.id)


@case("with a pid namespace of its own KILL is for the first alone, and all end with it")
def kill_own(w):
    b = w.bundle().shell("sleep 1000 & exec sleep 1001").detached()
    host.until(lambda: len(host.processes(w.token)) >= 2)
    w.must("kill", b.id, "SIGKILL")
    equal(host.gone(lambda: host.processes(w.token)), [], "processes")
    w.must("delete", b.id)


@case("what forked twice and outlives the first process ends at delete")
def double_fork(w):
    b = shared(w, "(sleep 1000 & ) ; (busybox setsid sleep 1001 & ) ; exec sleep 0.05")
    check(host.until(lambda: status(b) == "stopped"), "does not stop")
    check(host.processes(w.token), "nobody is left")
    w.must("delete", b.id)
    equal(w.left(), [], "left")


SIGNALS = (("term", signal.SIGTERM), ("SIGuSr1", signal.SIGUSR1), ("Hup", signal.SIGHUP),
           ("RTMIN+3", 37), ("sigrtmax-2", 62), ("34", 34), ("64", 64), ("15", 15))


@rows("kill by", tuple((word, word, int(number)) for word, number in SIGNALS), ROOT, USER)
def signal_names(w, word, number):
    out = w.directory("out")
    b = w.bundle().shell(f"trap 'echo {number} >/out/got; exit 0' {number}; echo >/out/n; "
                         "while :; do sleep 0.01; done")
    b.bind(out, "/out", "bind").detached()
    check(host.until(lambda: os.path.exists(out + "/n")), "does not run")
    w.must("kill", b.id, word)
    check(host.until(lambda: host.read(out + "/got") == f"{number}\n"), "another signal, or none")
    host.until(lambda: status(b) == "stopped")
    w.must("delete", b.id)


@case("kill 0 looks whether it is there", ROOT, USER)
def kill_zero(w):
    b = w.bundle().probe("pause").detached()
    w.must("kill", b.id, "0")
    equal(status(b), "running", "status")
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: status(b) == "stopped"), "does not stop")
    refused(w.crun("kill", b.id, "0"), "container not running")
    w.must("delete", b.id)


@case("another command at work: pause waits for the lock, state and list do not")
def lock(w):
    import fcntl  # pylint: disable=import-outside-toplevel
    b = w.bundle().probe("pause").detached()
    fd = os.open(os.path.join(w.state, b.id), os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    p = w.popen(w.words("pause", b.id))
    started = time.monotonic()
    equal(status(b), "running", "status")
    w.must("list")
    w.must("ps", b.id)
    check(time.monotonic() - started < 2, "waits for the lock")
    check(p.poll() is None, "pause did not wait")
    os.close(fd)
    equal(p.wait(10), 0, "pause")
    equal(status(b), "paused", "status")
    end(w, b)


@rows("peers see the same of", (("crun", "crun"), ("runc", "runc")))
def peers(w, name):
    if shutil.which(name) is None:
        skip(f"no {name} here")
    b = w.bundle().shell("sleep 1000")
    b.config["ociVersion"] = "1.0.2"
    b.write()
    theirs = [name, "--root", w.directory(name)]

    def do(*words):
        r = w.command([*theirs, *words], to_files=True)
        return r.status, (r.out + r.err).lower()

    if do("run", "--detach", "--bundle", b.path, b.id)[0] != 0:
        skip(f"{name} cannot run this here")
    try:
        seen = []
        for words in (("resume",), ("pause",), ("resume",)):
            seen.append(do(*words, b.id)[0] == 0)
        pids = do("ps", "--format", "json", b.id)[1]
    finally:
        do("delete", "--force", b.id)
    b.detached()
    ours = [w.crun(*words, b.id).status == 0 for words in (("resume",), ("pause",), ("resume",))]
    equal(ours[1:], seen[1:], f"pause, resume; {name}")
    text = w.must("ps", "--format", "json", b.id).out
    equal(len(text.split(",")), len(pids.split(",")), f"pids, {name}")
    end(w, b)
