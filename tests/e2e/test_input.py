"""Bad input: a clear message, exit 1, nothing changed and nothing left."""

import json
import os
import re

from lib import host, kernel
from lib.suite import ROOT, USER, case, check, equal, holds, rows


PLACE = re.compile(r":\d+:\d+: ")


def is_in(part, line):
    return part.search(line) if hasattr(part, "search") else part in line


def refused(w, r, *parts):
    """Exit 1, nothing on standard output, a line with these parts, a hint at most, no leftovers.

    A file may have more errors than the one that the parts are of: a line each, with its place."""
    equal((r.status, r.out), (1, ""), f"status and output of {r}")
    lines = [line for line in r.err.splitlines() if not line.startswith("  hint: ")]
    placed = [line for line in lines if PLACE.search(line)]
    check(lines and (len(lines) == 1 or len(placed) == len(lines)),
          f"not one line, or a line with its place for each error: {r.err!r}")
    equal(len(r.err.splitlines()) - len(lines) <= 1, True, f"at most one hint: {r.err!r}")
    check(any(all(is_in(part, line) for part in parts) for line in lines),
          f"no line has all of {parts}: {r.err!r}")
    equal(host.gone(w.left, 1), [], "left")


def both(w, b, *parts):
    """Refused by run and by create."""
    for command in ("run", "create"):
        refused(w, w.crun(command, "--bundle", b.path, b.id), *parts)


# --- the bundle and its file ------------------------------------------------------------------


@case("a bundle that is not there", ROOT, USER)
def no_bundle(w):
    path = w.top + "/b/none"
    refused(w, w.crun("run", "--bundle", path, "x"), "none", "No such file or directory")
    refused(w, w.crun("run", path + "/"), "none", "No such file or directory")
    refused(w, w.crun("create", "-b", w.probe, "x"), "Not a directory")


def without(b):
    b.write()
    os.unlink(b.path + "/config.json")


def fifo(b):
    without(b)
    os.mkfifo(b.path + "/config.json")


def directory(b):
    without(b)
    os.mkdir(b.path + "/config.json")


def link_to_nothing(b):
    without(b)
    os.symlink("/none", b.path + "/config.json")


def device(b):
    without(b)
    os.symlink("/dev/zero", b.path + "/config.json")


FILES = (
    ("none", without, "No such file or directory"),
    ("a fifo", fifo, "not a regular file"),
    ("a directory", directory, "not a regular file"),
    ("a link to nothing", link_to_nothing, "No such file or directory"),
    ("an endless device", device, "not a regular file"),
)


@rows("config.json", FILES, ROOT, USER)
def config_file(w, make, text):
    b = w.bundle()
    make(b)
    both(w, b, "config.json", text)


@case("config.json: unreadable", USER)
def config_unreadable(w):
    b = w.bundle().write()
    os.chmod(b.path + "/config.json", 0)
    both(w, b, "config.json", "Permission denied")


def at(line, column):
    return re.compile(rf"config\.json:{line}:{column}: ")


TEXTS = (
    ("empty", "", at(1, 1)),
    ("broken", '{\n "ociVersion": "1.0.0",\n "root": {]}\n}', at(3, 11)),
    ("cut short", '{\n "ociVersion": "1.0.0",\n', at(3, 1)),
    ("more after it", '{"ociVersion": "1.0.0", "root": {"path": "r"}, "process": {"args": ["a"], '
                      '"cwd": "/"}} x', re.compile(r"config\.json:1:\d+: ")),
    ("an array", "[]", at(1, 1)),
    ("NUL", '{"ociVersion": "1.0\\u0000"}', re.compile(r"config\.json:1:\d+: ")),
    ("not UTF-8", b'{"ociVersion": "\xff"}'.decode("latin-1"), None),
    ("key twice", '{"ociVersion": "1.0.0",\n "ociVersion": "1.0.0"}', at(2, 2)),
    ("deep", "[" * 100000, re.compile(r"config\.json:1:\d+: ")),
)


@rows("config.json: text", TEXTS)
def config_text(w, text, place):
    b = w.bundle()
    b.write()
    with open(b.path + "/config.json", "wb") as f:
        f.write(text.encode("latin-1"))
    both(w, b, place or "config.json")


def place_of(text, path):
    """Line of the value of the last key of the path, in text as Bundle.write lays it out: one blank
    of indentation per level."""
    lines = text.splitlines()
    line = 0
    for depth, word in enumerate(path, 1):
        key = " " * depth + f'"{word}":'
        line = next(i for i in range(line, len(lines)) if lines[i].startswith(key))
    return line + 1


