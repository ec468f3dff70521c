"""Hooks of all six kinds: order, namespaces, what they are given, and what their failure does."""

import json
import os
import signal
import subprocess
import time

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows
from lib.world import kill_all, reap

KINDS = "prestart createRuntime createContainer startContainer poststart poststop".split()
INSIDE = ("createContainer", "startContainer")
STATUS = dict(zip(KINDS, "creating creating creating created running stopped".split()))
DURING_CREATE = KINDS[:3]
NAMESPACES = "pid net ipc uts mnt cgroup user time".split()


def log_of(b):
    """A directory that is the same path on the host and in the container."""
    if not hasattr(b, "log"):
        b.log = b.world.directory("log")
        os.chmod(b.log, 0o777)
        b.bind(b.log, b.log)
    return b.log


def add(b, kind, path, *args, **more):
    """One more hook; its process carries our token."""
    env = more.pop("env", [])
    hook = {"path": path, "args": list(args), "env": [f"CRUN_LITE_E2E={b.world.token}", *env]}
    hook.update(more)
    b.config.setdefault("hooks", {}).setdefault(kind, []).append(hook)
    return b


def shell(b, kind, text, **more):
    """A hook of busybox's shell: on the host, or for startContainer in the root."""
    beside = os.path.join(os.path.dirname(b.world.probe), "busybox")
    path = "/bin/busybox" if kind == "startContainer" else beside
    return add(b, kind, path, "sh", "-c", text, **more)


def view(b, kind):
    """A hook that writes down what it sees."""
    path = "/bin/probe" if kind == "startContainer" else b.world.probe
    return add(b, kind, path, "a 0", "--to", f"{log_of(b)}/{kind}", "view", "/proc/self/fd/0",
               env=["A=b c", "EMPTY="])


def note(b, kind, text):
    """A hook that adds a line to the file `order`."""
    return shell(b, kind, f"echo {text} >> {log_of(b)}/order")


def seen(b, kind):
    with open(f"{b.log}/{kind}", encoding="utf-8") as f:
        return json.load(f)


def lines(b):
    return (host.read(f"{log_of(b)}/order") or "").split()


def gone(w, b):
    """Nothing of the container is left."""
    equal(w.crun("state", b.id).status, 1, "state of a container that is gone")
    equal(host.gone(w.left), [], "left")


def namespaces():
    return {n: os.readlink(f"/proc/self/ns/{n}") for n in NAMESPACES}


def check_one(b, kind, pid, init):
    """Everything that a hook of this kind is given."""
    v = seen(b, kind)
    told = json.loads(v["files"]["/proc/self/fd/0"])
    check("\n" not in v["files"]["/proc/self/fd/0"], "the state is one line")
    equal(told, {"ociVersion": "1.3.0", "id": b.id, "status": STATUS[kind],
                 "pid": 0 if kind == "poststop" else pid, "bundle": b.path, "root": b.rootfs,
                 "annotations": {"a/b": "c/d\n"}}, f"{kind}: state")
    check("\\/" not in v["files"]["/proc/self/fd/0"], "slashes are not escaped")
    equal(v["env"], [f"CRUN_LITE_E2E={b.world.token}", "A=b c", "EMPTY="], f"{kind}: env")
    equal(sorted(v["fds"]), ["0", "1", "2"], f"{kind}: descriptors")
    equal(v["cwd"], "/run" if kind == "startContainer" else b.path, f"{kind}: cwd")
    equal(v["umask"], 0o027 if kind == "startContainer" else 0o022, f"{kind}: umask")
    equal(v["pgid"], v["sid"], f"{kind}: process group")
    equal(v["pid"], v["sid"], f"{kind}: session")
    status = v["files"]["/proc/self/status"]
    for mask in ("SigBlk", "SigIgn", "SigCgt"):
        holds(status, f"{mask}:\t0000000000000000\n", f"{kind}: {mask}")
    mine = namespaces()
    if kind not in INSIDE:
        equal({n: v["ns"][n] for n in NAMESPACES}, mine, f"{kind}: namespaces")
        return
    equal({n: v["ns"][n] for n in NAMESPACES}, init, f"{kind}: namespaces")
    check(v["ns"]["mnt"] != mine["mnt"] and v["ns"]["pid"] != mine["pid"], "they are others")


