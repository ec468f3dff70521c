"""Mounts, roots, overlays, masks: what is mounted, how, and what can be done with it."""

import errno
import os

from lib import host, kernel, seen
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip

RO, OK = errno.EROFS, 0


@case("every mount is one that was asked for, with its options", ROOT, USER)
def all_mounts(w):
    b = w.bundle()
    found = seen.mounts(b.view())
    asked = {m["destination"]: m for m in b.config["mounts"]}
    extra = set(b.linux["maskedPaths"]) | set(b.linux["readonlyPaths"])
    check(set(found) >= set(asked), f"missing: {set(asked) - set(found)}")
    if w.uid is not None or not w.root_ids:  # who may not make devices gets the host's
        extra |= {f"/dev/{n}" for n, d in seen.DEVICES.items() if d[0] == "char"}
    same(set(found) - set(asked) - extra - {"/"}, set(), "mounts that nobody asked for")
    for place, m in asked.items():
        flags = found[place].options
        want = seen.mount_flags(m.get("options", []))
        equal(flags, want, f"options of {place}")
        equal(found[place].type, {"cgroup": "cgroup2"}.get(m["type"], m["type"]), place)
    holds(" ".join(found["/dev"].super), "mode=755", "/dev")
    check({"gid=5", "mode=620", "ptmxmode=666"} <= found["/dev/pts"].super or not w.root_ids,
          f"/dev/pts: {found['/dev/pts']}")


@case("no mount of the host is left in sight", ROOT, USER)
def no_old_root(w):
    v = w.bundle().view()
    text = v["files"]["/proc/self/mountinfo"]
    for m in seen.mounts(v).values():
        check(m.point == "/" or w.top not in f"{m.root} {m.point}", f"host path in {m}")
    check(w.state not in text, "the state directory is in sight")
    equal(seen.mounts(v)["/"].propagation, "", "propagation of /")


BIND_OPTIONS = (
    ("plain", ["bind"]),
    ("rbind", ["rbind"]),
    ("read-only", ["bind", "ro"]),
    ("nosuid nodev noexec", ["rbind", "nosuid", "nodev", "noexec"]),
    ("noatime", ["bind", "noatime"]),
    ("strictatime nodiratime", ["bind", "strictatime", "nodiratime"]),
    ("nosymfollow", ["bind", "nosymfollow"]),
    ("ro then rw", ["bind", "ro", "rw"]),
    ("all", ["rbind", "ro", "nosuid", "nodev", "noexec", "noatime", "rprivate"]),
)


def same_place(root, path):
    """Whether a mount's root, a path in its file system, can be this path of the host."""
    return path.endswith(root) or root.endswith(path)


@rows("bind", BIND_OPTIONS, ROOT, USER)
def bind_options(w, options):
    b = w.bundle()
    source = w.directory("source")
    b.bind(source, "/mnt/in/side", *options)
    if not w.root_ids and any("atime" in o for o in options):
        r = b.run()  # the kernel locks it when a mount namespace is copied by a plain user
        equal(r.status, 1, f"status of {r}")
        return holds(r.err, "in a user namespace a bind keeps", "message")
    m = seen.mounts(b.view())["/mnt/in/side"]
    asked = [o for o in options if not (o == "ro" and "rw" in options)]
    equal(m.options, seen.mount_flags(asked), "options")
    check(same_place(m.root, source), f"root {m.root}")
    return None


@case("bind: ro, noexec and nodev hold", ROOT, USER)
def bind_effects(w):
    b = w.bundle().caps("MKNOD")
    source = w.directory("source")
    open(os.path.join(source, "f"), "w", encoding="ascii").close()
    os.link(w.probe, os.path.join(source, "probe"))
    w.own(os.path.join(source, "f"))
    b.bind(source, "/ro", "bind", "ro")
    b.bind(source, "/noexec", "bind", "noexec")
    b.bind(source, "/plain", "bind")
    equal(b.tries(["openw", "/ro/f"], ["mkdir", "/ro/d"], ["openw", "/plain/f"],
                  ["exec", "/noexec/probe"], ["exec", "/plain/probe"]),
          [RO, RO, OK, errno.EACCES, OK], "errno")


