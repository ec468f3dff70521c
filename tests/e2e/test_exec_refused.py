"""exec: what is wrong is one line and the exit status 255, and nothing is left of it."""

import json
import os
import re
import socket

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows
from test_exec import container, execute, process_file


def refused(r, *parts, lines=2):
    equal((r.status, r.out), (255, ""), f"status and output of {r}")
    check(len(r.err.splitlines()) <= lines, f"more than {lines} lines: {r.err}")
    for part in parts:
        holds(r.err, part, "message")


IDS = "-1 -0 +1 0x0 1e3 1.0 01 4294967295 4294967296 18446744073709551616 root".split() + [" 1", ""]

WRONG = [
    ("no command", [], [], ["no command"]),
    ("unknown option", ["--bogus"], ["true"], ["unknown option \"--bogus\""]),
    ("a value for a switch", ["--tty=maybe"], ["true"], ["--tty", "true or false"]),
    ("cwd relative", ["--cwd", "tmp"], ["true"], ["--cwd", "absolute"]),
    ("cwd missing", ["--cwd", "/missing"], ["true"],
     ["chdir to `/missing`: No such file or directory"]),
    ("cwd is a file", ["--cwd", "/bin/busybox"], ["true"], ["Not a directory"]),
    ("env without a value", ["--env", "A"], ["true"], ["--env", "NAME=VALUE", "\"A\""]),
    ("env without a name", ["-e", "=x"], ["true"], ["--env"]),
    ("cap", ["-c", "CAP_NOPE"], ["true"], ["--cap", "CAP_NOPE"]),
    ("cap, long", ["-c", "x" * 5000], ["true"], ["--cap"]),
    ("cgroup above", ["--cgroup", "../x"], ["true"], ["bad sub cgroup path"]),
    ("cgroup above, inside", ["--cgroup", "a/../../b"], ["true"], ["bad sub cgroup path"]),
    ("cgroup of a controller", ["--cgroup", "cpu:x"], ["true"], ["unknown controller"]),
    ("cgroup missing", ["--cgroup", "/missing"], ["true"], [" cgroup", "o such file"]),
    ("preserve-fds", ["--preserve-fds", "-1"], ["true"], ["--preserve-fds"]),
    ("preserve-fds, closed", ["--preserve-fds", "90"], ["true"], ["--preserve-fds"]),
    ("detached terminal", ["-d", "-t"], ["true"], ["process.terminal", "detached"]),
    ("console socket without terminal", ["--console-socket", "/x"], ["true"], ["--console-socket"]),
    ("console socket, nobody there", ["-t", "--console-socket", "/no/such"], ["true"],
     ["console socket \"/no/such\"", "No such file or directory"]),
    ("pidfd socket, nobody there", ["--pidfd-socket", "/no/such"], ["true"],
     ["pidfd socket \"/no/such\"", "No such file or directory"]),
    ("pid file in a missing directory", ["--pid-file", "/no/such/file"], ["true"],
     ["pid file \"/no/such/file\"", "No such file or directory"]),
    ("apparmor", ["--apparmor", "no-such"], ["true"], ["process.apparmorProfile"]),
    ("label", ["--process-label", "no:such"], ["true"], ["process.selinuxLabel"]),
    ("format", ["--dry-run", "--format", "xml"], ["true"], ["--format"]),
    ("program, by PATH", [], ["no-such"],
     ["executable file not found in $PATH: cannot find `no-such` in $PATH: No such file or directory"]),
    ("program, by path", [], ["/no/such"],
     ["executable file not found: `/no/such`: No such file or directory"]),
    ("program, empty", [], [""], ["cannot find `` in $PATH: No such file or directory"]),
    ("program is a directory", [], ["/etc"],
     ["is a directory", "the path `/etc` is not a regular file: Operation not permitted"]),
    ("process file and command", ["-p", "/dev/null"], ["true"], ["--process"]),
    ("process file missing", ["-p", "/no/such"], [], ["/no/such", "No such file or directory"]),
    ("process file is a directory", ["-p", "/"], [], ["not a regular file"]),
]


@rows("exec refused", WRONG)
def wrong(w, options, words, parts):
    b = w.bundle()
    with container(b):
        refused(w.crun("exec", *options, b.id, *words), *parts)
        equal(len(host.processes(w.token)), 1, "processes")


@case("exec refused: ids of users and groups")
def ids(w):
    b = w.bundle()
    with container(b):
        for text in IDS:
            refused(w.crun("exec", f"--user={text}", b.id, "true"), "--user")
            refused(w.crun("exec", f"--user=0:{text}", b.id, "true"), "--user")
            refused(w.crun("exec", f"--additional-gids={text}", b.id, "true"), "--additional-gids")
        for text in ("1:", ":2", "1:2:3", "1 :2", "1,2"):
            refused(w.crun("exec", "-u", text, b.id, "true"), "--user")