@rows("what each kind is given, and their order", (("create and start", True), ("run", False)),
      ROOT, USER)
def given(w, split):
    b = w.bundle().probe("--to", "/dev/null", "pause")
    b.config["annotations"] = {"a/b": "c/d\n"}
    b.process["cwd"] = "/run"
    b.process["user"] = {"uid": 0, "gid": 0, "umask": 0o027}
    b.process["env"].append("LD_PRELOAD=/evil.so")
    for kind in KINDS:
        note(b, kind, kind + "0")
        view(b, kind)
        note(b, kind, kind + "2")
    before = namespaces()
    pid_file = os.path.join(w.directory("pid"), "pid")
    if split:
        b.write()
        w.must("create", "--bundle", b.path, "--pid-file", pid_file, b.id, to_files=True,
               env=w.environment(LEAK="1"))
        equal(lines(b), [k + n for k in DURING_CREATE for n in "02"], "after create")
        equal(b.state()["status"], "created", "status")
        w.must("start", b.id)
    else:
        b.detached("--pid-file", pid_file)
    equal(lines(b), [k + n for k in KINDS[:5] for n in "02"], "after start")
    pid = b.state()["pid"]
    equal(str(pid), host.read(pid_file), "pid file")
    init = {n: os.readlink(f"/proc/{pid}/ns/{n}") for n in NAMESPACES}
    w.must("delete", "--force", b.id)
    equal(lines(b), [k + n for k in KINDS for n in "02"], "after delete")
    for kind in KINDS:
        check_one(b, kind, pid, init)
    equal(namespaces(), before, "our namespaces")