@case("bind: a device behind nodev cannot be opened")
def bind_nodev(w):
    b = w.bundle()
    source = w.directory("source")
    os.mknod(os.path.join(source, "null"), 0o20666, os.makedev(1, 3))
    b.bind(source, "/nodev", "bind", "nodev")
    b.bind(source, "/dev-ok", "bind")
    equal(b.tries(["openw", "/nodev/null"], ["openw", "/dev-ok/null"]), [errno.EACCES, OK])


@case("bind: rro reaches the mounts below, ro does not")
def bind_recursive(w):
    b = w.bundle()
    source = w.directory("source")
    os.mkdir(os.path.join(source, "sub"))
    kernel.mount("none", os.path.join(source, "sub"), "tmpfs")
    try:
        b.bind(source, "/rro", "rbind", "rro")
        b.bind(source, "/ro", "rbind", "ro")
        b.bind(source, "/flat", "bind")
        equal(b.tries(["mkdir", "/rro/d"], ["mkdir", "/rro/sub/d"], ["mkdir", "/ro/d"],
                      ["mkdir", "/ro/sub/d"]), [RO, RO, RO, OK], "errno")
        found = seen.mounts(b.view())
        check("/rro/sub" in found and "/flat/sub" not in found, f"mounts: {sorted(found)}")
    finally:
        kernel.umount(os.path.join(source, "sub"))


@case("bind: a file on a file that is made", ROOT, USER)
def bind_file(w):
    b = w.bundle()
    source = os.path.join(w.directory("source"), "f")
    with open(source, "w", encoding="ascii") as f:
        f.write("from outside")
    b.bind(source, "/etc/deep/config", "bind", "ro")
    b.bind("rel", "/rel", "bind")
    os.mkdir(os.path.join(b.path, "rel"))
    v = b.view("/etc/deep/config")
    equal(v["files"]["/etc/deep/config"], "from outside", "content")
    rel = seen.mounts(v)["/rel"].root
    check(same_place(rel, b.path + "/rel"), f"relative source {rel}")


@case("bind: the source is pinned before later mounts change it")
def bind_links(w):
    b = w.bundle()
    source = w.directory("source")
    os.mkdir(os.path.join(source, "real"))
    os.symlink("real", os.path.join(source, "link"))
    b.bind(os.path.join(source, "link"), "/x", "bind")
    holds(seen.mounts(b.view())["/x"].root, "/real", "root")


@rows("tmpfs", (
    ("mode", ["mode=1770", "size=64k"], 0o1770),
    ("default", [], 0o1777),
    ("0755 and ro", ["mode=0755", "ro", "noexec"], 0o755),
), ROOT, USER)
def tmpfs(w, options, mode):
    b = w.bundle().mount("/t", "tmpfs", "tmpfs", *options)
    v = b.view()
    equal(v["dirs"]["/"]["t"]["mode"], mode, "mode")
    equal(seen.mounts(v)["/t"].options, seen.mount_flags(options), "options")
    if "size=64k" in options:
        equal(b.tries(["fill", "/t/x", 100]), [errno.ENOSPC], "filled")


@case("remount changes what is there")
def remount(w):
    b = w.bundle()
    b.mount("/t", "tmpfs", "tmpfs", "rw", "size=1m")
    b.mount("/t", "tmpfs", "tmpfs", "remount", "ro", "nosuid")
    b.bind(w.directory("s"), "/b", "bind")
    b.bind("none", "/b", "bind", "remount", "ro")
    found = seen.mounts(b.view())
    check({"ro", "nosuid"} <= found["/t"].options, f"{found['/t']}")
    check("ro" in found["/b"].options, f"{found['/b']}")


@case("root: read-only", ROOT, USER)
def root_readonly(w):
    b = w.bundle()
    b.config["root"]["readonly"] = True
    equal(b.tries(["mkdir", "/x"], ["mkdir", "/etc/x"], ["create", "/bin/x"], ["mkdir", "/dev/x"],
                  ["create", "/dev/shm/x"]), [RO, RO, RO, OK, OK], "errno")
    check("ro" in seen.mounts(b.view())["/"].options, "mountinfo")


