"""create, start, state, kill, delete, list: what each does in each state, and what it says."""

import datetime
import json
import os
import time

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same
from lib.world import reap


def created(w, *words):
    b = w.bundle()
    (b.args(*words) if words else b.probe("pause")).write()
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    return b


def running(w, *words):
    b = created(w, *words)
    w.must("start", b.id)
    return b


def stopped(w):
    b = running(w)
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    return b


def refused(r, *parts):
    equal((r.status, r.out), (1, ""), f"status and output of {r}")
    for part in parts:
        holds(r.err, part, "message")


@case("create, start, kill, delete: a state for each", ROOT, USER)
def life(w):
    b = created(w)
    s = b.state()
    equal((s["ociVersion"], s["id"], s["status"], s["bundle"], s["rootfs"]),
          ("1.3.0", b.id, "created", b.path, b.rootfs), "state")
    check(host.read(f"/proc/{s['pid']}/cmdline") is not None, "the pid is alive")
    made = datetime.datetime.fromisoformat(s["created"].replace("Z", "+00:00")[:26] + "+00:00")
    check(abs(made.timestamp() - time.time()) < 60, f"created {s['created']}")
    w.must("start", b.id)
    now = b.state()
    same({**now, "status": ""}, {**s, "status": ""}, "state after start")
    equal(now["status"], "running", "status")
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    equal(b.state()["pid"], 0, "pid when stopped")
    w.must("delete", b.id)
    refused(w.crun("state", b.id), "does not exist")
    equal(w.left(), [], "left")


@case("the program does not run before start")
def waits(w):
    out = w.directory("out")
    b = w.bundle().shell("echo ran >/out/ran")
    b.bind(out, "/out", "bind").write()
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    time.sleep(0.1)
    equal(os.listdir(out), [], "files")
    w.must("start", b.id)
    check(host.until(lambda: os.listdir(out)), "does not run")
    w.must("delete", "--force", b.id)


@case("all is complete when create returns: cgroup, namespaces, limits", ROOT)
def complete(w):
    b = created(w)
    pid = b.state()["pid"]
    holds(host.read(f"/proc/{pid}/cgroup"), w.token, "cgroup")
    for name in "pid net ipc uts mnt cgroup".split():
        check(os.readlink(f"/proc/{pid}/ns/{name}") != os.readlink(f"/proc/self/ns/{name}"), name)
    w.must("delete", "--force", b.id)


@case("annotations are in the state, and only there", ROOT, USER)
def annotations(w):
    b = w.bundle().probe("pause")
    b.config["annotations"] = {"org.example.a": "1", "b": "", "=\n\"": "x=\u00e4\n\"'\\"}
    equal(b.create(to_files=True).status, 0, "create")
    equal(b.state()["annotations"], b.config["annotations"], "created")
    w.must("start", b.id)
    equal(b.state()["annotations"], b.config["annotations"], "running")
    w.must("kill", b.id, "9")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    equal(b.state()["annotations"], b.config["annotations"], "stopped")
    w.must("delete", b.id)


@case("annotations: none, none in the state; an empty key is refused", ROOT)
def no_annotations(w):
    b = w.bundle().probe("pause")
    b.create(to_files=True)
    check("annotations" not in b.state(), "there are some")
    w.must("delete", b.id)
    b.config["annotations"] = {"": "x"}
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "annotations", "message")


@case("start: refused where there is nothing to start", ROOT, USER)
def start_refused(w):
    b = running(w)
    refused(w.crun("start", b.id), "cannot start an already running container")
    w.must("kill", b.id, "9")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    refused(w.crun("start", b.id), "cannot start a container that has stopped")
    w.must("delete", b.id)
    refused(w.crun("start", b.id), "does not exist")


@case("kill: what does not run", ROOT, USER)
def kill_refused(w):
    b = stopped(w)
    refused(w.crun("kill", b.id, "TERM"), "container not running")
    w.must("delete", b.id)
    refused(w.crun("kill", b.id), "does not exist")


@rows("kill: signals that are none", (("name", "NOPE"), ("number", "65"), ("negative", "-1"),
                                      ("empty", ""), ("blank", " 9"), ("tail", "9x")))
