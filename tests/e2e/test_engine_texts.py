"""What engines, and runc's suite, find in messages.

`podman` and `docker` below sort a text as these two do; the rows say what a user of theirs gets."""

import contextlib
import json
import os
import re

from lib import host, kernel
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip
from test_exec import container, process_file
from test_hooks import KINDS, shell as hook

# --- what a program that cannot be started is called (1.9 of the contract) ------------------------


def podman(text):
    """Its exit status, and the one line that it shows."""
    for pattern, code in (("permission denied|operation not permitted", 126),
                          ("executable file not found in|no such file or directory|open executable",
                           127), ("`/proc/[a-z0-9-].+/attr.*`", 126)):
        for line in text.splitlines():
            if re.search(pattern, line, re.IGNORECASE):
                return code, line
    found = re.search("not found|no such file|executable path is empty", text, re.IGNORECASE)
    return 127 if found else 126, text.splitlines()[0]


def docker(text):
    for words, code in ((("permission denied", "is a directory"), 126),
                        (("executable file not found", "no such file or directory",
                          "not a directory"), 127)):
        if any(x in text.lower() for x in words):
            return code
    return 128


MISSING = "executable file (`[^`]*` )?not found in \\$PATH|cannot find `[^`]*` in \\$PATH"

# args, cwd -> podman's status, what its tests match up to the end of the line, Docker's status
CASES = (
    ("name not in PATH", ["nothing"], "/", 127, MISSING + ".*No such file or directory$", 127),
    ("empty name", [""], "/", 127, "cannot find `` in \\$PATH: No such file or directory$", 127),
    ("missing absolute path", ["/no/such"], "/", 127, "/no/such.*No such file or directory$", 127),
    ("a directory", ["/etc"], "/", 126,
     "the path `/etc` is not a regular file: Operation not permitted$", 126),
    ("no execute permission", ["/etc/plain"], "/", 126, "Permission denied$", 126),
    ("unknown format", ["/etc/text"], "/", 126, "xec format error$", 128),
)
CHDIR = ("a dangling link as working directory", ["/bin/true"], "/etc/loose", 127,
         "chdir to `/etc/loose`: No such file or directory$", 127)


def files(b):
    for name, mode in (("plain", 0o644), ("text", 0o755)):
        with open(b.file("/etc/" + name), "w", encoding="ascii") as f:
            f.write("text\n")
        os.chmod(b.file("/etc/" + name), mode)
    return b


def sorted_as(r, status, for_podman, pattern, for_docker):
    equal((r.status, r.out), (status, ""), f"{r}")
    code, line = podman(r.err)
    equal(code, for_podman, f"podman's status of {r.err!r}")
    check(re.search(pattern, line), f"no {pattern!r} in what podman shows: {line!r}")
    equal(docker(r.err), for_docker, f"Docker's status of {r.err!r}")


@rows("1.9 run", CASES, ROOT, USER)
def text_run(w, args, cwd, *want):
    b = files(w.bundle().args(*args))
    b.process["cwd"] = cwd
    sorted_as(b.run(), 1, *want)
    if "text" not in args[0]:  # found out by execve alone
        sorted_as(b.create(), 1, *want)


@case("1.9 exec: each of them", ROOT, USER)
def text_exec(w):
    b = files(w.bundle())
    os.symlink("/none", b.file("/etc/loose"))
    with container(b):
        for label, args, cwd, *want in (*CASES, CHDIR):
            r = w.crun("exec", "--cwd", cwd, b.id, *args)
            try:
                sorted_as(r, 255, *want)
                r = w.crun("exec", "-p", process_file(b, args=args, cwd=cwd), b.id)
                sorted_as(r, 255, *want)
            except Exception as e:
                raise AssertionError(f"{label}: {e}") from e


@case("1.9 a working directory that cannot be made", ROOT)
def text_cwd(w):
    b = w.bundle().probe("exit", "0")
    b.process["cwd"] = "/proc/none"
    r = b.run()
    equal(r.status, 1, f"{r}")
    check(re.search("chdir to `/proc/none`.*: No such file or directory$", r.err.splitlines()[0]),
          f"{r}")


@case("1.9 a bind of a file on a directory", ROOT, USER)
def text_bind(w):
    b = w.bundle().bind("/dev/null", "/tmp", "bind")
    r = b.run()
    equal((r.status, docker(r.err)), (1, 127), f"{r}")
    check(r.err.splitlines()[0].endswith("Not a directory"), f"{r}")


