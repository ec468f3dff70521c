"""Where a configuration may come from, and what else may be there."""

import os
import pty

from suite import BASE, Skip, case, config, equal, holds, read_terminal, text

GOOD = "config.json: 0 errors, 0 warnings\n"
MIB_16 = 16 * 1024 * 1024


@case("sources")
def sources(p):
    os.mkdir(p.path + "/b")
    p.write("b/config.json", BASE)
    p.write("other.json", config(hostnam="x"))
    equal(p.run("check", "b"), (0, "b/" + GOOD, ""), "a bundle")
    equal(p.run("check", "b/"), (0, "b/" + GOOD, ""), "a bundle with a slash")
    equal(p.run("check", "-b", "b"), (0, "b/" + GOOD, ""), "--bundle")
    equal(p.run("check", "b/config.json"), (0, "b/" + GOOD, ""), "a file")
    equal(p.run("check", "-", data=text(BASE))[:2],
          (0, "(standard input): 0 errors, 0 warnings\n"), "standard input")
    for words in (["--config", "other.json"], ["b", "--config", "other.json"]):
        status, out, err = p.run("check", *words)
        equal((status, err), (0, ""), "--config")
        holds(out, "other.json:19:3: warning: hostnam: ", "--config")
    p.write("config.json", BASE)
    equal(p.run("check"), (0, GOOD, ""), "the current directory")
    equal(p.run("check", "."), (0, GOOD, ""), "a dot")


def fifo(path):
    os.mkfifo(path)


def sparse(path):
    with open(path, "wb") as f:
        f.truncate(MIB_16 + 1)


def unreadable(path):
    if os.getuid() == 0:
        raise Skip("root reads everything")
    with open(path, "wb") as f:
        os.fchmod(f.fileno(), 0)


@case("no file", (
    ("missing", None, "cannot open \"x\": No such file or directory\n"),
    ("an empty directory", os.mkdir, "cannot open \"x/config.json\": No such file or directory\n"
                                     "  hint: make one: cd x && crun-lite spec\n"),
    ("a fifo", fifo, "cannot read \"x\": not a regular file\n"),
    ("larger than 16 MiB", sparse, "cannot read \"x\": larger than 16 MiB\n"),
    ("unreadable", unreadable, "cannot open \"x\": Permission denied\n"),
))
def no_file(p, make, err):
    if make is not None:
        make(p.path + "/x")
    equal(p.run("check", "x"), (1, "", err), "result")


@case("no file: others")
def no_file_others(p):
    p.write("config.json", BASE)
    equal(p.run("check", ".", "--config", "none"),
          (1, "", "cannot open \"none\": No such file or directory\n"), "--config")
    equal(p.run("check", "-", data=b" " * (MIB_16 + 1)),
          (1, "", "cannot read standard input: larger than 16 MiB\n"), "too much on standard input")
    equal(p.run("check", "\u202e\x1b\x9b"),
          (1, "", "cannot open \"" + "?" * 3 + "\": No such file or directory\n"), "a name that steers")


@case("usage", (
    ("two files", ["a", "b"], "check: requires a maximum of 1 argument\n"),
    ("type", ["-t", "container"], "option --type: expected config, process or resources\n"),
    ("format", ["-f", "table"], "option --format: expected text or json\n"),
    ("explain and file", ["--explain", "root", "x"], "option --explain: looks at no file\n"),
))
def usage(p, words, err):
    status, out, said = p.run("check", *words)
    equal((status, out), (1, ""), "result")
    equal(said.splitlines(True)[0], err, "error")


@case("a name that steers, of a file that is there")
def steering_name(p):
    name = "d\u202e\x1b[2J"
    os.mkdir(os.path.join(p.path, name))
    p.write(name + "/config.json", config(hostnam="x"))
    for words in ((), ("--format", "json")):
        status, out, _ = p.run("check", *words, name)
        equal((status, out.isascii(), "\x1b" in out), (0, True, False), "result")
        holds(out, "d\\", "name")


@case("standard output is full")
def full(p):
    with open("/dev/full", "wb") as f:
        status, _, err = p.run("check", "-", data=text(BASE), stdout=f)
    equal((status, err),
          (1, "cannot write to standard output: No space left on device\n"), "result")


@case("standard output is closed")
def closed(p):
    p.write("config.json", BASE)
    status, _, err = p.run("check", stdout=None, preexec_fn=lambda: os.close(1))
    equal((status, err), (0, ""), "result")


def on_terminal(p, env):
    ours, theirs = pty.openpty()
    with open(theirs, "wb", buffering=0) as f:
        p.run("check", "-", data=text(config(hostnam="x")), stdout=f, env=env)
    return read_terminal(ours)


@case("colors, on a terminal only")
def colors(p):
    holds(on_terminal(p, {}), "\x1b[1;35mwarning\x1b[0m: hostnam", "terminal")
    equal("\x1b" in on_terminal(p, {"NO_COLOR": "1"}), False, "NO_COLOR")
    equal("\x1b" in p.check(config(hostnam="x"))[1], False, "a pipe")


@case("status", (
    ("good", BASE, [], 0),
    ("warning", config(hostnam="x"), [], 0),
    ("warning, strict", config(hostnam="x"), ["--strict"], 1),
    ("good, strict", BASE, ["--strict"], 0),
    ("lint", BASE, ["--lint"], 0),
    ("lint, strict", BASE, ["--lint", "--strict"], 1),
    ("error", config(hostname=5), [], 1),
))
def status_of(p, value, words, want):
    equal(p.check(value, *words)[0], want, "status")
    p.findings(value, *words)  # has the same


TYPES = (
    ("process", "process", {"cwd": "/", "args": ["sh"]}, []),
    ("process, wrong", "process", {"cwd": "x", "args": ["sh"]}, ["cwd"]),
    ("resources", "resources", {"cpu": {"shares": 5}}, []),
    ("resources, wrong", "resources", {"memory": {"swap": 5}}, ["memory.swap"]),
    ("config", "config", BASE, []),
)


@case("type", TYPES)
def type_of(p, kind, value, paths):
    equal([f["path"] for f in p.findings(value, "--type", kind)["findings"]], paths, "findings")


@case("wrong type", (
    ("config as process", "process", BASE, "is the file a config.json? Then: --type config"),
    ("config as resources", "resources", BASE, "is the file a config.json? Then: --type config"),
    ("process as config", "config", TYPES[0][2], "is the file a process.json? Then: --type process"),
    ("resources as config", "config", TYPES[2][2],
     "is the file a resources.json? Then: --type resources"),
    ("config with a stray key", "config", config(cpu={}), None),
))
def wrong_type(p, kind, value, hint):
    hints = [f.get("hint") for f in p.findings(value, "--type", kind)["findings"]
             if f["rule"] == "unknown-key" and f.get("hint")]
    equal(hints, [hint] if hint else [], "hints")
