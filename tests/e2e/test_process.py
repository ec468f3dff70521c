"""How a program is run: standard descriptors, terminal, signals, exit status."""

import json
import os
import shutil
import signal
import subprocess
import time

from lib import host, terminal
from lib.suite import ROOT, USER, case, check, equal, holds, rows


@rows("exit status", (
    ("0", ["exit", "0"], 0), ("7", ["exit", "7"], 7), ("255", ["exit", "255"], 255),
    ("SIGKILL", ["die", "9"], 137), ("SIGSEGV", ["die", "11"], 139),
), ROOT, USER)
def exit_status(w, words, want):
    b = w.bundle()
    if words[0] == "die":
        # Process 1 does not die of its own signals: a shell around it says how its child ended.
        b.shell(f"/bin/probe {' '.join(words)} 2>/dev/null; exit $?")
        equal(b.run().status, want, "status")
    else:
        b.probe(*words).must(status=want)


@rows("a program of another user's alone, for user 1000", (("with CAP_DAC_OVERRIDE", True, 0),
                                                            ("without", False, 1)))
def program_by_rights(w, may, want):
    """execve(2) goes by the effective rights; access(2) would not (it takes the real ids)."""
    b = w.bundle().args("/bin/mine", "exit", "0")
    shutil.copy(b.file("/bin/probe"), b.file("/bin/mine"))
    os.chmod(b.file("/bin/mine"), 0o700)
    b.process["user"] = {"uid": 1000, "gid": 1000}
    b.process["capabilities"] = {s: ["CAP_DAC_OVERRIDE"] if may else [] for s in
                                 ("bounding", "effective", "permitted", "inheritable", "ambient")}
    r = b.run()
    equal(r.status, want, f"status of {r}")
    if not may:
        holds(r.err, "ermission denied", "error")


