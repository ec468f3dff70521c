"""Bugs that terminals had once."""

import os
import socket
import subprocess
import sys
import threading
import time

from lib import host, terminal
from lib.suite import ROOT, USER, case, check, equal, holds

NUMBERS = "".join(f"{n}\n" for n in range(1, 20001))


def terminal_bundle(w, text):
    b = w.bundle().shell(text)
    b.process["terminal"] = True
    return b.write()


@case("console socket in the foreground: its receiver alone reads the terminal", ROOT, USER)
def one_reader(w):
    b = terminal_bundle(w, "seq 1 20000; exit 5")
    with terminal.Socket(w) as s:
        p = w.popen(w.words("run", "--bundle", b.path, "--console-socket", s.path, b.id),
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        text, _ = s.read_all()
        out, err = p.communicate(timeout=10)
    equal((p.returncode, out, err), (5, b"", b""), "status and outputs")
    equal(text.replace("\r\n", "\n"), NUMBERS, "what the receiver read")


@case("terminal: a reader that has gone does not stop the program", ROOT, USER)
def reader_gone(w):
    b = terminal_bundle(w, "seq 1 100000; exit 6")
    p = w.popen(w.words("run", "--bundle", b.path, b.id), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = p.stdout.readline()
    p.stdout.close()
    status = p.wait(terminal.LIMIT)
    equal((line, status, p.stderr.read()), (b"1\n", 6, b""), "line, status, standard error")
    p.stderr.close()


@case("terminal: closed by all, then opened anew", ROOT, USER)
def opened_anew(w):
    b = terminal_bundle(w, "exec 0<&- 1>&- 2>&-; sleep 0.3; echo again >/dev/console; exit 8")
    with terminal.Terminal(w) as t:
        equal(t.run(w.words("run", "--bundle", b.path, b.id), want=8), "again\r\n", "output")


@case("terminal: an orphan that writes on does not keep it, in our pid namespace")
def orphan(w):
    b = w.bundle().namespace("pid", False)
    b.process["terminal"] = True
    b.shell("trap '' HUP; (while :; do echo on; busybox usleep 20000; done) & sleep 0.1; exit 3")
    b.write()
    with terminal.Terminal(w) as t:
        started = time.monotonic()
        holds(t.run(w.words("run", "--bundle", b.path, b.id), want=3), "on", "output")
        seconds = time.monotonic() - started
    check(seconds < 5, f"ended after {seconds:.1f} s only")


# A shell with job control: its job begins in the background, and is fetched when a file appears.
SHELL = """
import os, signal, sys, time
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
go, words = sys.argv[1], sys.argv[2:]
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(words[0], words)
while not os.path.exists(go):
    time.sleep(0.01)
os.tcsetpgrp(0, job)
os.killpg(job, signal.SIGCONT)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]))
"""


@case("terminal: a job in the background leaves the terminal alone until it is fetched")
def background(w):
    b = terminal_bundle(w, "echo ready; read a; echo got $a; exit 4")
    go = os.path.join(w.directory("go"), "go")
    with terminal.Terminal(w) as t:
        before = t.settings()
        t.start([sys.executable, "-c", SHELL, go, *w.words("run", "--bundle", b.path, b.id)])
        t.until(b"ready")
        time.sleep(0.2)
        equal(t.settings(), before, "settings in the background")
        with open(go, "w", encoding="ascii"):
            pass
        host.until(lambda: t.settings() != before)
        t.send(b"hello\r")
        t.until(b"got hello")
        t.rest()
        equal((t.wait(), t.settings()), (4, before), "status and settings afterwards")


@case("console socket whose receiver has gone: an error, no waiting", ROOT, USER)
def receiver_gone(w):
    b = terminal_bundle(w, "exit 0")
    for _ in range(5):
        path = os.path.join(w.directory("socket"), "s")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            os.chmod(path, 0o777)
            s.listen()
            hang_up = threading.Thread(target=lambda s=s: s.accept()[0].close())
            hang_up.start()
            r = w.crun("run", "--detach", "--bundle", b.path, "--console-socket", path, b.id,
                       to_files=True, limit=5)
            hang_up.join()
        equal(r.status, 1, f"status of {r}")
        holds(r.err, "Connection reset by peer", "message")