@case("1.9 a filter that forbids all", ROOT, USER)
def text_filter(w):
    b = w.bundle().probe("exit", "0")
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO"}
    for confined in (False, True):
        b.process["noNewPrivileges"] = confined
        for r in (b.run(), b.run("--detach"), *([] if confined else [b.create()])):
            equal((r.status, r.out), (1, ""), f"{r}")
            holds(r.err, "read from the init process: ", "message")
            equal(host.gone(w.left, 1), [], "left")


# --- texts of runc's suite and of engines (4.9 of the list) ---------------------------------------


@case("4.9 does not exist; already exists; not running", ROOT, USER)
def text_state(w):
    for words in (["state", "x"], ["kill", "x"], ["start", "x"], ["delete", "x"], ["ps", "x"],
                  ["pause", "x"], ["exec", "x", "true"], ["update", "x"], ["events", "x"]):
        holds(w.crun(*words).err, "does not exist", f"{words}")
    b = w.bundle().probe("pause").detached()
    r = w.crun("create", "--bundle", b.path, b.id)
    holds(r.err, "already exists", "message")
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    holds(w.crun("kill", b.id).err, "container not running", "message")
    holds(w.crun("kill", b.id).err.lower(), "no such process", "message")
    w.must("delete", b.id)


@case("4.9 exec: paused, sub-cgroups, a script without interpreter")
def text_of_exec(w):
    b = w.bundle()
    with open(b.file("/run.sh"), "w", encoding="ascii") as f:
        f.write("#!/no/such\n")
    os.chmod(b.file("/run.sh"), 0o755)
    with container(b):
        for words, pattern in ((["--cgroup", "/../x"], "bad sub cgroup path"),
                               (["--cgroup", "/second"], " cgroup.*o such file or directory"),
                               (["--cgroup", "nope:/x"], "unknown controller ")):
            r = w.crun("exec", *words, b.id, "true")
            check(r.status == 255 and re.search(pattern, r.err), f"{r}")
        r = w.crun("exec", b.id, "/run.sh")
        equal(r.status, 255, f"{r}")
        holds(r.err.splitlines()[0], "exec /run.sh: no such file or directory", "first line")
        w.must("pause", b.id)
        r = w.crun("exec", b.id, "true")
        equal(r.status, 255, f"{r}")
        holds(r.err, "cannot exec in a paused container", "message")
        w.must("resume", b.id)


@rows("4.9 hook", [(k, k) for k in KINDS[:5]], ROOT, USER)
def text_hook(w, kind):
    b = w.bundle().probe("exit", "0")
    hook(b, kind, "true")
    hook(b, kind, "exit 3")
    r = b.run()
    equal(r.status, 1, f"{r}")
    holds(r.err, f"error running {kind} hook #1:", "message")


@rows("4.9 on a link", (("proc", "/proc"), ("sys", "/sys")))
def text_link(w, where):
    b = w.bundle().probe("exit", "0")
    os.rmdir(b.file(where))
    os.symlink("/tmp", b.file(where))
    r = b.run()
    equal(r.status, 1, f"{r}")
    holds(r.err, "must be mounted on ordinary directory", "message")


@rows("4.9 memory policy", (
    ("mode", {"mode": "x", "nodes": "0"}, "invalid memory policy mode"),
    ("flag", {"mode": "MPOL_BIND", "nodes": "0", "flags": ["x"]}, "invalid memory policy flag"),
    ("node", {"mode": "MPOL_BIND", "nodes": "x"}, "invalid memory policy node"),
    ("nodes that are none", {"mode": "MPOL_DEFAULT", "nodes": "0"},
     "mode requires 0 nodes but got 1")))
def text_policy(w, policy, part):
    b = w.bundle().probe("exit", "0")
    b.linux["memoryPolicy"] = policy
    r = b.run()
    equal(r.status, 1, f"{r}")
    holds(r.err, part, "message")
    holds(r.err, "invalid memory policy", "message")


@case("4.9 warnings: an ambient capability; no cgroup and a shared pid namespace", ROOT, USER)
def text_warnings(w):
    log = os.path.join(w.directory("log"), "log")
    b = w.bundle().caps("KILL", ambient=["KILL"], inheritable=[]).probe("exit", "0")
    b.must(globals_=("--log", log))
    holds(host.read(log), "can't raise ambient capability CAP_KILL: ", "log")
    check("discouraged" not in host.read(log), "log")
    b.namespace("pid", False).namespace("cgroup", False)
    b.config["mounts"] = [m for m in b.config["mounts"] if m["type"] not in ("cgroup", "proc")]
    for name in ("cgroupsPath", "resources"):
        b.linux.pop(name, None)
    if not w.root_ids:  # only its own proc can be mounted
        b.bind("/proc", "/proc", "rbind")
    b.must(globals_=("--log", log, "--cgroup-manager", "disabled"))
    holds(host.read(log), "Such configuration is strongly discouraged", "log")


