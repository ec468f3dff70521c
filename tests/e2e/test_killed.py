"""The runtime is killed at random moments; `delete --force` finds and removes all of it."""

import random
import signal
import subprocess
import time

from lib import host
from lib.suite import ROOT, USER, check, equal, rows
from lib.world import reap

TIMES = 50


def one(w, b, words, moment):
    """Kills `words` that many seconds after its start, then deletes; what is left."""
    p = w.popen(w.words(*words, "--bundle", b.path, b.id), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment)
    p.kill()
    early = p.wait() == -signal.SIGKILL
    r = w.crun("delete", "--force", b.id)
    equal((r.status, r.out, r.err), (0, "", ""), f"delete after {moment * 1000:.2f} ms")
    reap()
    left = host.gone(w.left, 2)
    check(not left, f"left after {moment * 1000:.2f} ms: {left}")
    return early


@rows("SIGKILL at random moments", (("run", "run"), ("create", "create")), ROOT, USER)
def killed(w, command):
    b = w.bundle().probe("pause").write()
    mounts = host.mounts()
    dice = random.Random()
    hit = sum(one(w, b, [command], dice.uniform(0, 0.006)) for _ in range(TIMES))
    check(hit > TIMES // 10, f"only {hit} were hit while they ran")
    equal(host.mounts(), mounts, "mounts")


@rows("SIGKILL at random moments, then the id is free", (("run", "run"),))
def killed_then_used(w, command):
    b = w.bundle().probe("pause").write()
    dice = random.Random()
    for _ in range(10):
        one(w, b, [command], dice.uniform(0, 0.006))
        b.probe("exit", "3").must(status=3)
        b.probe("pause").write()


@rows("asked to end while it makes the container", (("SIGTERM", signal.SIGTERM),
                                                    ("SIGINT", signal.SIGINT),
                                                    ("SIGHUP", signal.SIGHUP)))
def asked(w, number):
    """Whatever the moment: nothing half-made is left that `delete --force` would not remove."""
    b = w.bundle().probe("pause").write()
    dice = random.Random()
    for _ in range(10):
        p = w.popen(w.words("create", "--bundle", b.path, b.id), stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0, 0.005))
        p.send_signal(number)
        p.wait(20)
        w.must("delete", "--force", b.id)
        reap()
        equal(host.gone(w.left, 2), [], "left")
