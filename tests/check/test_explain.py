"""`check --explain`: members, rules, and what was meant instead."""

import json
import os
import pty
import re
import struct
from fcntl import ioctl
from termios import TIOCSWINSZ

from suite import SOURCE, case, equal, golden, holds, read_terminal


def explain(p, what, *words):
    return p.run("check", "--explain", what, *words)


MEMBERS = (
    ("shares", "linux.resources.cpu.shares"), ("top", ""), ("cwd", "process.cwd"),
    ("seccomp", "linux.seccomp"), ("action", "linux.seccomp.defaultAction"),
    ("net-device", "linux.netDevices[\"eth0\"]"), ("options", "mounts[3].options"),
    ("capabilities", "process.capabilities"), ("rule", "[rlimit_order]"), ("kind", "[syntax]"),
    ("lint", "no_seccomp"),
)


@case("explain", [(name, name, what) for name, what in MEMBERS])
def explained(p, name, what):
    status, out, err = explain(p, what)
    equal((status, err), (0, ""), "result")
    equal([row for row in out.splitlines() if len(row) > 80 or row != row.rstrip()], [],
          "lines that are too long, or end in blanks")
    golden(f"explain-{name}.txt", out)


@case("explain: the top has three names")
def top(p):
    equal(explain(p, "config"), explain(p, ""), "config")
    equal(explain(p, "config.json"), explain(p, ""), "config.json")


@case("explain: not there", (
    ("misspelt", "linux.resources.cpu.shars",
     "linux.resources.cpu.shars: the configuration has no such member\n"
     "  hint: did you mean linux.resources.cpu.shares?\n"),
    ("the end of a path", "capabilities.ambient[0]",
     "capabilities.ambient[0]: the configuration has no such member\n"
     "  hint: did you mean process.capabilities.ambient?\n"),
    ("a rule", "[rlimit_ordr]",
     "[rlimit_ordr]: there is no such rule\n  hint: did you mean the rule rlimit_order?\n"),
    ("a rule without brackets", "unknown-kye",
     "unknown-kye: the configuration has no such member\n"
     "  hint: did you mean the rule unknown-key?\n"),
    ("nothing like it", "[xyz]", "[xyz]: there is no such rule\n"),
    ("it steers", "\x1b\u202e", "\\\\x1b\\\\u202e: the configuration has no such member\n"),
))
def not_there(p, what, err):
    status, out, said = explain(p, what)
    equal((status, out), (1, ""), "result")
    if what.startswith("\x1b"):
        equal(said.isascii() and "\x1b" not in said, True, "fit for a terminal")
    else:
        equal(said, err, "error")


@case("explain: every word that check prints")
def every_rule(p):
    words = set()
    for folder, pattern in (("spec", r'^(?:RULE\(\w+, |FINDING\(")([\w-]+)'),
                            ("src/spec", r'\.rule = "([\w-]+)"|reader_refuse\(r, "([\w-]+)"'),
                            ("src/lib", r'\.rule = "([\w-]+)"')):
        for name in os.listdir(os.path.join(SOURCE, folder)):
            with open(os.path.join(SOURCE, folder, name), encoding="utf-8") as f:
                for match in re.finditer(pattern, f.read(), re.MULTILINE):
                    words.add(next(g for g in match.groups() if g))
    equal({"syntax", "plan", "unknown-key", "limit", "rlimit_order"} <= words, True,
          "words found in the source")
    folder = os.path.join(SOURCE, "tests/configs/bad")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            out = p.run("check", os.path.join(folder, name))[1]
            words |= set(re.findall(r" \[([\w-]+)\]$", out, re.MULTILINE))
    for word in sorted(words):
        status, out, err = explain(p, f"[{word}]")
        equal((status, err, out.startswith(f"[{word}]\n")), (0, "", True), word)


@case("explain: JSON of a member")
def as_json(p):
    d = json.loads(explain(p, "linux.resources.cpu.shares", "--format", "json")[1])
    equal({k: type(v) for k, v in d.items()},
          {"path": str, "type": str, "required": bool, "kernel": str, "since": str, "text": str,
           "members": list, "words": list, "rules": list}, "types")
    equal((d["path"], d["since"]), ("linux.resources.cpu.shares", "4.15"), "values")
    d = json.loads(explain(p, "process.scheduler", "--format", "json")[1])
    equal((d["members"][0]["path"], d["members"][0]["required"]),
          ("process.scheduler.policy", True), "a member")
    d = json.loads(explain(p, "process.rlimits", "--format", "json")[1])
    equal(set(d["rules"][0]), {"rule", "severity", "member", "text"}, "members of a rule")
    d = json.loads(explain(p, "process.cwd", "--format", "json")[1])
    equal(d["form"], "an absolute path", "form")


@case("explain: JSON of a rule")
def rule_as_json(p):
    equal(json.loads(explain(p, "[rlimit_order]", "--format", "json")[1]),
          {"rule": "rlimit_order", "severity": "error", "member": "process.rlimits",
           "text": "soft is not above hard"}, "rule")


@case("explain: as wide as the terminal", ((str(n), n) for n in (50, 80, 120, 0, 5)))
def width(p, columns):
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with open(theirs, "wb", buffering=0) as f:
        status, _, err = p.run("check", "--explain", "linux.resources.cpu.shares", stdout=f)
    rows = read_terminal(ours).splitlines()
    most = {0: 80, 5: 40}.get(columns, columns)
    equal((status, err), (0, ""), "result")
    equal(most - 12 < max(len(row) for row in rows) <= most, True, f"width {rows}")
    holds(" ".join(rows), "1024", "text")
