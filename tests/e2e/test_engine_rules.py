"""What engines rely on, a test for each rule: G1 to G25 of the contract with conmon, podman,
buildah, containerd, Docker and CRI-O.  What they read in messages is in test_engine_texts.py."""

import ctypes
import datetime
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time

from lib import host, kernel, seen, terminal
from lib.limits import needs
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip
from lib.world import reap

LIBC = ctypes.CDLL(None)


def created(w, b=None, *options, **more):
    """A created container, of the options before its id; its program waits."""
    b = b if b is not None else w.bundle().probe("pause")
    b.write()
    w.must("create", "--bundle", b.path, *options, b.id, to_files=True, **more)
    return b


def running(w, b=None, **more):
    b = created(w, b, **more)
    w.must("start", b.id)
    return b


def ended(w, b):
    """Killed, and not yet deleted."""
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    return b


def remove(w, b):
    """Deletes the container.  Its further processes are our children, as they are an engine's: while
    one of them is a zombie its pid namespace, and so the first process, does not end."""
    first = b.state()["pid"]
    for pid in children() - {first}:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    w.must("delete", "--force", b.id)
    equal(w.left(), [], "left")


def status_of(pid):
    lines = (host.read(f"/proc/{pid}/status") or "").splitlines()
    return {k: v.strip() for k, _, v in (line.partition(":") for line in lines)}


def children():
    """Of this process, which is a subreaper."""
    reap()
    return {int(p) for p in filter(str.isdigit, os.listdir("/proc"))
            if status_of(p).get("PPid") == str(os.getpid())}


