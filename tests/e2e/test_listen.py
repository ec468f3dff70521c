"""Socket activation: LISTEN_FDS of the runtime's environment gets to the container's program."""

import json
import os
import socket
import subprocess

from lib import seen
from lib.suite import ROOT, USER, case, check, equal, holds, rows
from lib.world import reap
from test_given import Given

OWN = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"]  # as a service manager starts it


def sockets(count):
    """Descriptors of listening sockets."""
    fds = []
    for _ in range(count):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.bind(("127.0.0.1", 0))
        s.listen()
        fds.append(s.detach())
    return fds


def names(fds):
    return [os.readlink(f"/proc/self/fd/{fd}") for fd in fds]


def activated(w, count, *words, prefix=OWN, open_=None, **env):
    """Runs the program with so many descriptors; its view and the names of them."""
    fds = sockets(count if open_ is None else open_)
    made = names(fds)
    with Given(*fds) as given:
        r = w.command([*prefix, *w.words(*words)],
                      env=w.environment(LISTEN_FDS=str(count), **env), **given)
    return r, made


def view(r):
    equal((r.status, r.err), (0, ""), f"{r}")
    return json.loads(r.out)


def env_of(v):
    return sorted(e for e in v["env"] if e.startswith("LISTEN"))


def fds_of(v):
    """From 3 on."""
    return {int(n): d["target"] for n, d in v["fds"].items() if int(n) >= 3}


def ran(w, b, count, *options, **more):
    b.write()
    return activated(w, count, "run", "--bundle", b.path, *options, b.id, **more)


def told(count, pid=1, *more):
    return sorted([f"LISTEN_FDS={count}", f"LISTEN_PID={pid}", *more])


@case("listen: run", ROOT, USER)
def run(w):
    r, made = ran(w, w.bundle(), 2, LISTEN_FDNAMES="a:b c")
    v = view(r)
    equal(env_of(v), told(2, 1, "LISTEN_FDNAMES=a:b c"), "env")
    equal(fds_of(v), {3 + n: t for n, t in enumerate(made)}, "descriptors")


@case("listen: the number of the process without a pid namespace of its own")
def host_pids(w):
    r, _ = ran(w, w.bundle().namespace("pid", False), 1)
    v = view(r)
    equal(env_of(v), told(1, seen.status(v)["Pid"]), "env")


@case("listen: with a filter, a user namespace and another user")
def user_namespace(w):
    b = w.bundle().namespace("user")
    for side in ("uidMappings", "gidMappings"):
        b.linux[side] = [{"containerID": 0, "hostID": 200000, "size": 65536}]
    subprocess.run(["chown", "-Rh", "200000:200000", "--", b.rootfs], check=True)
    b.process["user"] = {"uid": 5, "gid": 5}
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    r, made = ran(w, b, 1)
    v = view(r)
    equal((env_of(v), list(fds_of(v).values())), (told(1), made), "what it has")


@case("listen: another's variables are nobody's", ROOT, USER)
def others(w):
    for env in ({}, {"LISTEN_PID": ""}, {"LISTEN_PID": "1"},
                {"LISTEN_PID": "1", "LISTEN_FDNAMES": "x"}):
        r, _ = ran(w, w.bundle(), 1, prefix=(), **env)
        v = view(r)
        equal((env_of(v), fds_of(v)), ([], {}), "what it has")
    b = w.bundle().write()
    r = w.crun("run", "--bundle", b.path, b.id,
               env=w.environment(LISTEN_FDS="0", LISTEN_FDNAMES="x"))
    equal(env_of(view(r)), [], "env")


@case("listen: those of --preserve-fds come behind", ROOT, USER)
def preserved(w):
    r, made = ran(w, w.bundle(), 1, "--preserve-fds", "2", open_=4)
    v = view(r)
    equal((env_of(v), fds_of(v)), (told(1), {3 + n: t for n, t in enumerate(made[:3])}),
          "what it has")


@rows("listen: a configuration that tells of them itself, as podman writes it",
      [("as many", "2"), ("more", "3")], ROOT, USER)
