"""What people read: golden files, and that nothing in a file steers a terminal."""

import json
import os
import re

from suite import BASE, SOURCE, case, config, equal, golden, holds, text

STEER = "\x1b[31m\u202e\u200bx\x07\x9b2J"


def line(value):
    """On one line, non-ASCII characters as they are."""
    return json.dumps(value, ensure_ascii=False).encode()


def mounts(*options):
    return config(mounts=[{"destination": "/d", "source": "/d", "options": list(options)}])


GOLDEN = (
    ("good", BASE),
    ("several", config(hostnam="x", hostname="h" * 65, linux_maskedPaths=["proc/keys"],
                       process_rlimits=[{"type": "RLIMIT_NOFILES", "soft": 2, "hard": 1}],
                       process_capabilities={"bounding": ["NET_ADMIN"]})),
    ("mount-options", mounts("bind", "nosiud", "size=5m", "rro", "readonly")),
    ("plan", config(mounts=[{"destination": "/d", "type": "proc",
                             "options": ["tmpcopyup"]}])),
    ("ambient", config(process_capabilities={"ambient": ["CAP_KILL"]})),
    ("duplicate", b'{"foo": 1, "foo": 2,\n"ociVersion": "1.3.0", "ociVersion": "1.3.0"}\n'),
    ("versions", config(ociVersion="1.3")),
    ("version-one", config(ociVersion="1")),
    ("version-two", config(ociVersion="2.0.0")),
    ("cgroup-v1", config(linux_resources={"memory": {"useHierarchy": True}})),
    ("one-line", line(config(annotations={f"k{i}": "x" * 40 for i in range(1200)}, hostnam="x",
                             domainnam="y"))),
    ("tabs", b'\t{\t"ociVersion":\t5\t}\t'),
    ("crlf", text(config(hostnam="x")).replace(b"\n", b"\r\n")),
    ("wide", line(config(annotations={"中文": "e\u0301\u0301 😀", "": "ß"}, hostnam="中文"))),
    ("steer", line({**BASE, STEER: {STEER: 1}, "hostname": STEER * 5}).replace(
        b"\\u001b", b"\\u001B")),
    ("empty", b""),
    ("blank", b" \n\t\n"),
    ("binary", bytes(range(1, 256))),
    ("nul", b'{\n"a": "b\0c"}'),
    ("utf16", '{"ociVersion": "1.3.0"}'.encode("utf-16")),
    ("bom", b"\xef\xbb\xbf{}"),
    ("trailing-comma", b'{\n  "ociVersion": "1.3.0",\n}\n'),
    ("single-quotes", b"{\n  'ociVersion': '1.3.0'\n}\n"),
    ("octal", text(config(process_user={"uid": 0, "gid": 0, "umask": 18})).replace(
        b": 18", b": 0022")),
    ("missing-quote", b'{"ociVersion": "1.3.0,\n "hostname": "x"}\n'),
    ("quote-inside", b'{"ociVersion": "a "quoted" word"}\n'),
    ("unclosed", text(BASE)[:-3]),
    ("list", b"[1, 2]\n"),
)


@case("text", [(name, name, value) for name, value in GOLDEN])
def text_of(p, name, value):
    _, out, err = p.check(value)
    equal(err, "", "errors")
    golden(f"text-{name}.txt", out)
    bare = re.sub("[\n\ta-zßé中文😀\u0301\x20-\x7e]", "", out)
    equal(bare, "", "characters that no test expects")


@case("lint of a privileged container")
def lint(p):
    path = os.path.join(SOURCE, "tests/configs/engines/podman-5.4.2-privileged.json")
    with open(path, "rb") as f:
        golden("lint-podman-privileged.txt", p.check(json.load(f), "--lint")[1])


@case("lint of a container that reaches the host")
def lint_host(p):
    golden("lint-host.txt", p.check(config(mounts=[
        {"destination": "/h", "type": "bind", "source": "/", "options": ["rbind"]},
        {"destination": "/p", "type": "bind", "source": "/proc", "options": ["rbind", "rw"]},
        {"destination": "/run/docker.sock", "type": "bind", "source": "/var/run/docker.sock",
         "options": ["bind"]}]), "--lint")[1])


@case("many errors are cut, and counted")
def many(p):
    status, out, _ = p.check(config(linux_maskedPaths=["x"] * 5000))
    equal((status, out.count(": error: ")), (1, 1000), "errors")
    equal(out.splitlines()[-1],
          "(standard input): 5000 errors, 0 warnings; 4000 of them are not shown", "sum")


@case("many warnings do not hide an error")
def many_warnings(p):
    status, out, _ = p.check({**{f"x{i}": 1 for i in range(3000)}, **config(hostname=5)})
    equal((status, out.count(": error: ")), (1, 1), "errors")
    holds(out, "1 error, 3000 warnings; 2000 of them are not shown", "sum")


@case("the caret is below the word")
def caret(p):
    for before in ("", "x" * 59, "x" * 60, "x" * 300, "中" * 40, "e\u0301" * 90, "\t" * 70):
        value = line({**BASE, "annotations": {"a": before.replace("\t", " ")}, "hostnam": 1})
        if "\t" in before:
            value = value.replace(b'"hostnam"', before.encode() + b'"hostnam"')
        shown, below = p.check(value)[1].splitlines()[1:3]
        column = sum(2 if c == "中" else 0 if c == "\u0301" else 1
                     for c in shown[:shown.index('"hostnam"')])
        equal(below, " " * 7 + "|" + " " * (column - 8) + "^" + "~" * 8, f"line below {shown}")