@case("root: not readable by others, its own path a link")
def root_link(w):
    b = w.bundle()
    os.rename(b.rootfs, b.path + "/real")
    os.symlink("real", b.rootfs)
    equal(b.view()["pid"], 1, "pid")


@case("mount propagation of a bind: rshared, rslave")
def bind_propagation(w):
    b = w.bundle()
    source = w.directory("source")
    kernel.bind(source, source)
    try:
        kernel.mount(None, source, None, kernel.MS_SHARED)
        b.bind(source, "/shared", "rbind", "rshared")
        b.bind(source, "/slave", "rbind", "rslave")
        b.bind(source, "/private", "rbind", "rprivate")
        found = seen.mounts(b.view())
        holds(found["/shared"].propagation, "shared:", "/shared")
        holds(found["/slave"].propagation, "master:", "/slave")
        equal(found["/private"].propagation, "", "/private")
    finally:
        kernel.umount(source)


# --- masks ------------------------------------------------------------------------------------


@case("masked paths are empty and cannot be uncovered", ROOT, USER)
def masked(w):
    b = w.bundle().caps("DAC_OVERRIDE", "FOWNER", "CHOWN")
    os.mkdir(b.file("secret"))
    for name in ("secret/in", "file"):
        with open(b.file(name), "w", encoding="ascii") as f:
            f.write("secret")
    b.linux["maskedPaths"] += ["/secret", "/file", "/not/there"]
    files = ["/secret/in", "/file", "/proc/keys", "/proc/timer_list", "/proc/kcore"]
    got = b.view(*files)["files"]
    same({f: got[f] or None for f in files}, dict.fromkeys(files), "masked files")
    equal(b.tries(["umount", "/secret"], ["umount", "/proc/keys"], ["mkdir", "/secret/x"]),
          [errno.EPERM, errno.EPERM, RO], "errno")


@case("a mask hands out nothing of the host: its mode and owner cannot be changed")
def mask_of_host(w):
    before = host.devices()
    b = w.bundle().caps("FOWNER", "CHOWN", "DAC_OVERRIDE", "FSETID", "SYS_ADMIN")
    try:
        got = b.tries(["chmod", "/proc/keys", "600"], ["chown", "/proc/keys", "5"],
                      ["write", "/proc/keys", "x"], ["read", "/proc/keys"])
        same(host.devices(), before, "devices of the host")
        check(got[0] in (RO, errno.EPERM) and got[1] in (RO, errno.EPERM), f"errno {got}")
    finally:
        os.chmod("/dev/null", 0o666)
        os.chown("/dev/null", 0, 0)


@case("read-only paths", ROOT, USER)
def readonly_paths(w):
    b = w.bundle().caps("SYS_ADMIN" if w.uid is None else "CHOWN", "DAC_OVERRIDE")
    os.mkdir(b.file("fixed"))
    b.linux["readonlyPaths"] += ["/fixed", "/not/there"]
    got = b.tries(["mkdir", "/fixed/x"], ["openw", "/proc/sys/kernel/shmmax"],
                  ["openw", "/proc/sys/net/ipv4/ip_forward"])
    equal(got[:2], [RO, RO], "errno")
    check(got[2] in (RO, errno.EACCES), f"errno {got[2]}")
    found = seen.mounts(b.view())
    for path in ("/fixed", "/proc/sys", "/proc/bus"):
        check("ro" in found[path].options, f"{path}: {found.get(path)}")


# --- overlays ---------------------------------------------------------------------------------


def content(path):
    """All below it: relative path -> text, type and mode."""
    out = {}
    for top, dirs, files in os.walk(path):
        for name in dirs + files:
            full = os.path.join(top, name)
            s = os.lstat(full)
            out[os.path.relpath(full, path)] = (s.st_mode, s.st_size, s.st_mtime_ns)
    return out


WRITES = "echo new >/etc/new; rm /bin/seq; echo changed >/etc/old; mkdir -p /a/b; cat /etc/old"


