"""Every command and every option, in every situation, beside runc and crun where they have it: exit
status, form of the output, what becomes of the container.

A row says what we do; the others have to do the same.  A difference that is meant names the row of
docs/compatibility.md that gives the reason.  RUNC and CRUN of the environment are asked, or those
of PATH."""

import contextlib
import json
import os
import re
from collections import namedtuple

from lib import host, peers
from lib.beside import OURS, Runtime, lacks, runtimes, shape_head, shape_json, shape_lines, shape_same
from lib.limits import needs
from lib.suite import case, check, equal, note, rows, skip

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "../../spec/commands.def")
DIFFERENCES = os.path.join(HERE, "../../docs/compatibility.md")
# Written elsewhere at this time, with rows to come; each must be gone from here when it is there.
PENDING = set()

Row = namedtuple("Row", "words where status text shape after fresh effect needs data differs")


def row(words, where="", status=0, text="", **more):
    """words   {id} the container, {bundle} its bundle, {quick} one that says `ran` and ends with 7,
            {bad} one whose configuration is broken, {dir} a new directory;
            ~ is a blank in a word
    where   the situation of the container: missing created running paused stopped; "": none yet
    status  ours
    text    is in our standard error, or else output
    shape   what is compared of the output
    after   the container's status when all is done; makes the container fresh, as does fresh
    effect  called with what the names above stand for; what it returns is compared
    needs   a controller
    data    standard input
    differs "runc:status", "crun:out", "runc:after", "crun:effect" -> words of the row of
            docs/compatibility.md"""
    known = {"shape": None, "after": None, "fresh": "after" in more, "effect": None, "needs": "",
             "data": b"", "differs": {}}
    return Row(words, where, status, text, **{**known, **more})


ALL = ("missing", "created", "running", "paused", "stopped")


def each(words, want, **more):
    """A row for each situation: situation -> (status, text) or (0, "")."""
    return [row(words, where, status, text, **{**more, **(rest[0] if rest else {})})
            for where, (status, text, *rest) in want.items()]


NONE = (1, "does not exist")
EXEC_NONE = (255, "does not exist")


def file(name):
    """What a file holds: digits, or how much."""

    def read(names):
        text = host.read(os.path.join(names["dir"], name))
        return "digits" if text is not None and text.isdigit() else text

    return read


def keys(name):
    """The members of a JSON file."""

    def read(names):
        text = host.read(os.path.join(names["dir"], name))
        return sorted(json.loads(text)) if text is not None else None

    return read


def limit(name):
    """A file of the container's cgroup."""

    def read(names):
        found = [p for p in host.cgroups(names["id"]) if p.endswith("/" + names["id"])]
        return host.read(os.path.join(found[0], name)) if found else None

    return read


def mounted(names):
    """Is there something on /mnt?"""
    pids = (limit("cgroup.procs")(names) or "").split()
    return bool(pids) and " /mnt " in host.read(f"/proc/{pids[0]}/mountinfo")


# Of run and create.  crun makes the container all the same where it says so.
MAKING = (
    ("--bundle {bundle}", 0, ""), ("-b {bundle}", 0, ""), ("--bundle={bundle}", 0, ""),
    ("--bundle {dir} --bundle {bundle}", 0, ""), ("--bundle {dir}/none", 1, "No such file"),
    ("--bundle {dir}", 1, "config.json"), ("--bundle {bad}", 1, "hostname", "wrong types"),
    ("--bundle {bundle} --config {bundle}/other.json", 0, ""),
    ("--bundle {bundle} -f {bundle}/other.json", 0, ""),
    ("--bundle {bundle} --config {dir}/none", 1, "No such file"),
    ("--bundle {bundle} --pid-file {dir}/none/pid", 1, "No such file"),
    ("--bundle {bundle} --no-pivot", 0, ""), ("--bundle {bundle} --no-pivot --no-pivot", 0, ""),
    ("--bundle {bundle} --no-new-keyring", 0, ""),
    ("--bundle {bundle} --preserve-fds 0", 0, ""),
    ("--bundle {bundle} --preserve-fds 90", 1, "not open", "descriptors of"),
    ("--bundle {bundle} --preserve-fds x", 1, "expected a number"),
    ("--bundle {bundle} --preserve-fds -1", 1, "expected a number"),
    ("--bundle {bundle} --console-socket {dir}/none", 1, "--console-socket",
     "`--console-socket` without"),
    ("--bundle {bundle} --pidfd-socket {dir}/none", 1, "No such file"),
    ("--bundle {bundle} --no-subreaper", 0, ""),
    ("--bundle {bundle} --overlay", 0, ""), ("--bundle {bundle} --overlay={dir}", 0, ""),
    ("--bundle {bundle} --overlay=", 1, "name is empty"),
    ("--bundle {bundle} --overlay --overlay-fuse=false", 0, ""),
    ("--bundle {bundle} --overlay --overlay-fuse=maybe", 1, "overlay-fuse"),
    ("--bundle {bundle} --overlay --overlay-size 1m", 0, ""),
    ("--bundle {bundle} --overlay --overlay-size x", 1, "overlay-size"),
    ("--bundle {bundle} --overlay-size 1m", 0, ""),
    ("--bundle {bundle} --overlay --overlay-lower {dir}", 0, ""),
    ("--bundle {bundle} --overlay --overlay-lower {dir}/none", 1, "No such file"),
    ("--bundle {bundle} --overlay --overlay-idmap", 1, "user namespace"),
)


