"""Seccomp filters that notify, their agent, and the annotations of filters."""

import base64
import contextlib
import errno
import os
import resource
import shutil
import socket
import struct

from lib import host, kernel, user
from lib.agent import NUMBERS, Agent, emulate
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

WAYS = [(f"{'with' if confined else 'without'} no_new_privs, {how}", confined, how)
        for confined in (True, False) for how in ("run", "create")]


def filtered(w, agent, *names, confined=True, **more):
    """A bundle whose filter notifies of these calls."""
    if not NUMBERS:
        skip("no numbers of system calls for this machine")
    b = w.bundle()
    b.process["noNewPrivileges"] = confined
    b.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": list(names), "action": "SCMP_ACT_NOTIFY"}], **more}
    if agent is not None:
        b.linux["seccomp"]["listenerPath"] = agent if isinstance(agent, str) else agent.path
    return b


def until_end(b):
    host.until(lambda: b.state()["status"] == "stopped")
    b.world.must("delete", b.id)


def output_of(b, how):
    """What the program prints, by `run`, or by `create` and `start`."""
    if how == "run":
        return b.must().out
    out = b.file("tmp/out")
    b.process["args"][-1] = f"({b.process['args'][-1]}) > /tmp/out 2>&1"
    b.linux["namespaces"] = [n for n in b.linux["namespaces"] if n["type"] != "cgroup"]
    r = b.create(to_files=True)
    equal((r.status, r.out, r.err), (0, "", ""), "create")
    b.world.must("start", b.id)
    until_end(b)
    return host.read(out)


# --- the listener -----------------------------------------------------------------------------


LOOK = """echo $PPID
while read line; do case $line in Threads*|Seccomp:*) echo $line;; esac; done < /proc/1/status
ls -l /proc/1/fd; echo /proc/[0-9]*"""


@rows("an agent answers", WAYS, ROOT, USER)
def answered(w, confined, how):
    with Agent(w, emulate(getppid=4242)) as agent:
        b = filtered(w, agent, "getppid", confined=confined, listenerMetadata="a \"word\"")
        b.config["annotations"] = {"one": "1", "\u00fc": ""}
        os.chmod(b.file("tmp"), 0o1777)
        b.shell(LOOK)
        text = output_of(b, how).splitlines()
    equal(text[0], "4242", "what the program was answered")
    equal(text[1:3], ["Threads: 1", "Seccomp: 2"], "status")
    check(not any("seccomp" in line for line in text), f"a listener in the program: {text}")
    equal(text[-1], "/proc/1", "processes")
    message = agent.message
    pid = message["pid"]
    check(pid > 1, f"pid {pid}")
    equal(agent.fds, 1, "descriptors")
    equal(message, {
        "ociVersion": "1.3.0", "fds": ["seccompFd"], "pid": pid, "metadata": "a \"word\"",
        "state": {"ociVersion": "1.3.0", "id": b.id, "status": "creating", "pid": pid,
                  "bundle": b.path, "annotations": b.config["annotations"]}}, "message")


@case("the pid is the container's, as we see it", ROOT, USER)
def pid_told(w):
    with Agent(w) as agent:
        b = filtered(w, agent, "getppid").probe("pause").detached()
        equal(agent.message["pid"], b.state()["pid"], "pid")
        w.must("delete", "--force", b.id)


@case("a message larger than a socket holds", ROOT, USER)
def large_message(w):
    with Agent(w, emulate(getppid=7)) as agent:
        b = filtered(w, agent, "getppid").shell("echo $PPID")
        b.config["annotations"] = {"large": "x" * 900000}
        equal(b.must().out, "7\n", "output")
    equal(len(agent.message["state"]["annotations"]["large"]), 900000, "annotation")
    equal(agent.fds, 1, "descriptors")


CALLS = """execve write writev sendmsg sendto recvmsg read poll ppoll close close_range futex exit exit_group
mmap munmap mprotect fcntl fstat newfstatat stat access prctl prlimit64 capset setgroups setresuid
setresgid rt_sigaction rt_sigprocmask openat open brk nanosleep clock_nanosleep sched_yield""".split()


@rows("the filter notifies of all that the start does", WAYS, ROOT, USER)
def own_calls(w, confined, how):
    with Agent(w) as agent:
        b = filtered(w, agent, *CALLS, confined=confined).shell("echo ran")
        os.chmod(b.file("tmp"), 0o1777)
        equal(output_of(b, how), "ran\n", "output")
    holds(agent.asked, NUMBERS["execve"], "calls")
    if confined:
        equal(agent.asked[0], NUMBERS["execve"], "the first call under the filter")


