"""Reads what strace saw of a command: which process called what, with which names."""

import os
import re
import shutil

from lib import user
from lib.suite import skip

LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
REST = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
UNFINISHED = re.compile(r" <unfinished \.\.\.>$")
# "name", perhaps cut; an argument that names a descriptor: 5</path> or AT_FDCWD</path>
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?')
FD = re.compile(r"(AT_FDCWD|\b\d+)<((?:[^<>\\]|\\.|<[^>]*>)*)>")


class Call:
    """One call: pid, name, arguments as text, the same without names in <>, strings."""

    def __init__(self, pid, name, text):
        self.pid, self.name, self.text = int(pid), name, text
        said, self.result = (re.split(r"\)\s+= ", text, maxsplit=1) + [""])[:2]
        self.strings = TEXT.findall(said)
        self.fds = FD.findall(said)
        self.failed = self.result.startswith("-1 ")

    def __repr__(self):
        return f"{self.name}({self.text}"


def parse(lines):
    """A Call for each, in the order of their beginnings; halves are put together."""
    halves, found = {}, []
    for line in lines:
        line = line.rstrip("\n")
        rest, whole = REST.match(line), LINE.match(line)
        if rest:
            pid, name, text = rest.groups()
            at, begin = halves.pop((pid, name), (None, ""))
            if at is not None:
                found[at] = (pid, name, begin + text)
        elif whole:
            pid, name, text = whole.groups()
            if UNFINISHED.search(text):
                text = UNFINISHED.sub("", text)
                halves[pid, name] = (len(found), text)
            found.append((pid, name, text))
    return [Call(*x) for x in found]


def calls(w, words, **options):
    """Runs the command; the Result, and all its calls and its children's in order."""
    if shutil.which("strace") is None:
        skip("no strace here")
    log = os.path.join(w.tmp, "trace")
    become = []
    if w.uid is not None:  # strace itself stays root, or set-uid helpers would not work
        become = ["-u", user.NAME]
    plain, w.uid = w.uid, None
    try:
        r = w.command(["strace", "-f", "-y", "-qq", "-s", "600", "-o", log, *become, *words],
                      **options)
    finally:
        w.uid = plain
    with open(log, encoding="utf-8", errors="replace") as f:
        found = parse(f)
    os.unlink(log)
    return r, found