@case("args and env that are not given")
def absent(w):
    b = w.bundle().probe("exit", "4")
    script = os.path.join(w.directory("s"), "hook")
    out = os.path.join(log_of(b), "order")
    with open(script, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\ntr '\\0' '\\n' < /proc/self/environ > {out}\necho $0 >> {out}\n")
    os.chmod(script, 0o755)
    b.config["hooks"] = {"createRuntime": [{"path": script}], "poststart": []}
    b.must(status=4, env=w.environment(SECRET="1"))
    equal(lines(b), [script], "environment and argument")


@case("an empty object of hooks")
def none(w):
    b = w.bundle().probe("exit", "4")
    b.config["hooks"] = {}
    b.must(status=4)


@rows("the new root is at its path for those before the change of root", (
    ("pivot", None, ()), ("moved root", None, ("--no-pivot",)), ("slave", "rslave", ()),
    ("shared", "rshared", ())), ROOT, USER)
def root_shown(w, propagation, options):
    b = w.bundle().probe("exit", "0")
    if propagation is not None:
        b.linux["rootfsPropagation"] = propagation
    b.mount("/tmp", "tmpfs", "tmpfs", "mode=0777")
    shell(b, "createContainer", f"test -e {b.rootfs}/dev/pts/ptmx && echo x > {b.rootfs}/tmp/made")
    shell(b, "startContainer", f"cat /tmp/made >> {log_of(b)}/order")
    b.config["root"]["readonly"] = True
    b.must(*options)
    equal(lines(b), ["x"], "seen inside")
    equal(os.listdir(b.file("/tmp")), [], "on the host")
    b.must("--overlay", *options)
    equal(lines(b), ["x", "x"], "seen inside, with an overlay")


# --- failures ------------------------------------------------------------------------------------

MESSAGE = "hooks.{0}[1]: error running {0} hook #1: \"{1}\": {2}"


def fails(w, b, kind, r, end):
    """The line of the failure of hook 1 of this kind."""
    path = b.config["hooks"][kind][1]["path"]
    place = json.dumps(b.config, indent=1).split(f'"{kind}": [')[0].count("\n")
    line = r.err.splitlines()[0]
    holds(line, MESSAGE.format(kind, path, end), "message")
    number = int(line.split("config.json:")[1].split(":")[0])
    check(number > place, f"line {number} is that of the hook, after {place}")
    equal((r.status, r.out), (1, ""), f"{r}")


ENDS = (
    ("exit status", "echo to stdout; echo to stderr >&2; exit 3",
     "exit status 3, output: to stdout\\nto stderr"),
    ("no output", "exit 127", "exit status 127"),
    ("signal", "kill -SEGV $$", "killed by signal 11 (segmentation fault)"),
    ("bad system call", "kill -SYS $$", "killed by signal 31 (bad system call)"),
)


@rows("failure while it is made", [(f"{kind}: {label}", kind, text, end) for kind in DURING_CREATE
                                   for label, text, end in ENDS], ROOT, USER)
def fails_in_create(w, kind, text, end):
    b = w.bundle().probe("pause")
    note(b, kind, "first")
    shell(b, kind, text)
    note(b, kind, "third")
    note(b, "poststart", "poststart")
    note(b, "poststop", "poststop")
    pid_file = os.path.join(w.directory("pid"), "pid")
    for command in ("create", "run"):
        b.write()
        r = w.crun(command, "--bundle", b.path, "--pid-file", pid_file, b.id)
        fails(w, b, kind, r, end)
        equal(os.path.exists(pid_file), False, "pid file")
        gone(w, b)
    equal(lines(b), ["first", "poststop"] * 2, "what ran")


@rows("failure of startContainer", ENDS, ROOT, USER)
def fails_in_start(w, text, end):
    b = w.bundle().probe("pause")
    note(b, "startContainer", "first")
    shell(b, "startContainer", text)
    note(b, "startContainer", "third")
    note(b, "poststart", "poststart")
    note(b, "poststop", "poststop")
    b.write()
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    fails(w, b, "startContainer", w.crun("start", b.id), end)
    equal(b.state()["status"], "stopped", "status")
    equal(lines(b), ["first"], "what ran")
    w.must("delete", b.id)
    gone(w, b)
    equal(lines(b), ["first", "poststop"], "what ran")
    fails(w, b, "startContainer", b.run(), end)
    gone(w, b)
    fails(w, b, "startContainer", b.run("--detach"), end)
    gone(w, b)
    equal(lines(b), ["first", "poststop"] * 3, "what ran")


@case("killed while a startContainer hook is at work", ROOT, USER)
def killed_in_start(w):
    b = w.bundle().probe("pause")
    note(b, "startContainer", "first")
    shell(b, "startContainer", f"echo second >> {log_of(b)}/order; sleep 100")
    b.write()
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    p = w.popen(w.words("start", b.id), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE)
    check(host.until(lambda: lines(b) == ["first", "second"]), "the hook does not begin")
    w.must("kill", b.id, "KILL")
    holds(p.communicate(timeout=10)[1].decode(), "hooks.startContainer[1]: the container "
          f'"{b.id}" has ended meanwhile', "message")
    equal(p.returncode, 1, "status")
    equal(b.state()["status"], "stopped", "status")
    w.must("delete", b.id)
    gone(w, b)


@case("failure of poststart", ROOT, USER)
def fails_after_start(w):
    b = w.bundle().probe("pause")
    note(b, "poststart", "first")
    shell(b, "poststart", "exit 7")
    note(b, "poststart", "third")
    note(b, "poststop", "poststop")
    b.write()
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    fails(w, b, "poststart", w.crun("start", b.id), "exit status 7")
    gone(w, b)
    fails(w, b, "poststart", b.run(), "exit status 7")
    gone(w, b)
    fails(w, b, "poststart", b.run("--detach"), "exit status 7")
    gone(w, b)
    equal(lines(b), ["first", "poststop"] * 3, "what ran")


@case("failure of poststop is a warning, and the next one runs", ROOT, USER)
def fails_after_stop(w):
    b = w.bundle().probe("exit", "5")
    note(b, "poststop", "first")
    shell(b, "poststop", "echo why; exit 7")
    note(b, "poststop", "third")
    log = os.path.join(w.directory("l"), "log")
    b.must(status=5, globals_=("--log", log))
    line = MESSAGE.format("poststop", b.config["hooks"]["poststop"][1]["path"],
                          "exit status 7, output: why")
    holds(host.read(log), line, "log")
    gone(w, b)
    b.detached()
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    w.must("delete", b.id)
    gone(w, b)
    equal(lines(b), ["first", "third"] * 2, "what ran")


@rows("a program that is missing", [(k, k) for k in KINDS[:5]], ROOT, USER)
def missing(w, kind):
    b = w.bundle().probe("pause")
    note(b, kind, "first")
    add(b, kind, "/no/such\x1bhook", "x")
    note(b, "poststop", "poststop")
    r = b.run()
    holds(r.err, f'error running {kind} hook #1: "/no/such\\x1bhook": cannot execute it: '
          "No such file or directory", "message")
    holds(r.err, "hint: ", "hint")
    equal((r.status, r.out), (1, ""), f"{r}")
    gone(w, b)
    equal(lines(b), ["first", "poststop"], "what ran")


@rows("a program that is none", (("not executable", 0o644, "#!/bin/sh\n", "Permission denied"),
                                 ("no interpreter", 0o755, "#!/no/where\n", "No such file or directory"),
                                 ("no format", 0o755, "hello", "Exec format error")))
def not_a_program(w, mode, text, words):
    b = w.bundle()
    path = os.path.join(w.directory("p"), "hook")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    add(b, "createRuntime", path)
    r = b.run()
    holds(r.err, f'hook #0: "{path}": cannot execute it: {words}\n', "message")
    gone(w, b)


@rows("refused in the configuration", (
    ("relative path", {"path": "bin/true"}, "hooks.poststart[0].path"),
    ("no path", {}, "hooks.poststart[0]"),
    ("timeout 0", {"path": "/bin/true", "timeout": 0}, "hooks.poststart[0].timeout"),
    ("timeout below", {"path": "/bin/true", "timeout": -1}, "hooks.poststart[0].timeout")))
def refused(w, hook, part):
    b = w.bundle()
    b.config["hooks"] = {"poststart": [hook]}
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, part, "message")