@rows("the filter notifies of one call",
      [(f"{n}, {label}", n, c) for n in ("execve", "write", "sendmsg", "close", "futex", "exit", "exit_group")
       for label, c in (("confined", True), ("not confined", False))])
def one_call(w, name, confined):
    with Agent(w) as agent:
        equal(filtered(w, agent, name, confined=confined).shell("echo ran").must().out, "ran\n", "output")


@rows("flags", (("TSYNC", "TSYNC"), ("LOG", "LOG"), ("SPEC_ALLOW", "SPEC_ALLOW"),
                ("WAIT_KILLABLE_RECV", "WAIT_KILLABLE_RECV")), ROOT, USER)
def flags(w, name):
    if name == "WAIT_KILLABLE_RECV" and kernel.RELEASE < (5, 19):
        skip("needs Linux 5.19")
    with Agent(w, emulate(getppid=5)) as agent:
        b = filtered(w, agent, "getppid", flags=["SECCOMP_FILTER_FLAG_" + name]).shell("echo $PPID")
        equal(b.must().out, "5\n", "output")


@rows("a process more than pids.limit allows", (("confined", True), ("not confined", False)))
def no_room(w, confined):
    if "pids" not in (host.read(host.CGROUPS + "/cgroup.controllers") or "").split():
        skip("no pids controller here")
    with Agent(w) as agent:
        b = filtered(w, agent, "getppid", confined=confined).shell("echo ran")
        b.linux.setdefault("resources", {})["pids"] = {"limit": 1}
        r = b.run()
    no_thread(r, agent)


def no_thread(r, agent):
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "linux.seccomp.listenerPath: cannot make a thread that will send the seccomp "
          "listener: Resource temporarily unavailable\n  hint: it needs room", "error")
    equal(agent.fds, 0, "descriptors")


@rows("a process more than RLIMIT_NPROC allows", (("confined", True), ("not confined", False)), USER)
def no_more(w, confined):
    if w.uid is None:
        skip("needs root, to take the subordinate ids away")

    def before():
        user.without_subordinate_ids()
        resource.setrlimit(resource.RLIMIT_NPROC, (2, 2))

    with Agent(w) as agent:
        b = filtered(w, agent, "getppid", confined=confined).shell("echo ran")
        b.mounted("/dev/pts")["options"].remove("gid=5")
        no_thread(b.run(before=before), agent)


# --- where the agent is -----------------------------------------------------------------------


@rows("named by", (("annotation", "annotation"), ("environment", "env"), ("both", "both"),
                   ("listenerPath before both", "all")), ROOT, USER)
def named(w, how):
    with Agent(w, emulate(getppid=99)) as agent:
        b = filtered(w, agent if how == "all" else None, "getppid").shell("echo $PPID")
        elsewhere = "/no/such"
        env = None
        if how != "env":
            b.config["annotations"]["run.oci.seccomp.receiver"] = \
                elsewhere if how == "all" else agent.path
        if how != "annotation":
            env = w.environment(RUN_OCI_SECCOMP_RECEIVER=agent.path if how == "env" else elsewhere)
        equal(b.must(env=env).out, "99\n", "output")


@rows("a socket that nothing needs", (("listenerPath", True), ("environment", False)), ROOT, USER)
def not_needed(w, path):
    b = filtered(w, "/no/such" if path else None, "getppid").shell("echo ran")
    b.linux["seccomp"]["syscalls"][0]["action"] = "SCMP_ACT_ALLOW"
    env = None if path else w.environment(RUN_OCI_SECCOMP_RECEIVER="/no/such")
    log = os.path.join(w.directory("log"), "log")
    r = b.must(env=env, globals_=("--log", log, "--log-level", "warning"))
    equal(r.out, "ran\n", "output")
    text = host.read(log)
    if path:
        holds(text, "linux.seccomp.listenerPath: not used", "log")
    else:
        equal(text, "", "log")


def connected(path, label):
    """Something at the path that is no agent."""
    kind = socket.SOCK_DGRAM if label == "of another type" else socket.SOCK_STREAM
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(path)
    if label == "that nobody accepts":
        s.listen(0)
    return s


@rows("a socket", (("missing", "No such file or directory\n  hint: whoever answers"),
                   ("without listener", "Connection refused\n  hint: nobody listens"),
                   ("of another type", "Protocol wrong type for socket\n  hint: the socket must")),
      ROOT, USER)
