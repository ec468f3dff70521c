"""The system calls of a start: what is looked up how, what is written where, what is executed.

The ids are those of docs/attacks.md.
"""

import os
import re

from lib.suite import ROOT, USER, case, check, equal, note, rows, same, skip
from lib.trace import calls

# Calls that take names of files.
NAMING = set("""open openat openat2 creat stat lstat newfstatat statx access faccessat faccessat2
readlink readlinkat mkdir mkdirat mknod mknodat symlink symlinkat link linkat unlink unlinkat rmdir
rename renameat renameat2 chown lchown fchownat chmod fchmodat fchmodat2 utimensat chdir chroot
statfs mount umount2 open_tree move_mount mount_setattr open_tree_attr setxattr lsetxattr getxattr
lgetxattr truncate execve execveat""".split())
# Calls that name something in a directory and never follow a link that has this name.
MAKES = {"mkdirat", "mknodat", "symlinkat", "readlinkat", "unlinkat", "move_mount"}
# With these flags neither do these.
NOFOLLOW = {"openat": "O_NOFOLLOW", "newfstatat": "AT_SYMLINK_NOFOLLOW",
            "fchownat": "AT_SYMLINK_NOFOLLOW", "utimensat": "AT_SYMLINK_NOFOLLOW"}
WRITES = {"write", "writev", "pwrite64", "pwritev", "sendfile", "copy_file_range", "ftruncate",
          "fallocate", "splice"}
HOST = ("/proc/self/", "/proc", "/dev/", "/sys/fs/cgroup", "/etc/hostname")
# What is not below a root and cannot be: names of the kernel's own.
KERNEL = ("pipe:", "socket:", "anon_inode:", "/proc/", "/sys/", "/memfd:", "/dev/null", "net:")


def plain(b):
    pass


def everything(b):
    """All that looks something up in the root or makes something there."""
    source = b.world.directory("source")
    b.bind(source, "/vol", "bind", "ro").bind(source, "/new/deep/er", "bind")
    b.mount("/data", "tmpfs", "tmpfs", "ro").bind("/etc/hostname", "/etc/hostname", "bind")
    os.makedirs(b.file("secret"))
    b.linux["maskedPaths"] += ["/secret", "/etc/hostname"]
    b.linux["readonlyPaths"] += ["/opt"]
    b.process["cwd"] = "/made/here"
    if b.world.root_ids:
        b.linux["devices"] = [
            {"path": "/dev/own", "type": "c", "major": 1, "minor": 5, "uid": 7, "gid": 7},
            {"path": "/opt/x/own", "type": "c", "major": 1, "minor": 5, "uid": 7, "gid": 7}]


def bare(b):
    """Devices are made in the image's own /dev."""
    b.config["mounts"] = [m for m in b.config["mounts"] if not m["destination"].startswith("/dev")]


def copying(b):
    os.makedirs(b.file("t/below"))
    os.symlink("below", b.file("t/link"))
    for name in ("t/file", "t/below/file"):
        with open(b.file(name), "w", encoding="ascii") as f:
            f.write("text")
    b.mount("/t", "tmpfs", "tmpfs", "tmpcopyup")


CONFIGS = (("plain", plain, ()), ("everything", everything, ()), ("bare /dev", bare, ()),
           ("tmpcopyup", copying, ()), ("overlay", everything, ("--overlay",)))


def traced(w, make, options):
    """The calls of a run, and of its child: those from where the root is opened to the change."""
    if os.getuid() != 0:
        skip("needs root: under a plain user's strace newuidmap has no rights")
    b = w.bundle().probe("exit", "0")
    make(b)
    b.write()
    r, found = calls(w, w.words("run", "--bundle", b.path, *options, b.id))
    equal((r.status, r.out, r.err), (0, "", ""), f"{r}")
    ends = [i for i, c in enumerate(found) if c.name == "pivot_root" or (
        c.name == "setns" and "CLONE_NEWNS" in c.text)]
    check(len(ends) > 0, "no change of the root in the trace")
    child = found[ends[0]].pid
    first = [i for i, c in enumerate(found) if c.pid == child and c.name in (
        "open_tree", "openat", "open_tree_attr") and b.rootfs in " ".join(c.strings)]
    check(len(first) > 0, "no opening of the root in the trace")
    return b, found, child, first[0], ends[-1]


@rows("A9 R19 R21 no name in the root is looked up but beneath its descriptor", CONFIGS, ROOT, USER)
def names(w, make, options):
    b, found, child, begin, end = traced(w, make, options)
    window = found[begin + 1:end]
    bad = [c for c in window if any(s.startswith(b.path) for s in c.strings)]
    equal(bad, [], "paths below the bundle after the root was opened")
    looked = 0
    for c in (c for c in window if c.pid == child):
        looked += c.name == "openat2"
        check(named_safely(w, c), f"by its name: {c}")
    check(looked > 2 or make is bare, "no look-up seen: the trace is not understood")
    note(f"{len(window)} calls, {looked} scoped look-ups")


