"""Namespaces of others, by path."""

import os

from lib.suite import ROOT, USER, case, check, equal, holds, rows

FILES = {"network": "net", "ipc": "ipc", "uts": "uts", "pid": "pid", "cgroup": "cgroup",
         "time": "time"}


def owner(w, *more):
    """A running container to join, and the pid of its program."""
    b = w.bundle().probe("pause")
    for kind in more:
        b.namespace(kind)
    b.config["hostname"] = "owner"
    b.detached()
    return b, b.state()["pid"]


@rows("one of another container's", [(k, k) for k in FILES])
def join(w, kind):
    first, pid = owner(w, "time")
    b = w.bundle().namespace(kind, f"/proc/{pid}/ns/{FILES[kind]}")
    if kind == "uts":
        b.config.pop("hostname")
    v = b.view()
    equal(v["ns"][FILES[kind]], os.readlink(f"/proc/{pid}/ns/{FILES[kind]}"), kind)
    if kind == "uts":
        equal(v["hostname"], "owner", "host name")
    if kind == "pid":
        check(v["pid"] > 1, f"pid {v['pid']}")
    for other, name in FILES.items():
        if other != kind and other != "time":
            check(v["ns"][name] != os.readlink(f"/proc/{pid}/ns/{name}"), f"{other} is the other's")
    w.must("delete", "--force", first.id)


@case("all of another container's, as in a pod", ROOT)
def pod(w):
    first, pid = owner(w)
    b = w.bundle()
    for kind in ("network", "ipc", "uts"):
        b.namespace(kind, f"/proc/{pid}/ns/{FILES[kind]}")
    b.config.pop("hostname")
    v = b.view()
    for kind in ("network", "ipc", "uts"):
        equal(v["ns"][FILES[kind]], os.readlink(f"/proc/{pid}/ns/{FILES[kind]}"), kind)
    w.must("delete", "--force", first.id)


@case("a user namespace and the network in it", ROOT)
def user_and_network(w):
    first = w.bundle().probe("pause").namespace("user")
    for side in ("uidMappings", "gidMappings"):
        first.linux[side] = [{"containerID": 0, "hostID": 0, "size": 1000}]
    first.detached()
    pid = first.state()["pid"]
    b = w.bundle().namespace("user", f"/proc/{pid}/ns/user")
    b.namespace("network", f"/proc/{pid}/ns/net")
    v = b.view()
    for name in ("user", "net"):
        equal(v["ns"][name], os.readlink(f"/proc/{pid}/ns/{name}"), name)
    equal(v["uids"], [0, 0, 0], "uids")
    w.must("delete", "--force", first.id)


@case("those of one's own container", USER)
def join_as_user(w):
    first = w.bundle().probe("pause")
    first.detached()
    pid = first.state()["pid"]
    b = w.bundle().namespace("user", f"/proc/{pid}/ns/user")
    for kind in ("network", "ipc"):
        b.namespace(kind, f"/proc/{pid}/ns/{FILES[kind]}")
    v = b.view()
    for name in ("user", "net", "ipc"):
        equal(v["ns"][name], os.readlink(f"/proc/{pid}/ns/{name}"), name)
    w.must("delete", "--force", first.id)


@rows("refused", (("not there", "/none/ns", "No such file or directory"),
                  ("no namespace", "/etc/passwd", "Invalid argument"),
                  ("of another kind", "/proc/self/ns/uts", "Invalid argument")))
def refused(w, path, text):
    b = w.bundle().namespace("network", path)
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "linux.namespaces", "message")
    holds(r.err, text, "message")
    holds(r.err, "config.json:", "message")
