"""Sessions as somebody at a keyboard has them: an inner shell, job control, the end."""

import os
import signal
import subprocess
import termios
import time

from lib import host, terminal
from lib.race import ROUNDS
from lib.suite import ROOT, USER, case, check, equal, rows
from lib.terminal import Terminal
from lib.world import reap

SHELL = ("/bin/busybox", "sh", "-i")
PROMPT, ASKS = b"in> ", b"\x1b[6n"  # where the cursor is
ENV = ("PS1=in> ", "TERM=dumb")


def shell_bundle(w):
    b = w.bundle().args(*SHELL)
    b.process["terminal"] = True
    b.process["env"] += ENV
    return b.write()


def with_run(w):
    """Words that give an inner shell, and what is to be done afterwards."""
    b = shell_bundle(w)
    return w.words("run", "--bundle", b.path, b.id), lambda: None


def with_exec(w):
    b = w.bundle().probe("pause").detached()

    def end():
        time.sleep(0.05)
        reap()
        w.must("delete", "--force", b.id)

    env = [x for e in ENV for x in ("-e", e)]
    return w.words("exec", "-t", *env, b.id, *SHELL), end


BOTH = (("run", with_run), ("exec", with_exec))


def odd(t):
    """Settings that nothing begins with; they have to come back whatever happens."""
    now = t.settings()
    now[0] ^= termios.IXANY | termios.ISTRIP
    now[3] ^= termios.ECHOCTL | termios.ECHOK
    now[6][termios.VINTR] = b"\x07"
    now[6][termios.VERASE] = b"\x08"
    termios.tcsetattr(t.slave, termios.TCSANOW, now)
    return t.settings()


@rows("an interactive shell", BOTH, ROOT, USER)
def session(w, begin):
    words, end = begin(w)
    with Terminal(w) as t:
        before = odd(t)
        t.start(words)
        t.expect(PROMPT)
        check(t.settings() != before, "the caller's terminal is not raw")
        t.send(b"echo a''b\r")
        equal(t.expect(b"\r\nab\r\n").replace(ASKS, b""), b"echo a''b", "echo of what is typed")
        t.expect(PROMPT)
        for size in (b"24 80", b"50 100"):
            t.send(b"stty size\r")
            t.expect(b"\r\n" + size + b"\r\n")
            t.expect(PROMPT)
            t.resize(50, 100)
        t.send(b"sleep 1000; echo status $?\r")
        t.expect(b"\r\n")
        time.sleep(0.1)
        t.send(b"\x03")  # the outer terminal's own key is another
        t.expect(PROMPT)
        t.send(b"echo $?\r")
        t.expect(b"\r\n130\r\n")
        t.expect(PROMPT)
        t.send(b"sh -c 'sleep 0.3; echo wo''ke'\r")
        t.expect(b"\r\n")
        time.sleep(0.1)
        t.send(b"\x1a")
        t.expect(b"Stopped")
        t.expect(PROMPT)
        t.send(b"fg\r")
        t.expect(b"woke\r\n")
        t.expect(PROMPT)
        t.send(b"(exit 7)\r")
        t.expect(PROMPT)
        t.send(b"\x04")
        t.rest()
        equal((t.wait(), t.settings()), (7, before), "status and settings afterwards")
    end()


def by_kill(w, b, t):
    w.must("kill", b.id, "KILL")


def by_pid(w, b, t):
    os.kill(b.state()["pid"], signal.SIGKILL)


def by_asking(w, b, t):
    t.process.terminate()


def by_delete(w, b, t):
    w.must("delete", "--force", b.id)


@rows("a terminal is given back exactly", (
    ("kill KILL", by_kill, 137), ("kill -9 of the first process", by_pid, 137),
    ("SIGTERM to the runtime", by_asking, 0), ("delete --force", by_delete, 137)), ROOT, USER)
def given_back(w, end, status):
    b = w.bundle().probe("signals")
    b.process["terminal"] = True
    b.write()
    with Terminal(w) as t:
        before = odd(t)
        t.start(w.words("run", "--bundle", b.path, b.id))
        t.expect(b"ready")
        check(host.until(lambda: b.state()["status"] == "running"), "does not run")
        end(w, b, t)
        t.rest()
        equal((t.wait(), t.settings()), (status, before), "status and settings afterwards")


@rows("a terminal of exec is given back exactly", (
    ("SIGTERM to the runtime", by_asking, 0), ("kill of the container", by_kill, 137),
    ("delete --force", by_delete, 137)), ROOT, USER)
def given_back_by_exec(w, end, status):
    b = w.bundle().probe("pause").detached()
    with Terminal(w) as t:
        before = odd(t)
        t.start(w.words("exec", "-t", b.id, "/bin/probe", "signals"))
        t.expect(b"ready")
        end(w, b, t)
        t.rest()
        equal((t.wait(), t.settings()), (status, before), "status and settings afterwards")
    reap()
    w.must("delete", "--force", b.id)