def making(command, after):
    out = [row(f"{command} {words} {{id}}", "", status, text, fresh=True,
               after=after if status == 0 else "missing",
               differs={f"crun:{part}": w for w in why for part in ("status", "after")})
           for words, status, text, *why in MAKING]
    out += [row(f"{command} --bundle {{bundle}} {{id}}", where, 1, "already exists")
            for where in ALL[1:]]
    out += [row(f"{command} --bundle {{bundle}} a/b", "", 1, "container id"),
            row(f"{command} --bundle {{bundle}} --pid-file {{dir}}/pid {{id}}", "", after=after,
                effect=file("pid"))]
    return out


ROWS = [
    *making("create", "created"),
    *making("run -d", "running"),
    row("create --bundle {bundle}", "", 1, "argument"),
    row("create --bundle {bundle} {id} more", "", 1, "argument"),
    row("run --bundle {quick} {id}", "", 7, shape=shape_same, after="missing"),
    row("run --keep --bundle {quick} {id}", "", 7, shape=shape_same, after="stopped"),
    row("run --detach --bundle {quick} {id}", "", 0, after="stopped"),
    row("run --no-subreaper --bundle {quick} {id}", "", 7, shape=shape_same, after="missing"),
    row("run --bundle {quick} --detach=false {id}", "", 7, shape=shape_same, after="missing",
        differs={"crun:status": "a flag may have a value"}),

    *each("start {id}", {"missing": NONE, "created": (0, "", {"after": "running"}),
                         "running": (1, "already running"), "paused": (1, "cannot start"),
                         "stopped": (1, "has stopped")}),
    row("start", "", 1, "argument"), row("start {id} more", "created", 1, "argument"),

    row("state {id}", "missing", *NONE),
    *[row("state {id}", s, shape=shape_json, differs={"crun:out": "`state` has no"}) for s in ALL[1:]],
    row("state", "", 1, "argument"), row("state {id} more", "running", 1, "argument"),

    *each("kill {id}", {"missing": NONE, "created": (0, ""), "stopped": (1, "not running")}),
    *each("kill {id} KILL", {"created": (0, "", {"after": "stopped"}),
                             "running": (0, "", {"after": "stopped"}),
                             "paused": (0, "", {"after": "stopped"})}),
    *[row(f"kill {{id}} {s}", "running", 0) for s in ("0", "CONT", "SIGCONT", "18")],
    *[row(f"kill {{id}} {s}", "running", 0, differs={"crun:status": "`kill` takes"})
      for s in ("cont", "sigcont")],
    *[row(f"kill {{id}} {s}", "running", 0, after="running", differs={
        "runc:status": "`kill` takes", "crun:status": "`kill` takes"}) for s in ("RTMIN", "RTMAX-1")],
    *[row(f"kill {{id}} {s}", "running", 1, "signal") for s in ("NOPE", "SIG")],
    row("kill {id} 9x", "running", 1, "signal", fresh=True, differs={"crun:status": "`kill` takes"}),
    row("kill {id} 65", "running", 1, "signal", differs={"runc:status": "`kill` takes"}),
    row("kill {id} -- -1", "running", 1, "signal", differs={"runc:status": "`kill` takes"}),
    row("kill --all {id} KILL", "running", after="stopped"),
    row("kill -a {id} KILL", "created", after="stopped"),
    row("kill --all {id} KILL", "stopped"),
    row("kill --all {id} KILL", "missing", 1, "does not exist"),
    row("kill --regex ^{id}$ KILL", "running", after="stopped"),
    row("kill -r ^{id}$ KILL", "running", after="stopped"),
    row("kill --regex ^{id}$", "missing", 0),
    row("kill --regex a( KILL", "running", 1, "--regex"),
    row("kill", "", 1, "argument"), row("kill {id} 9 9", "running", 1, "argument"),

    *each("delete {id}", {"missing": NONE, "created": (0, "", {"after": "missing"}),
                          "running": (1, "not stopped"), "paused": (1, "not stopped"),
                          "stopped": (0, "", {"after": "missing"})}),
    *[row(f"delete {option} {{id}}", where, after="missing") for option, where in
      (*(("--force", s) for s in ALL), ("-f", "running"), ("-f", "missing"))],
    row("delete --regex ^{id}$", "stopped", after="missing"),
    row("delete -r --force ^{id}$", "running", after="missing"),
    row("delete --regex a(", "", 1, "--regex"),
    row("delete", "", 1, "argument"), row("delete {id} more", "running", 1, "argument"),

    *each("pause {id}", {
        "missing": NONE, "created": (0, "", {"after": "paused", "differs": {"crun:after": "`pause`"}}),
        "running": (0, "", {"after": "paused"}),
        "paused": (1, "not running", {"differs": {"crun:status": "`pause`"}}),
        "stopped": (1, "not running")}),
    *each("resume {id}", {
        "missing": NONE, "created": (1, "not paused", {"differs": {"crun:status": "`pause`"}}),
        "running": (1, "not paused", {"differs": {"crun:status": "`pause`"}}),
        "paused": (0, "", {"after": "running"}), "stopped": (1, "not paused")}),
    row("pause", "", 1, "argument"), row("resume", "", 1, "argument"),
    *[row(f"{c} {{id}} more", "paused", 1, "argument", differs={"crun:status": "arguments too many"})
      for c in ("pause", "resume")],

    *each("mounts add {id} {mounts}", {
        "missing": NONE, "created": (0, ""), "running": (0, ""), "paused": (0, ""),
        "stopped": (1, "not running")}, fresh=True, effect=mounted),
    *each("mounts remove {id} {mounts}", {
        "missing": NONE, "running": (1, "nothing is mounted on", {"differs": {"crun:status": "`mounts add` is all"}}),
        "stopped": (1, "not running")}),
    row("mounts add {id} -", "running", data=b'[{"destination": "/mnt", "type": "tmpfs"}]', fresh=True,
        effect=mounted),
    row("mounts add {id} {dir}/none", "running", 1, "No such file"),
    row("mounts add {id} -", "running", 1, "destination", data=b'[{"type": "tmpfs"}]'),
    row("mounts --dry-run add {id} {mounts}", "running", 0, "mount on", effect=mounted),
    row("mounts --dry-run --format json add {id} {mounts}", "running", 0, '"operations"'),
    row("mounts --dry-run -f text add {id} {mounts}", "running", 0, "mount on"),
    row("mounts swap {id} {mounts}", "running", 1, "add or remove"),
    row("mounts", "", 1, "argument"), row("mounts add {id}", "running", 1, "argument"),

    *each("exec {id} /bin/true", {"missing": EXEC_NONE, "created": (0, ""), "running": (0, ""),
                                  "paused": (255, "paused"), "stopped": (255, "not running")}),
    *[row(f"exec {options} {{id}} {words}", "running", status, text, shape=shape_same,
          differs={"crun:status": w for w in why}) for options, words, status, text, *why in (
          ("", "/bin/sh -c exit~9", 9, ""), ("", "/bin/echo --x -y", 0, "--x -y"),
          ("--cwd /tmp", "/bin/busybox pwd", 0, "/tmp\n"), ("--cwd tmp", "true", 255, "--cwd", "what `exec` cannot do"),
          ("--cwd /none", "true", 255, "chdir"),
          ("--env A=b,c", "/bin/sh -c echo~$A", 0, "b,c\n"),
          ("-e A=1 -e A=2 -e B=3", "/bin/sh -c echo~$A$B", 0, "23\n"),
          ("--user 7:8", "/bin/id -u", 0, "7\n"), ("-u 7", "/bin/id -u", 0, "7\n"),
          ("-u 7:8", "/bin/id -g", 0, "8\n"),
          ("--additional-gids 5 -g 6", "/bin/id -G", 0, "0 5 6\n"),
          ("--no-new-privs", "/bin/true", 0, ""), ("--process {process}", "", 0, "of a file\n"),
          ("-p {process}", "", 0, "of a file\n"), ("-p {dir}/none", "", 255, "No such file"),
          ("--preserve-fds 0", "/bin/true", 0, ""), ("--preserve-fds 90", "/bin/true", 255, "open", "descriptors of"),
          ("--ignore-paused", "/bin/true", 0, ""), ("--cgroup /", "/bin/true", 0, ""),
          ("--cgroup ..", "/bin/true", 255, "bad sub cgroup path", "what `exec` cannot do"),
          ("--cgroup /none", "/bin/true", 255, "cgroup"),
          ("", "/bin/none", 255, "No such file"), ("", "none", 255, "not found"),
          ("", "/bin", 255, "is a directory"), ("", "", 255, "no command"),
          ("--apparmor none", "/bin/true", 255, "apparmor", "what `exec` cannot do"),
          ("--process-label none", "/bin/true", 255, "selinux", "what `exec` cannot do"),
          ("--console-socket {dir}/none", "/bin/true", 255, "--console-socket", "`--console-socket` without"),
          ("--pidfd-socket {dir}/none", "/bin/true", 255, "No such file"),
          ("--pid-file {dir}/none/pid", "/bin/true", 255, "No such file"),
      )],
    row("exec --user nobody {id} /bin/true", "running", 255, "--user"),
    row("exec --env A {id} /bin/true", "running", 255, "--env",
        differs={"crun:status": "what `exec` cannot do"}),
    row("exec --cap CAP_NOPE {id} /bin/true", "running", 255, "--cap",
        differs={"runc:status": "an unknown name of a capability",
                 "crun:status": "an unknown name of a capability"}),
    row("exec --cap CAP_SYS_TIME {id} /bin/true", "running"),
    row("exec -c CAP_SYS_TIME {id} /bin/true", "running"),
    row("exec --detach --pid-file {dir}/pid {id} /bin/true", "running", effect=file("pid")),
    row("exec -d {id} /bin/true", "running"),
    row("exec --tty=false {id} /bin/true", "running"),
    row("exec --tty -d {id} /bin/true", "running", 255, "terminal"),
    row("exec -t -d {id} /bin/true", "running", 255, "terminal"),
    row("exec --dry-run {id} /bin/true", "running", 0, "process.args"),
    row("exec --dry-run --format json {id} /bin/true", "running", 0, '"operations"'),
    row("exec --dry-run -f text {id} /bin/true", "running", 0, "process.args"),
    row("exec", "", 255, "argument"),

    *[row(f"list {o}", "running", shape=shape_head, differs={"crun:out": "`list` has the columns"})
      for o in ("", "--format table", "--format json --format table")],
    *[row(f"list {o}", "running", shape=shape_json) for o in ("-f json", "--format json")],
    row("list -q", "running"), row("list --quiet", "running"),
    row("list --format xml", "", 1, "expected table or json"),
    row("list {id}", "running", 1, "argument"),

    *each("ps --format json {id}", {
        "missing": NONE, "created": (0, ""), "running": (0, ""), "paused": (0, ""),
        "stopped": (0, "", {"differs": {"crun:status": "`ps` prints", "runc:out": "`ps` prints"}})},
          shape=shape_json),
    row("ps {id}", "running", shape=shape_head, differs={"crun:out": "`ps` prints"}),
    row("ps -f table {id}", "running", shape=shape_head, differs={"crun:out": "`ps` prints"}),
    row("ps -f json {id}", "running", shape=shape_json),
    row("ps {id} -o pid,args", "running", shape=shape_head,
        differs={"crun:status": "`ps` prints", "crun:out": "`ps` prints"}),
    row("ps --format xml {id}", "running", 1, "expected table or json"),
    row("ps", "", 1, "argument"),

    *each("update {id}", {"missing": NONE, "created": (0, ""), "running": (0, ""),
                          "paused": (0, ""), "stopped": (1, "not running", {
                              "differs": {"crun:status": "`update` of a stopped"}})}),
    row("update --resources {resources} {id}", "running", effect=limit("cgroup.max.depth"),
        fresh=True),
    row("update --resources - {id}", "running", effect=limit("cgroup.max.depth"), fresh=True,
        data=b'{"unified": {"cgroup.max.depth": "44"}}'),
    row("update -r {resources} {id}", "paused"), row("update -r {dir}/none {id}", "running", 1, "No such"),
    row("update -r - {id}", "running", 1, "syntax", data=b"{"),
    row("update", "", 1, "argument"), row("update {id} more", "running", 1, "argument"),
    *[row(f"update {option} {value} {{id}}", "running", effect=limit(name), fresh=True, needs=controller)
      for option, value, controller, name in (
          ("--memory", "67108864", "memory", "memory.max"),
          ("--memory-reservation", "33554432", "memory", "memory.low"),
          ("--memory-swap", "-1", "memory", "memory.swap.max"),
          ("--cpu-share", "512", "cpu", "cpu.weight"), ("--cpu-quota", "30000", "cpu", "cpu.max"),
          ("--cpu-period", "50000", "cpu", "cpu.max"), ("--cpu-burst", "0", "cpu", "cpu.max.burst"),
          ("--cpu-idle", "1", "cpu", "cpu.idle"), ("--cpuset-cpus", "0", "cpuset", "cpuset.cpus"),
          ("--cpuset-mems", "0", "cpuset", "cpuset.mems"),
          ("--blkio-weight", "500", "io", "io.bfq.weight"),
          ("--pids-limit", "44", "pids", "pids.max"))],
    *[row(f"update {option} 1048576 {{id}}", "running", differs={"crun:status": "`update`: options of"})
      for option in ("--kernel-memory", "--kernel-memory-tcp", "--cpu-rt-period", "--cpu-rt-runtime")],
    *[row(f"update {option}={value} {{id}}", "running", 1,
          option if "schema" not in option else "no linux.intelRdt",
          differs={"crun:status": "`update` of a stopped"}) for option, value in (
        ("--memory", "x"), ("--memory-reservation", "1q"), ("--memory-swap", "x"),
        ("--kernel-memory", "x"), ("--kernel-memory-tcp", "x"), ("--cpu-share", "x"),
        ("--cpu-quota", "x"), ("--cpu-period", "x"), ("--cpu-burst", "x"), ("--cpu-idle", "2"),
        ("--cpu-rt-period", "x"), ("--cpu-rt-runtime", "x"), ("--cpuset-cpus", "x"),
        ("--cpuset-mems", "x"), ("--blkio-weight", "5"), ("--blkio-weight", "x"),
        ("--pids-limit", "x"), ("--l3-cache-schema", "L3:0=f"), ("--mem-bw-schema", "MB:0=20"))],

    *each("events --stats {id}", {"missing": NONE, "created": (0, ""), "running": (0, ""),
                                  "paused": (0, ""), "stopped": (1, "not running")}, shape=shape_json),
    row("events --interval 0 {id}", "running", 1, "--interval"),
    row("events --interval x {id}", "running", 1, "--interval"),
    row("events --interval 1s --stats {id}", "running", shape=shape_lines),
    row("events", "", 1, "argument"),

    *each("stats --no-stream {id}", {"missing": NONE, "running": (0, ""), "paused": (0, ""),
                                     "stopped": (0, "")}),
    row("stats --no-stream --format json", "running", 0, '"cpuPercent"'),
    row("stats --no-stream -f table", "running", 0, "CPU"),
    row("stats --no-stream --interval 1ms {id}", "running"),
    row("stats --interval x", "", 1, "--interval"), row("stats -f xml", "", 1, "expected table or json"),

    *each("diff {id}", {"missing": NONE, "running": (1, "overlay")}),
    row("diff -f json {id}", "running", 1, "overlay"), row("diff --format xml {id}", "running", 1, "text or"),
    row("diff --tar={dir}/x {id}", "running", 1, "overlay"), row("diff", "", 1, "argument"),

    row("checkpoint {id}", "running", 1, "no checkpoints"),
    row("restore {id}", "missing", 1, "no checkpoints"),

    row("spec --bundle {dir}", effect=keys("config.json")),
    row("spec -b {dir} --rootless", effect=keys("config.json")),
    row("spec --bundle {bundle}", "", 1, "File exists"), row("spec --bundle {dir}/none", "", 1, "No such"),
    row("spec --file {dir}/x --bundle {dir}", effect=keys("x")),
    row("spec -f {dir}/x", effect=keys("x")),
    row("spec --overlay --bundle {dir}", effect=keys("config.json")),
    row("spec more", "", 1, "argument"),

    row("plan {bundle}", "", 0, "make "), row("plan -b {bundle} --create", "", 0, "start"),
    row("plan --bundle {bundle} --format json", "", 0, '"operations"'),
    row("plan -f text {bundle} --id x", "", 0), row("plan --bundle {bad}", "", 1, "hostname"),
    row("plan --config {bundle}/other.json", "", 0), row("plan --host {dir}/none {bundle}", "", 1, "No such"),
    row("plan --host /dev/null {bundle}", "", 1, "RLIMIT_NOFILE"), row("plan -f xml {bundle}", "", 1, "expected text or json"),
    row("plan --console-socket x --preserve-fds 0 --no-pivot --no-new-keyring {bundle}", "", 1,
        "--console-socket"),
    row("plan --preserve-fds 0 --no-pivot --no-new-keyring {bundle}", "", 0),
    row("plan --overlay --overlay-lower {dir} --overlay-size 1m {bundle}", "", 0, "overlay"),
    row("plan --overlay --overlay-fuse=false {bundle}", "", 0, "overlay"),
    row("plan --overlay --overlay-idmap {bundle}", "", 1, "user namespace"),

    row("check {bundle}", "", 0, "0 errors"), row("check {bad}", "", 1, "hostname"),
    row("check -b {bundle}", "", 0), row("check --bundle {bundle} --config {bundle}/other.json", "", 0),
    row("check -f json {bad}", "", 1, '"errors"'), row("check --format text {bundle}", "", 0),
    row("check -t process {process}", "", 0), row("check --type resources {resources}", "", 0),
    row("check --type x {bundle}", "", 1, "--type"), row("check --strict {bundle}", "", 0),
    row("check --lint {bundle}", "", 0, "lint"), row("check --explain root.path", "", 0, "root.path"),
    row("check --explain none", "", 1, "none"), row("check {dir}/none", "", 1, "No such file"),
    row("check - ", "", 1, "syntax", data=b"{"),

    row("trace {bundle}/config.json", "", 1, "trace"), row("trace {dir}/none", "", 1, "No such file"),
    row("trace", "", 1, "argument"),

    row("features", "", shape=shape_json, differs={"runc:out": "`features` has", "crun:out": "`features` has"}),
    row("features more", "", 1, "argument"),
    row("version", "", 0, "spec: 1.3.0"), row("version more", "", 1, "argument"),
    row("completion bash", "", 0, "complete"), row("completion nosh", "", 1, "expected bash"),
    row("completion", "", 1, "argument"), row("completion words -- ki", "", 0, "kill"),
    row("help", "", 0, "Commands:"), row("help run", "", 0, "--bundle"),
    row("help nothing", "", 1, "unknown command"), row("help --all", "", 0, "Explain"),
    row("help --format man run", "", 0, ".TH"), row("help -f markdown run", "", 0, "#"),
    row("help -f xml", "", 1, "expected text, man or markdown"), row("help run more", "", 1, "argument", differs={"runc:status": "arguments too many"}),

    # global options, in front of a command
    row("--root {dir} state {id}", "running", 1, "does not exist"),
    row("--root={dir} list -q", "", shape=shape_same),
    row("--root / list", "", 1, "--root", differs={"crun:status": "`--root /`", "runc:status": "`--root /`"}),
    row("--root {dir}/none list", "", 0, differs={"runc:status": "`list` of a state directory"}),
    row("--log {dir}/log state {id}", "missing", 1, "does not exist",
        effect=lambda n: "does not exist" in (host.read(n["dir"] + "/log") or "")),
    row("--log {dir}/none/log list", "", 1, "No such file"),
    row("--log {dir}/log --log-format json state {id}", "missing", 1, "does not exist",
        effect=lambda n: sorted(json.loads(host.read(n["dir"] + "/log").splitlines()[-1]))),
    row("--log-format xml list", "", 1, "expected text or json"),
    row("--log-level debug list", "running", 0), row("--log-level x list", "", 1, "--log-level"),
    row("--debug list -q", "running", 0), row("--debug=x list", "", 1, "true or false"),
    row("--trace {dir}/trace run --bundle {quick} {id}", "", 7, fresh=True),
    row("--trace {dir}/none/trace run --bundle {quick} {id}", "", 1, "No such file", fresh=True),
    row("--cgroup-manager cgroupfs state {id}", "running", 0),
    row("--cgroup-manager disabled state {id}", "running", 0),
    row("--cgroup-manager x list", "", 1, "--cgroup-manager", differs={"crun:status": "a word of an option"}),
    row("--systemd-cgroup=false list", "", 0, differs={"crun:status": "a flag may have a value"}),
    row("--systemd-cgroup=x list", "", 1, "true or false"),
    *[row(f"--rootless {v} state {{id}}", "running", 0) for v in ("true", "false", "auto")],
    row("--rootless x list", "", 1, "--rootless", differs={"crun:status": "a word of an option"}),
    row("--criu /x state {id}", "running", 0),
    row("--version", "", 0, "crun-lite version"), row("-v", "", 0, "crun-lite version"),
    row("--help", "", 0, "Commands:"), row("-h", "", 0, "Commands:"),
    row("lsit", "", 1, "unknown command"), row("--nosuch list", "", 1, "unknown option"),
    row("", "", 1, "Commands:", differs={"runc:status": "without a command"}),
]


