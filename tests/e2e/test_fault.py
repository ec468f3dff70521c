"""Every kind of system call made to fail, each time it is made: one line of error, nothing left.

A call may be one that a start can do without; then the program has to run as ever.  As root only:
strace takes newuidmap's rights away.
"""

import errno
import os
import shutil

from lib.suite import check, equal, rows, skip

FAULTS = [
    ("openat", "ENFILE"),
    ("openat2", "ENOMEM"),
    ("mkdirat", "ENOSPC"),
    ("mkdir", "ENOSPC"),
    ("renameat", "EDQUOT"),
    ("flock", "EINTR"),
    ("socketpair", "EMFILE"),
    ("clone3", "EAGAIN"),
    ("pidfd_open", "EMFILE"),
    ("unshare", "ENOSPC"),
    ("setns", "EPERM"),
    ("bpf", "EPERM"),
    ("sendmsg", "ENOBUFS"),
    ("recvmsg", "ENOMEM"),
    ("mount", "EPERM"),
    ("open_tree", "EMFILE"),
    ("move_mount", "EBUSY"),
    ("fsopen", "ENODEV"),
    ("fsconfig", "EINVAL"),
    ("fsmount", "EPERM"),
    ("mknodat", "EPERM"),
    ("symlinkat", "EROFS"),
    ("sethostname", "EPERM"),
    ("setsid", "EPERM"),
    ("fchdir", "EACCES"),
    ("pivot_root", "EINVAL"),
    ("umount2", "EBUSY"),
    ("keyctl", "EDQUOT"),
    ("setgroups", "EPERM"),
    ("setresgid", "EINVAL"),
    ("setresuid", "EAGAIN"),
    ("capset", "EPERM"),
    ("prctl", "EPERM"),
    ("execve", "ENOMEM"),
]
# Calls that a run makes only where the configuration asks for it.
ASKED = {
    ("sched_setattr", "EPERM"): ("process", "scheduler", {"policy": "SCHED_BATCH", "nice": 1}),
    ("ioprio_set", "EPERM"): ("process", "ioPriority", {"class": "IOPRIO_CLASS_BE", "priority": 1}),
    ("set_mempolicy", "EINVAL"): ("linux", "memoryPolicy", {"mode": "MPOL_BIND", "nodes": "0"}),
    ("personality", "EINVAL"): ("linux", "personality", {"domain": "LINUX32"}),
}
MOST = 60  # of one kind and process: more are alike


def inject(w, b, call, error, count):
    """A run whose count-th such call of each process fails.  Returns it, or None: there is none."""
    log = os.path.join(w.tmp, "strace")
    r = w.command(["strace", "-f", "-qq", "-o", log, "-e", f"trace={call}", "-e",
                   f"inject={call}:error={error}:when={count}",
                   *w.words("run", "--bundle", b.path, b.id)], limit=20)
    with open(log, encoding="utf-8", errors="replace") as f:
        met = "(INJECTED)" in f.read()
    os.unlink(log)
    return r if met else None


@rows("a call that fails", [(call, call, error) for call, error in FAULTS + list(ASKED)])
def fault(w, call, error):
    if shutil.which("strace") is None:
        skip("no strace here")
    b = w.bundle().probe("exit", "7")
    if (call, error) in ASKED:
        part, member, value = ASKED[call, error]
        b.config[part][member] = value
        check(inject(w, b.write(), call, error, 1) is not None, f"no {call} at all")
    b.write()
    for count in range(1, MOST):
        r = inject(w, b, call, error, count)
        if r is None:
            break
        what = f"{call} {count}: {r}"
        equal(w.left(), [], f"left after {what}")
        if r.status == 7:
            equal(r.err, "", f"stderr of a run that did without {what}")
            continue
        equal(r.status, 1, f"status of {what}")
        lines = r.err.splitlines()
        check(lines and os.strerror(getattr(errno, error)) in lines[0], f"words of {what}")
        check(len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("  hint: ")),
              f"lines of {what}")
