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
    ("renameat2", "EDQUOT"),
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


def copies(b):
    """A new tmpfs that begins with a file, a link and a directory of the image."""
    os.makedirs(b.file("t/below"))
    os.symlink("file", b.file("t/link"))
    with open(b.file("t/file"), "w", encoding="ascii") as f:
        f.write("text")
    b.mount("/t", "tmpfs", "tmpfs", "tmpcopyup")


def maps(b):
    ids = [{"containerID": 0, "hostID": 5, "size": 9}]
    b.bind(b.world.directory("source"), "/m", "idmap")
    b.config["mounts"][-1].update({"uidMappings": ids, "gidMappings": ids})


def hooks(b):
    """One of each kind, which does nothing."""
    for kind in KINDS:
        path = "/bin/probe" if kind == "startContainer" else b.world.probe
        env = [f"CRUN_LITE_E2E={b.world.token}"]
        b.config.setdefault("hooks", {})[kind] = [
            {"path": path, "args": ["probe", "exit", "0"], "env": env}]


KINDS = "prestart createRuntime createContainer startContainer poststart poststop".split()
FEATURES = {
    copies: [("flistxattr", "ENOMEM"), ("fchownat", "EPERM"), ("fchmod", "EPERM"), ("utimensat", "EPERM"), ("lseek", "EIO"),
             ("sendfile", "ENOSPC"), ("ftruncate", "ENOSPC"), ("readlinkat", "EIO"),
             ("symlinkat", "ENOSPC"), ("mkdirat", "EDQUOT"), ("openat", "EMFILE"),
             ("openat2", "EMFILE"), ("fstatfs", "EIO")],
    maps: [("clone3", "EAGAIN"), ("pipe2", "EMFILE"), ("mount_setattr", "EPERM"),
           ("sendmsg", "ENOBUFS"), ("recvmsg", "ENOMEM"), ("openat", "EMFILE"),
           ("write", "EPERM"), ("open_tree", "EMFILE")],
    hooks: [("memfd_create", "EMFILE"), ("pipe2", "EMFILE"), ("clone", "EAGAIN"),
            ("signalfd4", "EMFILE"), ("dup2", "EBUSY"), ("close_range", "EINVAL"),
            ("setsid", "EPERM"), ("chdir", "EACCES"), ("execve", "ENOMEM"),
            ("fcntl", "EPERM"), ("write", "ENOSPC"), ("move_mount", "EBUSY"),
            ("poll", "ENOMEM"), ("waitid", "EINVAL")],
}


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


def each(w, b, call, error):
    """The call fails the first time, the second time, ..."""
    for count in range(1, MOST):
        r = inject(w, b, call, error, count)
        if r is None:
            return count - 1
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
    return MOST


@rows("a call that fails", [(call, call, error) for call, error in FAULTS + list(ASKED)])
def fault(w, call, error):
    if shutil.which("strace") is None:
        skip("no strace here")
    b = w.bundle().probe("exit", "7")
    if (call, error) in ASKED:
        part, member, value = ASKED[call, error]
        b.config[part][member] = value
    times = each(w, b.write(), call, error)
    check(times > 0 or (call, error) not in ASKED, f"no {call} at all")


@rows("a call that fails, with", [(f"{make.__name__}: {call}", make, call, error)
                                  for make, calls in FEATURES.items() for call, error in calls])
def feature(w, make, call, error):
    if shutil.which("strace") is None:
        skip("no strace here")
    b = w.bundle().probe("exit", "7")
    make(b)
    check(each(w, b.write(), call, error) > 0, f"no {call} at all")
