"""Bugs that were there once, but for those of terminals: joins, endings, cgroups, signals."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import time

from lib import host, seen, user
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip


def strace(call, what, *more):
    """The words before a command that let something happen to a call of its first process."""
    if shutil.which("strace") is None:
        skip("no strace here")
    return ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:{what}", *more]


@case("a copy of the program is sealed, though its memory is looked at for a moment", USER)
def busy_seal(w):
    r = w.command(strace("fcntl", "error=EBUSY:when=2..4") + w.words("exec", w.id(), "true"))
    equal(r.status, 255, f"{r}")
    holds(r.err, "container does not exist", "what comes after it")


# --- namespaces of others ---------------------------------------------------------------------


@case("joined after the 64th operation: still joined")
def late_join(w):
    first = w.bundle().probe("pause")
    first.config["hostname"] = "first"
    first.detached()
    b = w.bundle().namespace("uts", f"/proc/{first.state()['pid']}/ns/uts")
    b.config.pop("hostname")
    b.linux["resources"]["unified"] = {
        "cgroup.max.descendants": "\n".join(str(n) for n in range(100, 170))}
    equal(b.view()["hostname"], "first", "host name")
    w.must("delete", "--force", first.id)


WATCH = """while :; do for p in /proc/[0-9]*; do
[ -e $p/root{mark} ] && echo host >/out/caught
[ $p = /proc/1 ] || echo $p >/out/met
done; done"""


@case("the host's root is not to be had from a joined namespace")
def joined_unseen(w):
    out = w.directory("out")
    os.chmod(out, 0o777)
    first = w.bundle().caps("SYS_PTRACE").namespace("user")
    for side in ("uidMappings", "gidMappings"):
        first.linux[side] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    os.mkdir(first.file("/out"))
    first.shell(WATCH.format(mark=w.top)).bind(out, "/out", "bind").detached()
    pid = first.state()["pid"]
    b = w.bundle().probe("exit", "0").namespace("user", f"/proc/{pid}/ns/user")
    b.namespace("pid", f"/proc/{pid}/ns/pid").write()
    for _ in range(20):
        b.must()
    slowly = strace("pivot_root", "delay_enter=50000", "-f") if shutil.which("strace") else []
    for _ in range(3):
        r = w.command(slowly + w.words("run", "--bundle", b.path, b.id))
        equal((r.status, r.out, r.err), (0, "", ""), "run")
    w.must("delete", "--force", first.id)
    equal(os.listdir(out), ["met"], "files of who looked for it")


@case("a plain user's second container in the user namespace of the first, of one id", USER)
def single_id_joined(w):
    if w.uid is None:
        skip("needs root, to take the subordinate ids away")
    first, second = w.bundle().probe("pause"), w.bundle()
    for b in (first, second):
        b.mounted("/dev/pts")["options"].remove("gid=5")
    first.detached(before=user.without_subordinate_ids)
    path = f"/proc/{first.state()['pid']}/ns/user"
    v = second.namespace("user", path).view(before=user.without_subordinate_ids)
    equal(v["ns"]["user"], os.readlink(path), "user namespace")
    equal(v["uids"], [0, 0, 0], "uids")
    w.must("delete", "--force", first.id)


# --- the end of the runtime at a bad moment ---------------------------------------------------

MOMENTS = [(f"{command}, {call} {n}", command, call, n) for command in ("create", "run")
           for call, n in (("sendmsg", 1), ("sendmsg", 2), ("renameat", 1))]


@rows("killed while the child waits for it", MOMENTS, ROOT, USER)
def killed(w, command, call, count):
    b = w.bundle().probe("pause")
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["swapon"], "action": "SCMP_ACT_ERRNO"}]}
    b.write()
    words = strace(call, f"signal=KILL:when={count}")
    r = w.command(words + w.words(command, "--bundle", b.path, b.id), to_files=True, limit=10)
    equal(r.status, 137, "status")
    w.must("delete", "--force", b.id, limit=3)
    equal(w.left(), [], "left")


@case("SIGTERM while it makes a container: ended by it, nothing is left")
def asked_to_end(w):
    b = w.bundle().probe("pause").write()
    words = strace("clone3", "signal=TERM:when=1")
    r = w.command(words + w.words("create", "--bundle", b.path, b.id), to_files=True)
    equal(r.status, 128 + signal.SIGTERM, "status")
    equal(host.gone(w.left, 1), [], "left")


# --- mounts -----------------------------------------------------------------------------------

SHARED = """mount --make-rshared / && cat /proc/self/mountinfo && echo ---- && "$@"
status=$?; echo ---- && cat /proc/self/mountinfo; exit $status"""


@rows("the host hears of no mount", [(k, k) for k in ("rslave", "slave", "rshared", "shared")])
def propagation(w, kind):
    b = w.bundle().shell("echo ran")
    b.linux["rootfsPropagation"] = kind
    b.write()
    r = w.command(["unshare", "--mount", "sh", "-c", SHARED, "sh",
                   *w.words("run", "--bundle", b.path, b.id)])
    equal((r.status, r.err), (0, ""), f"{r}")
    before, text, after = r.out.split("----\n")
    equal(text, "ran\n", "output")
    holds(before, " shared:", "mounts")
    equal(after, before, "mounts")


# --- cgroups ----------------------------------------------------------------------------------


@contextlib.contextmanager
def foreign(w, path):
    """Somebody else's process in a cgroup of its own; it must live on."""
    os.mkdir(path)
    p = w.popen(["sleep", "100"])
    try:
        with open(path + "/cgroup.procs", "w", encoding="ascii") as f:
            f.write(str(p.pid))
        yield
        time.sleep(0.05)
        equal(p.poll(), None, "how the foreign process ended")
        equal(host.read(path + "/cgroup.procs"), f"{p.pid}\n", "processes")
    finally:
        p.kill()
        p.wait()
        host.until(lambda: "populated 1" not in (host.read(path + "/cgroup.events") or ""))
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(path)


