"""Commands that begin at one moment, each a little late by chance."""

import os
import random
import tempfile
import time

from lib.world import Result

SEED = 20261121  # the same rounds each time; what the machine makes of them differs
LIMIT = 30       # seconds for one command


class Dice(random.Random):
    def __init__(self, seed=SEED):
        super().__init__(seed)


class Started:
    """One that waits for the gate, then for its delay, and becomes the command."""

    def __init__(self, w, words, gate, delay):
        self.words = w.words(*words)
        self.files = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.pid = os.fork()
        if self.pid != 0:
            return
        try:
            os.close(gate[1])
            with open(os.devnull, "rb") as null:
                for fd, to in ((null.fileno(), 0), (self.files[0].fileno(), 1),
                               (self.files[1].fileno(), 2)):
                    os.dup2(fd, to)
            w._become()
            os.read(gate[0], 1)
            end = time.monotonic() + delay
            while time.monotonic() < end:
                pass
            os.closerange(3, 100)
            os.execve(self.words[0], self.words, w.environment())
        finally:
            os._exit(99)

    def wait(self):
        end = time.monotonic() + LIMIT
        while (got := os.waitpid(self.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > end:
                os.kill(self.pid, 9)
                os.waitpid(self.pid, 0)
                raise AssertionError(f"still running after {LIMIT} s: {' '.join(self.words)}")
            time.sleep(0.0005)
        texts = []
        for f in self.files:
            f.seek(0)
            texts.append(f.read())
            f.close()
        return Result(self.words, os.waitstatus_to_exitcode(got[1]), *texts)


def start(w, commands, delays):
    """Lets all go; a Started for each."""
    gate = os.pipe()
    started = [Started(w, words, gate, delay) for words, delay in zip(commands, delays)]
    os.close(gate[0])
    os.close(gate[1])
    return started


def run(w, commands, delays):
    """The Results, in the order of the commands."""
    return [s.wait() for s in start(w, commands, delays)]
