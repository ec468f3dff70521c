"""Cgroups with limits: whether this user can have one, and what it holds then."""

import contextlib
import os

from lib import host
from lib.suite import check, equal, holds, skip


def own_cgroup():
    for line in host.read("/proc/self/cgroup").splitlines():
        if line.startswith("0::"):
            return line[3:]
    return "/"


def controllers(w):
    """What the container's group can have; None where a plain user can have no group."""
    if w.root_ids:
        return (host.read(host.CGROUPS + "/cgroup.controllers") or "").split()
    if os.getuid() == 0:  # the plain user is in our group, which is not its own
        return None
    path, found = host.CGROUPS, None
    for name in os.path.dirname(own_cgroup()).split("/")[1:]:
        path = os.path.join(path, name)
        if found is None and os.access(path, os.W_OK):
            found = (host.read(path + "/cgroup.controllers") or "").split()
    return found if os.access(path, os.W_OK) else None


def needs(w, controller):
    """Is the controller there?  Skips where this user has no cgroup at all."""
    found = controllers(w)
    if found is None:
        skip("this user has no cgroup delegated")
    return controller in found or controller == ""


@contextlib.contextmanager
def group(w, resources):
    """The cgroup of a container that waits."""
    b = w.bundle().probe("pause")
    b.linux["resources"].update(resources)
    b.detached()
    path = host.cgroups(w.token)
    equal(len(path), 1, f"cgroups {path}")
    yield path[0]
    w.must("delete", "--force", b.id)


def refused(w, resources, *words):
    """The run fails before the program, and says these words, the first with its place."""
    b = w.bundle()
    b.linux["resources"].update(resources)
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    holds(r.err, "config.json:", "place")
    for word in words:
        holds(r.err, word, "message")


def compare(path, want):
    for name, value in want.items():
        text = host.read(os.path.join(path, name))
        check(text is not None, f"no {name}")
        equal(text.strip().replace("default ", ""), value, name)