@rows("timeout", [(k, k) for k in KINDS[:5]], ROOT, USER)
def timeout(w, kind):
    """The whole process group is killed."""
    b = w.bundle().probe("pause")
    note(b, kind, "first")
    shell(b, kind, "(sleep 100; true) & sleep 100 & echo waiting; wait", timeout=1)
    began = time.monotonic()
    fails(w, b, kind, b.run("--detach"),
          "still at work after its timeout of 1 s, killed, output: waiting")
    check(0.9 < time.monotonic() - began < 20, f"took {time.monotonic() - began} s")
    reap()
    equal(host.gone(lambda: host.processes(w.token), 1), [], "processes")
    gone(w, b)


@case("timeout of poststop")
def timeout_after(w):
    b = w.bundle().probe("exit", "5")
    shell(b, "poststop", "sleep 100 & sleep 100", timeout=1)
    note(b, "poststop", "next")
    b.must(status=5)
    equal(lines(b), ["next"], "what ran")
    gone(w, b)


# --- input and output ----------------------------------------------------------------------------

# A hook that does this must neither hang us nor end us.
ODD = (
    ("does not read", "true"),
    ("closes early", "exec <&-; sleep 0.1"),
    ("10 MiB to stdout and stderr", "dd if=/dev/zero bs=1024 count=10240 2>/dev/null; "
                                    "dd if=/dev/zero bs=1024 count=10240 2>/dev/null >&2"),
    ("leaves a process with all three", "sleep 100 & true"),
    ("leaves one that writes without end", "(while echo x; do :; done) & true"),
    ("closes its output", "exec >&- 2>&-; sleep 0.1"),
)


@rows("a hook that", [(f"{label}: {kind}", kind, text) for label, text in ODD for kind in KINDS],
      ROOT, USER)
def odd(w, kind, text):
    b = w.bundle().probe("exit", "6")
    b.config["annotations"] = {"large": "x" * 300000}
    shell(b, kind, text)
    note(b, kind, "next")
    began = time.monotonic()
    b.must(status=6, stdin=subprocess.DEVNULL)
    check(time.monotonic() - began < 15, f"took {time.monotonic() - began} s")
    equal(lines(b), ["next"], "what ran")
    kill_all(w.token)