def holders(inode):
    """Processes that have this pipe open, but for ourselves."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                if os.stat(f"/proc/{pid}/fd/{fd}").st_ino == inode:
                    found.add(int(pid))
        except OSError:
            continue
    return found - {os.getpid()}


# --- G1 to G4: words, the manager, the state --------------------------------------------------


@case("G1 options: global ones first, by = or as words, some twice, the id last", ROOT, USER)
def g1(w):
    b = w.bundle().probe("pause").write()
    log = os.path.join(w.directory("log"), "log")
    pid = os.path.join(w.directory("pid"), "pid")
    common = ["--root=" + w.state, "--log", log, "--log-format=json", "--debug=false"]
    r = w.command([w.program, *common, "create", "--bundle=" + b.path, "--pid-file", pid,
                   "--no-pivot", "--no-new-keyring", "--no-pivot", b.id], to_files=True)
    equal((r.status, r.out, r.err), (0, "", ""), "create")
    equal(host.read(pid), str(b.state()["pid"]), "pid file")
    r = w.command([w.program, "--root", w.top + "/none", *common, "delete", "--force", b.id])
    equal((r.status, r.out, r.err), (0, "", ""), "delete, --root twice: the last counts")
    equal(w.left(), [], "left")


@case("G2 long options behind a single dash", ROOT, USER)
def g2(w):
    b = w.bundle().probe("pause").write()
    w.must("create", "-no-subreaper", "-bundle", b.path, b.id, to_files=True)
    w.must("delete", "-force", b.id)
    w.must("-log-format=json", "create", "-no-subreaper", "-bundle=" + b.path, b.id, to_files=True)
    holds(w.must("list", "-format", "json").out, b.id, "list")
    w.must("delete", "-force=true", b.id)
    r = w.crun("create", "-no-such", b.id)
    equal(r.status, 1, f"{r}")
    holds(r.err, "-no-such", "message")


@case("G3 the manager of create is remembered: later calls come with none, or another")
def g3(w):
    for words in ((), ("--cgroup-manager", "cgroupfs"), ("--cgroup-manager", "disabled")):
        b = running(w)
        path = host.cgroups(w.token)
        equal(len(path), 1, f"cgroups {path}")
        holds(w.must(*words, "ps", "-f", "json", b.id).out, str(b.state()["pid"]), "ps")
        w.must(*words, "pause", b.id)
        holds(host.read(path[0] + "/cgroup.events"), "frozen 1", "events")
        w.must(*words, "resume", b.id)
        w.must(*words, "delete", "--force", b.id)
        equal(w.left(), [], "left")
    b = w.bundle().probe("pause").write()
    for name in ("resources", "cgroupsPath"):
        b.linux.pop(name, None)
    b.write()
    w.must("--cgroup-manager=disabled", "create", "--bundle", b.path, b.id, to_files=True)
    equal(host.cgroups(w.token), [], "cgroups")
    w.must("start", b.id)
    w.must("kill", b.id, "9")
    remove(w, b)


@case("G4 the state is ROOT/ID, and gone after delete", ROOT, USER)
def g4(w):
    b = created(w)
    equal(os.listdir(w.state), [b.id], "files")
    w.must("delete", b.id)
    equal(os.listdir(w.state), [], "files")


def rundir(w, **more):
    env = w.environment(**more)
    r = w.command([w.program, "--version"], env={k: v for k, v in env.items() if v is not None})
    equal((r.status, r.err), (0, ""), f"{r}")
    return dict(line.split(": ", 1) for line in r.out.splitlines() if ": " in line)["rundir"]


@case("G4 G12 the default root: XDG_RUNTIME_DIR for a plain user, empty is not set", ROOT, USER)
def g4_default(w):
    uid = os.getuid() if w.uid is None else w.uid
    if w.root_ids:
        for value in ("/x", "", None):
            equal(rundir(w, XDG_RUNTIME_DIR=value), "/run/crun-lite", f"with {value!r}")
        return
    equal(rundir(w, XDG_RUNTIME_DIR=w.runtime_dir), w.runtime_dir + "/crun-lite", "set")
    there = os.path.isdir(f"/run/user/{uid}")
    for value in ("", None):
        equal(rundir(w, XDG_RUNTIME_DIR=value), f"/run/user/{uid}/crun-lite" if there else "none",
              f"with {value!r}")


# --- G5 to G8: what is written where ----------------------------------------------------------

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def failing(w):
    """For each command a way to fail, which makes nothing."""
    bad = w.bundle()
    bad.config["root"]["path"] = 7
    bad.config["hostname"] = 8
    bad.write()
    none = w.top + "/none"
    return {
        "run": ["--bundle", bad.path, "x"], "create": ["--bundle", bad.path, "x"],
        "plan": ["--bundle", bad.path], "exec": ["x", "true"], "kill": ["x", "9"],
        "start": ["x"], "state": ["x"], "delete": ["x"], "pause": ["x"], "resume": ["x"],
        "ps": ["x"], "events": ["x"], "update": ["x"], "stats": ["x"], "diff": ["x"],
        "checkpoint": ["x"], "restore": ["--bundle", none, "x"],
        "mounts": ["add", "x", none],
        "list": ["--format", "xml"], "spec": ["--bundle", none], "check": [none],
        "trace": [none], "features": ["x"], "version": ["x"], "completion": ["nosh"],
        "help": ["nothing"],
    }


def commands(w):
    """All there are, of the help's own list."""
    text = w.must("help").out
    names = re.findall(r"^  ([a-z]+)  ", text[text.index("Commands:"):text.index("Global options:")], re.M)
    check(len(names) > 20, f"commands {names}")
    return names


@case("G5 G7 every command: an error is on standard error and, once, in the log", ROOT, USER)
def g5(w):
    ways = failing(w)
    log = os.path.join(w.directory("log"), "log")
    wrong = []
    for name in commands(w):
        equal(name in ways, True, f"a way for {name} to fail")
        for words in ([name, *ways[name]], [name, "--no-such-option"]):
            for format_ in ("json", "text"):
                r = w.crun("--log", log, "--log-format", format_, *words)
                said = [x for x in r.err.splitlines() if not x.startswith("  hint: ")]
                lines = (host.read(log) or "").splitlines()
                if os.path.exists(log):
                    os.unlink(log)
                if format_ == "json":
                    entries = [json.loads(x) for x in lines]
                    good = (len(entries) == 1 and entries[0]["level"] == "error" and
                            entries[0]["msg"].split("\n") == said and
                            set(entries[0]) == {"level", "msg", "time"} and
                            TIME.match(entries[0]["time"]))
                else:
                    good = [x.split(": ", 1)[1] for x in lines] == said
                if not said or not good or r.status != (255 if name == "exec" else 1) or r.out:
                    wrong.append(f"{r}\n  log {lines}")
    check(not wrong, "\n".join(wrong))