def wrong_socket(w, text):
    label = {"No": "missing", "Co": "without listener", "Pr": "of another type"}[text[:2]]
    path = os.path.join(w.directory("agent"), "s")
    with contextlib.ExitStack() as stack:
        if label != "missing":
            stack.enter_context(connected(path, label))
            w.own(path)
        b = filtered(w, path, "getppid").shell("echo ran")
        r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, f"linux.seccomp.listenerPath: failed to connect with seccomp agent \"{path}\": {text}",
          "error")
    holds(r.err, "config.json:", "error")


# --- an agent that goes -----------------------------------------------------------------------


class Closes:
    """Accepts a connection and closes it at once."""

    def __init__(self, w):
        self.path = os.path.join(w.directory("agent"), "s")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(self.path)
        w.own(self.path)
        self.socket.listen(1)
        if os.fork() == 0:
            with contextlib.suppress(BaseException):
                self.socket.settimeout(20)
                self.socket.accept()[0].close()
            os._exit(0)
        self.socket.close()


@rows("the agent closes at once", WAYS, ROOT, USER)
def closes(w, confined, how):
    b = filtered(w, Closes(w), "getppid", confined=confined).shell("echo ran")
    text = "linux.seccomp.listenerPath: cannot send the seccomp listener to the agent: Broken pipe"
    if how == "run" or not confined:
        if shutil.which("strace") is None:
            skip("no strace here")
        b.write()  # a moment between the connection and the process that will send
        r = w.command(["strace", "-qq", "-o", "/dev/null", "-e", "trace=clone3", "-e",
                       "inject=clone3:delay_enter=300000",
                       *w.words(how, "--bundle", b.path, b.id)])
        equal((r.status, r.out), (1, ""), f"{r}")
        holds(r.err, text + "\n  hint: the agent has closed", "error")
        return
    with open(os.path.join(w.directory("out"), "err"), "w+b") as err:
        b.write()
        p = w.popen(w.words("create", "--bundle", b.path, b.id), stdin=-3, stdout=-3, stderr=err)
        equal(p.wait(20), 0, "create")
        w.must("start", b.id)
        until_end(b)
        err.seek(0)
        holds(err.read().decode(), "listener_send: Broken pipe", "standard error")


@rows("the agent dies while the program waits", WAYS, ROOT, USER)
def dies(w, confined, how):
    with Agent(w, leave=True) as agent:
        b = filtered(w, agent, "getppid", confined=confined).shell("echo $PPID; echo ran")
        os.chmod(b.file("tmp"), 0o1777)
        text = output_of(b, how).split()
    equal(text, [str((1 << 32) - errno.ENOSYS), "ran"], "output")


@rows("the agent dies when it is asked for", (
    ("execve, confined", "execve", True, "process.args: exec /bin/sh: Function not implemented"),
    ("execve", "execve", False, "process.args: exec /bin/sh: Function not implemented"),
    ("setresuid", "setresuid", False, "Function not implemented")), ROOT, USER)
def dies_at_start(w, name, confined, text):
    with Agent(w, leave=True) as agent:
        r = filtered(w, agent, name, confined=confined).shell("echo ran").run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, text + "\n  hint: the filter notifies of a call that the start itself needs", "error")


@case("the agent dies when it is asked for sendmsg and a call fails", ROOT, USER)
def dies_speechless(w):
    with Agent(w, leave=True) as agent:
        r = filtered(w, agent, "sendmsg", confined=False).shell("echo ran").run(limit=10)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "read from the init process: ", "error")


@rows("the agent does not answer", (("execve, confined", "execve", True), ("execve", "execve", False),
                                    ("sendmsg", "sendmsg", False)), ROOT, USER)
def silent(w, name, confined):
    if shutil.which("strace") is None:
        skip("no strace here")
    # the time is over at once: the last recvmsg of the runtime is one that fails so
    count = {("execve", True): 2, ("execve", False): 3, ("sendmsg", False): 2}[name, confined]
    trace = os.path.join(w.directory("trace"), "trace")
    with Agent(w, silent=True) as agent:
        b = filtered(w, agent, name, confined=confined).shell("echo ran").write()
        r = w.command(["strace", "-qq", "-o", trace, "-e", "trace=recvmsg,setsockopt", "-e",
                       f"inject=recvmsg:error=EAGAIN:when={count}",
                       *w.words("run", "--bundle", b.path, b.id)], limit=10)
        equal((r.status, r.out), (1, ""), f"{r}")
        holds(r.err, "the seccomp agent does not answer: ", "error")
        holds(r.err, ": Connection timed out\n  hint: the filter notifies", "error")
    check(any("SO_RCVTIMEO" in line and ("\\36\\0\\0" in line or "sec=30" in line)
              for line in host.read(trace).splitlines()), "no limit of 30 s: " + host.read(trace))