def named_safely(w, c):
    """Whether a call of the child's that names something cannot be led elsewhere by the image."""
    if c.name.startswith("syscall_0x1d3"):  # open_tree_attr, which strace may not know
        return int(c.text.split(",")[2], 16) & 0x1000 != 0  # AT_EMPTY_PATH
    if c.name not in NAMING or not c.strings:
        return True
    if c.name == "openat2" and "RESOLVE_NO_MAGICLINKS" in c.text:
        return "RESOLVE_IN_ROOT" in c.text or "RESOLVE_BENEATH" in c.text
    texts = c.strings[1:] if c.name == "symlinkat" else c.strings
    if not c.fds or c.fds[0][0] == "AT_FDCWD":  # the host's, by name, or a descriptor of our own
        return all(t in ("", ".", "/") or t.startswith(HOST) or t.startswith(w.top)
                   for t in texts[:2])
    for t in texts:
        if t in ("", "."):
            continue
        if "/" in t.strip("/"):
            return c.fds[0][1].startswith("/proc") and "self/fd/" in t
        if c.name not in MAKES and NOFOLLOW.get(c.name, "-") not in c.text:
            # what was made a moment ago in a tmpfs that nobody else has
            return c.name == "fchmodat" and "/" == c.fds[0][1][:1]
    return True


@rows("R30 nothing is written into a root", [c for c in CONFIGS if c[0] != "tmpcopyup"], ROOT, USER)
def written(w, make, options):
    b, found, child, begin, end = traced(w, make, options)
    seen = 0
    for c in (c for c in found[:end] if c.name in WRITES and c.fds):
        path = c.fds[0][1]
        seen += 1
        allowed = path.startswith(KERNEL) or c.fds[0][0] in "012"
        if c.pid != child:  # the state directory is the parent's
            allowed = allowed or path.startswith(w.state)
        check(allowed, f"writes to a file: {c}")
    check(seen > 1, "no write seen: the trace is not understood")


@rows("R33 what is written in /proc is beneath its verified root", CONFIGS[:2], ROOT, USER)
def proc_writes(w, make, options):
    def with_sysctl(b):
        make(b)
        b.linux["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": "7", "kernel.shmmax": "99999"}
        b.process["oomScoreAdj"] = 500

    _, found, *_ = traced(w, with_sysctl, options)
    opened = [c for c in found if c.name in ("openat", "openat2", "open") and c.strings and
              re.search(r"O_WRONLY|O_RDWR", c.text) and re.match(r"\d+</proc", c.result)]
    mine = [c for c in opened if "RESOLVE_BENEATH" not in c.text or "RESOLVE_NO_XDEV" not in c.text]
    check(len(opened) >= 3, f"no such write seen: {opened}")
    # those of newuidmap and newgidmap are not ours
    helpers = {c.pid for c in found if c.name == "execve" and "newuidmap" in c.text or
               c.name == "execve" and "newgidmap" in c.text}
    equal([c for c in mine if c.pid not in helpers], [], "by a name alone")


HOSTILE = """etc/ld.so.preload etc/ld.so.cache etc/nsswitch.conf etc/passwd etc/group
lib/libnss_files.so.2 lib/libnss_compat.so.2 lib64/libnss_files.so.2 usr/lib/libnss_files.so.2
usr/lib/gconv/gconv-modules usr/lib/locale/locale-archive lib/libc.so.6""".split()


@case("A34 A37 nothing of the image is loaded, nothing else is executed", ROOT, USER)
def executed(w):
    b = w.bundle().probe("exit", "0")
    for name in HOSTILE:
        os.makedirs(os.path.dirname(b.file(name)), exist_ok=True)
        with open(b.file(name), "w", encoding="ascii") as f:
            f.write("/evil\n")
    b.config["annotations"] = {"a": "binary:///bin/sh", "b": ";id", "c": "$(id)", "d": "../../../x",
                               "run.oci.handler": "krun", "module.wasm.image/variant": "compat",
                               "io.containerd.runc.v2.group": "|id"}
    b.write()
    r, found = calls(w, w.words("run", "--bundle", b.path, b.id))
    equal((r.status, r.out, r.err), (0, "", ""), f"{r}")
    bad = re.compile(r"libnss|ld\.so|gconv|locale|nsswitch|\.so\b|libc\.")
    own = [c for c in found if "execve" in c.name and c.strings]
    helpers = {c.pid for c in own if re.search("newuidmap|newgidmap", c.strings[0])}
    loaded = [c for c in found if c.pid not in helpers and "exec" not in c.name and
              any(bad.search(s) for s in c.strings)]
    equal(loaded, [], "files of libraries")
    programs = {c.strings[0] or "itself" for c in own if not c.failed}
    allowed = {w.program, "itself", "/bin/probe", "/usr/bin/newuidmap", "/usr/bin/newgidmap"}
    same(programs - allowed, set(), "what was executed")
    check({w.program, "itself", "/bin/probe"} <= programs, f"what was executed: {programs}")
