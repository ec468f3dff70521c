"""exec again and again, and killed at every step: the container is as it was."""

import contextlib
import ctypes
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

from lib import host, kernel, together
from lib.race import ROUNDS
from lib.suite import ROOT, USER, case, check, equal, note, rows, same, skip
from lib.world import reap


@contextlib.contextmanager
def container(b):
    b.probe("pause").detached()
    try:
        yield b.state()["pid"]
    finally:
        host.until(lambda: (reap(), len(host.processes(b.world.token)) <= 1)[1], 2)
        b.world.must("delete", "--force", b.id)


def status_lines(pid):
    kept = ("State", "Threads", "Seccomp", "CapEff", "SigBlk", "SigIgn", "NoNewPrivs")
    lines = (host.read(f"/proc/{pid}/status") or "").splitlines()
    return [line for line in lines if line.split(":")[0] in kept]


def look(w, b, pid):
    """All that an exec could leave in or of the container."""
    reap()
    own = os.path.join(w.state, b.id)
    groups = [c for c in host.cgroups(w.token) if c.endswith(b.id)]
    return {
        "processes": host.processes(w.token),
        "of its cgroup": [host.read(f"{c}/cgroup.procs") for c in groups],
        "cgroups": host.cgroups(w.token),
        "descriptors": sorted(os.listdir(f"/proc/{pid}/fd")),
        "mounts": host.read(f"/proc/{pid}/mountinfo"),
        "status": status_lines(pid),
        "state": {n: (s.st_ino, s.st_size, s.st_mtime_ns) for n in os.listdir(own)
                  for s in (os.lstat(os.path.join(own, n)),)},
        "terminals": sorted(os.listdir(f"/proc/{pid}/root/dev/pts")) if w.root_ids else [],
        "temporary": os.listdir(w.tmp),
        "said": b.state(),
    }


def as_before(w, b, pid, before, what):
    host.until(lambda: look(w, b, pid) == before, 3)
    same(look(w, b, pid), before, f"the container, {what}")


# --- killed ---------------------------------------------------------------------------------------

WAYS = (("foreground", ()), ("terminal", ("-t",)))


