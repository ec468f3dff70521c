"""Commands about one id at one moment: no survivor, and no lie.

Survivors are processes, cgroups, state and mounts.  A lie is a success of what was not done, a
reason that does not hold, or two commands that cannot both be right.
"""

import json
import os
import re
import signal
import time

from lib import host, together
from lib.race import ROUNDS
from lib.suite import ROOT, USER, case, check, equal, note, rows, skip
from lib.world import reap


def create_seconds(w, b):
    """How long a create takes, on this machine and by this user."""
    b.write()
    began = time.monotonic()
    r = w.crun("create", "--bundle", b.path, b.id, to_files=True)
    equal(r.status, 0, f"create: {r}")
    took = time.monotonic() - began
    w.must("delete", "--force", b.id)
    return took


class Round:
    """What one round has shown; `say` is in front of all that is wrong with it."""

    def __init__(self, w, b, number, results):
        self.w, self.b, self.results = w, b, results
        self.say = f"seed {together.SEED}, round {number}:\n" + "\n".join(map(str, results))

    def check(self, condition, text):
        check(condition, f"{text}\n{self.say}")

    def reasons(self, r, *known):
        """It succeeded silently, or has one line that is one of these; which one, or 0."""
        if r.status == 0:
            self.check(r.out == "" and r.err == "", "a success says something")
            return ""
        lines = r.err.splitlines()
        self.check(r.status == 1 and r.out == "" and 1 <= len(lines) <= 2, "not one line")
        found = [k for k in known if re.search(k, lines[0])]
        self.check(len(found) == 1, f"not one of the reasons that may be: {lines[0]}")
        return found[0]

    def state(self):
        """What `state` says; None when there is no container, and `list` is of the same mind."""
        r, listed = self.w.crun("state", self.b.id), self.w.crun("list", "-q")
        self.check(listed.status == 0 and listed.err == "", f"list: {listed}")
        if r.status == 0:
            self.check(listed.out == self.b.id + "\n", f"list: {listed}")
            return json.loads(r.out)
        self.check("does not exist" in r.err and listed.out == "", f"{r}\n{listed}")
        return None

    def end(self, exists):
        """Removes what there may be; nothing is left then, nor before where nothing may be."""
        if exists:
            self.w.must("delete", "--force", self.b.id)
        left = host.gone(self.w.left, 3)
        self.check(left == [], f"left: {left}")


def rounds(w, b, prepare, commands, judge):
    """One round after the other; what came of them is counted by the judge's word."""
    dice, met, mounts, late = together.Dice(), {}, host.mounts(), create_seconds(w, b)
    for number in range(ROUNDS):
        prepare()
        words = commands(dice)
        delays = [dice.uniform(0, late) for _ in words]
        round_ = Round(w, b, number, together.run(w, words, delays))
        reap()
        word = judge(round_)
        met[word] = met.get(word, 0) + 1
    equal(host.mounts(), mounts, "mounts")
    note(f"seed {together.SEED}, {ROUNDS} rounds: {met}")
    check(len(met) > 1 or ROUNDS < 40, f"no race: {met}")


EXISTS = "already exists$"
GONE = "container does not exist: No such file or directory$"
CAUGHT = "another command has deleted it meanwhile$"


@case("id race: two creates and a delete", ROOT, USER)
def create_create_delete(w):
    b = w.bundle().probe("pause").write()
    create = ("create", "--bundle", b.path, b.id)

    def commands(dice):
        return create, create, ("delete", *dice.choice(((), ("--force",))), b.id)

    def judge(round_):
        first, second, delete = round_.results
        why = [round_.reasons(r, EXISTS, CAUGHT) for r in (first, second)]
        deleted = round_.reasons(delete, GONE)
        state = round_.state()
        made, caught = why.count(""), why.count(CAUGHT)
        removed = made - (state is not None)  # containers
        round_.check(removed in (0, 1) and removed + caught <= 1, "more removed than by one delete")
        round_.check(deleted == "" or removed + caught == 0, "a delete that failed has deleted")
        round_.check(made + caught > 0, "nobody has made it")
        if "--force" not in delete.words:
            # The directory of one create at its beginning: the other has made it anew, and one of
            # them goes on in that.
            begun = made == 1 and EXISTS in why
            round_.check(deleted != "" or removed + caught == 1 or begun, "a delete of nothing")
        if state is not None:
            round_.check(state["status"] == "created" and
                         os.path.exists(f"/proc/{state['pid']}"), f"{state}")
        round_.end(state is not None)
        return f"made {made} removed {removed} caught {caught}"

    rounds(w, b, lambda: None, commands, judge)