@case("G5 errors of the line itself are in the log that is named on it", ROOT, USER)
def g5_line(w):
    log = os.path.join(w.directory("log"), "log")
    for words in (["--no-such", "list"], ["lsit"], ["list", "x"], ["--rootless=x", "list"],
                  ["--cgroup-manager=x", "list"], ["create", "--preserve-fds", "90", "x"],
                  ["state"], ["run", "--bundle"], ["list", "--quiet=x"]):
        r = w.crun("--log", log, *words)
        equal((r.status, r.out), (1, ""), f"{r}")
        holds(host.read(log), r.err.splitlines()[0], "log")
        os.unlink(log)


@case("G6 success says nothing, warnings go to the log alone", ROOT, USER)
def g6(w):
    log = os.path.join(w.directory("log"), "log")
    b = w.bundle().probe("pause")
    b.config["somethingNew"] = {"a": 1}
    b.process["ioPriority"] = {"class": "IOPRIO_CLASS_BE"}
    b.linux["personality"] = {"domain": "LINUX", "flags": ["X"]}
    b.write()
    silent = ["--log", log, "create", "--bundle", b.path, b.id], ["start", b.id], \
        ["exec", "--detach", b.id, "/bin/true"], ["exec", b.id, "/bin/true"], \
        ["kill", b.id, "0"], ["kill", b.id, "KILL"]
    for words in silent:
        equal(w.must(*words, to_files=True).out, "", f"output of {words}")
    check(host.until(lambda: (reap(), b.state()["status"] == "stopped")[1]), "does not stop")
    for words in (["delete", b.id], ["delete", "--force", b.id]):
        equal(w.must(*words).out, "", f"output of {words}")
    holds(host.read(log), "personality", "warning in the log")
    for words in (["--version"], ["features"]):
        check(w.must(*words).out, f"{words} prints")


@case("G7 the log: made when it is not there, added to, private to nobody, each line whole")
def g7(w):
    log = os.path.join(w.directory("log"), "log")
    bad = w.bundle()
    for value, key in ((7, "hostname"), (8, "domainname")):
        bad.config[key] = value
    bad.config["root"]["path"] = 9
    bad.write()
    for count in (1, 2, 3):
        w.crun("--log", log, "--log-format", "json", "create", "--bundle", bad.path, "x")
        lines = host.read(log).splitlines()
        equal(len(lines), count, f"a line a failure: {lines}")
    for part in ("hostname", "domainname", "root.path"):
        holds(json.loads(lines[0])["msg"], part, "all that is wrong, in one object")
    equal(stat.S_IMODE(os.stat(log).st_mode), 0o644, "mode")
    many = [w.popen(w.words("--log", log, "--log-format", "json", "state", "x" * 200 + str(n)),
                    stderr=subprocess.DEVNULL) for n in range(20)]
    for p in many:
        equal(p.wait(20), 1, "status")
    entries = [json.loads(x) for x in host.read(log).splitlines()]
    equal(len(entries), 23, "entries, when many write at once")


@case("G8 the pid file: digits alone, by rename, over an empty one; none on failure", ROOT, USER)
def g8(w):
    where = w.directory("pid")
    path = os.path.join(where, "pid")
    with open(path, "w", encoding="ascii"):
        pass
    w.own(path)
    before = os.stat(path).st_ino
    b = created(w, None, "--pid-file", path)
    equal(host.read(path), str(b.state()["pid"]), "content of create")
    check(os.stat(path).st_ino != before, "written in place: a reader may see half of it")
    w.must("exec", "--detach", "--pid-file", path, b.id, "/bin/probe", "pause", to_files=True)
    text = host.read(path)
    check(text.isdigit() and int(text) != b.state()["pid"], f"content of exec {text!r}")
    holds(host.read(f"/proc/{text}/cmdline"), "pause", "its process")
    os.unlink(path)
    for words in (["exec", "--pid-file", path, b.id, "/none"],
                  ["create", "--pid-file", path, "--bundle", b.path, b.id]):
        check(w.crun(*words).status != 0, f"{words} fails")
    failing_ = w.bundle().args("/none").write()
    equal(w.crun("create", "--pid-file", path, "--bundle", failing_.path, failing_.id).status, 1, "")
    equal(os.listdir(where), [], "files")
    remove(w, b)


