"""Labels of AppArmor and SELinux: in force before the program, or an error.

Where the kernel has no such module the tests of it are skipped; those of the errors then run.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess

from lib import host, kernel
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

CURRENT = "/proc/self/attr/apparmor/current"
KEYCTL_GET_SECURITY = 17
KEYCTL = {"x86_64": 250, "aarch64": 219}

LABEL = "system_u:system_r:container_t:s0:c1,c2"
FILE_LABEL = "system_u:object_r:container_file_t:s0:c1,c2"


def have_apparmor():
    return host.read(CURRENT) is not None


def have_selinux():
    return host.read("/proc/self/attr/keycreate") is not None


def have_policy():
    return have_selinux() and ":" in host.read("/proc/self/attr/current")


def knows(label):
    """The loaded policy knows this label."""
    try:
        with open("/sys/fs/selinux/context", "w", encoding="ascii") as f:
            f.write(label)
        return True
    except OSError:
        return False


def refused(w, b, *parts, **more):
    r = b.run(**more)
    equal((r.status, r.out), (1, ""), f"status and output of {r}")
    for part in parts:
        holds(r.err, part, "message")
    equal(host.gone(w.left, 2), [], "left")


# --- hosts without --------------------------------------------------------------------------------

ABSENT = (
    ("profile", have_apparmor, ("process", "apparmorProfile"), "containers-default",
     ": process.apparmorProfile: AppArmor is not at work on this host: Operation not supported\n"
     "  hint: leave it out"),
    ("label", have_policy, ("process", "selinuxLabel"), LABEL,
     ": process.selinuxLabel: SELinux is not at work on this host: Operation not supported\n"
     "  hint: leave it out"),
    ("mount label", have_policy, ("linux", "mountLabel"), FILE_LABEL,
     ": linux.mountLabel: SELinux is not at work on this host: Operation not supported\n"
     "  hint: leave it out"),
)


@rows("labels: no such module", ABSENT, ROOT, USER)
def absent(w, have, path, value, text):
    if have():
        skip("this kernel has the module at work")
    b = w.bundle()
    b.config[path[0]][path[1]] = value
    refused(w, b, "config.json:", text)


@case("labels: empty ones are none", ROOT, USER)
def empty(w):
    b = w.bundle().probe("exit", "7")
    b.process["apparmorProfile"] = b.process["selinuxLabel"] = b.linux["mountLabel"] = ""
    b.must(status=7)


@case("labels: unconfined needs no AppArmor", ROOT, USER)
def unconfined(w):
    b = w.bundle().probe("exit", "7")
    b.process["apparmorProfile"] = "unconfined"
    b.must(status=7)


def pretend(top, label="u:r:t:s0"):
    """For a `before`: the caller's own attributes are ours; its child's are the kernel's."""
    os.makedirs(top + "/apparmor")
    for name, text in (("current", label), ("keycreate", ""), ("exec", ""),
                       ("apparmor/current", "unconfined\n"), ("apparmor/exec", "")):
        with open(f"{top}/{name}", "w", encoding="ascii") as f:
            f.write(text)

    def before():
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.bind(top, f"/proc/{os.getpid()}/attr")

    return before


PRETENDED = (
    ("apparmor", have_apparmor, ("process", "apparmorProfile"), "p",
     "process.apparmorProfile: cannot set the AppArmor profile for the program: exec p: "),
    ("selinux", have_selinux, ("process", "selinuxLabel"), LABEL,
     "process.selinuxLabel: cannot set the SELinux label \"" + LABEL + "\" in "
     "`/proc/thread-self/attr/keycreate`: Invalid argument\n"),
)


@rows("labels: what the kernel does not take stops the container", PRETENDED)
def pretended(w, have, path, value, text):
    if have():
        skip("this kernel has the module")
    b = w.bundle()
    b.config[path[0]][path[1]] = value
    refused(w, b, "config.json:", text, before=pretend(w.directory("attr")))


@case("labels: SELinux without a policy is none")
def no_policy(w):
    if have_selinux():
        skip("this kernel has the module")
    b = w.bundle()
    b.process["selinuxLabel"] = LABEL
    refused(w, b, ": process.selinuxLabel: SELinux is not at work on this host",
            before=pretend(w.directory("attr"), "kernel"))


