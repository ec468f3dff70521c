"""exec: what its process has, by the configuration and by each option."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time

from lib import host, seen, terminal
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip
from lib.world import reap


@contextlib.contextmanager
def container(b):
    """Runs while the block does; its program waits."""
    b.probe("pause")
    b.detached()
    try:
        yield b.state()["pid"]
    finally:
        settle()
        b.world.must("delete", "--force", b.id)


def settle():
    """Orphans of exec are ours; while one is not reaped, its pid namespace does not end."""
    time.sleep(0.05)
    reap()


def execute(b, *words, options=(), status=0, **more):
    """exec, which has to end with this status and say nothing on standard error."""
    r = b.world.crun("exec", *options, b.id, *words, **more)
    if r.status != status or r.err:
        raise AssertionError(f"must end with {status} and silently: {r}")
    return r


def view(b, *options, **more):
    return json.loads(execute(b, "/bin/probe", "view", options=options, **more).out)


def process_file(b, text=None, **members):
    """A file with a process, which has these members changed."""
    path = os.path.join(b.path, "process.json")
    process = {"args": ["/bin/probe", "view"], "cwd": "/", "env": ["PATH=/bin"], **members}
    with open(path, "w", encoding="utf-8") as f:
        f.write(json.dumps(process, indent=1) if text is None else text)
    return path


# --- the same as the first process ----------------------------------------------------------------


def plain(w):
    return w.bundle()


def confined(w):
    b = w.bundle()
    b.process["noNewPrivileges"] = True
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"},
        {"names": CALLS, "action": "SCMP_ACT_ALLOW"}]}
    return b


CALLS = """access faccessat faccessat2 arch_prctl brk capget capset chdir clock_gettime clone close
close_range dup2 execve exit exit_group fchdir fchown fcntl fstat fstatfs fsync getcwd getdents64
getegid geteuid getgid getgroups get_mempolicy getpgrp getpid getppid getpriority getrandom
getresgid getresuid getrlimit getsid getuid ioctl ioprio_get keyctl lseek lstat mmap mprotect
mremap munmap newfstatat open openat openat2 pause poll pselect6 ppoll vfork fork execveat prctl
pread64 prlimit64 read readlink readlinkat recvmsg rseq rt_sigaction rt_sigprocmask rt_sigreturn
sched_getaffinity sched_getattr sched_setaffinity sendmsg set_robust_list set_tid_address setgid
setgroups setresgid setresuid setsid setuid stat statfs statx sysinfo uname umask wait4 waitid
write writev nanosleep sigaltstack seccomp""".split()


def open_filter(w):
    """Without no_new_privs: loaded before the capabilities go, and before the clone."""
    b = confined(w)
    b.process["noNewPrivileges"] = False
    return b


def clone_forbidden(w):
    """A filter that the process cannot be cloned under."""
    b = open_filter(w)
    calls = [c for c in CALLS if c not in ("clone", "setsid")]
    b.linux["seccomp"]["syscalls"][1]["names"] = calls
    return b


def of_user(w):
    b = w.bundle()
    b.process["user"] = {"uid": 1000, "gid": 1001, "additionalGids": [5, 7], "umask": 0o27}
    b.process["cwd"] = "/tmp"
    return b.caps("KILL", "CHOWN", ambient=["KILL"], inheritable=["KILL"])


def scheduled(w):
    b = w.bundle()
    b.process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 7}
    b.process["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 6}
    b.process["oomScoreAdj"] = 300
    b.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
                            {"type": "RLIMIT_STACK", "soft": 1 << 20, "hard": 8 << 20}]
    return b


def in_user_namespace(w):
    b = w.bundle().namespace("user").namespace("time")
    for side in ("uidMappings", "gidMappings"):
        b.linux[side] = [{"containerID": 0, "hostID": 200000, "size": 65536}]
    b.linux["timeOffsets"] = {"monotonic": {"secs": 86400, "nanosecs": 0}}
    subprocess.run(["chown", "-Rh", "200000:200000", "--", b.rootfs], check=True)
    return b


def host_pids(w):
    return w.bundle().namespace("pid", False)


LIKE = [("plain", plain), ("filter with no_new_privs", confined), ("filter without", open_filter),
        ("filter that forbids clone", clone_forbidden), ("another user", of_user),
        ("scheduler, limits, scores", scheduled), ("user and time namespaces", in_user_namespace),
        ("no pid namespace", host_pids)]

# of /proc/self/status, what depends on the process and not on how it was made
OWN = """Name State Tgid Ngid Pid PPid FDSize NStgid NSpid NSpgid NSsid VmPeak VmSize VmLck VmPin VmHWM
VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap voluntary_ctxt_switches
nonvoluntary_ctxt_switches SigQ Threads""".split()
PARTS = "uids gids groups limits scheduler ioprio mempolicy umask cwd root hostname".split()


def known(v):
    out = {k: v[k] for k in PARTS if k in v}
    out.update({f"status {k}": t for k, t in seen.status(v).items() if k not in OWN})
    for name in ("oom_score_adj", "uid_map", "gid_map", "timens_offsets"):
        out[name] = v["files"][f"/proc/self/{name}"]
    out["env"] = sorted(v["env"])
    out["descriptors"] = sorted(v["fds"])
    out["mounts"] = {p: (m.options, m.type) for p, m in seen.mounts(v).items()}
    return out


@rows("exec: as the first process", LIKE)
def like_first(w, make):
    b = make(w)
    first = b.view()
    with container(b) as pid:
        v = view(b)
        same(known(v), known(first), "exec and first process")
        same(v["ns"], {n: os.readlink(f"/proc/{pid}/ns/{n}") for n in v["ns"]}, "namespaces")
        equal(v["files"]["/proc/self/cgroup"],
              execute(b, "cat", "/proc/1/cgroup").out if make is not host_pids else
              v["files"]["/proc/self/cgroup"], "cgroup")


@case("exec: as the first process, of a plain user", USER)
def like_first_user(w):
    like_first(w, plain)


@case("exec: status, pids, session: a process of the container with no parent in it", ROOT, USER)
def process(w):
    b = w.bundle()
    with container(b):
        equal(execute(b, "/bin/sh", "-c", "exit 7", status=7).out, "", "output")
        execute(b, "/bin/sh", "-c", "kill -9 $$", status=137)
        equal(execute(b, "cat", data=b"in").out, "in", "standard input")
        v = view(b)
        s = seen.status(v)
        equal((s["PPid"], s["NSpid"], s["SigBlk"], s["SigIgn"]),
              ("0", str(v["pid"]), "0" * 16, "0" * 16), "parent, depth, signals")
        equal(s["Cpus_allowed"], seen.status({"files": {
            "/proc/self/status": host.read("/proc/1/status")}})["Cpus_allowed"], "processors")
        equal(sorted(v["fds"]), ["0", "1", "2"], "descriptors")


@case("exec: detached: pid file, an orphan of ours, the container goes on")
def detached(w):
    b = w.bundle()
    pid_file = os.path.join(w.directory("pid"), "p")
    with container(b):
        w.must("exec", "--detach", "--pid-file", pid_file, b.id, "/bin/probe", "pause",
               to_files=True)
        text = host.read(pid_file)
        pid = int(text)
        equal(str(pid), text, "pid file")
        status = seen.status({"files": {"/proc/self/status": host.read(f"/proc/{pid}/status")}})
        equal(status["PPid"], str(os.getpid()), "parent")
        holds(host.read(f"/proc/{pid}/cgroup"), w.token, "cgroup")
        os.kill(pid, signal.SIGKILL)
        check(host.until(lambda: (reap(), not os.path.exists(f"/proc/{pid}"))[1]), "not reaped")
        equal(b.state()["status"], "running", "status")


@case("exec: created: it may be entered, and stays created", ROOT, USER)
def created(w):
    b = w.bundle().probe("pause")
    equal(b.create(to_files=True).status, 0, "create")
    equal(execute(b, "/bin/echo", "x").out, "x\n", "output")
    equal(b.state()["status"], "created", "status")
    w.must("delete", "--force", b.id)


@case("exec: the configuration is the one that create has kept")
def kept(w):
    b = w.bundle()
    with container(b):
        b.write("{}")
        execute(b, "/bin/true")


# --- options --------------------------------------------------------------------------------------


@case("exec: --cwd, --env, --user, --additional-gids, --no-new-privs", ROOT)
def plain_options(w):
    b = w.bundle()
    b.process["user"] = {"uid": 0, "gid": 3, "additionalGids": [8]}
    b.process["env"] += ["A=1", "B=1"]
    b.process["noNewPrivileges"] = False
    with container(b):
        v = view(b, "--cwd", "/tmp", "-e", "B=2", "--env=C=x=y,z", "-u", "7", "-g", "9", "-g", "4",
                 "--no-new-privs")
        s = seen.status(v)
        equal((v["cwd"], s["NoNewPrivs"]), ("/tmp", "1"), "directory, no_new_privs")
        equal([e for e in v["env"] if e[0] in "ABC" and e[1] == "="], ["A=1", "B=2", "C=x=y,z"],
              "environment")
        equal((s["Uid"].split(), s["Gid"].split(), sorted(s["Groups"].split())),
              (["7"] * 4, ["3"] * 4, ["4", "8", "9"]), "ids")
        s = seen.status(view(b, "--user=4294967294:5", "--no-new-privs=false"))
        equal((s["Uid"].split()[0], s["Gid"].split()[0], s["NoNewPrivs"]),
              ("4294967294", "5", "0"), "ids")


@case("exec: -- behind the id, and options of the command", ROOT, USER)
def words(w):
    b = w.bundle()
    with container(b):
        equal(execute(b, "/bin/echo", "-t", "--tty", "--", "x").out, "-t --tty -- x\n", "output")
        equal(execute(b, "--", "/bin/echo", "-x").out, "-x\n", "output")


@rows("exec: --cap", [("of root", [], ["-c", "CAP_SYS_TIME", "-c", "net_raw"], 0),
                ("of another user, lost by the exec", [], ["-c", "SYS_TIME", "-u", "7"], 7),
                ("inheritable ones become ambient", ["SYS_TIME"],
                 ["-c", "SYS_TIME", "-c", "NET_RAW", "-u", "7"], 7)])
def caps(w, inheritable, options, uid):
    b = w.bundle().caps("KILL", *inheritable, inheritable=inheritable)
    given = [o.upper().replace("CAP_", "") for o in options[1::2] if not o.isdigit()]
    with container(b):
        s = {k: int(seen.status(view(b, *options))[k], 16) for k in seen.SETS}
    mask = seen.capability_mask([f"CAP_{n}" for n in given])
    inherited = seen.capability_mask([f"CAP_{n}" for n in inheritable])
    base = seen.capability_mask(["CAP_KILL"]) | inherited
    ambient = mask & inherited
    want = {"CapInh": inherited, "CapBnd": base | mask, "CapAmb": ambient}
    want["CapPrm"] = want["CapEff"] = (base | mask) if uid == 0 else ambient
    same(s, want, "sets")


@case("exec: --process: all of it from the file, options before it", ROOT, USER)
def from_file(w):
    b = w.bundle()
    b.process["env"] += ["A=1"]
    with container(b):
        path = process_file(b, cwd="/tmp", noNewPrivileges=True,
                            user={"uid": 0, "gid": 0, "umask": 0o77})
        v = json.loads(execute(b, options=("--process", path)).out)
        equal((v["cwd"], v["umask"]), ("/tmp", 0o77), "directory, umask")
        equal([e for e in v["env"] if "A=1" in e], [], "environment")
        v = json.loads(execute(b, options=("-p", path, "--cwd", "/bin", "-e", "Z=1")).out)
        equal((v["cwd"], "Z=1" in v["env"]), ("/bin", True), "directory, environment")
        with open(path, "rb") as f:
            v = json.loads(execute(b, options=("-p", "-"), data=f.read()).out)
        equal(v["cwd"], "/tmp", "directory")


@case("exec: --preserve-fds")
def preserve(w):
    def give():
        os.dup2(one, 3)
        os.dup2(one, 4)
        os.set_inheritable(3, True)
        os.set_inheritable(4, True)

    b = w.bundle()
    one = os.open("/dev/zero", os.O_RDONLY)
    try:
        with container(b):
            v = view(b, "--preserve-fds", "1", before=give, close_fds=False)
    finally:
        os.close(one)
    equal(sorted(v["fds"]), list("0123"), "descriptors")
    equal(v["fds"]["3"]["minor"], 5, "number of the device")


@case("exec: --pidfd-socket: one descriptor, and a word", ROOT, USER)
def pidfd_socket(w):
    b = w.bundle()
    with container(b), terminal.Socket(w) as s:
        w.must("exec", "-d", "--pidfd-socket", s.path, b.id, "/bin/probe", "pause", to_files=True)
        s.accept()
        equal(s.name, "setns", "word")
        signal.pidfd_send_signal(s.fd, signal.SIGKILL)
        check(select.select([s.fd], [], [], 5)[0], "it does not end")


@rows("--pidfd-socket of a container's first process", (("run", ("run", "--detach")),
                                                        ("create", ("create",))), ROOT, USER)
def first_pidfd(w, words):
    b = w.bundle().probe("pause").write()
    with terminal.Socket(w) as s:
        w.must(*words, "--pidfd-socket", s.path, "--bundle", b.path, b.id, to_files=True)
        s.accept()
        equal(s.name, "standard", "word")
        signal.pidfd_send_signal(s.fd, signal.SIGKILL)
        check(select.select([s.fd], [], [], 5)[0], "it does not end")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    w.must("delete", b.id)


@case("--pidfd-socket that nobody listens on: nothing is made", ROOT, USER)
def no_pidfd(w):
    b = w.bundle().shell("echo ran").write()
    r = w.crun("run", "--pidfd-socket", "/nowhere/sock", "--bundle", b.path, b.id)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, '--pidfd-socket: cannot connect to pidfd socket "/nowhere/sock": No such file', "error")
    equal(w.crun("state", b.id).status, 1, "gone")


@case("exec: execCPUAffinity, initial and final")
def affinity(w):
    if (os.cpu_count() or 1) < 2:
        skip("one processor")
    b = w.bundle()
    b.process["execCPUAffinity"] = {"initial": "0", "final": "1"}
    with container(b):
        equal(seen.status(view(b))["Cpus_allowed_list"], "1", "final")
        path = process_file(b, execCPUAffinity={"initial": "0"})
        v = json.loads(execute(b, options=("-p", path)).out)
        equal(seen.status(v)["Cpus_allowed_list"], "0", "initial")
    b = w.bundle()
    with container(b):
        v = view(b, before=lambda: os.sched_setaffinity(0, {1}))
        check(seen.status(v)["Cpus_allowed_list"] != "1", "the caller's")


# --- cgroups --------------------------------------------------------------------------------------


def group(b):
    return next(p for p in host.cgroups(b.world.token) if p.endswith(b.id))


@case("exec: --cgroup, and a container whose cgroup hands controllers down")
def cgroups(w):
    b = w.bundle()
    with container(b) as pid:
        top = group(b)
        os.mkdir(f"{top}/sub")
        os.mkdir(f"{top}/init.scope")
        holds(execute(b, "cat", "/proc/self/cgroup", options=("--cgroup", "sub")).out, "0::/sub\n",
              "cgroup")
        r = w.crun("exec", "--cgroup", "nosuch", b.id, "true")
        equal(r.status, 255, "status")
        holds(r.err, " cgroup", "message")
        holds(r.err, "No such file or directory", "message")
        with open(f"{top}/init.scope/cgroup.procs", "w", encoding="ascii") as f:
            f.write(str(pid))
        control = (host.read(f"{top}/cgroup.controllers") or "").split()
        if not control:
            skip("no controllers to hand down")
        with open(f"{top}/cgroup.subtree_control", "w", encoding="ascii") as f:
            f.write(f"+{control[0]}")
        holds(execute(b, "cat", "/proc/self/cgroup").out, "0::/init.scope\n", "cgroup")


@case("exec: paused: refused, or it waits")
def paused(w):
    b = w.bundle()
    with container(b):
        top = group(b)
        freeze(top, 1)
        r = w.crun("exec", b.id, "true")
        equal((r.status, r.out), (255, ""), f"{r}")
        holds(r.err, "cannot exec in a paused container", "message")
        p = w.popen(w.words("exec", "--ignore-paused", b.id, "echo", "x"),
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.2)
        equal(p.poll(), None, "status while paused")
        freeze(top, 0)
        equal((p.communicate(timeout=10), p.returncode), ((b"x\n", b""), 0), "output, status")
        freeze(top, 1)
        p = w.popen(w.words("exec", "--ignore-paused", b.id, "echo", "x"),
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.2)
        p.terminate()
        equal((p.communicate(timeout=10)[0], p.returncode), (b"", -signal.SIGTERM), "asked to end")
        freeze(top, 0)


def freeze(top, value):
    with open(f"{top}/cgroup.freeze", "w", encoding="ascii") as f:
        f.write(str(value))
    check(host.until(lambda: f"frozen {value}" in host.read(f"{top}/cgroup.events")), "freeze")


# --- terminals ------------------------------------------------------------------------------------


@case("exec: terminal: the caller's in the foreground, with its size", ROOT, USER)
def terminal_foreground(w):
    b = w.bundle()
    with container(b), terminal.Terminal(w, 30, 90) as t:
        text = t.run(w.words("exec", "--tty", b.id, "/bin/sh", "-c",
                             "stty size; tty; echo $(id -u) >/dev/tty; exit 5"), want=5)
    equal(text.split(), ["30", "90", "/dev/pts/0", "0"], "output")


@case("exec: terminal: resized, interrupted")
def terminal_signals(w):
    b = w.bundle()
    with container(b), terminal.Terminal(w) as t:
        t.start(w.words("exec", "-t", b.id, "/bin/probe", "signals"))
        t.until(b"ready")
        t.resize(50, 100)
        t.until(b"window 50 100")
        t.send(b"\x03")
        t.until(b"signal 2")
        t.process.terminate()
        t.until(b"signal 15")
        equal(t.wait(), 0, "status")


@case("exec: terminal: sent to a console socket, of another user", ROOT, USER)
def console_socket(w):
    b = w.bundle()
    options = ["-u", "7"] if w.root_ids else []
    with container(b), terminal.Socket(w) as s:
        path = process_file(b, terminal=True, consoleSize={"height": 11, "width": 22},
                            args=["/bin/sh", "-c", "stty size; ls -n $(tty); echo end"])
        w.must("exec", "-d", "-p", path, *options, "--console-socket", s.path, b.id, to_files=True)
        text, _ = s.read_all()
    lines = text.split("\r\n")
    equal((lines[0], lines[1].split()[2], lines[2]), ("11 22", options[-1] if options else "0",
                                                     "end"), "output")


@case("exec: terminal: what there is of /dev/pts is not trusted")
def no_devpts(w):
    b = w.bundle()
    with container(b):
        r = w.crun("exec", b.id, "/bin/umount", "/dev/pts")
    if r.status != 0:
        b = w.bundle().caps("SYS_ADMIN")
        with container(b):
            execute(b, "/bin/umount", "/dev/pts")
            r = w.crun("exec", "-t", b.id, "true")
            equal(r.status, 255, "status")
            holds(r.err, "process.terminal", "message")


# --- killed ---------------------------------------------------------------------------------------


@case("exec: foreground: signals are passed on, and SIGKILL takes the program along")
def killed(w):
    b = w.bundle()
    with container(b):
        p = w.popen(w.words("exec", b.id, "/bin/probe", "signals"), stdout=subprocess.PIPE)
        equal(p.stdout.readline(), b"ready\n", "line")
        p.send_signal(signal.SIGHUP)
        equal(p.stdout.readline(), b"signal 1\n", "line")
        p.kill()
        p.wait()
        check(host.until(lambda: p.stdout.read() == b""), "the program goes on")
        p.stdout.close()
        equal(execute(b, "ls", "/proc").out.split()[:1] > [], True, "container")


@case("exec: a container that ends takes its processes along")
def ends(w):
    b = w.bundle().probe("pause").detached()
    p = w.popen(w.words("exec", b.id, "/bin/probe", "pause"))
    host.until(lambda: len(host.read(f"{group(b)}/cgroup.procs").split()) == 2)
    w.must("kill", b.id, "KILL")
    equal(p.wait(10), 137, "status")
    r = w.crun("exec", b.id, "true")
    equal(r.status, 255, "status")
    holds(r.err, "is not running", "message")
    w.must("delete", b.id)


@case("exec: pids.max: one process more is needed for a moment, and none is left")
def many(w):
    b = w.bundle()
    with container(b):
        for _ in range(200):
            execute(b, "/bin/true")
        equal(len(host.read(f"{group(b)}/cgroup.procs").split()), 1, "processes")
        equal(len(host.processes(w.token)), 1, "with those of the runtime")


@case("exec: --dry-run changes nothing")
def dry_run(w):
    b = w.bundle()
    with container(b):
        r = w.must("exec", "--dry-run", "-t", b.id, "no-such")
        for part in ("enter the container's namespaces", 'execute "no-such"', "make the terminal"):
            holds(r.out, part, "plan")
        plan = json.loads(w.must("exec", "--dry-run", "--format=json", b.id, "x").out)
        equal(plan["operations"][-1]["op"], "exec", "last")
        equal(len(host.read(f"{group(b)}/cgroup.procs").split()), 1, "processes")