@case("a cgroup with somebody in it is refused, and never killed")
def populated(w):
    name = f"/{w.token}-foreign"
    b = w.bundle().probe("pause")
    b.linux["cgroupsPath"] = name
    with foreign(w, host.CGROUPS + name):
        r = b.run()
        equal((r.status, r.out), (1, ""), f"{r}")
        holds(r.err, "container's cgroup is not empty", "message")
        equal(os.listdir(w.state), [], "state")
        for command in ("run", "create"):
            words = strace("mkdir", "signal=KILL:when=1")
            r = w.command(words + w.words(command, "--bundle", b.path, b.id), to_files=True)
            equal((r.status, os.listdir(w.state)), (137, [b.id]), "status and state")
            w.must("delete", "--force", b.id, limit=3)
            equal(os.listdir(w.state), [], "state")


@case("kill --all leaves a cgroup alone that was made anew by somebody else")
def made_anew(w):
    b = w.bundle().probe("exit", "0")
    b.linux["cgroupsPath"] = f"/{w.token}-again"
    path = host.CGROUPS + b.linux["cgroupsPath"]
    b.must("--keep")
    if os.path.isdir(path):
        os.rmdir(path)
    with foreign(w, path):
        w.crun("kill", "--all", b.id, "KILL")
        w.must("delete", "--force", b.id)


@rows("no level of the cgroup's path is left", (("slash at the end", "/{0}-a/{0}-b/"),
                                                ("dot", "/{0}-a/./{0}-b"),
                                                ("all", "//{0}-a/.//{0}-b/./{0}-c/./")))
def levels(w, path):
    b = w.bundle().probe("exit", "0")
    b.linux["cgroupsPath"] = path.format(w.token)
    b.must()
    equal(host.cgroups(w.token), [], "cgroups")


@case("busy children that the program leaves, in our pid namespace: its status, none is left")
def busy(w):
    b = w.bundle().namespace("pid", False)
    b.shell("for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; sleep 0.2; exit 7")
    b.must(status=7, to_files=True)
    equal(w.left(), [], "left")


# --- the program and its signals --------------------------------------------------------------


@case("create and start: a script whose interpreter is missing says so itself", ROOT, USER)
def no_interpreter(w):
    b = w.bundle().args("/bin/plain")
    with open(b.file("/bin/plain"), "w", encoding="ascii") as f:
        f.write("#!/no/interpreter\n")
    os.chmod(b.file("/bin/plain"), 0o755)
    b.write()
    path = os.path.join(w.directory("err"), "err")
    with open(path, "w", encoding="ascii") as f:
        p = w.popen(w.words("create", "--bundle", b.path, b.id), stdin=subprocess.DEVNULL,
                    stdout=f, stderr=f)
        equal(p.wait(10), 0, "create")
    equal(host.read(path), "", "standard error of create")
    w.must("start", b.id)
    text = host.until(lambda: host.read(path))
    holds(text, "exec", "standard error")
    holds(text, "No such file or directory", "standard error")
    w.must("delete", "--force", b.id)


@case("a signal that the caller ignores is not passed on", ROOT, USER)
def nohup(w):
    b = w.bundle().probe("signals").write()
    p = w.popen(w.words("run", "--bundle", b.path, b.id), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    equal(p.stdout.readline(), b"ready\n", "line")
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM):
        p.send_signal(number)
        time.sleep(0.05)
    out, _ = p.communicate(timeout=10)
    equal((p.returncode, out), (0, b"signal 10\nsignal 15\n"), "status and signals")


@case("signals that the C library keeps to itself are not ignored either", ROOT, USER)
def hidden_signals(w):
    number = {"x86_64": 13, "aarch64": 134}.get(os.uname().machine)
    if number is None:
        skip("the number of rt_sigaction is not known for this machine")

    def ignore():
        action = (ctypes.c_ulong * 4)(1)  # SIG_IGN
        for n in (32, 33):
            if ctypes.CDLL(None).syscall(number, n, ctypes.byref(action), None, 8) != 0:
                raise OSError("rt_sigaction")

    r = w.command(["grep", "SigIgn", "/proc/self/status"], before=ignore)
    check(int(r.out.split()[1], 16) >> 31 & 3 == 3, f"not ignored by the caller: {r}")
    equal(int(seen.status(w.bundle().view(before=ignore))["SigIgn"], 16), 0, "SigIgn")