@case("a container whose program waits for an answer can be killed and deleted", ROOT, USER)
def killed_waiting(w):
    with Agent(w, silent=True) as agent:
        b = filtered(w, agent, "getppid").shell("echo $PPID").detached()
        host.until(lambda: agent.asked)
        w.must("kill", b.id, "KILL")
        until_end(b)


@rows("the runtime is killed while the agent is asked", (("confined", True), ("not confined", False)),
      ROOT, USER)
def runtime_killed(w, confined):
    with Agent(w, silent=True) as agent:
        b = filtered(w, agent, "execve", confined=confined).shell("echo ran").write()
        p = w.popen(w.words("run", "--bundle", b.path, b.id), stdout=-3, stderr=-3)
        host.until(lambda: agent.asked)
        p.kill()
        p.wait(10)
        w.must("delete", "--force", b.id, limit=5)


# --- profiles ---------------------------------------------------------------------------------


def unknown(w, **annotations):
    b = filtered(w, None, "getppid").shell("echo ran")
    b.linux["seccomp"]["syscalls"] = [
        {"names": ["mkdir", "no_such_\u0007call"], "action": "SCMP_ACT_ERRNO"}]
    b.config["annotations"] = {f"run.oci.{k}": v for k, v in annotations.items()}
    return b


NAMES = "linux.seccomp.syscalls[0].names[1]: unknown seccomp syscall \"no_such_\\x07call\""


@case("a call that nobody knows is skipped, and told with --debug", ROOT, USER)
def unknown_skipped(w):
    b = unknown(w, seccomp_fail_unknown_syscall="0")
    b.must()
    r = b.run(globals_=("--debug",))
    equal((r.status, r.out), (0, "ran\n"), f"{r}")
    holds(r.err, "debug: " + NAMES + ": skipped", "standard error")


@rows("a call that nobody knows is an error", (("1", "1"), ("empty", "")), ROOT, USER)
def unknown_refused(w, value):
    r = unknown(w, seccomp_fail_unknown_syscall=value).run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, NAMES + "\n  hint: annotations[\"run.oci.seccomp_fail_unknown_syscall\"] asks", "error")


def program(*instructions):
    return base64.b64encode(b"".join(struct.pack("=HBBI", *i) for i in instructions)).decode()


def answers(number, answer):
    """A filter with one rule."""
    return program((0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, answer), (6, 0, 0, 0x7fff0000))


@rows("a ready program", (("instead of the profile", True, True), ("alone", False, True),
                          ("without no_new_privs", True, False)), ROOT, USER)
def ready_program(w, profile, confined):
    b = filtered(w, None, "getppid", confined=confined).shell("echo $PPID")
    if profile:  # it would kill
        b.linux["seccomp"]["syscalls"] = [{"names": ["getppid"], "action": "SCMP_ACT_KILL_PROCESS"}]
    else:
        del b.linux["seccomp"]
    b.config["annotations"]["run.oci.seccomp_bpf_data"] = answers(NUMBERS["getppid"], 0x50000 + 33)
    equal(b.must().out, f"{(1 << 32) - 33}\n", "what the program was answered")


@case("a ready program that notifies", ROOT, USER)
def ready_notifies(w):
    with Agent(w, emulate(getppid=321)) as agent:
        b = filtered(w, None, "getppid").shell("echo $PPID")
        del b.linux["seccomp"]
        b.config["annotations"] = {
            "run.oci.seccomp_bpf_data": answers(NUMBERS["getppid"], 0x7fc00000),
            "run.oci.seccomp.receiver": agent.path}
        equal(b.must().out, "321\n", "output")


@case("a ready program that the kernel does not take", ROOT, USER)
def ready_refused(w):
    b = filtered(w, None, "getppid").shell("echo ran")
    b.config["annotations"]["run.oci.seccomp_bpf_data"] = program((0x20, 0, 0, 0))
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "annotations[\"run.oci.seccomp_bpf_data\"]: cannot load the seccomp filter: Invalid "
          "argument\n  hint: the kernel takes only", "error")