@rows("exec: SIGKILL at random moments", WAYS, ROOT, USER)
def killed(w, options):
    b = w.bundle()
    dice = random.Random(together.SEED)
    with container(b) as pid:
        before, hit = look(w, b, pid), 0
        for _ in range(ROUNDS):
            moment = dice.uniform(0, 0.008)
            p = w.popen(w.words("exec", *options, b.id, "/bin/probe", "pause"),
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
            time.sleep(moment)
            p.kill()
            hit += p.wait() == -signal.SIGKILL
            as_before(w, b, pid, before, f"after {moment * 1000:.2f} ms")
        w.must("exec", b.id, "/bin/true")
        note(f"{hit} of {ROUNDS}")
        check(hit > ROUNDS // 2, f"only {hit} were hit")


STEPS = 1 if ROUNDS > 40 else 9  # each of the calls, or one of so many


def calls(w, words):
    """The calls of each process, the runtime's first: (name, how many of it so far), in order."""
    log = os.path.join(w.tmp, "strace")
    r = w.command(["strace", "-qq", "-ff", "-o", log, *words])
    equal((r.status, r.err), (0, ""), f"{r}")
    found = []
    for name in sorted(os.listdir(w.tmp), key=lambda n: int(n.rpartition(".")[2])):
        with open(os.path.join(w.tmp, name), encoding="utf-8", errors="replace") as f:
            names = re.findall(r"^(\w+)\(", f.read(), re.M)
        os.unlink(os.path.join(w.tmp, name))
        found.append([(n, names[:i + 1].count(n)) for i, n in enumerate(names)])
    return found


@rows("exec: SIGKILL at each system call", (
    ("of the runtime", [], slice(0, 1)), ("of those it makes", ["-f"], slice(1, None))), ROOT, USER)
def killed_at(w, follow, which):
    """With -f it may be the runtime that makes the call first."""
    if shutil.which("strace") is None:
        skip("no strace here")
    b = w.bundle()
    with container(b) as pid:
        words = w.words("exec", b.id, "/bin/true")
        steps = [c for of_one in calls(w, words)[which] for c in of_one][::STEPS]
        before, hit = look(w, b, pid), 0
        for name, count in steps:
            r = w.command(["strace", *follow, "-qq", "-o", "/dev/null", "-e",
                           f"inject={name}:signal=SIGKILL:when={count}", *words])
            hit += r.status != 0
            as_before(w, b, pid, before, f"after {name} {count}: {r}")
        w.must("exec", b.id, "/bin/true")
        note(f"{hit} of {len(steps)} hit")
        check(hit > len(steps) * 3 // 4, f"only {hit} of {len(steps)} were hit")


def others(w, pid):
    """The command lines of all but the container's first process."""
    time.sleep(0.01)  # one that comes from the runtime's last word
    return [host.read(f"/proc/{p}/cmdline") for p in host.processes(w.token) if p != pid]


@case("exec: detached and killed: its program runs, or nothing is there", ROOT, USER)
def killed_detached(w):
    b = w.bundle()
    dice = random.Random(together.SEED)
    with container(b) as pid:
        before, ran = look(w, b, pid), 0
        for _ in range(ROUNDS):
            p = w.popen(w.words("exec", "-d", b.id, "/bin/probe", "pause"),
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0, 0.008))
            p.kill()
            p.wait()
            check(host.until(lambda: set(others(w, pid)) <= {"/bin/probe\0pause\0"}),
                  f"what is left: {others(w, pid)}")
            for other in host.processes(w.token):
                if other != pid:
                    os.kill(other, signal.SIGKILL)
                    ran += 1
            as_before(w, b, pid, before, "")
        note(f"{ran} of {ROUNDS} ran")


# --- many -----------------------------------------------------------------------------------------

MANY = 1000 if ROUNDS > 40 else 100
AT_ONCE = 8


def grown(w, b, pid):
    """What may grow a little, and not with the number of execs: pages, KiB of kernel memory."""
    out = {"resident": int(host.read(f"/proc/{pid}/statm").split()[1])}
    for group in host.cgroups(w.token):
        text = host.read(f"{group}/memory.stat") or ""
        out["kernel"] = sum(int(line.split()[1]) for line in text.splitlines()
                            if line.startswith(("kernel ", "slab_unreclaimable "))) // 1024
    return out


@case("exec: many in a row, and at once: all succeed, nothing grows", ROOT, USER)
def many(w):
    b = w.bundle()
    with container(b) as pid:
        w.must("exec", b.id, "/bin/true")
        before, small = look(w, b, pid), grown(w, b, pid)
        for _ in range(MANY):
            equal(w.must("exec", b.id, "/bin/echo", "x").out, "x\n", "output")
        for _ in range(MANY // AT_ONCE // 2 + 1):
            for r in together.run(w, [("exec", b.id, "/bin/echo", "y")] * AT_ONCE, [0] * AT_ONCE):
                equal((r.status, r.out, r.err), (0, "y\n", ""), "one of several")
        as_before(w, b, pid, before, f"after {MANY}")
        large = grown(w, b, pid)
        note(f"{small} {large}")
        for name, value in large.items():
            check(value <= small[name] * 2 + 512, f"{name} has grown from {small[name]} to {value}")


# --- the session keyring --------------------------------------------------------------------------

KEYCTL = {"x86_64": 250, "aarch64": 219}
JOIN, SETPERM = 1, 5
ALL = 0x3f3f3f3f


def plant(name):
    """Called in a child: a keyring of this name that everybody may search; its number."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    number = ctypes.c_long(KEYCTL[os.uname().machine])
    serial = call(number, ctypes.c_long(JOIN), name.encode())
    call(number, ctypes.c_long(SETPERM), ctypes.c_long(serial), ctypes.c_long(ALL))
    return serial


@contextlib.contextmanager
def planted(w, name):
    """Somebody of the same user has made a keyring of this name, and holds it."""
    report, hold = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hold[1])
        w._become()
        os.write(report[1], str(plant(name)).encode())
        os.read(hold[0], 1)
        os._exit(0)
    os.close(hold[0])
    os.close(report[1])
    try:
        yield int(os.read(report[0], 20))
    finally:
        os.close(hold[1])
        os.close(report[0])
        os.waitpid(child, 0)


@case("the session keyring: new for each process, whoever made one of that name", ROOT, USER)
def keyrings(w):
    if kernel.session_keyring() < 0:
        skip("this kernel has no keyrings")
    b = w.bundle()
    b.probe("view").write()
    with planted(w, b.id) as foreign, planted(w, "_ses") as other:
        check(foreign > 0 and other > 0, "none planted")
        first = json.loads(w.must("run", "--bundle", b.path, b.id).out)["session_keyring"]
        with container(b):
            seen = [json.loads(w.must("exec", b.id, "/bin/probe", "view").out)["session_keyring"]
                    for _ in range(2)]
        numbers = [foreign, other, kernel.session_keyring(), first, *seen]
        equal(len(set(numbers)), len(numbers), f"different keyrings: {numbers}")
