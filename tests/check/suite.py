"""The register of tests, and what they share.  Knows no rule of configurations."""

import copy
import difflib
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))

PROGRAM = None
UPDATE = False
tests = []

# What is required, and no word more.
BASE = {"ociVersion": "1.3.0", "root": {"path": "rootfs"},
        "process": {"cwd": "/", "args": ["sh"]},
        "linux": {"namespaces": [{"type": "mount"}]}}


class Skip(Exception):
    """Cannot be tested here; the text says why."""


def case(name, table=((),)):
    """Registers a test; with a table of (label, argument...) one a row."""

    def add(function):
        for row in table:
            tests.append((f"{name}: {row[0]}" if row else name, function, row[1:]))
        return function

    return add


def config(**more):
    """BASE and more members; `linux_x=` and `process_x=` go into those."""
    ret = copy.deepcopy(BASE)
    for key, value in more.items():
        outer, _, inner = key.partition("_")
        if inner and outer in ("linux", "process"):
            ret[outer][inner] = value
        else:
            ret[key] = value
    return ret


def text(value):
    return value if isinstance(value, bytes) else json.dumps(value, indent=2).encode() + b"\n"


class Place:
    """A directory of a test's own, which is the current one of what it runs."""

    def __init__(self, path):
        self.path = path

    def write(self, name, value):
        with open(os.path.join(self.path, name), "wb") as f:
            f.write(text(value))
        return name

    def run(self, *words, data=b"", env=None, **options):
        """Runs the program.  Returns (status, output, errors), texts in UTF-8."""
        options.setdefault("stdout", subprocess.PIPE)
        r = subprocess.run([PROGRAM, *words], input=data, stderr=subprocess.PIPE, cwd=self.path,
                           check=False, timeout=60, env={"LC_ALL": "C", **(env or {})}, **options)
        return r.returncode, (r.stdout or b"").decode(), r.stderr.decode()

    def check(self, value, *words):
        """Checks a configuration on standard input."""
        return self.run("check", *words, "-", data=text(value))

    def findings(self, value, *words):
        """The report of --format json; its status has to fit."""
        status, out, err = self.check(value, "--format", "json", *words)
        equal(err, "", "errors")
        report = json.loads(out)
        bad = report["errors"] or ("--strict" in words and report["warnings"] + report["lint"])
        equal(status, 1 if bad else 0, "status")
        return report


def equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what}:\n  got  {got!r}\n  want {want!r}")


def holds(got, part, what):
    if part not in got:
        raise AssertionError(f"{what} lacks {part!r}:\n{got[-2000:]}")


def golden(name, got):
    """Compares with golden/NAME, or writes it."""
    path = os.path.join(HERE, "golden", name)
    if UPDATE:
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(got)
        return
    with open(path, encoding="utf-8", newline="") as f:
        want = f.read()
    if got != want:
        lines = difflib.unified_diff(want.splitlines(), got.splitlines(), name, "now", lineterm="")
        raise AssertionError("\n".join(list(lines)[:60]))


def read_terminal(fd):
    """All that was written to a terminal whose other end is closed."""
    ret = b""
    try:
        while part := os.read(fd, 4096):
            ret += part
    except OSError:  # EIO: nobody writes any more
        pass
    os.close(fd)
    return ret.decode()
