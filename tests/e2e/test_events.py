"""events: one JSON object a line, in the shape that runc gives it, until the container ends."""

import json
import os
import select
import shutil
import signal
import time

from lib import host
from lib.limits import needs
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip

MIB = 1 << 20
DATA = "cpu cpuset memory pids blkio hugetlb intel_rdt network_interfaces".split()


def container(w, text="sleep 1000 & exec sleep 1001"):
    return w.bundle().shell(text).detached()


def stop(w, b):
    w.must("delete", "--force", b.id)
    equal(w.left(), [], "left")


def refused(r, *parts):
    equal((r.status, r.out), (1, ""), f"{r}")
    for part in parts:
        holds(r.err, part, "message")


def start(w, *words):
    return w.popen(w.words("events", *words), stdout=-1, stderr=-1)


def line(p, seconds=5.0):
    """The next line, as it is written."""
    ready, _, _ = select.select([p.stdout], [], [], seconds)
    check(ready, "no line comes")
    return p.stdout.readline()


def end(p, seconds=5):
    out, err = p.communicate(timeout=seconds)
    equal((p.returncode, err), (0, b""), "end of events")
    return out


@case("--stats: one line with all members")
def stats(w):
    b = container(w)
    check(host.until(lambda: len(host.processes(w.token)) >= 2), "does not run")
    out = w.must("events", "--stats", b.id).out
    equal(out.count("\n"), 1, "lines")
    event = json.loads(out)
    equal((list(event), event["type"], event["id"]), (["type", "id", "data"], "stats", b.id), "line")
    data = event["data"]
    equal(list(data), DATA, "members")
    check(data["cpu"]["usage"]["total"] > 0, "cpu")
    equal(data["pids"]["current"], 2, "pids")
    stop(w, b)


@case("statistics at once and at each interval, each line when it is due")
def interval(w):
    b = container(w)
    p = start(w, "--interval", "200ms", b.id)
    line(p)
    began = time.monotonic()
    lines = [json.loads(line(p)) for _ in range(5)]
    took = time.monotonic() - began
    check(0.7 < took < 3, f"five intervals took {took}")
    equal({e["type"] for e in lines}, {"stats"}, "types")
    w.must("kill", b.id, "KILL")
    end(p)
    w.must("delete", b.id)


@case("it ends with the container, long before the next interval")
def ends(w):
    b = container(w)
    p = start(w, "--interval", "1h", b.id)
    line(p)
    w.must("kill", b.id, "KILL")
    equal(end(p), b"", "rest")
    equal(b.state()["status"], "stopped", "status")
    w.must("delete", b.id)


@case("it ends when the container is deleted, and after the last of a shared pid namespace")
def ends_shared(w):
    b = w.bundle().shell("sleep 1000 & exec sleep 0.3").namespace("pid", False)
    b.detached()
    p = start(w, "--interval", "1h", b.id)
    line(p)
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    check(p.poll() is None, "it has ended, and a process is left")
    w.must("delete", b.id)
    equal(end(p), b"", "rest")


@case("it takes no time of a processor")
def idle(w):
    b = container(w)
    p = start(w, "--interval", "1h", b.id)
    line(p)
    time.sleep(0.5)
    fields = host.read(f"/proc/{p.pid}/stat").rsplit(")", 1)[1].split()
    check(int(fields[11]) + int(fields[12]) < 5, f"ticks {fields[11:13]}")
    stop(w, b)
    end(p)


@case("a created and a paused container have statistics")
def states(w):
    b = w.bundle().probe("pause")
    b.create(to_files=True)
    w.must("events", "--stats", b.id)
    w.must("pause", b.id)
    equal(json.loads(w.must("events", "--stats", b.id).out)["data"]["pids"]["current"], 1, "pids")
    stop(w, b)


@case("oom: an event for who takes more than the limit")
def oom(w):
    if not needs(w, "memory"):
        skip("no controller memory here")
    b = w.bundle().shell("sleep 1; busybox dd if=/dev/zero of=/tmp/x bs=1M count=64; sleep 1000")
    b.mount("/tmp", "tmpfs", "tmpfs")
    b.linux["resources"] = {"memory": {"limit": 16 * MIB, "swap": 16 * MIB}}
    b.detached()
    p = start(w, "--interval", "1h", b.id)
    first = json.loads(line(p))
    equal(first["data"]["memory"]["usage"]["limit"], 16 * MIB, "limit")
    check(first["data"]["memory"]["raw"], "raw")
    equal(json.loads(line(p, 20)), {"type": "oom", "id": b.id}, "event")
    stop(w, b)
    end(p)


@rows("refused", (("no id", (), "requires a minimum"), ("unknown", ("nobody",), "does not exist"),
                  ("interval", ("--interval", "5x", "x"), "expected a duration"),
                  ("no interval", ("--interval", "0s", "x"), "must be greater than 0"),
                  ("option", ("--nope", "x"), "unknown option")), ROOT, USER)
def bad(w, words, part):
    refused(w.crun("events", *words), part)


@case("a stopped container is not running; one without a cgroup has nothing to tell", ROOT, USER)
def stopped(w):
    b = w.bundle().probe("pause").detached()
    if not host.cgroups(w.token):
        refused(w.crun("events", "--stats", b.id), "the container is not using cgroups", "hint:")
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    for options in ((), ("--stats",)):
        refused(w.crun("events", *options, b.id), f"container with id {b.id} is not running")
    w.must("delete", b.id)


@rows("output that nobody takes ends it", (("full", "/dev/full"), ("closed pipe", None)))
def nobody(w, path):
    b = container(w)
    if path is None:
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open(path, os.O_WRONLY)
    p = w.popen(w.words("events", "--interval", "1h", b.id), stdout=writer, stderr=-1)
    os.close(writer)
    _, err = p.communicate(timeout=5)
    equal(p.returncode, 1, "status")
    holds(err.decode(), "cannot write to standard output: ", "message")
    stop(w, b)


@case("a signal ends it as any program")
def ended(w):
    b = container(w)
    p = start(w, "--interval", "1h", b.id)
    line(p)
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=5)
    equal(p.returncode, -signal.SIGINT, "status")
    stop(w, b)


@case("the shape is runc's")
def shape(w):
    if shutil.which("runc") is None:
        skip("no runc here")
    b = w.bundle().shell("exec sleep 1000")
    b.config["ociVersion"] = "1.0.2"
    b.write()
    root = w.directory("runc")
    runc = ["runc", "--root", root]
    r = w.command([*runc, "run", "--detach", "--bundle", b.path, b.id], to_files=True)
    if r.status != 0:
        skip("runc cannot run this here")
    theirs = w.command([*runc, "events", "--stats", b.id]).out
    w.command([*runc, "delete", "--force", b.id])
    b.detached()
    ours = w.must("events", "--stats", b.id).out
    stop(w, b)

    def keys(value, path=""):
        if not isinstance(value, dict):
            return {path}
        return {path}.union(*(keys(v, f"{path}.{k}") for k, v in value.items()))

    ours, theirs = keys(json.loads(ours)), keys(json.loads(theirs))
    # what is there only where there is something to tell, or a newer kernel or runc
    some = (".psi", ".cache", ".data.blkio.", ".data.hugetlb.", ".raw", ".max")
    same({k for k in ours if not any(p in k for p in some)},
         {k for k in theirs if not any(p in k for p in some)}, "members")