@rows("a terminal that hangs up ends its session", BOTH, ROOT, USER)
def hang_up(w, begin):
    words, end = begin(w)
    with Terminal(w) as t:
        t.start(words)
        t.expect(PROMPT)
        t.hang_up()
        status = t.wait()
    check(status in (0, 129), f"status {status}")
    end()


@case("a terminal that hangs up, under nohup: the program goes on", ROOT)
def hang_up_ignored(w):
    out = w.directory("out")
    b = w.bundle().shell("while [ ! -e /out/go ]; do sleep 0.02; done; echo end >/out/end; exit 5")
    b.bind(out, "/out", "bind")
    b.process["terminal"] = True
    b.write()
    with Terminal(w) as t:
        t.start(["sh", "-c", "trap '' HUP; exec \"$@\"", "sh",
                 *w.words("run", "--bundle", b.path, b.id)])
        check(host.until(lambda: b.id in w.crun("list", "-q").out), "does not run")
        check(host.until(lambda: b.state()["status"] == "running"), "does not run")
        t.hang_up()
        time.sleep(0.2)
        equal(t.process.poll(), None, "status after the end of the terminal")
        with open(out + "/go", "w", encoding="ascii"):
            pass
        equal((t.wait(), host.read(out + "/end")), (5, "end\n"), "status, and what was written")


# --- an outer shell and its jobs ------------------------------------------------------------------


class Outer(Terminal):
    """A terminal with a shell that knows of jobs; `$R` is the program with its --root."""

    def __init__(self, w):
        super().__init__(w)
        busybox = os.path.join(os.path.dirname(w.probe), "busybox")
        self.start(["env", "PS1=out> ", "TERM=dumb", f"R={w.program} --root {w.state}", busybox,
                    "sh", "-i"])
        self.expect(b"out> ")

    def line(self, text):
        self.send(text.encode() + b"\r")
        self.expect(b"\r\n")

    def status(self, want):
        self.expect(b"out> ")
        self.line("echo status $?")
        self.expect(f"status {want}\r\n".encode())

    def end(self):
        self.expect(b"out> ")
        self.send(b"\x04")
        self.rest()


WAITS = "echo re''ady; while [ ! -e /go ]; do sleep 0.02; done; echo en''d; exit 7"


def run_words(w, b):
    b.write()
    return f"$R run --bundle {b.path} {b.id}", lambda: None


def exec_words(w, b):
    args = list(b.process["args"])
    b.probe("pause").detached()

    def end():
        time.sleep(0.05)
        reap()
        w.must("delete", "--force", b.id)

    return f"$R exec {b.id} {args[0]} {args[1]} \"{args[2]}\"", end


@rows("no terminal, a shell's job: Ctrl-Z, fg, bg", (("run", run_words), ("exec", exec_words)),
      ROOT, USER)
def job(w, begin):
    b = w.bundle().shell(WAITS)
    words, end = begin(w, b)
    with Outer(w) as t:
        t.line(words)
        t.expect(b"ready\r\n")
        for back in ("fg", "bg; fg"):
            t.send(b"\x1a")
            t.expect(b"Stopped")
            t.expect(b"out> ")
            t.line(back)
            for _ in back.split():
                t.expect(b"${R} ")  # the shell says which job it is
            time.sleep(0.1)
        t.send(b"\x1a")
        t.expect(b"Stopped")
        with open(b.file("/go"), "w", encoding="ascii"):
            pass
        t.expect(b"out> ")
        t.line("fg")
        t.status(7)
        t.end()
    equal(t.text.count(b"end\r\n"), 1, "ends")
    end()


@case("a terminal, a shell's job: stopped from outside, it has the terminal again at fg", ROOT)
def stopped_outside(w):
    b = shell_bundle(w)
    with Outer(w) as t:
        t.line(run_words(w, b)[0])
        t.expect(PROMPT)
        raw = t.settings()
        pid, = (p for p in host.processes(w.token)
                if " run " in host.read(f"/proc/{p}/cmdline").replace("\0", " "))
        os.kill(pid, signal.SIGSTOP)
        t.expect(b"out> ")
        t.send(b"stty sane\r")  # other shells do that by themselves
        t.expect(b"out> ")
        t.line("fg")
        check(host.until(lambda: t.settings() == raw), "not raw again")
        t.send(b"exit 9\r")
        t.status(9)
        t.end()


@case("no terminal: Ctrl-C reaches the program once, and its status is passed on", ROOT, USER)
def interrupt(w):
    b = w.bundle().shell("trap 'echo int''errupted; exit 9' INT; echo re''ady; "
                         "while :; do sleep 0.02; done")
    words, _ = run_words(w, b)
    with Outer(w) as t:
        t.line(words)
        t.expect(b"ready\r\n")
        t.send(b"\x03")
        t.expect(b"interrupted\r\n")
        t.status(9)
        t.end()


