"""The register of tests, and what a test says.  Knows nothing of containers.

A test is a function that takes a World and is marked with `case` (one test) or `rows` (one test a
row).  It passes when it returns; `fail` and its kin, or Skip, end it.  A file whose tests all need
a later kernel than the oldest says so: LINUX_SINCE = (major, minor); as a plain user,
LINUX_SINCE_USER.
"""

import fnmatch
import sys
import time
import traceback

from lib import kernel

ROOT, USER = "root", "user"

_tests = []
_notes = []


class Skip(Exception):
    """Cannot be tested here; the text says why."""


class Failure(Exception):
    """The text says what was seen and what was expected."""


def case(name, *who):
    """Registers a test, to be run as root, as a plain user, or as both (default: root)."""

    def add(function):
        for role in who or (ROOT,):
            _tests.append((f"{role}: {name}", role, function, ()))
        return function

    return add


def rows(name, table, *who):
    """Registers a test for each row (label, argument...)."""

    def add(function):
        for role in who or (ROOT,):
            for label, *rest in table:
                _tests.append((f"{role}: {name}: {label}", role, function, tuple(rest)))
        return function

    return add


def names():
    return [name for name, *_ in _tests]


def fail(text):
    raise Failure(text)


def skip(text):
    raise Skip(text)


def note(text):
    """Something about this test that -v shows, such as how often a race was met."""
    _notes.append(text)


def check(condition, text):
    if not condition:
        fail(text)


def equal(got, want, what="value"):
    if got != want:
        fail(f"{what}:\n  got  {got!r}\n  want {want!r}")


def holds(text, part, what="text"):
    """`part` is in the text."""
    if part not in text:
        fail(f"{what} lacks {part!r}:\n{text}")


def same(got, want, what):
    """Two dicts or sets are equal; says only what differs."""
    if got == want:
        return
    if isinstance(got, dict):
        parts = [f"  {k}: got {got.get(k)!r}, want {want.get(k)!r}"
                 for k in sorted(set(got) | set(want), key=str) if got.get(k) != want.get(k)]
    else:
        parts = [f"  too much: {sorted(set(got) - set(want))!r}",
                 f"  missing: {sorted(set(want) - set(got))!r}"]
    fail("\n".join([f"{what}:"] + parts))


def _check_kernel(function, role):
    module = sys.modules[function.__module__]
    since = getattr(module, "LINUX_SINCE", kernel.RELEASE)
    if role == USER:
        since = max(since, getattr(module, "LINUX_SINCE_USER", kernel.RELEASE))
    if kernel.RELEASE < since:
        skip(f"needs Linux {since[0]}.{since[1]}")


def _say(line):
    print(line, flush=True)


def _details(text):
    for line in str(text).splitlines():
        _say(f"#   {line}")


def run(worlds, patterns, verbose):
    """Runs the tests whose name holds one of the patterns.  Returns how many failed.

    worlds: role -> World, or a text that says why there is none
    """
    failed = 0
    for name, role, function, rest in _tests:
        if patterns and not any(p in name or fnmatch.fnmatch(name, p) for p in patterns):
            continue
        world = worlds[role]
        started = time.monotonic()
        _notes.clear()
        try:
            if isinstance(world, str):
                raise Skip(world)
            _check_kernel(function, role)
            with world.test():
                function(world, *rest)
            _say(f"ok {name}")
        except Skip as why:
            _say(f"skip {name}: {why}")
        except (Failure, AssertionError) as what:
            failed += 1
            _say(f"not ok {name}")
            _details(what)
        except Exception:  # a broken test is a failed one
            failed += 1
            _say(f"not ok {name}")
            _details(traceback.format_exc())
        if verbose:
            _details("\n".join(_notes))
            print(f"#   {time.monotonic() - started:.2f} s", file=sys.stderr, flush=True)
    return failed