@case("exec refused: programs that cannot be executed", ROOT, USER)
def programs(w):
    b = w.bundle()
    for name, text, mode in (("script", "#!/no/such\n", 0o755), ("text", "hello", 0o755),
                             ("plain", "#!/bin/sh\n", 0o644)):
        with open(b.file(f"bin/{name}"), "w", encoding="ascii") as f:
            f.write(text)
        os.chmod(b.file(f"bin/{name}"), mode)
    with container(b):
        refused(w.crun("exec", b.id, "/bin/script"), "exec /bin/script: no such file or directory")
        refused(w.crun("exec", b.id, "text"), "xec format error")
        refused(w.crun("exec", b.id, "plain"), "Permission denied")


@case("exec refused: where there is nothing to enter", ROOT, USER)
def no_container(w):
    refused(w.crun("exec"), "exec")
    refused(w.crun("exec", "no-such", "true"), "does not exist")
    for id_ in ("../x", "a/b", "", ".", "x" * 300, "a\nb"):
        refused(w.crun("exec", id_, "true"), "container id")
    b = w.bundle().probe("pause").detached()
    w.must("kill", b.id, "9")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")
    refused(w.crun("exec", b.id, "true"), "cannot exec in a stopped container", "is not running")
    w.must("delete", b.id)


FILES = [
    ("no JSON", "{", "syntax"),
    ("no args", {"cwd": "/"}, "args"),
    ("empty args", {"cwd": "/", "args": []}, "args"),
    ("no cwd", {"args": ["x"]}, "cwd"),
    ("cwd relative", {"cwd": "x", "args": ["x"]}, "cwd"),
    ("wrong type", {"cwd": "/", "args": "x"}, "args"),
    ("uid", {"cwd": "/", "args": ["x"], "user": {"uid": 4294967295}}, "user.uid"),
    ("capability", {"cwd": "/", "args": ["x"], "capabilities": {"bounding": ["CAP_X"]}},
     "capabilities.bounding[0]"),
    ("rlimit", {"cwd": "/", "args": ["x"],
                "rlimits": [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]}, "rlimits[0]"),
]


@rows("exec refused: process file", FILES)
def files(w, content, part):
    b = w.bundle()
    with container(b):
        path = process_file(b, content if isinstance(content, str) else json.dumps(content, indent=1))
        r = w.crun("exec", "-p", path, b.id)
        refused(r, "" if part == "syntax" else part)
        check(re.match(re.escape(path) + r":\d+:\d+: ", r.err) is not None, f"no place in {r.err}")


@case("exec refused: the place of what fails is in the process file, or nowhere")
def places(w):
    b = w.bundle()
    with container(b):
        path = process_file(b, args=["/bin/true"], cwd="/no/such")
        r = w.crun("exec", "-p", path, b.id)
        refused(r, "chdir to `/no/such`")
        check(re.match(re.escape(path) + r":\d+:\d+: process.cwd", r.err) is not None, r.err)


@case("exec refused: the directory is no way out")
def way_out(w):
    b = w.bundle()
    os.symlink("/proc/self/fd/8", b.file("tmp/link"))
    outside = os.open("/", os.O_RDONLY)

    def leak():
        for n in (8, 9, 200):
            os.dup2(outside, n)
            os.set_inheritable(n, True)

    try:
        with container(b):
            for n in (*range(12), 200):
                for path in (f"/proc/self/fd/{n}", f"/proc/1/fd/{n}", "/proc/1/cwd", "/tmp/link"):
                    refused(w.crun("exec", "--cwd", path, b.id, "/bin/true", before=leak,
                                   close_fds=False), "process.cwd")
    finally:
        os.close(outside)


@case("exec refused: a listener that closes the connection at once")
def closes(w):
    b = w.bundle()
    path = os.path.join(w.directory("s"), "s")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1)
    with container(b):
        p = w.popen(w.words("exec", "-t", "--console-socket", path, b.id, "sleep", "5"),
                    stdin=-3, stdout=-1, stderr=-1)
        listener.accept()[0].close()
        out, err = p.communicate(timeout=10)
        check(p.returncode == 255, f"{p.returncode} {out} {err}") if err else None
    listener.close()


@case("exec refused: a failure leaves no pid file, and no process", ROOT, USER)
def pid_file(w):
    b = w.bundle()
    where = w.directory("pid")
    with container(b):
        refused(w.crun("exec", "--pid-file", os.path.join(where, "p"), b.id, "/no/such"))
        with open(b.file("bin/text"), "w", encoding="ascii") as f:
            f.write("hello")
        os.chmod(b.file("bin/text"), 0o755)
        refused(w.crun("exec", "-d", "--pid-file", os.path.join(where, "p"), b.id, "text"))
        equal(os.listdir(where), [], "files")
        execute(b, "/bin/true")