def overlay_bundle(w):
    b = w.bundle()
    with open(b.file("/etc/old"), "w", encoding="ascii") as f:
        f.write("old")
    w.own(b.file("/etc/old"))
    return b.caps("DAC_OVERRIDE").shell("export PATH=/bin; busybox rm /bin/seq; " +
                                        WRITES.replace("rm /bin/seq; ", ""))


@rows("overlay in memory", (("option", ("--overlay",), {}),
                            ("annotation tmpfs", (), {"org.crun-lite.overlay": "tmpfs"}),
                            ("annotation empty", (), {"org.crun-lite.overlay": ""})), ROOT, USER)
def overlay_memory(w, options, annotations):
    b = overlay_bundle(w)
    b.config["annotations"] = annotations
    before = content(b.path)
    b.write()
    equal(b.must(*options).out, "changed\n", "output")
    after = content(b.path)
    for c in (before, after):
        c.pop("config.json", None)
    same(after, before, "the bundle")


@rows("overlay in a directory", (("option", True), ("annotation", False)), ROOT, USER)
def overlay_directory(w, option):
    b = overlay_bundle(w)
    keep = os.path.join(b.path, "keep")
    os.mkdir(keep)
    w.own(keep)
    if not option:
        b.config["annotations"] = {"org.crun-lite.overlay": "keep"}
    options = (f"--overlay={keep}",) if option else ()
    before = content(b.rootfs)
    equal(b.must(*options).out, "changed\n", "output")
    same(content(b.rootfs), before, "the lower layer")
    b.shell("cat /etc/new /etc/old; test -e /bin/seq; echo $?")
    equal(b.must(*options).out, "new\nchanged\n1\n", "second run")
    b.config["annotations"] = {}
    b.shell("cat /etc/old; test -e /etc/new; echo $?")
    equal(b.must().out, "old1\n", "without the overlay")


@case("overlay: several lower layers", ROOT, USER)
def overlay_layers(w):
    b = w.bundle()
    layers = []
    for n in ("one", "two"):
        path = os.path.join(b.path, n)
        os.mkdir(path)
        with open(os.path.join(path, "layer"), "w", encoding="ascii") as f:
            f.write(n)
        with open(os.path.join(path, "only-" + n), "w", encoding="ascii") as f:
            f.write(n)
        layers.append(n)
    b.config["annotations"] = {"org.crun-lite.overlay": "",
                               "org.crun-lite.overlay.lower": ":".join(layers)}
    files = b.view("/only-one", "/only-two", "/layer")["files"]
    equal((files["/only-one"], files["/only-two"]), ("one", "two"), "files of both")
    equal(files["/layer"], "one", "the first layer wins")


@case("overlay: / as its lower layer, nothing is written there")
def overlay_of_host(w):
    b = w.bundle()
    b.config["root"]["path"] = "/"
    b.config["annotations"] = {"org.crun-lite.overlay": "tmpfs"}
    name = f"/canary-{w.token}"
    b.args("/bin/sh", "-c", f"echo x >{name}; test -e {name} && echo made")
    equal(b.must().out, "made\n", "output")
    check(not os.path.exists(name), f"{name} is on the host")


@case("overlay: a plain user's of / is refused with the reason", USER)
def overlay_of_host_user(w):
    b = w.bundle()
    b.config["root"]["path"] = "/"
    r = b.run("--overlay")
    equal(r.status, 1, f"status of {r}")
    holds(r.err, "overlay", "message")
    holds(r.err, "hint:", "message")


@rows("cgroup mount in the host's namespace shows the host's tree, which stays as it is",
      (("read-only", False, "ro"), ("writable", False, "rw"),
       ("with options of the file system", False, "ro,nsdelegate"),
       ("joined", "/proc/self/ns/cgroup", "ro")))
