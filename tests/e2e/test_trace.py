"""--trace, trace and --debug: where the time of a start goes."""

import json
import os
import re

from lib.suite import ROOT, USER, case, check, equal, holds, rows


def events(path):
    with open(path, encoding="utf-8") as f:
        return [v for v in json.load(f)["traceEvents"] if v["ph"] == "X"]


def traced(w, b, *words, status=0):
    b.write()
    path = os.path.join(w.directory("trace"), "t.json")
    r = w.crun("--trace", path, *words, to_files=True)
    equal(r.status, status, f"{r}")
    return path


@rows("--trace tells of both processes", (("run", ("run",)), ("run --detach", ("run", "--detach")),
                                          ("create", ("create",))), ROOT, USER)
def both(w, words):
    b = w.bundle().shell("true")
    found = events(traced(w, b, *words, "--bundle", b.path, b.id))
    equal(len({v["pid"] for v in found}), 2, "processes")
    for v in found:
        check(v["ts"] >= 0 and v["dur"] >= 0, f"{v}")
    kinds = [v["cat"] for v in found]
    for kind in ("spawn", "attach", "child_done"):
        check(kind in kinds, f"no {kind} in {kinds}")
    equal("exec" in kinds, words[0] == "run", "the program is executed")
    line = next(v for v in found if v["cat"] == "attach" and v["args"]["path"].startswith("mounts"))
    check(line["args"]["line"] > 0, f"{line}")
    if words != ("run",):
        w.must("delete", "--force", b.id)


@case("trace has a line for each event, in their order", ROOT, USER)
def shown(w):
    b = w.bundle().shell("true")
    path = traced(w, b, "run", "--bundle", b.path, b.id)
    lines = w.must("trace", path).out.splitlines()
    equal(len(lines), len(events(path)) + 2, "a heading and the sum beside")
    holds(lines[0], "at ms", "heading")
    check(re.fullmatch(r" *[0-9.]+ ms in all, without the program", lines[-1]), lines[-1])
    begins = [float(x.split()[0]) for x in lines[1:-1]]
    equal(begins, sorted(begins), "order")


@case("--trace of a start that fails ends with what failed")
def failed(w):
    b = w.bundle().args("/bin/missing")
    path = traced(w, b, "run", "--bundle", b.path, b.id, status=1)
    last = max((v for v in events(path) if v["cat"] != "child_done"), key=lambda v: v["ts"])
    equal(last["cat"], "find_program", f"{last}")


@rows("--trace to where nothing can be written", (
    ("no such directory", "/nowhere/t.json", "No such file or directory"),
    ("a directory", "/", "Is a directory")))
def nowhere(w, path, why):
    b = w.bundle().shell("echo ran").write()
    r = w.crun("--trace", path, "run", "--bundle", b.path, b.id)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, f'cannot open trace "{path}": {why}', "standard error")


@rows("trace of what is no trace", (
    ("no file", None, "No such file or directory"), ("no JSON", "{", "expected Chrome trace JSON"),
    ("another object", "{}", "expected Chrome trace JSON"), ("a number", "7", "expected Chrome"),
    ("a directory", "/", "no regular file")))
def no_trace(w, text, why):
    path = os.path.join(w.directory("trace"), "t.json")
    if text == "/":
        os.mkdir(path)
    elif text is not None:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    r = w.crun("trace", path)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, why, "standard error")


@case("trace shows nothing that steers a terminal")
def foreign(w):
    path = os.path.join(w.directory("trace"), "t.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump([{"ph": "X", "name": "a\x1b[2Jb\n\u202ec", "ts": 1, "dur": 2, "pid": 1},
                   {"ph": "X", "name": "odd", "ts": "x", "dur": -1}, 7, None, {"ph": []}], f)
    out = w.must("trace", path).out
    equal(len(out.splitlines()), 3, out)
    check("\x1b" not in out and "\u202e" not in out, repr(out))


@case("--debug tells of each operation and its time", ROOT, USER)
def debug(w):
    b = w.bundle().shell("echo ran").write()
    r = w.crun("--debug", "run", "--bundle", b.path, b.id)
    equal((r.status, r.out), (0, "ran\n"), f"{r}")
    told = [x for x in r.err.splitlines() if x.startswith("debug: +")]
    for x in told:
        check(re.match(r"debug: \+[0-9]+ us, [0-9]+ us: (parent|child): ", x), x)
    for what in ("parent: make a process in new namespaces", "child: mount on \"/proc\"",
                 "child: execute"):
        check(any(what in x for x in told), f"no {what}: {r.err}")