@case("G8 the pid file is never something else's name", ROOT)
def g8_odd(w):
    b = w.bundle().probe("pause").write()
    where = w.directory("odd")
    os.mkfifo(where + "/fifo")
    os.symlink("/dev/null", where + "/link")
    os.mkdir(where + "/dir")
    for name in ("fifo", "link", "dir"):
        before = os.lstat(f"{where}/{name}")
        r = w.crun("create", "--bundle", b.path, "--pid-file", f"{where}/{name}", b.id)
        equal((r.status, r.out), (1, ""), f"{r}")
        holds(r.err, f'pid file "{where}/{name}"', "message")
        equal(os.lstat(f"{where}/{name}").st_ino, before.st_ino, "what was there")
    equal(sorted(os.listdir(where)), ["dir", "fifo", "link"], "files")


# --- G9 to G11: who is whose child, who holds what --------------------------------------------


@case("G9 the process is the subreaper's child, and no helper stays", ROOT, USER)
def g9(w):
    before = children()
    path = os.path.join(w.directory("pid"), "pid")
    b = created(w)
    pid = b.state()["pid"]
    equal(children() - before, {pid}, "children after create")
    w.must("start", b.id)
    w.must("exec", "--detach", "--pid-file", path, b.id, "/bin/probe", "pause", to_files=True)
    other = int(host.read(path))
    equal(children() - before, {pid, other}, "children after exec --detach")
    equal([p for p in host.processes(w.token) if p not in (pid, other)], [], "helpers")
    os.kill(other, signal.SIGTERM if w.uid is None else signal.SIGKILL)
    w.must("kill", b.id, "KILL")
    statuses = {}
    check(host.until(lambda: statuses.update([os.waitpid(-1, os.WNOHANG)]) or
                     {pid, other} <= set(statuses)), "they end")
    equal(os.WTERMSIG(statuses[pid]), signal.SIGKILL, "how it ended, which the engine gets to know")
    remove(w, b)


@rows("G10 PDEATHSIG of the caller is not the container's",
      (("create", "create"), ("run --detach", "run"), ("exec --detach", "exec")), ROOT, USER)
def g10(w, command):
    b = w.bundle().probe("pause").write()
    path = os.path.join(w.directory("pid"), "pid")
    words = {"create": ["create", "--bundle", b.path, "--pid-file", path, b.id],
             "run": ["run", "--detach", "--bundle", b.path, "--pid-file", path, b.id],
             "exec": ["exec", "--detach", "--pid-file", path, b.id, "/bin/probe", "pause"]}[command]
    if command == "exec":
        b.detached()
    caller = os.fork()
    if caller == 0:
        try:
            kernel.set_child_subreaper()
            r = w.crun(*words, to_files=True, before=lambda: LIBC.prctl(1, signal.SIGKILL, 0, 0, 0))
            os._exit(r.status)
        except BaseException:
            os._exit(99)
    equal(os.waitpid(caller, 0)[1], 0, "how the caller ended")
    time.sleep(0.1)  # it was the container's parent, too
    pid = int(host.read(path))
    check(status_of(pid).get("State", "Z")[0] != "Z", "the container ended with its caller")
    remove(w, b)


def pipes(w, words):
    """Runs a command with pipes; what each gave, and who holds it when the command has ended."""
    out_r, out_w = os.pipe()
    err_r, err_w = os.pipe()
    p = w.popen(words, stdin=subprocess.DEVNULL, stdout=out_w, stderr=err_w)
    inodes = [os.fstat(fd).st_ino for fd in (out_w, err_w)]
    os.close(out_w)
    os.close(err_w)
    equal(p.wait(20), 0, "status")
    found = [holders(i) for i in inodes]
    for fd in (out_r, err_r):
        os.close(fd)
    return found


@case("G11 with a terminal nobody holds the caller's descriptors, without only the process",
      ROOT, USER)