VALUES = (
    ("ociVersion a number", ("ociVersion",), 1),
    ("root a string", ("root",), "rootfs"),
    ("root.path a number", ("root", "path"), 7),
    ("root.readonly a string", ("root", "readonly"), "false"),
    ("process an array", ("process",), []),
    ("args a string", ("process", "args"), "sh"),
    ("args with a number", ("process", "args"), ["sh", 1]),
    ("cwd relative", ("process", "cwd"), "tmp"),
    ("uid negative", ("process", "user", "uid"), -1),
    ("uid too large", ("process", "user", "uid"), 4294967295),
    ("uid far too large", ("process", "user", "uid"), 2**64),
    ("uid a fraction", ("process", "user", "uid"), 1.0),
    ("uid a string", ("process", "user", "uid"), "0"),
    ("terminal a number", ("process", "terminal"), 1),
    ("capability unknown", ("process", "capabilities", "bounding"), ["CAP_NONE"]),
    ("rlimit unknown", ("process", "rlimits"), [{"type": "RLIMIT_X", "soft": 1, "hard": 1}]),
    ("rlimit soft above hard", ("process", "rlimits"),
     [{"type": "RLIMIT_NOFILE", "soft": 2, "hard": 1}]),
    ("oomScoreAdj out of range", ("process", "oomScoreAdj"), 1001),
    ("namespace unknown", ("linux", "namespaces"), [{"type": "mont"}]),
    ("namespace twice", ("linux", "namespaces"),
     [{"type": "mount"}, {"type": "uts"}, {"type": "mount"}]),
    ("mounts an object", ("mounts",), {}),
    ("mount without a destination", ("mounts",), [{"type": "tmpfs"}]),
    ("device of no kind", ("linux", "devices"), [{"type": "x", "path": "/dev/x"}]),
    ("seccomp action unknown", ("linux", "seccomp"), {"defaultAction": "SCMP_ACT_MAYBE"}),
    ("sysctl of the host", ("linux", "sysctl"), {"kernel.core_pattern": "x"}),
    ("sysctl with a separator", ("linux", "sysctl"), {"kernel.shmmax/../core_pattern": "x"}),
    ("propagation unknown", ("linux", "rootfsPropagation"), "some"),
    ("masked path relative", ("linux", "maskedPaths"), ["proc/keys"]),
    ("hostname too long", ("hostname",), "h" * 65),
    ("apparmorProfile a number", ("process", "apparmorProfile"), 1),
    ("selinuxLabel a number", ("process", "selinuxLabel"), 1),
    ("mountLabel a list", ("linux", "mountLabel"), ["x"]),
    ("pids limit a string", ("linux", "resources"), {"pids": {"limit": "1"}}),
    ("time offsets without a namespace", ("linux", "timeOffsets"), {"monotonic": {"secs": 1}}),
    ("mappings without a namespace", ("linux", "uidMappings"),
     [{"containerID": 0, "hostID": 0, "size": 1}]),
)


@rows("value", VALUES)
def value(w, path, what):
    b = w.bundle()
    inside = b.config
    for word in path[:-1]:
        inside = inside[word]
    inside[path[-1]] = what
    b.write()
    text = host.read(b.path + "/config.json")
    r = w.crun("run", "--bundle", b.path, b.id)
    refused(w, r, re.compile(r"config\.json:\d+:\d+: "))
    line = int(re.search(r"config\.json:(\d+):", r.err).group(1))
    first = place_of(text, path)
    last = first + json.dumps(what, indent=1).count("\n")
    check(first <= line <= last, f"line {line}, it is on {first} to {last}: {r.err}")
    holds(r.err, path[1 if path[0] == "linux" else 0], "message")


# --- root and program -------------------------------------------------------------------------


@case("a root that is not there", ROOT, USER)
def no_root(w):
    b = w.bundle()
    b.config["root"]["path"] = "nowhere"
    b.write()
    both(w, b, re.compile(r"config\.json:\d+:\d+: "), "root.path", "nowhere",
         re.compile("No such file or directory$"))


@case("a root that is a file", ROOT, USER)
def file_root(w):
    b = w.bundle()
    b.config["root"]["path"] = "config.json"
    b.write()
    both(w, b, "root", re.compile("Not a directory$"))