RUNNING = "that is not stopped: running"
STOPPED = "cannot start a container that has stopped"
NOT_RUNNING = "container not running: No such process$"


@case("id race: a delete, a start and a kill", ROOT, USER)
def delete_start_kill(w):
    b = w.bundle().probe("pause").write()

    def prepare():
        w.must("create", "--bundle", b.path, b.id, to_files=True)

    def commands(dice):
        return (("delete", *dice.choice(((), ("--force",))), b.id), ("start", b.id),
                ("kill", b.id, dice.choice(("KILL", "USR2"))))

    def judge(round_):
        delete, start, kill = round_.results
        deleted = round_.reasons(delete, RUNNING)
        started = round_.reasons(start, GONE, STOPPED)
        killed = round_.reasons(kill, GONE, NOT_RUNNING)
        deadly = "KILL" in kill.words and killed == ""
        state = round_.state()
        round_.check((state is None) == (deleted == ""), f"a delete that lies: {state}")
        if deleted:
            round_.check("--force" not in delete.words and started == "", "refused for no reason")
            if deadly:  # it has been told, and ends when the machine lets it
                host.until(lambda: round_.state()["status"] == "stopped")
            want = "stopped" if deadly else "running"
            round_.check(round_.state()["status"] == want, f"{state}")
        round_.check(started in ("", GONE) or killed == "", "stopped by nobody")
        round_.check(killed == "" or deleted == "" , "not to be killed, and there")
        round_.end(state is not None)
        return f"delete {deleted or 0}, start {started or 0}, kill {killed or 0}"

    rounds(w, b, prepare, commands, judge)