def g11(w):
    b = w.bundle().probe("pause").write()
    found = pipes(w, w.words("create", "--bundle", b.path, b.id))
    equal(found, [{b.state()["pid"]}] * 2, "holders after create")
    w.must("start", b.id)
    path = os.path.join(w.directory("pid"), "pid")
    found = pipes(w, w.words("exec", "-d", "--pid-file", path, b.id, "/bin/probe", "pause"))
    equal(found, [{int(host.read(path))}] * 2, "holders after exec --detach")
    with terminal.Socket(w) as s:
        found = pipes(w, w.words("exec", "-d", "-t", "--console-socket", s.path, b.id,
                                 "/bin/probe", "pause"))
        s.accept()
        equal(found, [set()] * 2, "holders after exec --tty")
    remove(w, b)
    b = w.bundle().probe("pause")
    b.process["terminal"] = True
    b.write()
    with terminal.Socket(w) as s:
        found = pipes(w, w.words("create", "--bundle", b.path, "--console-socket", s.path, b.id))
        s.accept()
        equal(found, [set()] * 2, "holders after create with a terminal")
        equal(os.stat(f"/proc/{b.state()['pid']}/fd/0").st_rdev >> 8, 136, "its descriptor 0")
        remove(w, b)


# --- G12 to G14: where it is called -----------------------------------------------------------


@rows("G12 the environment: ", (("none at all", {}), ("XDG_RUNTIME_DIR is empty",
                                {"XDG_RUNTIME_DIR": ""}), ("PATH alone", {"PATH": "/bin"})), ROOT, USER)
def g12(w, env):
    token = {"CRUN_LITE_E2E": w.token}
    b = w.bundle().shell("exec sleep 1000").write()
    for words in (["create", "--bundle", b.path, b.id], ["start", b.id], ["state", b.id],
                  ["exec", b.id, "/bin/true"], ["kill", b.id, "KILL"],
                  ["delete", "--force", b.id]):
        r = w.crun(*words, env={**env, **token}, to_files=True)
        equal((r.status, r.err), (0, ""), f"{r}")


@case("G12 the user's bus is found without DBUS_SESSION_BUS_ADDRESS", ROOT, USER)
def g12_bus(w):
    r = w.crun("--systemd-cgroup", "delete", "--force", "nobody", env={"CRUN_LITE_E2E": w.token})
    if "no systemd cgroup manager" in r.err:
        skip("there is no systemd cgroup manager in this build")
    skip("needs a user manager of systemd: in the virtual machine")


@case("G13 root of a user namespace is a plain user", USER)
def g13(w):
    b = w.bundle().shell("id -u; cat /proc/self/uid_map")
    b.mounted("/dev/pts")["options"].remove("gid=5")  # is not mapped
    b.write()
    words = ["unshare", "--user", "--map-root-user", "--mount"]
    r = w.command([*words, w.program, "--version"])
    holds(r.out, f"rundir: {w.runtime_dir}/crun-lite\n", "default root")
    r = w.command([*words, *w.words("run", "--bundle", b.path, b.id)])
    equal((r.status, r.err), (0, ""), f"{r}")
    equal(r.out.split()[0], "0", "user")


@case("G14 the working directory: anywhere, or nowhere; the bundle may be relative", ROOT, USER)
def g14(w):
    b = w.bundle().shell("pwd").write()
    parent, name = os.path.split(b.path)
    for cwd, bundle in ((parent, name), (b.path, "."), ("/", b.path), ("/", b.path[1:]), (b.path, None)):
        words = ["--bundle", bundle] if bundle else []
        equal(w.must("run", *words, b.id, cwd=cwd).out, "/\n", f"in {cwd}")
    gone = w.directory("gone")
    r = w.command(["sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "-", gone,
                   *w.words("run", "--bundle", b.path, b.id)])
    equal((r.status, r.out, r.err), (0, "/\n", ""), f"{r}")
    b = w.bundle().probe("pause").write()
    w.must("create", "--bundle", os.path.basename(b.path), b.id, cwd=parent, to_files=True)
    equal(b.state()["bundle"], b.path, "bundle in the state")
    equal(os.readlink(f"/proc/{b.state()['pid']}/cwd"), "/", "its directory")
    remove(w, b)


# --- G15 to G17: what the process is given ----------------------------------------------------


def with_fds(function, *numbers):
    """Calls the function with what leaks these descriptors to a child."""
    null = os.open("/dev/null", os.O_RDWR)

    def leak():
        for n in numbers:
            os.dup2(null, n)
            os.set_inheritable(n, True)

    try:
        return function(before=leak, close_fds=False)
    finally:
        os.close(null)