@case("only the last of much output is told")
def tail(w):
    b = w.bundle()
    shell(b, "createRuntime", "dd if=/dev/zero bs=1024 count=1024; echo; echo the end; exit 1")
    r = b.run()
    line = r.err.splitlines()[0]
    holds(line, "exit status 1, output: ...", "message")
    check(len(r.err) < 3000, f"{len(r.err)} bytes")
    shell(b.write() and b, "createRuntime", "true")
    b.config["hooks"]["createRuntime"] = []
    shell(b, "createRuntime", "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done; exit 1")
    r = b.run()
    check(r.err.splitlines()[0].endswith("line 498\\nline 499"), f"{r}")


@case("output to the files of annotations", ROOT, USER)
def to_files(w):
    b = w.bundle().probe("exit", "0")
    out, err = (os.path.join(log_of(b), n) for n in ("out", "err"))
    b.config["annotations"] = {"run.oci.hooks.stdout": out, "run.oci.hooks.stderr": err}
    for kind in KINDS:
        shell(b, kind, f"echo {kind}; echo {kind} >&2")
    b.must()
    want = "".join(k + "\n" for k in KINDS if k not in INSIDE)
    equal((host.read(out), host.read(err)), (want, want), "files")
    equal([oct(os.stat(p).st_mode & 0o7777) for p in (out, err)], ["0o700"] * 2, "modes")
    b.must()
    equal(host.read(out), want * 2, "appended")
    os.unlink(out)
    os.symlink("/etc/passwd", out)
    r = b.run()
    holds(r.err, "cannot open the file for its output that an annotation names: "
          "Too many levels of symbolic links", "message")
    equal(r.status, 1, "status")
    os.unlink(out)
    os.mkfifo(out)
    equal(b.run().status, 1, "a FIFO that nobody reads")


# --- the kept configuration -----------------------------------------------------------------------

@rows("an edited configuration has no effect", (("edited", "{}"), ("gone", None)), ROOT, USER)
def edited(w, text):
    b = w.bundle().probe("pause")
    for kind in KINDS:
        note(b, kind, kind)
    b.write()
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    path = os.path.join(b.path, "config.json")
    if text is None:
        os.unlink(path)
    else:
        b.write(text)
    w.must("start", b.id)
    w.must("delete", "--force", b.id)
    equal(lines(b), KINDS, "what ran")


@case("list and state do not read the configuration")
def large(w):
    b = w.bundle().probe("pause")
    b.config["x-unknown"] = "x" * (12 << 20)
    b.detached()
    kept = os.path.getsize(os.path.join(w.state, b.id, "state.first"))
    check(kept > 12 << 20, f"{kept} bytes kept")
    began = time.monotonic()
    for _ in range(10):
        w.must("list")
        b.state()
    check(time.monotonic() - began < 2, f"took {time.monotonic() - began} s")
    w.must("delete", "--force", b.id)


@case("a damaged configuration: not started, but deleted")
def damaged(w):
    b = w.bundle().probe("pause")
    note(b, "startContainer", "x")
    note(b, "poststop", "x")
    b.write()
    w.must("create", "--bundle", b.path, b.id, to_files=True)
    with open(os.path.join(w.state, b.id, "state.first"), "r+b") as f:
        f.seek(-9, os.SEEK_END)
        f.write(b"!")
    r = w.crun("start", b.id)
    equal(r.status, 1, "status of start")
    holds(r.err, "is cut short or damaged", "message")
    equal(b.state()["status"], "created", "status")
    log = os.path.join(w.directory("l"), "log")
    w.must("--log", log, "delete", b.id)
    holds(host.read(log), "no poststop hook is run", "log")
    gone(w, b)


# --- rights and ends ------------------------------------------------------------------------------

def forbid(b, *names):
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": list(names), "action": "SCMP_ACT_KILL_PROCESS"}]}


@rows("a filter holds for startContainer hooks alone", (("with no_new_privs", True),
                                                        ("without", False)))
