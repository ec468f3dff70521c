"""A plain user to be: an id that nobody has here, with subordinate ids in files of our own.

The files are put over those of the host in our private mount namespace only.
"""

import os
import pwd
import shutil

from lib import host, kernel

NAME = "crun-lite-e2e"
FIRST, COUNT = 700000, 65536
OWN_FILES = ("/etc/passwd", "/etc/subuid", "/etc/subgid")


def _free_id():
    used = {line.split(":")[2] for line in (host.read("/etc/passwd") or "").splitlines()
            if line.count(":") > 2}
    return next(i for i in range(54321, 60000) if str(i) not in used)


def _cover(top, name, line):
    own = os.path.join(top, os.path.basename(name))
    with open(own, "w", encoding="utf-8") as f:
        f.write(host.read(name) or "")
        f.write(line + "\n")
    os.chmod(own, 0o644)
    if os.path.exists(name):
        kernel.bind(own, name)


def prepare(top):
    """Gives the user a name and subordinate ids; returns the id."""
    uid = _free_id()
    etc = os.path.join(top, "etc")
    os.mkdir(etc)
    _cover(etc, "/etc/passwd", f"{NAME}:x:{uid}:{uid}::/nonexistent:/bin/sh")
    for name in OWN_FILES[1:]:
        _cover(etc, name, f"{NAME}:{FIRST}:{COUNT}")
    return uid


def subordinate_ids(world):
    """(first, count) of the world's user, if newuidmap is there to give them; or None."""
    names = [NAME] if world.uid is not None else [str(os.getuid()), _own_name()]
    for line in (host.read("/etc/subuid") or "").splitlines():
        name, _, rest = line.partition(":")
        if name in names and shutil.which("newuidmap") is not None:
            return tuple(int(n) for n in rest.split(":"))
    return None


def _own_name():
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None


def without_subordinate_ids():
    """To be called in a child: a mount namespace where nobody has any."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    for name in OWN_FILES[1:]:
        kernel.bind("/dev/null", name)


def why_not(world):
    """Why a plain user cannot make containers on this host; None when it can."""
    r = world.command(["unshare", "--user", "true"])
    return None if r.status == 0 else "plain users may not make user namespaces here"