def listen(n, pid=True, names=None):
    """A shell that sets the variables of socket activation for what it executes."""
    text = f"export LISTEN_FDS={n};" + ("export LISTEN_PID=$$;" if pid is True else
                                        f"export LISTEN_PID={pid};" if pid else "")
    if names:
        text += f"export LISTEN_FDNAMES={names};"
    return ["sh", "-c", text + 'exec "$@"', "-"]


@case("G15 inherited descriptors are closed but for those that are handed on", ROOT, USER)
def g15(w):
    b = w.bundle()
    equal(sorted(with_fds(b.view, 3, 4, 9, 500)["fds"]), ["0", "1", "2"], "run")
    view = with_fds(lambda **more: b.view(options=("--preserve-fds", "2"), **more), 3, 4, 5, 9)
    equal(sorted(view["fds"]), list("01234"), "run --preserve-fds 2")
    b = running(w, before=None)
    for n, want in ((None, "012"), ("1", "0123")):
        options = ["--preserve-fds", n] if n else []
        r = with_fds(lambda **more: w.crun("exec", *options, b.id, "/bin/probe", "view", **more),
                     3, 4, 77)
        equal(sorted(json.loads(r.out)["fds"]), list(want), f"exec {options}")
    fds = os.listdir(f"/proc/{b.state()['pid']}/fd")
    equal(sorted(fds), ["0", "1", "2"], "of the first process")
    remove(w, b)


LISTEN = (
    ("ours", True, None, 0, 2, {"LISTEN_FDS": "2", "LISTEN_PID": "1"}),
    ("with names", True, "a:b", 0, 2, {"LISTEN_FDS": "2", "LISTEN_PID": "1",
                                       "LISTEN_FDNAMES": "a:b"}),
    ("and further ones", True, None, 1, 3, {"LISTEN_FDS": "2", "LISTEN_PID": "1"}),
    ("of another process", 1, None, 0, 0, {}),
    ("of nobody", None, None, 0, 0, {}),
)


@rows("G15 socket activation: LISTEN_FDS", LISTEN, ROOT, USER)
def g15_listen(w, pid, names, preserve, want, variables):
    b = w.bundle().probe("view").write()
    words = ["run", "--bundle", b.path, "--preserve-fds", str(preserve), b.id]
    r = with_fds(lambda **more: w.command(listen(2, pid, names) + w.words(*words), **more),
                 3, 4, 5, 6)
    equal((r.status, r.err), (0, ""), f"{r}")
    view = json.loads(r.out)
    equal(sorted(view["fds"]), [str(n) for n in range(3 + want)], "descriptors")
    got = dict(e.split("=", 1) for e in view["env"] if e.startswith("LISTEN_"))
    equal(got, variables, "variables")


@case("G15 socket activation: an engine that has done it already has done it", ROOT, USER)
def g15_engine(w):
    b = w.bundle().probe("view")
    b.process["env"] += ["LISTEN_PID=1", "LISTEN_FDS=1"]
    b.write()
    words = w.words("run", "--bundle", b.path, "--preserve-fds", "1", b.id)
    r = with_fds(lambda **more: w.command(listen(1) + words, **more), 3, 9)
    equal((r.status, r.err), (0, ""), f"{r}")
    equal(sorted(json.loads(r.out)["fds"]), list("0123"), "descriptors")
    r = with_fds(lambda **more: w.command(listen(1) + words, **more), 3, 4)
    equal(sorted(json.loads(r.out)["fds"]), list("0123"), "not once more")


@rows("G15 socket activation: refused", (("closed", "2", "descriptor 4 is not open"),
                                        ("a word", "x", "LISTEN_FDS"), ("huge", "9999999", "LISTEN_FDS")))
def g15_refused(w, n, part):
    b = w.bundle().probe("view").write()
    words = w.words("run", "--bundle", b.path, b.id)
    r = with_fds(lambda **more: w.command(listen(n) + words, **more), 3)
    equal((r.status, r.out[:100]), (1, ""), "status and output")
    holds(r.err, part, "message")


