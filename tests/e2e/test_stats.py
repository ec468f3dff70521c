"""stats: a table once, again and again, as JSON, and on a terminal that is given back."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import termios
import time

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows

HEAD = "ID STATUS CPU MEMORY LIMIT USED READ WRITTEN PIDS".split()


def container(w, text="sleep 1000 & exec sleep 1001"):
    return w.bundle().shell(text).detached()


def refused(r, *parts):
    equal((r.status, r.out), (1, ""), f"{r}")
    for part in parts:
        holds(r.err, part, "message")


def delete(w, *bundles):
    for b in bundles:
        w.must("delete", "--force", b.id)
    equal(w.left(), [], "left")


@case("--no-stream: all containers, in order, without escapes")
def once(w):
    busy = container(w, "while :; do :; done")
    calm = w.bundle().probe("pause")
    calm.create(to_files=True)
    out = w.must("stats", "--no-stream", env=w.environment(TERM="xterm")).out
    check("\x1b" not in out, f"escapes in {out!r}")
    lines = [l.split() for l in out.splitlines()]
    equal(lines[0], HEAD, "head")
    by_id = {l[0]: l for l in lines[1:]}
    equal(list(by_id), sorted(by_id), "order")
    equal(by_id[calm.id][1:3], ["created", "0.00%"], "the one that waits")
    check(float(by_id[busy.id][2].rstrip("%")) > 5, f"the busy one: {by_id[busy.id]}")
    delete(w, busy, calm)


@case("named containers alone; JSON")
def named(w):
    a, b, c = (container(w) for _ in range(3))
    w.must("pause", b.id)
    seen = json.loads(w.must("stats", "--no-stream", "-f", "json", "--interval", "100ms", b.id,
                             a.id).out)
    equal([(s["id"], s["status"]) for s in seen], [(b.id, "paused"), (a.id, "running")], "rows")
    equal((seen[1]["pids"], seen[1]["pidsLimit"]), (2, None), "pids")
    check(seen[1]["cpuNanoseconds"] > 0 and seen[1]["cpuPercent"] is not None, "cpu")
    delete(w, a, b, c)


@case("again and again, until the last that was named has ended")
def stream(w):
    b = container(w)
    p = w.popen(w.words("stats", "--format", "json", "--interval", "100ms", b.id), stdout=-1,
                stderr=-1)
    time.sleep(0.6)
    w.must("kill", b.id, "KILL")
    out, err = p.communicate(timeout=5)
    equal((p.returncode, err), (0, b""), "end")
    lines = [json.loads(l)[0] for l in out.splitlines()]
    check(len(lines) >= 4, f"{len(lines)} lines")
    equal((lines[0]["status"], lines[-1]["status"]), ("running", "stopped"), "states")
    w.must("delete", b.id)


@case("one that is deleted meanwhile ends it too; in between it takes no time of a processor")
def deleted(w):
    b = container(w)
    p = w.popen(w.words("stats", "--interval", "300ms", b.id), stdout=-1, stderr=-1)
    time.sleep(0.7)
    fields = host.read(f"/proc/{p.pid}/stat").rsplit(")", 1)[1].split()
    check(int(fields[11]) + int(fields[12]) < 5, f"ticks {fields[11:13]}")
    w.must("delete", "--force", b.id)
    out, err = p.communicate(timeout=5)
    equal((p.returncode, err), (0, b""), "end")
    check(b"\x1b" not in out, f"escapes in {out!r}")


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, w, *words, **env):
        env = w.environment(**{"TERM": "xterm", **env})
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execve(w.program, w.words(*words), env)
            finally:
                os._exit(127)
        self.size(8, 140)
        self.before = termios.tcgetattr(self.fd)

    def size(self, lines, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, seconds, until=None):
        out, end = b"", time.monotonic() + seconds
        while time.monotonic() < end and (until is None or until not in out):
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    out += os.read(self.fd, 65536)
                except OSError:
                    break
        return out

    def wait(self):
        for _ in range(100):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            self.read(0.05)
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return "it does not end"

    def is_as_before(self):
        return termios.tcgetattr(self.fd) == self.before


ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"


def first_page(t):
    out = t.read(5, b"\x1b[?2026l")
    check(out.startswith(ENTER), f"begins as {out[:40]!r}")
    holds(out.decode(), "PIDS\x1b[K", "page")
    return out


@rows("on a terminal, which is given back after", (
    ("Ctrl-C", b"\x03", None, 0), ("q", b"q", None, 0),
    ("SIGTERM", None, signal.SIGTERM, 143), ("SIGHUP", None, signal.SIGHUP, 129)))
def terminal(w, key, sent, status):
    b = container(w)
    t = Terminal(w, "stats", "--interval", "100ms", LC_ALL="C.UTF-8")
    page = first_page(t)
    for _ in range(3):
        page += t.read(5, b"\x1b[?2026l")
    holds(page.decode(), "\u2581\u2581", "sparkline")
    check(b"\x1b[2J" not in page, "a page is wiped: it flickers")
    equal(page.count(b"\x1b[?2026h\x1b[H"), page.count(b"\x1b[?2026l"), "pages")
    if key:
        os.write(t.fd, key)
    else:
        os.kill(t.pid, sent)
    rest = t.read(3, LEAVE) + t.read(0.3)
    check(LEAVE in rest, f"not left: {rest!r}")
    after = rest.split(LEAVE)[1].decode()
    check(b.id in after and "\x1b" not in after, f"last table: {after!r}")
    equal(t.wait(), status, "status")
    check(t.is_as_before(), "the terminal is not as before")
    os.close(t.fd)
    delete(w, b)


@case("a small terminal, and one that changes its size")
def resize(w):
    bundles = [container(w, "exec sleep 1000") for _ in range(4)]
    t = Terminal(w, "stats", "--interval", "1h", LC_ALL="C")
    first_page(t)
    t.size(3, 30)
    page = t.read(5, b"\x1b[?2026l").decode()
    lines = page.split("\x1b[H")[1].replace("\x1b[K", "").split("\x1b[J")[0].split("\r\n")
    lines = [l.strip("\r") for l in lines if l.strip("\r")]
    equal(len(lines), 3, f"lines of {page!r}")
    check(all(len(l) <= 30 for l in lines), f"too wide: {lines}")
    os.write(t.fd, b"q")
    equal(t.wait(), 0, "status")
    os.close(t.fd)
    delete(w, *bundles)


@case("a terminal that can do nothing gets text")
def dumb(w):
    b = container(w)
    t = Terminal(w, "stats", "--interval", "100ms", TERM="dumb")
    out = t.read(0.5)
    check(out.count(b"STATUS") > 1 and b"\x1b" not in out, f"{out!r}")
    os.write(t.fd, b"\x03")
    equal(t.wait(), -signal.SIGINT, "status")
    os.close(t.fd)
    delete(w, b)


@rows("refused", (("unknown", ("nobody",), "does not exist"),
                  ("one of two", ("--no-stream", "a", "b"), "does not exist"),
                  ("form", ("--format", "xml"), "expected table or json"),
                  ("interval", ("--interval", "-1"), "expected a duration"),
                  ("option", ("--nope",), "unknown option")), ROOT, USER)
def bad(w, words, part):
    refused(w.crun("stats", *words), part)


@case("no containers, and one without a cgroup", ROOT, USER)
def few(w):
    equal([l.split() for l in w.must("stats", "--no-stream").out.splitlines()], [HEAD], "none")
    equal(w.must("stats", "--no-stream", "-f", "json").out, "[]\n", "none as JSON")
    b = w.bundle().probe("pause").detached()
    row = w.must("stats", "--no-stream", "--interval", "10ms").out.splitlines()[1].split()
    equal(row[:2], [b.id, "running"], "row")
    delete(w, b)


@rows("output that nobody takes ends it", (("full", "/dev/full"), ("closed pipe", None)))
def nobody(w, path):
    b = container(w)
    for words in (("stats",), ("stats", "--no-stream"), ("stats", "-f", "json")):
        if path is None:
            reader, writer = os.pipe()
            os.close(reader)
        else:
            writer = os.open(path, os.O_WRONLY)
        p = w.popen(w.words(*words, "--interval", "50ms"), stdout=writer, stderr=-1)
        os.close(writer)
        _, err = p.communicate(timeout=5)
        equal(p.returncode, 1, "status")
        holds(err.decode(), "cannot write to standard output: ", "message")
    delete(w, b)