def cgroup_mount_of_host(w, namespace, options):
    b = w.bundle().namespace("cgroup", namespace)
    m = b.mounted("/sys/fs/cgroup")
    m["options"] = [o for o in m["options"] if o not in ("ro", "rw")] + options.split(",")
    before = seen.mounts({"files": {"/proc/self/mountinfo": host.read("/proc/self/mountinfo")}})
    v = b.view("/sys/fs/cgroup/cgroup.controllers")
    got = seen.mounts(v)["/sys/fs/cgroup"]
    where = host.CGROUPS
    equal(v["files"]["/sys/fs/cgroup/cgroup.controllers"],
          host.read(where + "/cgroup.controllers"), "controllers")
    equal((got.type, got.root), ("cgroup2", "/"), "mount")
    check(options[:2] in got.options, f"options {got.options}")
    equal(got.super, before[where].super, "options of the tree")


@case("cgroup mount shows its own subtree only, read-only")
def cgroup_mount(w):
    v = w.bundle().view("/sys/fs/cgroup/cgroup.procs")
    equal(v["files"]["/proc/self/cgroup"].strip().splitlines()[-1], "0::/", "/proc/self/cgroup")
    equal(v["files"]["/sys/fs/cgroup/cgroup.procs"], "1\n", "cgroup.procs")
    check("ro" in seen.mounts(v)["/sys/fs/cgroup"].options, "read-only")


def with_link(w, target):
    """A source directory with a link that leads to this."""
    source = w.directory("source")
    link = os.path.join(source, "link")
    os.symlink(target, link)
    w.own(link)
    return source, link


LINKS = "cd / && /bin/busybox readlink new; grep -c ' /new ' /proc/self/mountinfo; " \
        "/bin/busybox readlink real || true"


@case("src-nofollow: a link is mounted itself, wherever it leads", ROOT, USER)
def src_nofollow(w):
    b = w.bundle()
    _, link = with_link(w, "/nowhere/on/this/host")
    b.bind(link, "/new", "bind", "src-nofollow").shell(LINKS.replace("grep", "/bin/busybox grep"))
    equal(b.must().out, "/nowhere/on/this/host\n1\n")
    r = b.bind(link, "/two", "bind").run()
    equal(r.status, 1, f"status of {r}")
    holds(r.err, "No such file or directory", "without the option")


@case("src-nofollow: what is no link is mounted as ever", ROOT, USER)
def src_nofollow_plain(w):
    b = w.bundle()
    source, _ = with_link(w, "f")
    os.mkdir(os.path.join(source, "d"))
    w.own(os.path.join(source, "d"))
    b.bind(os.path.join(source, "link/../d/.."), "/new", "rbind", "src-nofollow")
    b.bind(source, "/new2", "bind", "src-nofollow").shell("ls /new2")
    r = b.run()
    equal(r.status, 1, "a link on the way that is none of a directory")
    b.config["mounts"].pop(-2)
    equal(b.must().out, "d\nlink\n", "content")


@case("dest-nofollow: the link is covered, not what it leads to", ROOT, USER)
def dest_nofollow(w):
    b = w.bundle()
    _, link = with_link(w, "/from/the/host")
    with open(b.file("real"), "w", encoding="ascii") as f:
        f.write("real")
    os.symlink("real", b.file("new"))
    w.own(b.file("real"))
    b.bind(link, "/new", "bind", "src-nofollow", "dest-nofollow")
    b.shell(LINKS.replace("grep", "/bin/busybox grep") + "; cat /real")
    equal(b.must().out, "/from/the/host\n1\nreal", "the link and its target")
    b.mount("/new", "tmpfs", "tmpfs", "dest-nofollow")
    r = b.run()
    equal(r.status, 1, f"status of {r}")
    holds(r.err, '(/new): cannot mount on "/new": Not a directory', "a directory on a link")
    holds(r.err, "hint: /new is a link in the image", "hint")


@case("copy-symlink: a link becomes such a link, anything else a mount", ROOT, USER)
def copy_symlink(w):
    b = w.bundle()
    source, link = with_link(w, "../" * 30 + "etc/none")
    b.bind(link, "/deep/in/new", "bind", "copy-symlink", "ro")
    b.bind(source, "/dir", "rbind", "copy-symlink", "ro")
    b.shell("/bin/busybox readlink /deep/in/new; ls /dir; "
            "/bin/busybox grep -c /deep /proc/self/mountinfo; echo > /dir/x")
    r = b.run()
    equal(r.out, "../" * 30 + "etc/none\nlink\n0\n", f"output of {r}")
    holds(r.err, "Read-only file system", "the directory's option")
    equal(os.readlink(b.file("deep/in/new")), "../" * 30 + "etc/none", "link in the root")
    equal(b.run().out, r.out, "once more, the link being there")