@case("G16 signals, umask and score are those of a new process", ROOT, USER)
def g16(w):
    def odd():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        os.umask(0o077)

    b = w.bundle()
    b.process["oomScoreAdj"] = 321
    files = ("/proc/self/oom_score_adj",)
    first = b.view(*files, before=odd)
    b.probe("pause")
    b.detached(before=odd)
    second = json.loads(w.crun("exec", b.id, "/bin/probe", "view", *files, before=odd).out)
    for name, view in (("run", first), ("exec", second)):
        s = seen.status(view)
        same({k: int(s[k], 16) for k in ("SigBlk", "SigIgn", "SigCgt")},
             {"SigBlk": 0, "SigIgn": 0, "SigCgt": 0}, name)
        equal(view["umask"], 0o022, f"umask of {name}")
        equal(view["files"]["/proc/self/oom_score_adj"].strip(), "321", f"score of {name}")
    remove(w, b)


@case("G17 pipes become the user's, so that /dev/stdout can be opened; devices do not")
def g17(w):
    null = os.stat("/dev/null")
    for user in (0, 1000):
        b = w.bundle().shell("exec sleep 1000")
        b.process["user"] = {"uid": user, "gid": user + 5}
        b.write()
        r, out = os.pipe()
        p = w.popen(w.words("create", "--bundle", b.path, b.id), stdin=subprocess.DEVNULL,
                    stdout=out, stderr=out)
        equal(p.wait(20), 0, "create")
        s = os.fstat(out)
        equal(s.st_uid, user, "owner of the pipe")
        w.must("start", b.id)
        for fd in (r, out):
            os.close(fd)
        second = w.crun("exec", "-u", "7:8", b.id, "/bin/sh", "-c", "echo x >/dev/stdout; "
                        "echo y >/dev/stderr")
        equal((second.status, second.out, second.err), (0, "x\n", "y\n"), "exec")
        remove(w, b)
    equal((os.stat("/dev/null").st_uid, os.stat("/dev/null").st_gid),
          (null.st_uid, null.st_gid), "owner of /dev/null")


# --- G18 to G25: commands ---------------------------------------------------------------------


@case("G18 delete: unknown with --force is success, without it “does not exist”", ROOT, USER)
def g18(w):
    equal(w.must("delete", "--force", "nobody").out, "", "output")
    equal(w.must("--root", w.top + "/none", "delete", "--force", "nobody").out, "", "no root")
    r = w.crun("delete", "nobody")
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "does not exist", "message")


@case("G19 delete: a created one is killed; a zombie is stopped, with pid 0", ROOT, USER)
def g19(w):
    b = created(w)
    pid = b.state()["pid"]
    w.must("delete", b.id)
    equal(w.left(), [], "left")
    b = running(w)
    pid = b.state()["pid"]
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: status_of(pid).get("State", "")[:1] == "Z"), "a zombie, by us unreaped")
    s = b.state()
    equal((s["status"], s["pid"]), ("stopped", 0), "state")
    w.must("delete", b.id)
    equal(status_of(pid).get("State", "")[:1], "Z", "not reaped until now")
    equal(w.left(), [], "left")


@case("G20 kill --all when the first process is dead and others live; kill of a stopped one")
def g20(w):
    b = w.bundle().shell("sleep 1000 & sleep 1000 & exec sleep 1001").namespace("pid", False)
    running(w, b)
    check(host.until(lambda: len(host.processes(w.token)) == 3), "does not run")
    os.kill(b.state()["pid"], signal.SIGKILL)
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    equal(len(host.processes(w.token)), 2, "processes left")
    r = w.crun("kill", b.id, "TERM")
    equal(r.status, 1, f"{r}")
    holds(r.err, "container not running", "message")
    holds(r.err, "No such process", "message")
    w.must("kill", "--all", b.id, "9")
    equal(host.gone(lambda: host.processes(w.token)), [], "processes")
    w.must("delete", b.id)
    b = ended(w, running(w))
    w.must("kill", "--all", b.id, "9")  # nothing runs: as was to be
    remove(w, b)


