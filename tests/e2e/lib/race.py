"""Names that are exchanged as fast as can be, while a container is made again and again.

The sides of a race are seen from what came of each round: "dir" where the directory was there,
"link" where the link led somewhere, "error" where there was no container.
"""

import collections
import contextlib
import os
import re
import subprocess

from lib import host
from lib.canary import Canary
from lib.suite import check, equal, note
from lib.world import Result

ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "40"))

MORE = 10  # times as many, at most, where one side was not met

class Race:
    """A bundle with a volume, a canary of the host, and the pairs of names that are exchanged.

    raced  the names inside of the container whose sides are told apart
    led    parts of the names where the link leads, inside
    made   directories that the runtime makes, innermost first: removed before each round
    more   what the program does in a shell, after it has said what it met
    """

    def __init__(self, w):
        self.world, self.bundle = w, w.bundle()
        self.volume = w.directory("volume")
        self.canary = Canary(w, self.bundle.rootfs, self.volume)
        self.pairs, self.raced, self.ran = [], [], collections.Counter()
        self.more, self.made = None, []
        self.led = [os.path.basename(self.canary.path)]
        self.bundle.process["cwd"] = "/"
        self.bundle.bind(self.volume, "/vol", "bind", "rw")

    def exchange(self, place, target, directory=True):
        """`place`: a directory or a file; becomes a link to target and back."""
        other = place + ".other"
        if not os.path.lexists(place):
            if directory:
                os.makedirs(place)
            else:
                with open(place, "w", encoding="ascii"):
                    pass
        os.symlink(target, other)
        for path in (place, other):
            self.world.own(path)
        self.pairs.append((place, other))
        for top, name in ((self.volume, "/vol"), (self.bundle.rootfs, "")):
            if place.startswith(top + "/"):
                self.raced.append(name + place[len(top):])

    def way_out(self, place, how):
        """Where a link at this place of the root leads out: absolute, by `..`, by /proc.

        The absolute one is there in the root too, so that a container can come of it.
        """
        if how == "absolute":
            inside = self.bundle.file(self.canary.path)
            os.makedirs(inside, exist_ok=True)
            while inside != self.bundle.rootfs:
                self.world.own(inside)
                inside = os.path.dirname(inside)
        up = os.path.relpath(self.canary.path, os.path.dirname(self.bundle.file(place)))
        return {"absolute": self.canary.path, "relative": up,
                "magic": "/proc/1/root" + self.canary.path}[how]

    def program(self):
        """What says which side was met, unless a test has its own."""
        b = self.bundle
        if b.process["args"] != ["/bin/probe", "view"]:
            return
        files = [f"{n}{other}/hostname" for n in [*self.raced, "/vol", "", "/etc", "/second"]
                 for other in ("", ".other")]
        b.probe("met", *files)
        if self.more is not None:
            b.shell(" ".join(b.process["args"]) + "\n" + self.more)

    def side(self, r):
        """Which name was met: where is what was made, or the program itself?"""
        if r.status == 1:
            return "error"
        at = re.findall("^at (.*?)\r?$", r.out, re.M)
        mine = [any(p == n or p.startswith((n + "/", n + ".other")) for n in self.raced)
                for p in at]
        led = [any(n in p for n in self.led) and not m for p, m in zip(at, mine)]
        return {(True, False): "dir", (False, True): "link", (True, True): "both"}.get(
            (any(mine), any(led)), "neither")


@contextlib.contextmanager
def exchanging(race):
    """The exchange goes on meanwhile; it is nobody's in the container."""
    w = race.world
    running = [w.popen([w.probe, "swap", *pair], env={}, stdout=subprocess.PIPE)
               for pair in race.pairs]
    counts = []
    try:
        yield counts
        equal([p.poll() for p in running], [None] * len(running), "the exchange")
    finally:
        for p in running:
            p.terminate()
            text = p.communicate()[0]
            counts.append(int(text or b"0"))


def rounds(w, words, tty=False, made=()):
    """A Result for each round of this command."""
    options = ["--tty"] if tty else []
    for path in made:
        options += ["--rmdir", path]
    r = w.command([w.probe, "rounds", str(ROUNDS), *options, *words],
                  limit=60 + ROUNDS, stdin=subprocess.DEVNULL)
    data, out, at = r.raw, [], 0
    while at < len(data):
        head, _, _ = data[at:at + 80].partition(b"\n")
        status, size, more = (int(n) for n in head.split()[1:])
        at += len(head) + 1
        out.append(Result(words, status, data[at:at + size], data[at + size:at + size + more]))
        at += size + more
    equal((r.status, r.err, len(out)), (0, "", ROUNDS), "the rounds")
    return out


def judge_one(race, r):
    """A container that has reached nothing, or one clear line."""
    check(r.status in (0, 1), f"{r}")
    check(race.canary.secret not in r.out + r.err, f"it reads files of the host: {r}")
    if r.status == 1:
        lines = r.err.splitlines()
        check(r.out == "" and lines and (len(lines) == 1 or lines[1].startswith("  hint: ")) and
              len(lines) <= 2, f"message of {r}")
        check(re.search(r": [A-Z][^:]*$", lines[0]), f"no reason at the end of {r}")


def mounts(r):
    """How many the program has seen, if it tells."""
    return re.findall("^mounts .*$", r.out, re.M)


def run(race, judge=None, tty=False, options=(), sides=2):
    """Runs the rounds, and more of them until so many sides were met; how often each was.

    judge  is given each that ended as a container
    """
    race.program()
    race.bundle.write()
    race.canary.watch()
    w, b, met = race.world, race.bundle, race.ran
    left, words = w.left(), w.words("run", "--bundle", b.path, *options, b.id)
    calm = mounts(w.command(words)) if race.more is None else []
    with exchanging(race) as counts:
        for _ in range(MORE):
            for r in rounds(w, words, tty, race.made):
                judge_one(race, r)
                if r.status == 0 and calm:  # what is not here would be on the host
                    equal(mounts(r), calm, f"mounts in {r}")
                if r.status == 0 and judge is not None:
                    judge(r)
                met[race.side(r)] += 1
            if len(met) >= sides:
                break
    race.canary.check()
    equal(host.gone(lambda: [x for x in w.left() if x not in left], 2), [], "left")
    note(f"{sum(met.values())} rounds: {dict(met)}; exchanged {counts} times")
    check(len(met) >= sides and all(counts), f"no race: {dict(met)}, exchanged {counts} times")
    return met
