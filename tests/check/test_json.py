"""What programs read: the report of --format json."""

import os

from suite import BASE, SOURCE, case, config, equal
from test_text import GOLDEN, STEER, line

SEVERITIES = ("error", "warning", "lint")
FINDING = {"severity": str, "line": int, "column": int, "length": int, "path": str, "rule": str,
           "message": str}


def conforms(report):
    equal(list(report), ["file", "findings", "errors", "warnings", "lint"], "members")
    equal(type(report["file"]), str, "file")
    for f in report["findings"]:
        hint = f.pop("hint", "a hint")
        equal({k: type(v) for k, v in f.items()}, FINDING, f"types of {f}")
        equal((type(hint), hint != "", f["message"] != ""), (str, True, True), f"texts of {f}")
        equal(f["severity"] in SEVERITIES, True, f"severity of {f}")
        equal(f["line"] > 0, f["column"] > 0, f"place of {f}")
    for name, key in zip(SEVERITIES, ("errors", "warnings", "lint")):
        equal(report[key], sum(f["severity"] == name for f in report["findings"]), key)


@case("json", [(name, name, value) for name, value in GOLDEN])
def json_of(p, name, value):
    conforms(p.findings(value))


@case("json: lint")
def lint(p):
    report = p.findings(BASE, "--lint")
    conforms(report)
    equal(report["lint"] > 3, True, "lint")


@case("json: where it is")
def place(p):
    value = line({**BASE, "hostnam": "x"})
    f, = p.findings(value)["findings"]
    column = value.index(b'"hostnam"') + 1
    equal((f["line"], f["column"], f["length"], f["path"], f["rule"], f["hint"]),
          (1, column, 9, "hostnam", "unknown-key", "did you mean \"hostname\"?"), "finding")


@case("json: paths of what the plan says", (
    ("a mount", config(mounts=[{"destination": "/a b", "type": "proc",
                                "options": ["tmpcopyup"]}]),
     "mounts[0]", "/a b: only a tmpfs can begin as a copy: \"tmpcopyup\""),
    ("a flag", config(process_scheduler={"policy": "SCHED_OTHER",
                                         "flags": ["SCHED_FLAG_UTIL_CLAMP_MIN"]}),
     "process.scheduler.flags[0]",
     "SCHED_FLAG_UTIL_CLAMP_MIN sets the bound 0, for the specification has no member for another"),
))
def plan_paths(p, value, path, message):
    f, = p.findings(value)["findings"]
    equal((f["path"], f["rule"], f["message"]), (path, "plan", message), "finding")


@case("json: nothing raw")
def nothing_raw(p):
    value = line({**BASE, STEER: {STEER: 1}, "hostname": STEER,
                  "mounts": [{"destination": STEER, "type": "bind", "options": [STEER]}],
                  "linux": {**BASE["linux"], "sysctl": {STEER: STEER},
                            "resources": {"unified": {STEER: STEER}, "rdma": {STEER + " ": {}}}}})
    _, out, _ = p.check(value, "--format", "json")
    equal([c for c in out if not (" " <= c <= "~" or c == "\n")], [], "characters")
    _, out, _ = p.check(value)
    equal([c for c in out if not (" " <= c <= "~" or c == "\n")], [], "characters of the text")


@case("json: every mount's options")
def every_mount(p):
    bad = [{"destination": f"/{i}", "type": "bind", "source": "/", "options": ["ro", "nosiud", "x"]}
           for i in range(3)]
    report = p.findings(config(mounts=bad))
    equal([(f["path"], f.get("hint")) for f in report["findings"]],
          [(f"mounts[{i}].options[{k}]", hint) for i in range(3) for k, hint in (
              (1, "did you mean \"nosuid\"?"),
              (2, "see crun-lite check --explain mounts.options"))], "findings")


@case("json: the same findings as in text")
def same(p):
    folder = os.path.join(SOURCE, "tests/configs/bad")
    for name in ("cross-hostname", "syntax-nan", "duplicate-unknown-key"):
        with open(f"{folder}/{name}.json", "rb") as f:
            value = f.read()
        shown = [row for row in p.check(value)[1].splitlines() if row.startswith("(standard")]
        want = ["{file}:{line}:{column}: {severity}: {path}{colon}{message} [{rule}]".format(
            file="(standard input)", colon=": " if f["path"] else "", **f)
                for f in p.findings(value)["findings"]]
        equal(shown[:-1], want, name)