def exec_and_delete(w, b, *options):
    """What exec has put into the container ends with it, whenever that comes."""
    dice, met, mounts, late = together.Dice(), {}, host.mounts(), create_seconds(w, b)
    for number in range(ROUNDS // 2):
        b.detached()
        delays = [dice.uniform(0, late / 2) for _ in range(3)]
        words = ("exec", *options, b.id, "/bin/probe", "pause")
        results = together.run(w, [words, ("exec", b.id, "/bin/probe", "pause"),
                                   ("delete", "--force", b.id)], delays)
        round_ = Round(w, b, number, results)
        round_.check(results[2].status == 0 and results[2].err == "", "delete")
        for r in results[:2]:
            round_.check(r.status in (0, 137, 255), "exec")
            lines = [line for line in r.err.splitlines() if not line.startswith("  hint: ")]
            round_.check(len(lines) == (r.status == 255), "lines")
            word = re.sub(r'"[^"]*"|`[^`]*`|e2e\S*|\d+', "", "".join(lines)) or r.status
            met[word] = met.get(word, 0) + 1
        round_.end(False)
    equal(host.mounts(), mounts, "mounts")
    note(f"seed {together.SEED}: {met}")


@case("id race: two execs and a delete", ROOT, USER)
def exec_delete(w):
    exec_and_delete(w, w.bundle().probe("pause"))


@case("id race: two execs and a delete, in our pid namespace")
def exec_delete_shared(w):
    exec_and_delete(w, w.bundle().probe("pause").namespace("pid", False), "--detach")


# --- a command in the middle of another -----------------------------------------------------------


def waiting_hook(w, b):
    """A createRuntime hook that waits until the file `go` is there; its directory."""
    here = w.directory("hook")
    busybox = os.path.join(os.path.dirname(w.probe), "busybox")
    b.config["hooks"] = {"createRuntime": [{
        "path": busybox, "args": ["sh", "-c", f"echo >{here}/in; "
                                  f"while [ ! -e {here}/go ]; do {busybox} sleep 0.02; done"],
        "env": [f"CRUN_LITE_E2E={w.token}"]}]}
    return here


def go(here):
    with open(here + "/go", "w", encoding="ascii"):
        pass


@case("id race: a create that is killed while a delete waits for it", ROOT, USER)
def create_killed(w):
    b = w.bundle().probe("pause").write()
    dice, mounts, met = together.Dice(), host.mounts(), {}
    late = create_seconds(w, b)
    for number in range(ROUNDS // 2):
        force = dice.choice(((), ("--force",)))
        create, delete = together.start(
            w, [("create", "--bundle", b.path, b.id), ("delete", *force, b.id)],
            (0, dice.uniform(0, late)))
        time.sleep(dice.uniform(0, late))
        os.kill(create.pid, signal.SIGKILL)
        round_ = Round(w, b, number, [create.wait(), delete.wait()])
        created, deleted = round_.results
        round_.check(created.status in (0, 128 + signal.SIGKILL) or
                     "deleted it meanwhile" in created.err, "create")
        word = round_.reasons(deleted, GONE)
        reap()
        if word or force:  # it may have been too early
            r = w.crun("delete", "--force", b.id)
            round_.check((r.status, r.err) == (0, ""), f"{r}")
        round_.end(False)
        word = f"create {created.status}, delete {word or 0}"
        met[word] = met.get(word, 0) + 1
    equal(host.mounts(), mounts, "mounts")
    note(f"seed {together.SEED}: {met}")


@case("id race: of starts one succeeds, and the program begins once", ROOT, USER)
def two_starts(w):
    out = w.directory("out")
    b = w.bundle().shell("echo began >>/out/file; exec sleep 1000").bind(out, "/out", "bind")
    for number in range(ROUNDS // 4 + 1):
        equal(b.create(to_files=True).status, 0, "create")
        round_ = Round(w, b, number, together.run(w, [("start", b.id)] * 3, [0] * 3))
        why = [round_.reasons(r, "cannot start an already running container") for r in
               round_.results]
        round_.check(why.count("") == 1, "not one alone")
        check(host.until(lambda: host.read(out + "/file")), "it does not begin")
        equal(b.state()["status"], "running", "status")
        equal(host.read(out + "/file"), "began\n", "what the program wrote")
        os.unlink(out + "/file")
        w.must("delete", "--force", b.id)


@case("delete --force while a create is at work: it waits for it, then removes all", ROOT, USER)
def delete_waits(w):
    b = w.bundle().probe("pause")
    here = waiting_hook(w, b)
    b.write()
    create, = together.start(w, [("create", "--bundle", b.path, b.id)], [0])
    try:
        check(host.until(lambda: os.path.exists(here + "/in")), "the hook does not run")
        delete, = together.start(w, [("delete", "--force", b.id)], [0])
        time.sleep(0.3)
        equal(os.waitpid(delete.pid, os.WNOHANG)[0], 0, "delete, which has not waited")
        equal(b.state()["status"], "creating", "status")
    finally:
        go(here)
    equal([(r.status, r.err) for r in (create.wait(), delete.wait())], [(0, "")] * 2, "ends")
    reap()
    equal(w.left(), [], "left")


@case("delete --force of a create that hangs: who holds the lock is told", ROOT)
def delete_gives_up(w):
    if ROUNDS <= 40:
        skip("waits for ten seconds: only with HOSTILE_ROUNDS above 40")
    b = w.bundle().probe("pause")
    here = waiting_hook(w, b)
    b.write()
    create, = together.start(w, [("create", "--bundle", b.path, b.id)], [0])
    try:
        check(host.until(lambda: os.path.exists(here + "/in")), "the hook does not run")
        r = w.crun("delete", "--force", b.id)
        equal((r.status, r.out, r.err), (1, "", f'container "{b.id}": process {create.pid} holds '
                                         "its lock, still after 10000 ms\n"), "delete")
        equal(b.state()["status"], "creating", "status")
    finally:
        go(here)
    equal(create.wait().status, 0, "create")
    w.must("delete", b.id)


@rows("delete: who has forked twice in our pid namespace ends with the container", (
    ("while it runs", "exec sleep 1000", ("--force",)), ("when it has ended", "exit 0", ())))
def forked_twice(w, then, options):
    b = w.bundle().namespace("pid", False)
    b.shell(f"(busybox setsid sh -c 'busybox setsid sleep 1000 & sleep 1001 &' &); sleep 0.1; {then}")
    b.detached()
    check(host.until(lambda: len(host.processes(w.token)) == 2 + ("1000" in then)), "processes")
    if not options:
        check(host.until(lambda: (reap(), b.state()["status"] == "stopped")[1]), "does not stop")
    w.must("delete", *options, b.id)
    reap()
    equal(host.gone(lambda: host.processes(w.token), 1), [], "processes")
    equal(w.left(), [], "left")