@rows("stopped and continued, it goes on", (("SIGSTOP", signal.SIGSTOP),
                                           ("SIGTSTP", signal.SIGTSTP)), ROOT, USER)
def stopped(w, number):
    b = w.bundle().shell("read a; exit 6").write()
    p = w.popen(w.words("run", "--bundle", b.path, b.id), stdin=subprocess.PIPE)
    check(host.until(lambda: b.id in w.crun("list", "-q").out), "does not run")
    check(host.until(lambda: b.state()["status"] == "running"), "does not run")
    p.send_signal(number)
    check(host.until(lambda: "T (stopped)" in host.read(f"/proc/{p.pid}/status")), "is not stopped")
    p.stdin.write(b"x\n")
    p.stdin.close()
    check(host.until(lambda: b.state()["status"] == "stopped"), "the program does not end")
    p.send_signal(signal.SIGCONT)
    equal(p.wait(10), 6, "status")


# --- much, and ends of pipes ----------------------------------------------------------------------

MUCH = 13_000_000 if ROUNDS > 40 else 700_000  # lines: 100 MiB, or 5


def lines(count):
    return "".join(f"{n}\n" for n in range(1, count + 1)).encode()


def loud(w, tty):
    b = w.bundle().shell(f"seq 1 {MUCH} | cat; exit 3")
    b.process["terminal"] = tty
    return b.write()


@rows("much output without loss", (
    ("pipe", False, False), ("pipe of a terminal's", True, False),
    ("terminal in a terminal", True, True)), ROOT)
def much(w, tty, outer):
    b = loud(w, tty)
    words = w.words("run", "--bundle", b.path, b.id)
    if outer:
        with Terminal(w) as t:
            t.start(words)
            t.rest()
            status, out = t.wait(), bytes(t.text).replace(b"\r\n", b"\n")
    else:
        r = w.command(words, limit=terminal.LONGEST)
        equal(r.err, "", "standard error")
        status, out = r.status, r.raw
    equal(status, 3, "status")
    check(out == lines(MUCH), f"{len(out)} bytes, not {len(lines(MUCH))} or others")


@rows("much input without loss", (("pipe", False), ("pipe into a terminal", True)), ROOT)
def much_in(w, tty):
    """A terminal takes no lines above 4095 bytes, and gives no end but a key's."""
    b = w.bundle().shell(("stty -echo raw; echo ready; " if tty else "") +
                         f"busybox head -c {len(lines(100_000))} | busybox md5sum; exit 3")
    b.process["terminal"] = tty
    b.write()
    r = w.crun("run", "--bundle", b.path, b.id, data=lines(100_000))
    want = subprocess.run(["md5sum"], input=lines(100_000), stdout=subprocess.PIPE, check=True)
    equal((r.status, r.out.split()[-2:]), (3, want.stdout.decode().split()), f"{r.err}")


@rows("a reader that has gone", (
    ("pipe", False), ("pipe of a terminal's", True)), ROOT, USER)
def reader_gone(w, tty):
    b = loud(w, tty)
    p = w.popen(w.words("run", "--bundle", b.path, b.id), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    equal(p.stdout.readline(), b"1\n", "line")
    p.stdout.close()
    equal(p.wait(terminal.LIMIT), 3, "status")


@rows("standard input that ends", (
    ("a pipe, closed at once", b""), ("a pipe with a line", b"x\n"),
    ("a pipe with half a line", b"x")), ROOT, USER)
def input_ends(w, data):
    b = w.bundle().shell("cat; exit 4").write()
    r = w.crun("run", "--bundle", b.path, b.id, data=data)
    equal((r.status, r.raw, r.err), (4, data, ""), f"{r}")


@rows("terminal, and a standard input that is none", (
    ("closed", lambda: os.close(0)), ("/dev/null", lambda: None)), ROOT, USER)
def no_input(w, before):
    b = w.bundle().shell("test -t 0 && echo a; exit 4")
    b.process["terminal"] = True
    b.write()
    r = w.crun("run", "--bundle", b.path, b.id, before=before, stdin=subprocess.DEVNULL)
    equal((r.status, r.out, r.err), (4, "a\n", ""), f"{r}")


@case("SIGHUP to a run in the foreground is the program's", ROOT, USER)
def hang_up_signal(w):
    b = w.bundle().shell("trap 'echo hung; exit 8' HUP; echo ready; while :; do sleep 0.02; done")
    b.write()
    p = w.popen(w.words("run", "--bundle", b.path, b.id), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE)
    equal(p.stdout.readline(), b"ready\n", "line")
    p.send_signal(signal.SIGHUP)
    equal((p.stdout.read(), p.wait(10)), (b"hung\n", 8), "output, status")
    p.stdout.close()