@rows("copy-symlink: something else is there", (
    ("a file", lambda path: open(path, "w", encoding="ascii").close()), ("a directory", os.mkdir),
    ("another link", lambda path: os.symlink("/elsewhere", path)),
    ("a longer link", lambda path: os.symlink("/target/", path))), ROOT, USER)
def copy_symlink_refused(w, make):
    b = w.bundle()
    _, link = with_link(w, "/target")
    make(b.file("new"))
    w.own(b.file("new"))
    r = b.bind(link, "/new", "bind", "copy-symlink").run()
    equal(r.status, 1, f"status of {r}")
    holds(r.err, '(/new): cannot mount on "/new": File exists', "message")


@rows("a link of the image leads the copied link nowhere", (
    ("absolute", "{}"), ("up", "../../../../../..{}")))
def copy_symlink_hostile(w, form):
    b = w.bundle()
    canary = w.directory("canary")
    _, link = with_link(w, "/target")
    os.symlink(form.format(canary), b.file("there"))
    r = b.bind(link, "/there/new", "bind", "copy-symlink").probe("exit", "0").run()
    equal(os.listdir(canary), [], f"the host's directory after {r}")


DANGLING = (("absolute", "/there/is/none", "there/is/none"), ("relative", "../there/none", "there/none"),
         ("out of the root", "../../../../there/none", "there/none"),
         ("by another link", "hop/none", "etc/hopped/none"),
         ("with dots", "./a/.././b//none", "etc/b/none"))


@rows("a mount point behind a link to what is missing is made where it leads",
      [(f"{kind}, {name}", kind, *rest) for kind in ("file", "directory") for name, *rest in DANGLING],
      ROOT, USER)
def dangling(w, kind, text, made):
    b = w.bundle()
    source = w.directory("source")
    with open(os.path.join(source, "text"), "w", encoding="ascii") as f:
        f.write("bound")
    os.symlink("hopped", b.file("etc/hop"))
    os.symlink(text, b.file("etc/link"))
    b.bind(source if kind == "directory" else os.path.join(source, "text"), "/etc/link", "bind")
    path = f"/{made}/text" if kind == "directory" else f"/{made}"
    equal(b.shell(f"cat {path}").must().out, "bound", "what is mounted")
    check(os.path.lexists(b.file(made)), "no mount point")
    equal(b.shell(f"cat {path}").must().out, "bound", "once more, the mount point being there")


@case("a mount point behind a link goes with a start that fails", ROOT, USER)
def dangling_undone(w):
    b = w.bundle().args("/bin/missing")
    os.symlink("/there/is/none", b.file("etc/link"))
    b.bind(w.directory("source"), "/etc/link", "bind")
    equal(b.run().status, 1, "status")
    check(not os.path.lexists(b.file("there")), "something is left")
    equal(os.readlink(b.file("etc/link")), "/there/is/none", "the link")


@rows("a source below the root is seen with what was mounted there", (
    ("absolute", lambda b: b.rootfs), ("relative", lambda b: "rootfs"),
    ("with dots and slashes", lambda b: f"{b.path}/./rootfs/")), ROOT, USER)
def own_source(w, root):
    b = w.bundle()
    source = w.directory("source")
    for name in "abc":
        os.makedirs(os.path.join(source, name, "xyz"["abc".index(name)]))
        with open(os.path.join(source, name, "name"), "w", encoding="ascii") as f:
            f.write(name)
    for name in ("mnt", "final"):
        os.mkdir(b.file(name))
        w.own(b.file(name))
    b.bind(os.path.join(source, "a"), "/mnt", "bind")
    b.bind(os.path.join(source, "b"), "/mnt/x", "bind")
    b.bind(os.path.join(source, "c"), "/mnt/x/y", "bind")
    b.bind(root(b) + "/mnt/x", "/mnt/x/y/z", "rbind")
    b.bind(root(b) + "/mnt", "/final", "rbind")
    r = b.shell("for p in /final /final/x /final/x/y /final/x/y/z /final/x/y/z/y; do "
                "cat $p/name; done").must()
    equal(r.out, "abcbc", "names")