# --- the table of the program ---------------------------------------------------------------------

Option = namedtuple("Option", "command name letter kind")


def table():
    """(commands, options) of spec/commands.def."""
    if not os.path.exists(TABLE):
        skip("spec/commands.def is not here")
    text = host.read(TABLE)
    commands = re.findall(r"^COMMAND\((\w+),", text, re.M)
    options = [Option("", n, l.strip("'") if l != "0" else "", k) for l, n, k in
               re.findall(r'^GLOBAL\(\w+, (\'.\'|0), "([^"]+)", (\w+)', text, re.M)]
    for who, letter, name, kind in re.findall(
            r'^OPTION\(((?:FOR\(\w+\)[ |]*)+), \w+, (\'.\'|0), "([^"]+)", (\w+)', text, re.M):
        options += [Option(c, name, letter.strip("'") if letter != "0" else "", kind)
                    for c in re.findall(r"FOR\((\w+)\)", who)]
    return commands, options


def command_of(r):
    """The command of a row, "" for none; its global options have their values behind '='."""
    words = r.words.split()
    at = 0
    while at < len(words) and words[at].startswith("-"):
        valued = words[at].lstrip("-") in ("root", "log", "log-format", "log-level", "trace",
                                           "cgroup-manager", "rootless", "criu")
        at += 2 if valued else 1
    return words[at] if at < len(words) else ""