@rows("4.9 seccomp", (
    ("no listener", {}, "seccomp notify unsupported:"),
    ("a listener that is not there", {"listenerPath": "/no/such"},
     "failed to connect with seccomp")), ROOT, USER)
def text_seccomp(w, members, part):
    b = w.bundle().probe("exit", "0")
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}], **members}
    r = b.run()
    equal(r.status, 1, f"{r}")
    holds(r.err, part, "message")


@contextlib.contextmanager
def group(w, label):
    name = f"/{w.token}-{label}"
    os.mkdir(host.CGROUPS + name)
    try:
        yield name
    finally:
        kernel_thaw = host.CGROUPS + name + "/cgroup.freeze"
        with contextlib.suppress(OSError), open(kernel_thaw, "w", encoding="ascii") as f:
            f.write("0")
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(host.CGROUPS + name)


@case("4.9 a cgroup that is frozen, or in use")
def text_cgroup(w):
    b = w.bundle().probe("exit", "0")
    with group(w, "frozen") as name:
        with open(host.CGROUPS + name + "/cgroup.freeze", "w", encoding="ascii") as f:
            f.write("1")
        b.linux["cgroupsPath"] = name
        r = b.run()
    equal(r.status, 1, f"{r}")
    holds(r.err, "container's cgroup unexpectedly frozen", "message")
    p = w.popen(["sleep", "100"])
    try:
        with group(w, "used") as name:
            with open(host.CGROUPS + name + "/cgroup.procs", "w", encoding="ascii") as f:
                f.write(str(p.pid))
            b.linux["cgroupsPath"] = name
            r = b.run()
            p.kill()
            p.wait()
            host.until(lambda: "populated 1" not in
                       (host.read(host.CGROUPS + name + "/cgroup.events") or ""))
    finally:
        p.kill()
        p.wait()
    equal(r.status, 1, f"{r}")
    holds(r.err, "container's cgroup is not empty", "message")


@case("4.9 limits without the right to a cgroup", USER)
def text_limits(w):
    b = w.bundle().probe("exit", "0")
    b.linux["resources"] = {"pids": {"limit": 10}}
    r = b.run()
    if r.status == 0:
        skip("this user has a cgroup delegated")
    equal(r.status, 1, f"{r}")
    holds(r.err, "rootless needs no limits + no cgrouppath when no permission is granted for cgroups",
          "message")


@case("4.9 no cgroup2: unable to apply cgroup configuration")
def text_no_cgroup(w):
    b = w.bundle().probe("exit", "0")
    b.linux["cgroupsPath"] = "/group"
    b.write()

    def hide():
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount("none", host.CGROUPS, "tmpfs")

    r = w.crun("run", "--bundle", b.path, b.id, before=hide)
    equal(r.status, 1, f"{r}")
    holds(r.err, "unable to apply cgroup configuration", "message")


@case("4.9 the lines of --version", ROOT, USER)
def text_version(w):
    lines = w.must("--version").out.splitlines()
    for line, pattern in zip(lines, (r"crun-lite version \d+\.\d+\.\d+", "commit: .+",
                                     r"spec: \d+\.\d+\.\d+$")):
        check(re.match(pattern, line), f"line {line!r}")
    equal(sum("version" in x for x in lines), 1, "lines with the word, of which Docker takes the last")
    equal([x.split(": ")[0] for x in lines if ": " in x], ["commit", "spec", "rundir"], "others")
    text = json.loads(w.must("features").out)
    equal((text["ociVersionMin"], text["ociVersionMax"]), ("1.0.0", "1.3.0"), "features")


@case("4.9 heads of list and ps")
def text_heads(w):
    b = w.bundle().probe("pause").detached()
    equal(w.must("list").out.split()[:5], "ID PID STATUS BUNDLE CREATED".split(), "list")
    equal(w.must("ps", b.id).out.split()[:8], "UID PID PPID C STIME TTY TIME CMD".split(), "ps")
    w.must("delete", "--force", b.id)