def kill_bad(w, word):
    b = created(w)
    refused(w.crun("kill", b.id, "--", word) if word.startswith("-") else
            w.crun("kill", b.id, word), "signal")
    equal(b.state()["status"], "created", "status")
    w.must("delete", "--force", b.id)


@case("kill --all reaches every process", ROOT, USER)
def kill_everyone(w):
    b = running(w, "/bin/sh", "-c", "trap '' TERM; sleep 100 & sleep 100 & wait; wait")
    if w.uid is None:
        host.until(lambda: len(host.processes(w.token)) >= 3)
    w.must("kill", "--all", b.id, "KILL")
    equal(host.gone(lambda: host.processes(w.token)), [], "processes")
    w.must("delete", b.id)


@case("delete: a running one only with --force", ROOT, USER)
def delete_running(w):
    b = running(w)
    refused(w.crun("delete", b.id), b.id, "running")
    equal(b.state()["status"], "running", "status")
    w.must("delete", "--force", b.id)
    equal(w.left(), [], "left")


@case("delete: a created one without --force", ROOT, USER)
def delete_created(w):
    b = created(w)
    w.must("delete", b.id)
    equal(w.left(), [], "left")


@case("delete: an unknown one", ROOT, USER)
def delete_unknown(w):
    refused(w.crun("delete", "nobody"), "does not exist", "nobody")
    equal(w.must("delete", "--force", "nobody").out, "", "output")
    equal(w.must("--root", w.top + "/none", "delete", "--force", "nobody").out, "", "output")
    check(not os.path.exists(w.top + "/none"), "--root is made")


@case("delete: processes that the program left behind, with a shared pid namespace")
def delete_shared(w):
    b = w.bundle().shell("sleep 100 & exec sleep 101").namespace("pid", False)
    b.write()
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    w.must("start", b.id)
    host.until(lambda: len(host.processes(w.token)) >= 2)
    w.must("delete", "--force", b.id)
    equal(w.left(), [], "left")


@case("delete: cgroups made inside are removed too")
def delete_cgroups(w):
    b = w.bundle().caps("SYS_ADMIN", "DAC_OVERRIDE")
    b.mounted("/sys/fs/cgroup")["options"] = ["nosuid"]
    b.shell("busybox mkdir -p /sys/fs/cgroup/c /sys/fs/cgroup/a/b; sleep 100").detached()
    check(host.until(lambda: any(os.path.isdir(c + "/a/b") for c in host.cgroups(w.token))),
          "not made")
    w.must("delete", "--force", b.id)
    equal(w.left(), [], "left")


@case("an id that is in use: already exists", ROOT, USER)
def twice(w):
    b = created(w)
    refused(w.crun("create", "--bundle", b.path, b.id), "already exists", b.id)
    refused(w.crun("run", "--bundle", b.path, b.id), "already exists")
    equal(b.state()["status"], "created", "status")
    w.must("delete", b.id)


@case("an id is free again after delete, and after run", ROOT, USER)
def again(w):
    b = w.bundle().probe("exit", "0")
    for _ in range(3):
        b.must()
    b = created(w)
    w.must("delete", b.id)
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    w.must("delete", b.id)


@case("run --keep keeps the state", ROOT, USER)
def keep(w):
    b = w.bundle().probe("exit", "5")
    b.must("--keep", status=5)
    equal(b.state()["status"], "stopped", "status")
    refused(b.run("--keep"), "already exists")
    w.must("delete", b.id)


@case("list: table, JSON, ids", ROOT, USER)
def listing(w):
    equal(w.must("list", "--quiet").out, "", "nothing, quiet")
    equal(json.loads(w.must("list", "--format", "json").out) or [], [], "nothing, JSON")
    one, two = created(w), running(w)
    equal(sorted(w.must("list", "-q").out.split()), sorted([one.id, two.id]), "ids")
    table = w.must("list").out.splitlines()
    equal(table[0].split(), "ID PID STATUS BUNDLE CREATED OWNER".split(), "header")
    found = {line.split()[0]: line.split() for line in table[1:]}
    equal(found[one.id][1:4], [str(one.state()["pid"]), "created", one.path], "row")
    equal(found[two.id][2], "running", "row")
    parsed = {e["id"]: e for e in json.loads(w.must("list", "-f", "json").out)}
    equal((parsed[one.id]["status"], parsed[two.id]["status"], parsed[two.id]["bundle"]),
          ("created", "running", two.path), "JSON")
    w.must("kill", two.id, "9")
    w.must("delete", one.id)
    w.must("delete", "--force", two.id)