def covered():
    """(command, option as it is written) of all rows; global ones belong to the command ""."""
    found = set()
    for r in ROWS:
        command, inside = command_of(r), False
        for word in r.words.split():
            inside = inside or word == command != ""
            if word.startswith("-") and len(word) > 1:
                found.add((command if inside else "", word.split("=", maxsplit=1)[0]))
    return found


@case("commands: each command, option and short form has a row")
def complete(w):
    commands, options = table()
    have = covered()
    missing = [c for c in commands if c not in {command_of(r) for r in ROWS} | PENDING]
    missing += [f"{o.command} {word}" for o in options for word in
                ("--" + o.name, *(("-" + o.letter,) if o.letter else ()))
                if (o.command, word) not in have and o.command not in PENDING]
    equal(missing, [], "without a row in tests/e2e/test_commands.py")


@case("commands: what differs has its row in docs/compatibility.md")
def reasons(w):
    if not os.path.exists(DIFFERENCES):
        skip("docs/compatibility.md is not here")
    cells = [line.split("|")[1] for line in host.read(DIFFERENCES).splitlines()
             if line.startswith("| ")]
    wanted = {why for r in ROWS for why in r.differs.values()}
    equal([why for why in wanted if not any(why in c for c in cells)], [], "no row for")


@rows("commands: a peer to compare with", (("runc", "runc"), ("crun", "crun")))
def peer(w, name):
    if peers.program(name) is None:
        skip(f"no {name} here: nothing is compared with it")
    runtime = Runtime(w, name, make_bundles(w))
    note(runtime.call("--version").out.splitlines()[0])
    why = runtime.why_not()
    if why is not None:
        skip(f"{name} cannot make containers here, nothing is compared with it: {why}")


