"""exec in a container that looks at every new process: it gets nothing that it has not got.

The stalker spins on the number that the next process will have.  As long as that is not its program
yet, it may not look at it at all; one with CAP_SYS_PTRACE in the first user namespace may, and finds
no right and no descriptor that the program will not have.
"""

import json
import subprocess

from lib import seen
from lib.suite import ROOT, USER, equal, rows, skip

ROUNDS, SECONDS = 150, 6
# of a pipe of the caller's, the connection to the runtime, a filter
LINKS = {"/", "pipe", "socket", "/dev/null", "/memfd:seccomp (deleted)", "(deleted)",
         "/memfd:seccomp"}


def plain(w):
    return w.bundle()


def in_user_namespace(w):
    b = w.bundle().namespace("user")
    for side in ("uidMappings", "gidMappings"):
        b.linux[side] = [{"containerID": 0, "hostID": 200000, "size": 65536}]
    subprocess.run(["chown", "-Rh", "200000:200000", "--", b.rootfs], check=True)
    return b.caps("SYS_PTRACE", "KILL", "SYS_ADMIN")


def tracer(w):
    return w.bundle().caps("SYS_PTRACE", "KILL")


def tracer_filtered(w):
    b = tracer(w)
    b.process["noNewPrivileges"] = False
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    return b


def stalked(w, b, options=()):
    """What the stalker says after many exec."""
    b.probe("pause").detached()
    p = w.popen(w.words("exec", b.id, "/bin/probe", "stalk", str(SECONDS)), stdout=subprocess.PIPE)
    equal(p.stdout.readline(), b"ready\n", "line")
    count = 0
    while p.poll() is None and count < ROUNDS:
        w.must("exec", *options, b.id, "/bin/true")
        count += 1
    out, _ = p.communicate(timeout=SECONDS + 20)
    w.must("delete", "--force", b.id)
    return json.loads(out), seen.capability_mask(b.process["capabilities"]["effective"])


@rows("exec stalked", [("without CAP_SYS_PTRACE", plain, False),
                       ("in a user namespace, with it", in_user_namespace, False),
                       ("with it", tracer, True),
                       ("with it, and a filter without no_new_privs", tracer_filtered, True)])
def stalk(w, make, may_look):
    got, caps = stalked(w, make(w))
    if got["seen"] == 0:
        skip("the stalker had no processor when it mattered")
    equal(got["caps"] & ~caps, 0, f"rights beside the program's: {got}")
    if not may_look:
        equal((got["caught"], got["links"]), (0, ""), f"{got}")
        return
    left = got["links"]
    for link in sorted(LINKS, key=len, reverse=True):
        left = left.replace(f" {link}", "")
    equal(left.strip(), "", f"what it holds: {got}")


@rows("exec stalked, of a plain user", [("its own", plain)], USER)
def stalk_user(w, make):
    got, _ = stalked(w, make(w))
    equal((got["caught"], got["links"]), (0, ""), f"{got}")


@rows("exec stalked, of another user", [("user 7", plain)], ROOT)
def stalk_ids(w, make):
    got, caps = stalked(w, make(w), options=("-u", "7:7"))
    equal((got["caught"], got["links"], got["caps"] & ~caps), (0, "", 0), f"{got}")