@case("--root: containers of one are not those of another")
def roots(w):
    other = w.directory("other")
    b = w.bundle().probe("pause").write()
    w.must("--root", other, "create", "--bundle", b.path, b.id, to_files=True)
    equal(os.listdir(other), [b.id], "state")
    refused(w.crun("state", b.id), "does not exist")
    w.must("--root", other, "delete", b.id)
    equal(os.listdir(other), [], "state")


@case("a plain user's state is in XDG_RUNTIME_DIR", USER)
def runtime_dir(w):
    b = w.bundle().probe("pause").write()
    def call(*words, **more):
        return w.command([w.program, *words], **more)
    r = call("create", "--bundle", b.path, b.id, to_files=True)
    equal((r.status, r.err), (0, ""), "create")
    path = os.path.join(w.runtime_dir, "crun-lite")
    check(b.id in os.listdir(path), f"files of {path}")
    equal(os.stat(path).st_mode & 0o777, 0o700, "mode")
    equal(call("delete", b.id).status, 0, "delete")
    env = w.environment()
    env.pop("XDG_RUNTIME_DIR")
    r = call("state", "x", env=env)
    check(r.status == 1 and r.err, f"without it: {r}")


@rows("run WORD", (("directory", "./mine", "mine"), ("name of a directory", "mine", "mine"),
                   ("with a slash at its end", "mine/", "mine"), ("this directory", ".", "mine")))
def run_word(w, word, want):
    b = w.bundle().shell("cat /proc/self/cgroup >/dev/null; echo $PPID; hostname")
    b.shell("echo ran")
    name = w.id("mine")
    where = w.directory("place")
    os.rename(b.path, os.path.join(where, name))
    b.path = os.path.join(where, name)
    b.write()
    r = w.crun("--debug", "run", word.replace("mine", name),
               cwd=b.path if word == "." else where)
    equal((r.status, r.out), (0, "ran\n"), f"{r}")
    holds(r.err, name, "debug")


@case("run ID in the bundle: a word is an id")
def run_id(w):
    b = w.bundle().shell("echo ran").write()
    equal(w.must("run", b.id, cwd=b.path).out, "ran\n", "output")


@case("log: one line of JSON per failure, the same on standard error")
def log(w):
    path = os.path.join(w.directory("log"), "log")
    r = w.bundle().args("/none").run(globals_=("--log", path, "--log-format", "json"))
    lines = (host.read(path) or "").splitlines()
    equal(len(lines), 1, f"lines {lines}")
    entry = json.loads(lines[0])
    equal((entry["level"], set(entry) >= {"msg", "time"}), ("error", True), "entry")
    holds(r.err, entry["msg"][-30:], "standard error")


def leftovers(w):
    return (len(os.listdir("/proc/self/fd")), host.mounts(), host.processes(w.token),
            host.cgroups(w.token), os.listdir(w.state), os.listdir(w.tmp))


def many(w, cycle, count):
    before = leftovers(w)
    for _ in range(count):
        cycle()
        reap()
    host.gone(w.left, 2)
    equal(leftovers(w), before, "traces")


@case("200 times create, start, delete leave no trace", ROOT)
def cycles_create(w):
    b = w.bundle().probe("exit", "0").write()

    def cycle():
        w.must("create", "--bundle", b.path, b.id, to_files=True)
        w.must("start", b.id)
        w.must("delete", "--force", b.id)

    many(w, cycle, 200)


@case("100 times run leaves no trace", ROOT, USER)
def cycles_run(w):
    b = w.bundle().probe("exit", "0").write()
    many(w, lambda: w.must("run", "--bundle", b.path, b.id), 100)