# --- carrying out ---------------------------------------------------------------------------------


def make_bundles(w):
    """Those that rows name."""
    b, quick, bad = w.bundle(), w.bundle(), w.bundle()
    for one in (b, quick, bad):
        one.config["ociVersion"] = "1.0.2"  # what all of them know
    b.shell("exec sleep 1000").write()
    quick.shell("echo ran; exit 7").write()
    bad.config["hostname"] = 7
    bad.write()
    with open(os.path.join(b.path, "other.json"), "w", encoding="utf-8") as f:
        json.dump(b.config, f)
    where = w.directory("files")
    with open(where + "/process.json", "w", encoding="utf-8") as f:
        json.dump({**b.process, "args": ["/bin/echo", "of a file"]}, f)
    with open(where + "/mounts.json", "w", encoding="utf-8") as f:
        json.dump([{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs"}], f)
    with open(where + "/resources.json", "w", encoding="utf-8") as f:
        json.dump({"unified": {"cgroup.max.depth": "44"}}, f)
    return {"bundle": b.path, "quick": quick.path, "bad": bad.path,
            "mounts": where + "/mounts.json", "process": where + "/process.json", "resources": where + "/resources.json"}


def carry_out(w, runtime, r):
    """(status, output's shape, the container's status, effect), and the whole of it."""
    id_ = runtime.container(r.where, r.fresh)
    names = {**runtime.bundles, "id": id_, "dir": w.directory("dir")}
    words = [x.replace("~", " ").format(**names) for x in r.words.split()]
    detaches = command_of(r) == "create" or {"-d", "--detach"} & set(r.words.split())
    cwd = names["bundle"] if r.words.startswith("plan --config") else names["dir"]
    result = runtime.call(*words, data=r.data, cwd=cwd) if not detaches else \
        runtime.call(*words, to_files=True, cwd=cwd)
    if r.fresh and id_ not in runtime.ids:
        runtime.ids.append(id_)
    shape = r.shape(result.out) if r.shape is not None and result.out else None
    after = runtime.until(id_, r.after) if r.after is not None else None
    effect = r.effect(names) if r.effect is not None else None
    if id_ in runtime.ids and (after == "missing" or r.fresh):
        if after == "missing":
            runtime.ids.remove(id_)
        else:
            runtime.remove(id_)
    return {"status": result.status, "out": shape, "after": after, "effect": effect}, result


def ours_is(r, got, result):
    """What is wrong with ours."""
    wrong = []
    if got["status"] != r.status:
        wrong.append(f"status {got['status']}, not {r.status}")
    if r.text not in (result.err if r.status not in (0, 7, 9) and result.err else result.out):
        wrong.append(f"no {r.text!r}")
    if r.after is not None and got["after"] != r.after:
        wrong.append(f"the container is {got['after']}, not {r.after}")
    return [f"{r.words} ({r.where}): {'; '.join(wrong)}: {result}"] if wrong else []


def compare(r, name, ours, theirs, result):
    """What is different and not meant to be."""
    wrong = []
    for part in ("status", "out", "after", "effect"):
        a, b = ours[part], theirs[part]
        same = bool(a) == bool(b) if part == "status" and r.status in (0, 1, 255) else a == b
        if part == "out" and isinstance(a, (dict, list)) and r.shape is shape_json:
            same = b is None or not lacks(a, b)
            b = lacks(a, b) if b is not None else b
        elif part == "out" and b is None:
            same = True  # told by the status
        if f"{name}:{part}" in r.differs:
            if same:
                note(f"{r.words} ({r.where}): no difference to {name} in {part}")
            continue
        if not same:
            wrong.append(f"{part} {b!r}, ours {a!r}")
    return [f"{r.words} ({r.where}): {name}: {'; '.join(wrong)}\n  {result.out[:200]!r} "
            f"{result.err[:300]!r}"] if wrong else []


def judge(w, all_, some):
    wrong = []
    for r in some:
        if r.needs and not needs(w, r.needs):
            note(f"{r.words}: no controller {r.needs} here")
            continue
        for runtime in all_:
            if not runtime.has(r.words.split()):
                continue
            got, result = carry_out(w, runtime, r)
            if runtime.name == OURS:
                ours = got
                wrong += ours_is(r, got, result)
            else:
                wrong += compare(r, runtime.name, ours, got, result)
    return wrong


@contextlib.contextmanager
def stage(w):
    all_ = runtimes(w, make_bundles(w))
    try:
        yield all_
    finally:
        for runtime in all_:
            runtime.remove()


GROUPS = ("create", "run", "start state", "kill", "delete", "pause resume", "mounts", "exec",
          "list ps",
          "update", "events stats diff", "checkpoint restore spec plan check trace",
          "features version completion help")


@rows("commands", [(g, g.split()) for g in GROUPS] + [("global options", [""])])
def beside(w, names):
    some = [r for r in ROWS if (command_of(r) in names and not r.words.startswith("-")) or
            (names == [""] and (r.words.startswith("-") or command_of(r) not in " ".join(GROUPS).split()))]
    with stage(w) as all_:
        wrong = judge(w, all_, some)
    check(not wrong, "\n".join(wrong))


@case("commands: a value that is missing, or is none; options that nobody knows")
def values(w):
    commands, options = table()
    some = [row(f"{o.command} --{o.name}".strip(), "", 255 if o.command == "exec" else 1,
                f"--{o.name} requires an argument") for o in options
            if o.kind in ("VALUE", "LIST", "FEW")]
    some += [row(f"{o.command} --{o.name}=maybe", "", 255 if o.command == "exec" else 1,
                 "expected true or false") for o in options if o.kind in ("FLAG", "SWITCH") and o.command]
    some += [row(f"{c} {x}", "", 255 if c == "exec" else 1, "unknown option") for c in commands
             for x in ("--no-such", "-Z") if c not in ("checkpoint", "restore")]
    with stage(w) as all_:
        wrong = judge(w, all_, some)
    check(not wrong, "\n".join(wrong))