def own(w, preserve):
    b = w.bundle()
    b.process["env"] += ["LISTEN_PID=1", "LISTEN_FDS=2", "LISTEN_FDNAMES=own"]
    r, made = ran(w, b, 2, "--preserve-fds", preserve, open_=4,
                  LISTEN_FDNAMES="theirs")
    v = view(r)
    equal(env_of(v), told(2, 1, "LISTEN_FDNAMES=own"), "env")
    equal(fds_of(v), {3 + n: t for n, t in enumerate(made[:int(preserve)])}, "descriptors")


@case("listen: create and start, and exec", ROOT, USER)
def create_exec(w):
    b = w.bundle()
    out = os.path.join(b.path, "rootfs/tmp/out")
    b.shell("/bin/probe --to /tmp/out view; exec /bin/probe pause").write()
    fds = sockets(1)
    made = names(fds)
    with Given(*fds) as given:
        r = w.command([*OWN, *w.words("create", "--bundle", b.path, b.id)], to_files=True,
                      env=w.environment(LISTEN_FDS="1"), **given)
    equal((r.status, r.err), (0, ""), f"{r}")
    w.must("start", b.id)
    r, made_too = activated(w, 1, "exec", b.id, "/bin/probe", "view")
    v = view(r)
    check(made != made_too, "other sockets")
    equal(list(fds_of(v).values()), made_too, "descriptors of exec")
    pid = seen.status(v)["Pid"]
    check(pid != "1", "exec is not the first process")
    equal(env_of(v), told(1, pid), "env of exec")
    r = w.crun("exec", b.id, "/bin/probe", "view")
    equal((env_of(view(r)), fds_of(view(r))), ([], {}), "exec without")
    with open(out, encoding="ascii") as f:
        first = json.load(f)
    equal((env_of(first), list(fds_of(first).values())), (told(1), made), "of the container")
    w.must("delete", "--force", b.id)
    reap()


BAD = [("no number", {"LISTEN_FDS": "two"}, "LISTEN_FDS: expected a number of descriptors"),
       ("negative", {"LISTEN_FDS": "-1"}, "LISTEN_FDS: expected"),
       ("too many", {"LISTEN_FDS": "65537"}, "LISTEN_FDS: expected"),
       ("no process", {"LISTEN_FDS": "1", "LISTEN_PID": "me"}, "LISTEN_PID: expected the number"),
       ("closed", {"LISTEN_FDS": "3"}, "LISTEN_FDS: descriptor 3 is not open: Bad file"),
       ("an open file limit's worth", {"LISTEN_FDS": "65536"}, "is not open")]


@rows("listen: a bad value is an error before anything is made", BAD, ROOT, USER)
def bad(w, env, part):
    b = w.bundle().write()
    for words, status in ((("run", "--bundle", b.path, b.id), 1), (("exec", b.id, "x"), 255)):
        prefix = [] if "LISTEN_PID" in env else OWN
        r = w.command([*prefix, *w.words(*words)], env=w.environment(**env))
        equal((r.status, r.out, len(r.err.splitlines())), (status, "", 1), f"{r}")
        holds(r.err, part, "message")
    w.must("list", env=w.environment(**env))


@case("listen: --preserve-fds behind them must be open, too")
def gap(w):
    r, _ = ran(w, w.bundle(), 1, "--preserve-fds", "1", open_=1)
    equal(r.status, 1, f"{r}")
    holds(r.err, "option --preserve-fds: descriptor 4 is not open", "message")


@case("listen: hooks get none of it")
def hooks(w):
    b = w.bundle()
    out = os.path.join(b.path, "out")
    b.config["hooks"] = {"createRuntime": [{"path": "/bin/sh", "args": [
        "sh", "-c", f"ls -l /proc/self/fd >{out}; env >>{out}"]}]}
    r, _ = ran(w, b, 1)
    view(r)
    with open(out, encoding="ascii") as f:
        text = f.read()
    check("socket" not in text and "LISTEN" not in text, text)