@case("G21 update: nothing to change is success; the whole of linux.resources is taken", ROOT, USER)
def g21(w):
    if not w.root_ids:
        needs(w, "")
    b = running(w)
    equal(w.must("update", b.id).out, "", "without any option")
    text = {"devices": [{"allow": False, "access": "rwm"},
                        {"allow": True, "type": "c", "major": 1, "minor": -1, "access": "rwm"}],
            "memory": {"limit": -1, "swap": -1, "reservation": 0}, "cpu": {"quota": -1, "shares": 0,
                                                                          "cpus": "", "mems": ""},
            "pids": {"limit": -1}, "blockIO": {}, "hugepageLimits": [], "network": {},
            "unified": {"cgroup.max.depth": "40"}}
    path = os.path.join(w.directory("r"), "resources.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(text, f)
    equal(w.must("update", "--resources=" + path, b.id).out, "", "of a file")
    with open(path, "rb") as f:
        equal(w.must("update", "--resources", "-", b.id, data=f.read()).out, "", "of stdin")
    equal(host.read(host.cgroups(w.token)[0] + "/cgroup.max.depth"), "40\n", "unified")
    remove(w, b)


@rows("G22 create fails when the program", (
    ("is not in PATH", ["nothing"], "executable file not found in $PATH"),
    ("is missing", ["/no/such"], "No such file or directory"),
    ("is a directory", ["/etc"], "is a directory"),
    ("may not be executed", ["/etc/plain"], "Permission denied"),
    ("is elsewhere in the host's PATH", ["python3"], "executable file not found in $PATH")), ROOT, USER)
def g22(w, words, part):
    b = w.bundle().args(*words)
    with open(b.file("/etc/plain"), "w", encoding="ascii"):
        pass
    os.chmod(b.file("/etc/plain"), 0o644)
    b.write()
    r = w.crun("create", "--bundle", b.path, b.id)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, part, "message")
    equal(host.gone(w.left, 1), [], "left")


@case("G23 an unknown global option is named", ROOT, USER)
def g23(w):
    for word in ("--nosuchflag", "--nosuch=flag", "-Z"):
        r = w.crun(word, "create", "x")
        equal((r.status, r.out), (1, ""), f"{r}")
        holds(r.err, word.split("=", maxsplit=1)[0], "message")


@case("G24 the cgroup and its limits are there when create returns")
def g24(w):
    b = w.bundle().probe("pause")
    b.linux["resources"]["unified"] = {"cgroup.max.depth": "33"}
    limits = {"cgroup.max.depth": "33\n"}
    for controller, name, value, file in (("pids", "pids", {"limit": 44}, "pids.max"),
                                          ("memory", "memory", {"limit": 1 << 26}, "memory.max")):
        if needs(w, controller):
            b.linux["resources"][name] = value
            limits[file] = f"{value['limit']}\n"
    created(w, b)
    line = host.read(f"/proc/{b.state()['pid']}/cgroup").splitlines()[-1]
    path = host.CGROUPS + line.split(":", 2)[2]
    holds(path, w.token, "cgroup")
    same({k: host.read(f"{path}/{k}") for k in limits}, limits, "limits")
    w.must("start", b.id)
    equal(host.read(f"/proc/{b.state()['pid']}/cgroup").splitlines()[-1], line, "after start")
    remove(w, b)


@case("G25 namespaces and maps are complete when create returns", ROOT, USER)
def g25(w):
    b = w.bundle().probe("pause")
    kinds = "pid net ipc uts mnt cgroup".split()
    if w.root_ids:
        b.namespace("user")
        for side in ("uidMappings", "gidMappings"):
            b.linux[side] = [{"containerID": 0, "hostID": 300000, "size": 1000}]
        subprocess.run(["chown", "-Rh", "300000:300000", "--", b.rootfs], check=True)
    created(w, b)
    pid = b.state()["pid"]
    for kind in kinds + ["user"]:
        check(os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}"), kind)
    holds(host.read(f"/proc/{pid}/uid_map"), "300000" if w.root_ids else str(w.uid), "map")
    before = {k: os.readlink(f"/proc/{pid}/ns/{k}") for k in kinds}
    if w.root_ids:
        fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        r = w.command(["nsenter", f"--net=/proc/self/fd/{fd}", "cat", "/proc/net/dev"], pass_fds=[fd])
        os.close(fd)
        holds(r.out, "lo:", "the engine sees its network")
    w.must("start", b.id)
    equal({k: os.readlink(f"/proc/{pid}/ns/{k}") for k in kinds}, before, "after start")
    remove(w, b)