def seccomp(w, confined):
    b = w.bundle().probe("exit", "0")
    b.process["noNewPrivileges"] = confined
    forbid(b, "mkdir", "mkdirat")
    for kind in KINDS:
        shell(b, kind, f"busybox=1; mkdir {log_of(b)}/{kind} || exit 9")
        if kind == "startContainer":
            b.config["hooks"].pop(kind)
    b.must()
    equal(sorted(os.listdir(b.log)), sorted(k for k in KINDS if k != "startContainer"), "made")
    shell(b, "startContainer", f"exec mkdir {b.log}/inside")
    for kind in KINDS:
        if kind != "startContainer":
            b.config["hooks"].pop(kind)
    r = b.run()
    holds(r.err, "killed by signal 31 (bad system call)", "message")
    holds(r.err, "hint: linux.seccomp", "hint")
    gone(w, b)


@case("those of the container have its rights", ROOT)
def rights(w):
    b = w.bundle().probe("exit", "0")
    b.process["user"] = {"uid": 1234, "gid": 1234}
    b.caps()
    view(b, "createContainer")
    view(b, "startContainer")
    b.must()
    equal(seen(b, "createContainer")["uids"][0], 0, "uid before")
    equal(seen(b, "startContainer")["uids"], [1234] * 3, "uids")
    holds(seen(b, "startContainer")["files"]["/proc/self/status"], "CapEff:\t0000000000000000",
          "capabilities")


@case("preserved descriptors are the program's alone", ROOT, USER)
def preserved(w):
    b = w.bundle().probe("exit", "0")
    for kind in KINDS:
        view(b, kind)

    def before():
        os.dup2(2, 3)
        os.dup2(2, 4)

    b.must("--preserve-fds", "2", before=before, close_fds=False)
    for kind in KINDS:
        equal(sorted(seen(b, kind)["fds"]), ["0", "1", "2"], kind)


@case("signals that the caller ignores are not ignored in hooks")
def ignored(w):
    b = w.bundle().probe("exit", "0")
    for kind in KINDS:
        view(b, kind)

    def before():
        for number in (signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE, signal.SIGRTMIN):
            signal.signal(number, signal.SIG_IGN)

    b.write()
    w.must("create", "--bundle", b.path, b.id, to_files=True, before=before)
    w.must("start", b.id, before=before)
    w.must("delete", "--force", b.id, before=before)
    for kind in KINDS:
        holds(seen(b, kind)["files"]["/proc/self/status"], "SigIgn:\t0000000000000000\n", kind)


def waiting(w, b, kind, command):
    """Starts the command and waits until its hook is at work."""
    shell(b, kind, f"echo {kind} >> {log_of(b)}/order; sleep 100 & wait")
    note(b, "poststop", "poststop")
    b.write()
    words = w.words(command, "--bundle", b.path, b.id)
    if command == "start":
        w.must("create", "--bundle", b.path, b.id, to_files=True)
        words = w.words("start", b.id)
    p = w.popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
    check(host.until(lambda: lines(b)), "the hook does not begin")
    return p


@rows("the runtime is killed while a hook is at work", [(f"{c}, {k}", c, k) for c, k in (
    *(("create", k) for k in DURING_CREATE), *(("run", k) for k in KINDS[:5]),
    ("start", "startContainer"), ("start", "poststart"))], ROOT, USER)
def killed(w, command, kind):
    b = w.bundle().probe("pause")
    p = waiting(w, b, kind, command)
    p.kill()
    p.wait()
    w.must("delete", "--force", b.id)
    reap()
    equal(lines(b)[-1], "poststop", "what ran")
    # what a hook has started itself is not ours to find, where it has no pid namespace
    for pid in host.gone(lambda: host.processes(w.token), 0.2):
        line = (host.read(f"/proc/{pid}/cmdline") or "sleep").replace("\0", " ")
        check(line.startswith("sleep"), f"left: {line}")
    kill_all(w.token)
    gone(w, b)


@rows("asked to end while a hook is at work", [(f"{c}, {k}", c, k) for c, k in (
    *(("create", k) for k in DURING_CREATE), *(("run", k) for k in KINDS[:5]))], ROOT, USER)
def asked(w, command, kind):
    b = w.bundle().probe("pause")
    p = waiting(w, b, kind, command)
    p.send_signal(signal.SIGTERM)
    check(p.wait(5) != 0, "exit code")
    reap()
    equal(lines(b)[-1], "poststop", "what ran")
    gone(w, b)