@case("a destination by the host's path of the root is one in it", ROOT, USER)
def own_destination(w):
    b = w.bundle()
    source = w.directory("source")
    with open(os.path.join(source, "text"), "w", encoding="ascii") as f:
        f.write("bound")
    b.bind(source, b.file("made"), "bind").bind(b.file("made"), f"{b.path}//rootfs/two", "bind")
    equal(b.shell("cat /made/text /two/text").must().out, "boundbound", "what is mounted")
    check(not os.path.lexists(b.rootfs + b.path), "the host's path, in the root")


@rows("a source below the root", (
    ("missing", "none", "No such file or directory\n  hint: the source lies in the container's root"),
    ("a circle", "circle", "Too many levels of symbolic links")), ROOT, USER)
def own_source_bad(w, name, want):
    b = w.bundle()
    os.symlink("circle", b.file("circle"))
    r = b.bind(b.file(name), "/mnt", "bind").run()
    equal(r.status, 1, f"{r}")
    holds(r.err, f'(/mnt): cannot bind "{name}" of the root: {want}', "message")


@case("a source below the root: an absolute link leads within it", ROOT, USER)
def own_source_link(w):
    b = w.bundle()
    canary = w.directory("canary")
    os.symlink(canary, b.file("out"))
    os.makedirs(b.rootfs + canary)
    for path, text in ((canary, "host"), (b.rootfs + canary, "own")):
        with open(os.path.join(path, "text"), "w", encoding="ascii") as f:
            f.write(text)
    equal(b.bind(b.file("out"), "/mnt", "bind").shell("cat /mnt/text").must().out, "own", "text")


# --- cgroup version 1 for an old systemd ------------------------------------------------------

V1 = "run.oci.systemd.force_cgroup_v1"


@rows("cgroup version 1 by annotation", (("read-only", "ro"), ("writable", "rw")), ROOT, USER)
def cgroup_v1(w, word):
    if "name=systemd" not in host.read("/proc/self/cgroup"):
        skip("this host has no hierarchy name=systemd")
    b = w.bundle()
    b.config["annotations"] = {V1: "/sys/fs/cgroup"}
    m = b.mounted("/sys/fs/cgroup")
    m["options"] = [o for o in m["options"] if o not in ("ro", "rw")] + [word]
    found = seen.mounts(b.view())
    top, below = found["/sys/fs/cgroup"], found["/sys/fs/cgroup/systemd"]
    equal((top.type, below.type), ("tmpfs", "cgroup"), "types")
    check("name=systemd" in below.super, f"{below}")
    for mount in (top, below):
        check({word, "nosuid", "nodev", "noexec"} <= mount.options, f"{mount}")
    got = b.tries(["write", "/sys/fs/cgroup/systemd/release_agent", "/x"])
    check(got[0] in (RO, errno.EPERM, errno.EACCES, errno.ENOENT), f"errno {got}")


@case("cgroup version 1 by annotation: refused where it gives the host away", ROOT)
def cgroup_v1_refused(w):
    b = w.bundle().caps("SYS_ADMIN")
    b.config["annotations"] = {V1: "/sys/fs/cgroup"}
    r = b.run()
    equal((r.status, r.out), (1, ""), str(r))
    holds(r.err, f'annotations["{V1}"]: with CAP_SYS_ADMIN the container could', "message")
    r = b.caps("KILL").namespace("cgroup", False).run()
    equal((r.status, r.out), (1, ""), str(r))
    holds(r.err, "needs a cgroup namespace", "message")
    b.config["annotations"] = {V1: "/elsewhere"}  # no such mount: nothing to change
    equal(seen.mounts(b.view())["/sys/fs/cgroup"].type, "cgroup2", "type")