def plain_file(b, mode, text="x\n"):
    with open(b.file("/bin/plain"), "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(b.file("/bin/plain"), mode)


# What engines look for: the words, and what the line ends with.
PROGRAMS = (
    ("not in PATH", ["nothing"], None, ["executable file not found in $PATH",
                                        "`nothing` in $PATH: No such file or directory"]),
    ("empty name", [""], None, ["cannot find `` in $PATH: No such file or directory"]),
    ("absolute, missing", ["/no/such"], None,
     ["executable file not found", "/no/such", "No such file or directory"]),
    ("a directory", ["/etc"], None, ["is a directory", "the path `/etc` is not a regular file",
                                     "Operation not permitted"]),
    ("no execute permission", ["/bin/plain"], 0o644, ["/bin/plain", "Permission denied"]),
    ("not executable, by PATH", ["plain"], 0o644, ["plain", "ermission denied"]),
    ("unknown format", ["/bin/plain"], 0o755, ["Exec format error"]),
    ("behind a file", ["/bin/busybox/x"], None,
     ["executable file not found", "/bin/busybox/x", "No such file or directory"]),
)


@rows("program", PROGRAMS, ROOT, USER)
def program(w, words, mode, parts):
    b = w.bundle().args(*words)
    if mode is not None:
        plain_file(b, mode)
    b.write()
    end = re.compile(re.escape(parts[-1]) + "$")
    refused(w, w.crun("run", "--bundle", b.path, b.id), *parts[:-1], end)
    if parts != ["Exec format error"]:  # found out by execve alone
        refused(w, w.crun("create", "--bundle", b.path, b.id), *parts[:-1], end)


@case("no program at all", ROOT)
def no_program(w):
    b = w.bundle().args().write()
    both(w, b, re.compile(r"config\.json:\d+:\d+: process\.args"))


@case("a script whose interpreter is missing", ROOT)
def no_interpreter(w):
    b = w.bundle().args("/bin/plain")
    plain_file(b, 0o755, "#!/no/interpreter\n")
    b.write()
    refused(w, w.crun("run", "--bundle", b.path, b.id), "/bin/plain",
            re.compile("No such file or directory$"))


@rows("working directory", (("a file", "/etc/passwd", "Not a directory"),
                            ("below a file", "/etc/passwd/x", "Not a directory"),
                            ("a circle", "/etc/loose", "chdir to `/etc/loose`")))
def bad_cwd(w, path, text):
    b = w.bundle()
    with open(b.file("/etc/passwd"), "w", encoding="ascii"):
        pass
    os.symlink("loose", b.file("/etc/loose"))
    b.process["cwd"] = path
    b.config["root"]["readonly"] = True
    b.write()
    both(w, b, text)


@case("a working directory behind a link to nothing is made where it leads", ROOT, USER)
def cwd_made(w):
    b = w.bundle()
    os.symlink("/none/there", b.file("/etc/loose"))
    b.process["cwd"] = "/etc/loose"
    equal(b.shell("pwd -P").must().out, "/none/there\n", "directory")


# --- ids --------------------------------------------------------------------------------------

IDS = (
    ("slash", "a/b"), ("absolute", "/x"), ("dot dot", ".."), ("dot", "."), ("up", "../x"),
    ("leading dot", ".x"), ("control", "a\x01b"), ("escape", "a\x1b[31m"), ("newline", "a\nb"),
    ("blank", "a b"), ("empty", ""), ("256 bytes", "x" * 256), ("not ASCII", "\u00e4"),
    ("percent", "%n%s"),
)


@rows("id", IDS, ROOT, USER)
def bad_id(w, id_):
    b = w.bundle().write()
    for words in (("create", "--bundle", b.path, id_), ("run", "--bundle", b.path, id_),
                  ("state", id_), ("kill", id_), ("delete", id_), ("start", id_)):
        r = w.crun(*words)
        refused(w, r)
        check(all(31 < ord(c) != 127 or c == "\n" for c in r.err), f"unescaped: {r.err!r}")


@case("id: 255 bytes is fine", ROOT)
def long_id(w):
    b = w.bundle().probe("exit", "0")
    b.id = w.token + "x" * (255 - len(w.token))
    b.must()


# --- the state directory ----------------------------------------------------------------------


@rows("full disk for the state", (("no block", "size=4k"), ("no file", "nr_inodes=2")))
def full_disk(w, options):
    b = w.bundle().probe("exit", "0").write()
    root = w.directory("full")
    kernel.mount("none", root, "tmpfs", 0, "mode=755," + options)
    try:
        if "size" in options:
            with open(root + "/filler", "wb") as f:
                f.write(b"x" * 4096)
        files = sorted(os.listdir(root))
        for command in ("run", "create"):
            r = w.crun("--root", root, command, "--bundle", b.path, b.id)
            refused(w, r, "No space left on device")
            equal(sorted(os.listdir(root)), files, "files")
    finally:
        kernel.umount(root)


@case("read-only directory for the state")
def readonly_state(w):
    b = w.bundle().probe("exit", "0").write()
    root = w.directory("ro")
    kernel.mount("none", root, "tmpfs", kernel.MS_RDONLY, "mode=755")
    try:
        refused(w, w.crun("--root", root, "run", "--bundle", b.path, b.id),
                "Read-only file system")
    finally:
        kernel.umount(root)


@case("--root is a file, or /")
def bad_root(w):
    b = w.bundle().probe("exit", "0").write()
    refused(w, w.crun("--root", w.probe, "run", "--bundle", b.path, b.id), "no directory")
    refused(w, w.crun("--root", "/", "run", "--bundle", b.path, b.id))


# --- the command line -------------------------------------------------------------------------

LINES = (
    ("unknown global option", ["--foo", "list"], "--foo"),
    ("unknown option", ["list", "--foo"], "--foo"),
    ("unknown letter", ["list", "-x"], "-x"),
    ("unknown command", ["lsit"], "lsit"),
    ("no value", ["run", "--bundle"], "requires an argument"),
    ("not a flag's value", ["list", "--quiet=maybe"], "quiet"),
    ("too few", ["state"], "argument"),
    ("too many", ["state", "a", "b"], "argument"),
    ("preserve-fds", ["run", "--preserve-fds", "x", "a"], "preserve-fds"),
    ("log format", ["--log-format", "xml", "list"], "expected text or json"),
    ("list format", ["list", "--format", "xml"], "expected table or json"),
)


@rows("command line", LINES)
def command_line(w, words, text):
    refused(w, w.crun(*words), text)