# --- AppArmor -------------------------------------------------------------------------------------

# A container's own: it may do much, but not read one file.
INNER = """profile {name} flags=(attach_disconnected,mediate_deleted) {{
  file, capability, network, mount, umount, pivot_root, signal, ptrace, unix, mqueue, userns,
  deny /etc/secret r,
}}
"""
# Around the runtime: all, and any other profile.
OUTER = """profile {name} flags=(attach_disconnected,mediate_deleted) {{
  file, capability, network, mount, umount, pivot_root, signal, ptrace, unix, mqueue, userns,
  change_profile -> **,
}}
"""


@contextlib.contextmanager
def loaded(w, text):
    """The name of a profile, loaded meanwhile."""
    if not have_apparmor():
        skip("this kernel has no AppArmor, or it is off")
    if os.getuid() != 0:
        skip("loading a profile needs root")
    parser = shutil.which("apparmor_parser") or "/usr/sbin/apparmor_parser"
    if not os.path.exists(parser):
        skip("no apparmor_parser here")
    name = w.id("profile")

    def load(how):
        subprocess.run([parser, "-K", how], input=text.format(name=name).encode(), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    load("-a")
    try:
        yield name
    finally:
        load("-R")


def confined(w, name, nnp):
    b = w.bundle().shell(f"cat {CURRENT}; cat /etc/secret || echo denied")
    with open(b.file("/etc/secret"), "w", encoding="ascii") as f:
        f.write("not denied\n")
    b.process["apparmorProfile"] = name
    b.process["noNewPrivileges"] = nnp
    return b


def sees(b, label, **more):
    r = b.run(**more)
    equal((r.status, r.out), (0, f"{label} (enforce)\ndenied\n"), f"what it sees: {r}")


@rows("apparmor: in force", (("plain", False), ("no_new_privs", True)), ROOT, USER)
def apparmor(w, nnp):
    with loaded(w, INNER) as name:
        sees(confined(w, name, nnp), name)


@case("apparmor: in force in new and joined namespaces of users and processes")
def apparmor_namespaces(w):
    with loaded(w, INNER) as name:
        first = confined(w, name, True).namespace("user").probe("pause")
        for side in ("uidMappings", "gidMappings"):
            first.linux[side] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        first.detached()
        pid = first.state()["pid"]
        equal(host.read(f"/proc/{pid}/attr/apparmor/current"), name + " (enforce)\n", "label")
        b = confined(w, name, False)
        b.namespace("user", f"/proc/{pid}/ns/user").namespace("pid", f"/proc/{pid}/ns/pid")
        sees(b, name)
        w.must("delete", "--force", first.id)


@case("apparmor: in force without /proc in the container", ROOT, USER)
def apparmor_no_proc(w):
    with loaded(w, INNER) as name:
        b = confined(w, name, True).probe("pause")
        b.config["mounts"] = [m for m in b.config["mounts"] if m["destination"] != "/proc"]
        for paths in ("maskedPaths", "readonlyPaths"):
            b.linux.pop(paths, None)
        b.detached()
        pid = b.state()["pid"]
        equal(host.read(f"/proc/{pid}/attr/apparmor/current"), name + " (enforce)\n", "label")
        w.must("delete", "--force", b.id)


@case("apparmor: in force before start", ROOT, USER)
def apparmor_create(w):
    with loaded(w, INNER) as name:
        b = confined(w, name, True).probe("pause")
        r = b.create(to_files=True)
        equal(r.status, 0, f"create: {r}")
        pid = b.state()["pid"]
        equal(host.read(f"/proc/{pid}/attr/apparmor/exec"), name + " (enforce)\n", "at the exec")
        w.must("start", b.id)
        host.until(lambda: "(enforce)" in (host.read(f"/proc/{pid}/attr/apparmor/current") or ""))
        equal(host.read(f"/proc/{pid}/attr/apparmor/current"), name + " (enforce)\n", "label")
        w.must("delete", "--force", b.id)


@rows("apparmor: not loaded", (("plain", False), ("no_new_privs", True)), ROOT, USER)
def apparmor_unknown(w, nnp):
    if not have_apparmor():
        skip("this kernel has no AppArmor, or it is off")
    refused(w, confined(w, "no-such", nnp), "config.json:",
            ": process.apparmorProfile: AppArmor profile \"no-such\" is not loaded: "
            "No such file or directory\n  hint: load it: apparmor_parser")


@case("apparmor: unconfined where it is at work", ROOT, USER)
def apparmor_unconfined(w):
    if not have_apparmor():
        skip("this kernel has no AppArmor, or it is off")
    b = w.bundle().shell(f"cat {CURRENT}")
    b.process["apparmorProfile"] = "unconfined"
    equal(b.must().out, "unconfined\n", "label")


def under(name):
    """For a `before`: the command is run under this profile."""

    def before():
        with open("/proc/thread-self/attr/apparmor/exec", "w", encoding="ascii") as f:
            f.write(f"exec {name}")

    return before


@rows("apparmor: under a profile already", (("plain", False), ("no_new_privs", True)), ROOT, USER)
def apparmor_nested(w, nnp):
    with loaded(w, OUTER) as outer, loaded(w, INNER) as inner:
        both = "//&".join(sorted((outer, inner)))
        sees(confined(w, inner, nnp), both if nnp else inner, before=under(outer))


@case("apparmor: under a profile that allows no other")
def apparmor_nested_refused(w):
    with loaded(w, INNER) as name:
        b = confined(w, name, False)
        b.process["apparmorProfile"] = "unconfined"
        refused(w, b, "config.json:", ": process.apparmorProfile: cannot set the AppArmor profile",
                "Permission denied\n  hint: crun-lite itself runs under a profile",
                before=under(name))


# --- SELinux --------------------------------------------------------------------------------------


def need_selinux(*labels):
    if not have_selinux():
        skip("this kernel has no SELinux, or it is off")
    if not have_policy():
        skip("SELinux has no policy")
    for label in labels:
        if not knows(label):
            skip(f"the policy does not know {label}")


def key_labels():
    """The labels of all session keyrings."""
    found = set()
    for line in host.read("/proc/keys").splitlines():
        if line.split()[7:9] == ["keyring", "_ses:"]:
            text = ctypes.create_string_buffer(512)
            ctypes.CDLL(None).syscall(KEYCTL[os.uname().machine], KEYCTL_GET_SECURITY,
                                      int(line.split()[0], 16), text, len(text))
            found.add(text.value.decode())
    return found


@rows("selinux: label of the program", (("plain", False), ("no_new_privs", True)), ROOT, USER)
def selinux(w, nnp):
    need_selinux(LABEL)
    b = w.bundle().shell("cat /proc/self/attr/current /proc/self/attr/keycreate")
    b.process["selinuxLabel"] = LABEL
    b.process["noNewPrivileges"] = nnp
    equal(b.must().out.strip("\0"), LABEL, "label")


@case("selinux: label of the session keyring")
def selinux_keyring(w):
    need_selinux(LABEL)
    b = w.bundle().probe("pause")
    b.process["selinuxLabel"] = LABEL
    b.detached()
    check(LABEL in key_labels(), f"labels {key_labels()}")
    w.must("delete", "--force", b.id)


@rows("selinux: unknown label", (("process", "process", "selinuxLabel", "keycreate`: "),
                                 ("mounts", "linux", "mountLabel", "")), ROOT, USER)
def selinux_unknown(w, part, key, text):
    need_selinux()
    b = w.bundle()
    b.config[part][key] = "no:such:label"
    refused(w, b, "config.json:", text + "Invalid argument\n  hint: ")


def labels_of(b, *paths):
    root = f"/proc/{b.state()['pid']}/root"
    return [os.getxattr(root + p, "security.selinux").decode().strip("\0") for p in paths]


@rows("selinux: labels of mounts", (("bundle", ()), ("overlay", ("--overlay",))), ROOT, USER)
def selinux_mounts(w, options):
    need_selinux(FILE_LABEL)
    b = w.bundle().probe("pause")
    b.linux["mountLabel"] = FILE_LABEL
    b.detached(*options)
    places = ["/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"] + (["/", "/bin"] if options else [])
    equal(labels_of(b, *places), [FILE_LABEL] * len(places), "labels")
    equal([f for f in labels_of(b, "/proc", "/sys") if f == FILE_LABEL], [], "labelled")
    w.must("delete", "--force", b.id)
