"""Output that nobody takes, and files where none can be: a message, the exit status of the
documentation, the container as it was, nothing left."""

import json
import os
import re

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows

# Every command that prints, in each of its forms; {id} is a running container with an overlay.
PRINTS = (
    "state {id}", "list", "list -q", "list -f json", "ps {id}", "ps -f json {id}",
    "events --stats {id}", "events --interval 10ms {id}", "stats --no-stream",
    "stats --no-stream --format json {id}", "stats --interval 10ms {id}",
    "diff {id}", "diff -f json {id}", "diff --tar {id}",
    "plan {bundle}", "plan -f json {bundle}", "check {bundle}", "check -f json {bundle}",
    "check {bad}", "check --explain process", "features", "version", "--version", "--help", "help",
    "help run", "help --all", "help --all --format man", "run --help", "completion bash",
    "completion zsh", "completion fish", "completion words -- kill", "trace {trace}",
    "exec --dry-run {id} true", "exec --dry-run -f json {id} true", "exec --help",
)
WRITE = "(cannot write to standard output|container \"[^\"]*\": cannot write (the layer|\"[^\"]*\" into the layer)): " \
        "(No space left on device|Broken pipe)\n"
NOWHERE = (("full", "/dev/full"), ("closed pipe", None))


def to_nowhere(w, words, path):
    """Exit status and standard error of a command whose output goes nowhere."""
    if path is None:
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open(path, os.O_WRONLY)
    p = w.popen(w.words(*words), stdin=-3, stdout=writer, stderr=-1)
    os.close(writer)
    _, err = p.communicate(timeout=20)
    return p.returncode, err.decode()


@rows("bad output: what is printed", NOWHERE, ROOT, USER)
def printed(w, path):
    b = w.bundle().shell("for n in $(seq 500); do echo >/tmp/$n; done; exec sleep 1000")
    trace = os.path.join(w.directory("trace"), "trace")
    b.write()
    w.must("--trace", trace, "run", "--detach", "--overlay", "--bundle", b.path, b.id, to_files=True)
    check(host.until(lambda: "/tmp/500" in w.must("diff", b.id).out), "files")  # more than a buffer
    bad = w.bundle()
    bad.config["hostname"] = 7
    bad.write()
    names = {"id": b.id, "bundle": b.path, "bad": bad.path, "trace": trace}
    before = b.state()
    wrong = []
    for row in PRINTS:
        words = row.format(**names).split()
        if not w.root_ids and words[0] in ("events", "stats", "ps"):
            continue  # without a cgroup there is nothing to tell
        status, err = to_nowhere(w, words, path)
        want = 255 if words[0] == "exec" else 1
        if status != want or not re.fullmatch(WRITE, err):
            wrong.append(f"{row}: status {status}, {err!r}")
    check(not wrong, "\n".join(wrong))
    equal(b.state(), before, "state")
    equal(len(json.loads(w.must("list", "-f", "json").out)), 1, "containers")
    w.must("delete", "--force", b.id)


@case("bad output: every command that prints is among them")
def complete(w):
    text = w.must("help").out
    text = text[text.index("Commands:"):text.index("Global options:")]
    silent = {"run", "create", "start", "exec", "kill", "delete", "pause", "resume", "update", "spec",
              "checkpoint", "restore", "mounts"}
    names = set(re.findall(r"^  ([a-z]+)  ", text, re.M)) - silent
    equal(names - {row.split()[0] for row in PRINTS}, set(), "commands without a row")


@case("bad output: the program's own is its own matter", ROOT, USER)
def own(w):
    b = w.bundle().shell("echo x; exit 7").write()
    for path in ("/dev/full", None):
        status, err = to_nowhere(w, ["run", "--bundle", b.path, b.id], path)
        check(status in (7, 141) and "standard output" not in err, f"status {status}, {err!r}")


@case("bad output: --tar to a file where none can be")
def tar(w):
    b = w.bundle().shell("echo x >/made; exec sleep 1000")
    b.detached("--overlay")
    r = w.crun("diff", "--tar=/none/file", b.id)
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, '"/none/file"', "message")
    holds(r.err, "No such file or directory", "message")
    w.must("delete", "--force", b.id)


# Options that name a file; what the message says. {} is a directory that is not there.
NAMED = (
    ("--pid-file", "--pid-file", "{}/pid", 'cannot write pid file "{}/pid": '),
    ("--log", "--log", "{}/log", 'cannot open log "{}/log": '),
    ("--trace", "--trace", "{}/trace", '"{}/trace": '),
    ("--console-socket", "--console-socket", "{}/socket", '"{}/socket": '),
    ("--pidfd-socket", "--pidfd-socket", "{}/socket", '"{}/socket": '),
    ("--config", "--config", "{}/config.json", "{}/config.json"),
)


@rows("bad output: a directory that is not there", NAMED, ROOT, USER)
def nowhere(w, option, value, part):
    none = w.top + "/none"
    b = w.bundle().probe("pause")
    b.process["terminal"] = option == "--console-socket"
    b.write()
    words = [option, value.format(none)]
    first, second = (words, []) if option in ("--log", "--trace") else ([], words)
    end = ": No such file or directory"
    for command in ("create", "run", "run -d"):
        r = w.crun(*first, *command.split(), "--bundle", b.path, *second, b.id)
        equal((r.status, r.out), (1, ""), f"{r}")
        line = r.err.splitlines()[0]
        holds(line, part.format(none), "message")
        check(line.endswith(end), f"end of {line!r}")
        equal(host.gone(w.left, 1), [], "left")
        check(not os.path.exists(none), "a directory is made")
    if option == "--config":
        return
    b.process["terminal"] = False
    b.detached()
    before = b.state()
    for more in ([], ["--detach"]):
        tty = ["--tty"] if option == "--console-socket" else []
        r = w.crun(*first, "exec", *more, *tty, *second, b.id, "/bin/true")
        equal((r.status, r.out), (255, ""), f"{r}")
        holds(r.err, part.format(none), "message")
        check(r.err.splitlines()[0].endswith(end), f"end of {r.err!r}")
    equal(b.state(), before, "state")
    w.must("delete", "--force", b.id)