def started(w, b, *options, **more):
    """A running `run` whose program has said that it is ready."""
    b.write()
    p = w.popen(w.words("run", "--bundle", b.path, *options, b.id), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    line = p.stdout.readline()
    if line != b"ready\n":
        p.kill()
        raise AssertionError(f"not ready: {line!r} {p.communicate()!r}")
    return p


def ended(p, want):
    out, err = p.communicate(timeout=20)
    equal((p.returncode, err), (want, b""), "status and errors")
    return out.decode()


@case("killed from outside: 137", ROOT, USER)
def killed(w):
    b = w.bundle().probe("signals")
    p = started(w, b)
    w.must("kill", b.id, "KILL")
    equal(ended(p, 137), "", "output")


@case("a run that only waits: one thread, at most 1.5 MiB", ROOT, USER)
def rests(w):
    b = w.bundle().probe("signals")
    p = started(w, b)

    def holds_little():
        status = dict(l.split(":", 1) for l in host.read(f"/proc/{p.pid}/status").splitlines())
        equal(status["Threads"].strip(), "1", "threads")
        return int(status["VmRSS"].split()[0]) <= 1536

    check(host.until(holds_little), host.read(f"/proc/{p.pid}/status"))
    w.must("kill", b.id, "KILL")
    ended(p, 137)


@case("signals are passed on", ROOT, USER)
def signals(w):
    b = w.bundle().probe("signals")
    p = started(w, b)
    numbers = [signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT,
               signal.SIGRTMIN + 3]
    for n in numbers:
        p.send_signal(n)
        equal(p.stdout.readline().decode(), f"signal {int(n)}\n", "line")
    p.send_signal(signal.SIGTERM)
    equal(ended(p, 0), f"signal {int(signal.SIGTERM)}\n", "output")


@case("kill by name, number and spelling", ROOT, USER)
def kill_names(w):
    b = w.bundle().probe("signals")
    p = started(w, b)
    for word, number in (("USR1", 10), ("SIGUSR2", 12), ("hup", 1), ("sigint", 2), ("3", 3),
                         ("RTMIN+1", 35), ("SIGRTMAX", 64)):
        w.must("kill", b.id, word)
        equal(p.stdout.readline().decode(), f"signal {number}\n", word)
    w.must("kill", b.id, "0")
    w.must("kill", b.id)
    equal(ended(p, 0), "signal 15\n", "output")


@case("descriptors: the caller's three and no other", ROOT, USER)
def leaked_descriptors(w):
    def leak():
        for n in (3, 9, 200, 1000):
            os.dup2(leaked, n)
            os.set_inheritable(n, True)

    leaked = os.open("/", os.O_RDONLY)
    try:
        v = w.bundle().view(before=leak, close_fds=False)
    finally:
        os.close(leaked)
    equal(sorted(v["fds"]), ["0", "1", "2"], "descriptors")
    equal([v["fds"][n]["type"] for n in "012"], ["fifo"] * 3, "types")


@case("descriptors: --preserve-fds", ROOT, USER)
def preserve(w):
    def give():
        os.dup2(two, 4)
        os.dup2(one, 3)
        os.dup2(one, 5)
        for n in (3, 4, 5):
            os.set_inheritable(n, True)

    one, two = os.open("/dev/zero", os.O_RDONLY), os.open("/dev/full", os.O_RDWR)
    try:
        v = w.bundle().view(options=("--preserve-fds", "2"), before=give, close_fds=False)
        r = w.bundle().run("--preserve-fds=90", before=give, close_fds=False)
    finally:
        os.close(one)
        os.close(two)
    equal(sorted(v["fds"]), list("01234"), "descriptors")
    equal([v["fds"][n]["minor"] for n in "34"], [5, 7], "numbers of the devices")
    equal(r.status, 1, f"status of {r}")


@rows("descriptors: closed ones", [(str(c), c) for c in
                                  ((0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2))], ROOT, USER)
def closed(w, numbers):
    b = w.bundle()
    out = w.directory("out")
    b.bind(out, "/out", "bind")
    b.args("/bin/probe", "--to", "/out/view", "view")
    r = b.run(before=lambda: [os.close(n) for n in numbers], stdin=subprocess.DEVNULL)
    equal((r.status, r.err), (0, ""), "status and errors")
    with open(os.path.join(out, "view"), encoding="utf-8") as f:
        fds = json.load(f)["fds"]
    for n in numbers:
        if n != 1:  # --to has taken its place
            check(str(n) not in fds or fds[str(n)]["minor"] == 3, f"{n}: {fds.get(str(n))}")
    check(set(fds) <= {"0", "1", "2", "3"}, f"descriptors {fds}")
    check(all(e["type"] in ("char", "fifo", "file") for e in fds.values()), f"types {fds}")


@case("stdio is the caller's own, both ways", ROOT, USER)
def stdio(w):
    text = os.urandom(300000).hex().encode()
    r = w.bundle().shell("cat; echo err >&2").run(data=text)
    equal((r.status, r.err), (0, "err\n"), "status and errors")
    check(r.raw == text, f"{len(r.raw)} bytes of {len(text)}")


@case("standard output can be opened again by its user")
def stdout_again(w):
    b = w.bundle().shell("echo x >/dev/stdout")
    b.process["user"] = {"uid": 1000, "gid": 1000}
    equal(b.must().out, "x\n", "output")


@case("--pid-file: the pid, no newline, as the host sees it", ROOT, USER)
def pid_file(w):
    b = w.bundle().probe("signals")
    path = os.path.join(w.directory("pid"), "pid")
    with open(path, "w", encoding="ascii") as f:
        f.write("old and longer than a pid")
    w.own(path)
    p = started(w, b, "--pid-file", path)
    with open(path, encoding="ascii") as f:
        text = f.read()
    equal(text, str(b.state()["pid"]), "content")
    holds(host.read(f"/proc/{text}/status"), "NSpid:\t" + text + "\t1\n", "status")
    equal(os.listdir(os.path.dirname(path)), ["pid"], "files")
    w.must("kill", b.id)
    ended(p, 0)


@case("--pid-file is not written on failure")
def pid_file_failure(w):
    path = os.path.join(w.directory("pid"), "pid")
    equal(w.bundle().args("/none").run("--pid-file", path).status, 1, "status")
    check(not os.path.exists(path), "it is there")


@case("run --detach returns when the program runs", ROOT, USER)
def detach(w):
    b = w.bundle().probe("pause")
    b.detached()
    s = b.state()
    equal((s["status"], s["id"], s["bundle"]), ("running", b.id, b.path), "state")
    holds(host.read(f"/proc/{s['pid']}/cmdline"), "probe\0pause", "command line")
    w.must("delete", "--force", b.id)
    check(host.gone(lambda: [p for p in host.processes(w.token) if p == s["pid"]]) == [], "gone")


@case("nothing but the program holds the caller's descriptors")
def nothing_in_between(w):
    b = w.bundle().probe("pause")
    b.detached()
    pid = b.state()["pid"]
    equal(host.processes(w.token), [pid], "processes")
    status = dict(line.split(":\t", 1) for line in
                  host.read(f"/proc/{pid}/status").splitlines() if ":\t" in line)
    equal(int(status["PPid"]), os.getpid(), "parent")
    w.must("delete", "--force", b.id)


@case("the caller's death signal is not passed on")
def death_signal(w):
    import ctypes
    b = w.bundle().probe("pause")
    b.detached(before=lambda: ctypes.CDLL(None).prctl(1, 9, 0, 0, 0))
    time.sleep(0.1)
    equal(b.state()["status"], "running", "status")
    w.must("delete", "--force", b.id)


# --- terminal ---------------------------------------------------------------------------------


def terminal_bundle(w):
    b = w.bundle()
    b.process["terminal"] = True
    return b


@case("terminal: own pty, size and settings of the caller's", ROOT, USER)
def terminal_view(w):
    b = terminal_bundle(w)
    with terminal.Terminal(w, rows=37, columns=91) as t:
        before = t.settings()
        b.probe("view").write()
        v = json.loads(t.run(w.words("run", "--bundle", b.path, b.id), want=0))
        equal(t.settings(), before, "settings afterwards")
    equal(v["tty"], 1, "isatty")
    equal(v["window"], [37, 91], "window")
    equal(v["foreground"], 1, "foreground process group")
    check(v["fds"]["0"] == v["fds"]["1"] == v["fds"]["2"], "one terminal")
    equal(v["fds"]["0"]["target"], "/dev/pts/0", "name")
    equal(v["dirs"]["/dev"]["console"]["major"], 136, "/dev/console")
    equal(sorted(v["fds"]), list("012"), "descriptors")


@case("terminal: consoleSize of the configuration", ROOT)
def terminal_size(w):
    b = terminal_bundle(w)
    b.process["consoleSize"] = {"height": 11, "width": 22}
    b.probe("view").write()
    with terminal.Socket(w) as s:
        w.must("run", "--detach", "--bundle", b.path, "--console-socket", s.path, b.id)
        text, name = s.read_all()
    equal(json.loads(text)["window"], [11, 22], "window")
    w.must("delete", "--force", b.id)
    check(name, "a name comes with the descriptor")


@case("consoleSize without a terminal is nothing", ROOT, USER)
def no_terminal_size(w):
    b = w.bundle()
    b.process["consoleSize"] = {"height": 11, "width": 22}
    v = b.view()
    equal((v["tty"], "window" in v), (0, False), "terminal")


@case("terminal: keys reach the program, Ctrl-C is 130", ROOT, USER)
def terminal_keys(w):
    b = terminal_bundle(w).shell("read a; echo got $a; exec sleep 100")
    b.shell("trap 'exit 130' INT; read a; echo got $a; while :; do sleep 0.05; done").write()
    with terminal.Terminal(w) as t:
        before = t.settings()
        t.start(w.words("run", "--bundle", b.path, b.id))
        t.send(b"hello\r")
        t.until(b"got hello")
        t.send(b"\x03")
        t.rest()
        equal(t.wait(), 130, "status")
        equal(t.settings(), before, "settings afterwards")


@case("terminal: a change of size is passed on", ROOT, USER)
def terminal_resize(w):
    b = terminal_bundle(w).probe("signals").write()
    with terminal.Terminal(w) as t:
        t.start(w.words("run", "--bundle", b.path, b.id))
        t.until(b"ready")
        t.resize(50, 60)
        t.until(b"window 50 60")
        t.process.send_signal(signal.SIGTERM)
        t.rest()
        equal(t.wait(), 0, "status")


@case("terminal: much output without loss, exit status", ROOT, USER)
def terminal_output(w):
    b = terminal_bundle(w).shell("seq 1 200000; exit 9").write()
    with terminal.Terminal(w) as t:
        out = t.run(w.words("run", "--bundle", b.path, b.id), want=9)
    equal(out.replace("\r\n", "\n"), "".join(f"{n}\n" for n in range(1, 200001)), "output")


@case("terminal: settings come back when the runtime is ended", ROOT)
def terminal_ended(w):
    b = terminal_bundle(w).probe("pause").write()
    with terminal.Terminal(w) as t:
        before = t.settings()
        t.start(w.words("run", "--bundle", b.path, b.id))
        host.until(lambda: t.settings() != before)
        host.until(lambda: w.crun("state", b.id).out.find("running") > 0)
        w.must("kill", b.id, "KILL")
        t.rest()
        equal(t.wait(), 137, "status")
        equal(t.settings(), before, "settings afterwards")


@case("terminal: console socket of create", ROOT, USER)
def console_socket(w):
    b = terminal_bundle(w).shell("tty; exit 4").write()
    with terminal.Socket(w) as s:
        r = w.crun("create", "--bundle", b.path, "--console-socket", s.path, b.id)
        equal((r.status, r.out, r.err), (0, "", ""), "create")
        s.accept()
        w.must("start", b.id)
        text, _ = s.read_all()
    holds(text, "/dev/pts/0", "tty")
    w.must("delete", b.id)


@rows("terminal: refused", (
    ("create without a socket", ["create"], "console-socket"),
    ("detached without a socket", ["run", "--detach"], "console-socket"),
))
def terminal_refused(w, words, text):
    b = terminal_bundle(w).write()
    r = w.crun(*words, "--bundle", b.path, b.id)
    equal(r.status, 1, "status")
    holds(r.err, text, "message")


@case("terminal: no socket there", ROOT)
def no_socket(w):
    b = terminal_bundle(w).write()
    r = w.crun("create", "--bundle", b.path, "--console-socket", "/none/sock", b.id)
    equal(r.status, 1, "status")
    holds(r.err, "No such file or directory", "message")


@case("without a terminal: none to open, nothing to type into", ROOT)
def no_terminal(w):
    b = w.bundle().probe("try", "tiocsti", "--", "read", "/dev/tty").write()
    with terminal.Terminal(w) as t:
        out = t.run(w.words("run", "--bundle", b.path, b.id), want=0)
    got = json.loads(out)
    check(got[0] in (1, 25, 5), f"TIOCSTI: {got[0]}")
    equal(got[1], 6, "/dev/tty: ENXIO")
