"""Overlay roots: layers of all kinds, whose they are, where writes go, what is refused."""

import json
import os
import shutil
import stat
import subprocess

from lib import host, kernel, seen
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip

LINUX_SINCE_USER = (5, 11)  # before that it is fuse-overlayfs: test_overlay_fuse.py
LOWER, KEY = "--overlay-lower", "org.crun-lite.overlay"
STAT = "/bin/busybox stat -c '%n %u:%g %a'"
NAMES = ("a:b", "a,b=c", "back\\slash\\", "end\\", " two  spaces ", "\u00fc\u4e16\u754c",
         "x:,\\ y", "-dash",
         "\\:", "lowerdir=x,upperdir=y")


def write(path, text="", mode=0o644):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


def own(w, top):
    for here, dirs, names in os.walk(top):
        for path in [here] + [os.path.join(here, n) for n in dirs + names]:
            w.own(path)


def layer(w, name="layer", below=None, **files):
    """A directory with these files; "sub/file" is written sub__file."""
    path = os.path.join(below or w.directory("layers"), name)
    os.mkdir(path)
    for file, text in files.items():
        full = os.path.join(path, file.replace("__", "/"))
        os.makedirs(os.path.dirname(full), exist_ok=True)
        write(full, text)
    own(w, path)
    return path


def lowers(*paths):
    return [f"{LOWER}={p}" for p in paths]


def tree(top):
    """All below it: path -> mode, owner, size and text."""
    out = {}
    for here, dirs, names in os.walk(top):
        for name in dirs + names:
            path = os.path.join(here, name)
            s = os.lstat(path)
            text = None
            if stat.S_ISREG(s.st_mode) and s.st_size < 1 << 16:
                with open(path, "rb") as f:
                    text = f.read()
            out[os.path.relpath(path, top)] = (oct(s.st_mode), s.st_uid, s.st_gid, s.st_nlink, text)
    return out


def user_ns(b, base):
    ids = [{"containerID": 0, "hostID": base, "size": 65536}]
    b.namespace("user")
    b.linux.update({"uidMappings": ids, "gidMappings": ids})
    return b


# --- layers as directories ------------------------------------------------------------------------


@rows("overlay: names of layers", (("options", True), ("annotation", False)), ROOT, USER)
def names_of_layers(w, by_option):
    b = w.bundle()
    top = w.directory("layers")
    paths = [layer(w, name, top, **{f"f{i}": f"n{i}", "top": f"n{i}"})
             for i, name in enumerate(NAMES)]
    if not by_option:
        quoted = [p.replace("\\", "\\\\").replace(":", "\\:") for p in paths]
        b.config["annotations"] = {KEY + ".lower": ":".join(quoted)}
    files = [f"/f{i}" for i in range(len(NAMES))]
    got = b.view(*files, "/top", options=lowers(*paths) if by_option else ())["files"]
    equal([got[f] for f in files], [f"n{i}" for i in range(len(NAMES))], "a file of each layer")
    equal(got["/top"], "n0", "the first layer wins")


@case("overlay: relative names begin at the bundle in annotations, here in options", ROOT, USER)
def relative(w):
    b = w.bundle()
    for where in (b.path, w.top + "/b"):
        layer(w, "rel", where, who=where)
    b.config["annotations"] = {KEY + ".lower": "rel"}
    equal(b.view("/who")["files"]["/who"], b.path, "annotation")
    b.shell("cat /who")
    equal(b.must(LOWER, "rel", cwd=w.top + "/b").out, w.top + "/b", "option")


@case("overlay: the root lies on top of the layers", ROOT, USER)
def root_on_top(w):
    b = w.bundle()
    write(b.file("/etc/who"), "root")
    path = layer(w, etc__who="layer", etc__more="more")
    got = b.view("/etc/who", "/etc/more", options=lowers(path))["files"]
    equal((got["/etc/who"], got["/etc/more"]), ("root", "more"), "files")


@case("overlay: 100 layers", ROOT, USER)
def hundred(w):
    count = 100 if kernel.RELEASE >= (6, 8) else 60
    b = w.bundle().shell("cat /top; cat /n* | busybox wc -c")
    top = w.directory("layers")
    paths = [layer(w, f"{i:03}" + "x" * 100, top, **{f"n{i:03}": "x", "top": f"{i} "})
             for i in range(count)]
    equal(b.must(*lowers(*paths)).out, f"0 {count}\n", "files")


@case("overlay: too many layers are refused", ROOT)
def too_many(w):
    b = w.bundle()
    path = layer(w)
    r = b.run(*lowers(*[path] * 501))
    equal(r.status, 1, "status")
    holds(r.err, "--overlay-lower: 502 layers are more than the kernel stacks, 500", "message")
    r = b.run(*lowers(*[path] * 513))
    holds(r.err, "option --overlay-lower: given more than 512 times", "message")


@case("overlay: whiteouts and opaque directories of layers")
def whiteouts(w):
    b = w.bundle()
    low = layer(w, gone="x", dir__old="x", kept="kept")
    high = layer(w, dir__new="new")
    os.mknod(os.path.join(high, "gone"), stat.S_IFCHR, 0)
    os.setxattr(os.path.join(high, "dir"), "trusted.overlay.opaque", b"y")
    b.shell("test -e /gone; echo $?; ls /dir; cat /kept")
    equal(b.must(*lowers(high, low)).out, "1\nnew\nkept", "inside")


@case("overlay: the root directory looks like the bundle's", ROOT, USER)
def mode_of_root(w):
    for mode in (0o755, 0o1777, 0o751):
        b = w.bundle().shell(f"{STAT} /")
        os.chmod(b.rootfs, mode)
        for option in ("--overlay", f"--overlay={b.path}/keep"):
            equal(b.must(option).out, f"/ 0:0 {mode:o}\n", option)


# --- writes ---------------------------------------------------------------------------------------

WRITES = """
set -e
cat /l/file; echo changed >>/l/file; cat /l/file
mv /l/dir /l/moved; cat /l/moved/inner
chmod 600 /l/mode
rm /l/gone; rm -r /l/tree; mkdir /l/tree; echo new >/l/tree/new
ln /l/hard /l/harder; echo more >>/l/harder; cat /l/hard
ln -s file /l/link; cat /l/link >/l/copy
echo x >/l/again; rm /l/again; mkdir /l/again
"""
LOOK = f"""
cd /l; ls; ls tree moved again; cat file hard harder link; {STAT} mode
test -e gone || echo no
"""


def written(w):
    path = layer(w, l__file="old\n", l__dir__inner="inner\n", l__mode="m", l__gone="g",
                 l__tree__old="o", l__hard="hard\n")
    os.link(path + "/l/hard", path + "/l/second")
    own(w, path)
    return path


@rows("overlay: everything can be written", (("memory", False), ("directory", True)), ROOT, USER)
def writes(w, keep):
    b = w.bundle().caps("DAC_OVERRIDE", "FOWNER")
    b.shell("PATH=/bin:$PATH; for a in mv rm chmod ln mkdir; do busybox ln -s busybox /bin/$a; "
            "done;" + WRITES + (LOOK if not keep else ""))
    path = written(w)
    before = tree(path), tree(b.rootfs)
    options = lowers(path) + ([f"--overlay={b.path}/keep"] if keep else ["--overlay"])
    out = b.must(*options).out
    if keep:
        b.shell(LOOK)
        out += b.must(*options).out
    want = "old\nold\nchanged\ninner\nhard\nmore\n" \
        "again\ncopy\nfile\nhard\nharder\nlink\nmode\nmoved\nsecond\ntree\n" \
        "again:\n\nmoved:\ninner\n\ntree:\nnew\n" \
        "old\nchanged\nhard\nmore\nhard\nmore\nold\nchanged\nmode 0:0 600\nno\n"
    equal("\n".join(sorted(out.split())), "\n".join(sorted(want.split())), "inside")
    same(tree(path), before[0], "the layer")
    same(tree(b.rootfs), before[1], "the root")


@rows("overlay: options of the mount", (
    ("root, memory", "--overlay", False, {"metacopy=on", "redirect_dir=on"}, set()),
    ("root, directory", "keep", False, set(), {"metacopy=on", "redirect_dir=on", "index=on"}),
    ("user namespace, memory", "--overlay", True, {"userxattr"}, {"metacopy=on"}),
    ("user namespace, directory", "keep", True, {"userxattr"}, {"metacopy=on", "index=on"})))
def mount_options(w, option, own_ns, wanted, unwanted):
    b = w.bundle()
    if own_ns:
        user_ns(b, 300000)
    if option == "keep":
        option = f"--overlay={b.path}/keep"
    found = seen.mounts(b.view(options=(option, "--overlay-idmap") if own_ns else (option,)))["/"]
    kept = "keep" in option
    check(found.super >= wanted and not found.super & unwanted, f"options: {found}")
    volatile = found.super & {"volatile", "fsync=volatile"}
    equal(bool(volatile), not kept, f"volatile in {found}")


@case("overlay: what a change of mode costs: no copy in memory, as root")
def metacopy(w):
    b = w.bundle().shell("chmod 700 /big && busybox stat -c '%a %s' /big && mv /d /e && ls /e")
    os.symlink("busybox", b.file("/bin/chmod"))
    os.symlink("busybox", b.file("/bin/mv"))
    path = layer(w, d__x="x")
    with open(path + "/big", "wb") as f:
        f.write(os.urandom(1 << 23))
    equal(b.must("--overlay-size=1m", *lowers(path)).out, f"700 {1 << 23}\nx\n", "inside")


@case("overlay: a read-only root", ROOT, USER)
def readonly(w):
    b = w.bundle().shell("echo x >/new || echo refused; cat /file")
    b.config["root"]["readonly"] = True
    r = b.run("--overlay", *lowers(layer(w, file="text")))
    equal((r.status, r.out), (0, "refused\ntext"), str(r))


@rows("overlay: size", (("option", ("--overlay-size=2m",), {}),
                        ("option after =tmpfs", ("--overlay-size", "2048k"), {KEY: "tmpfs"}),
                        ("annotation", (), {KEY + ".size": "2M"}),
                        ("option over annotation", ("--overlay-size=2m",), {KEY + ".size": "64m"})),
      ROOT, USER)
def size(w, options, annotations):
    b = w.bundle().shell("dd if=/dev/zero of=/new bs=65536 count=16 2>/dev/null && echo fits; "
                         "dd if=/dev/zero of=/more bs=65536 count=32; ls /more")
    b.config["annotations"] = annotations
    r = b.run(*options)
    holds(r.err, "No space left on device", "dd")
    equal(r.out, "fits\n/more\n", "inside")


# --- images ---------------------------------------------------------------------------------------

MAKERS = {
    "erofs": ["mkfs.erofs", "OUT", "IN"],
    "erofs, lz4": ["mkfs.erofs", "-zlz4", "OUT", "IN"],
    "squashfs": ["mksquashfs", "IN", "OUT", "-no-progress", "-quiet"],
    "squashfs, zstd": ["mksquashfs", "IN", "OUT", "-no-progress", "-quiet", "-comp", "zstd"],
    "ext4": ["mke2fs", "-q", "-t", "ext4", "-d", "IN", "OUT", "8M"],
}


def image(w, kind, source):
    words = MAKERS[kind]
    type_ = kind.split(",")[0]
    if shutil.which(words[0]) is None:
        skip(f"{words[0]} is not installed")
    if f"\t{type_}\n" not in host.read("/proc/filesystems"):
        skip(f"this kernel has no {type_}, or it is a module that is not loaded")
    if not os.path.exists("/dev/loop-control"):
        skip("this host has no loop devices")
    out = os.path.join(w.directory("image"), "a,b:c.img")
    words = [{"IN": source, "OUT": out}.get(word, word) for word in words]
    r = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if r.returncode != 0:
        skip(f"{' '.join(words)}: {r.stdout.decode(errors='replace').strip()[-200:]}")
    return out


def loops(w):
    """Loop devices that show files of ours."""
    found = []
    for name in os.listdir("/sys/block"):
        path = host.read(f"/sys/block/{name}/loop/backing_file") or ""
        if w.top in path:
            found.append(f"{name}: {path.strip()}")
    return found


@rows("overlay: image", [(kind, kind) for kind in MAKERS])
def images(w, kind):
    source = layer(w, file="image\n", l__sub="sub\n", big="x" * 100000)
    os.chown(source + "/l", 5, 6)
    shutil.copy(os.path.join(os.path.dirname(w.probe), "busybox"), source + "/suid")
    os.chmod(source + "/suid", 0o4755)
    os.mknod(source + "/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    path = image(w, kind, source)
    b = w.bundle().shell(f"cat /file /l/sub /only; {STAT} /l /suid; echo x >>/file; cat /file; "
                         "busybox wc -c </big; echo gone >/null && test -c /null && echo null")
    other = layer(w, only="directory\n", file="hidden")
    before = os.stat(path).st_mtime_ns
    r = b.must(*lowers(path, other))
    equal(r.out, "image\nsub\ndirectory\n/l 5:6 755\n/suid 0:0 4755\nimage\nx\n100000\nnull\n",
          "inside")
    equal(os.stat(path).st_mtime_ns, before, "time of the image")
    equal(host.gone(lambda: loops(w)), [], "loop devices")


@rows("overlay: set-id programs of an image are what the root's mount says", [
    (kind, kind) for kind in ("erofs", "squashfs", "ext4")])
def image_suid(w, kind):
    source = layer(w)
    shutil.copy(w.probe, source + "/probe")
    os.chmod(source + "/probe", 0o4755)
    path = image(w, kind, source)
    b = w.bundle().args("/probe", "view")
    b.process["user"] = {"uid": 1000, "gid": 1000}
    b.process["noNewPrivileges"] = False
    v = json.loads(b.must(*lowers(path)).out)
    equal(seen.status(v)["Uid"].split()[:2], ["1000", "0"], "real and effective user")


@rows("overlay: the loop device ends with the container", (
    ("the program's end", "end"), ("kill", "kill"), ("delete --force", "delete"),
    ("a start that fails", "fail"), ("created, never started", "create")))
def loop_ends(w, how):
    path = image(w, "squashfs", layer(w, file="x"))
    b = w.bundle()
    if how == "fail":
        r = b.args("/nothing").run(*lowers(path))
        equal(r.status, 1, str(r))
    elif how == "create":
        b.create(*lowers(path), to_files=True)
        equal(len(loops(w)), 1, "loop devices of a created container")
        w.must("delete", "--force", b.id)
    elif how == "end":
        b.shell("true").must(*lowers(path))
    else:
        b.probe("pause").detached(*lowers(path))
        equal(len(loops(w)), 1, "loop devices of a running container")
        if how == "kill":
            w.must("kill", b.id, "KILL")
            equal(host.gone(lambda: loops(w)), [], "loop devices")
        w.must("delete", "--force", b.id)
    equal(host.gone(lambda: loops(w)), [], "loop devices")


@case("overlay: an image serves two containers at once, and needs no loop device where it can")
def image_twice(w):
    for kind in ("erofs", "squashfs", "ext4"):
        path = image(w, kind, layer(w, file=kind))
        first = w.bundle().probe("pause").detached(*lowers(path))
        b = w.bundle().shell("cat /file")
        equal(b.must(*lowers(path)).out, kind, "second container")
        if kind == "erofs" and kernel.RELEASE >= (6, 12):
            equal(len(loops(w)), 0, "loop devices for erofs")
        else:
            equal(len(loops(w)), 1, f"loop devices for {kind}")
        w.must("delete", "--force", first.id)
    equal(host.gone(lambda: loops(w)), [], "loop devices")


def cut(path, size_):
    os.truncate(path, size_)


def spoil(path, start, end):
    with open(path, "r+b") as f:
        f.seek(start)
        f.write(b"\xff" * (end - start))


@rows("overlay: a damaged image", (
    ("erofs, superblock", "erofs", lambda p: spoil(p, 1032, 1100)),
    ("erofs, cut", "erofs", lambda p: cut(p, 1100)),
    ("squashfs, superblock", "squashfs", lambda p: spoil(p, 8, 90)),
    ("squashfs, cut", "squashfs", lambda p: cut(p, 512)),
    ("ext4, superblock", "ext4", lambda p: spoil(p, 1024 + 90, 1400)),
    ("ext4, cut", "ext4", lambda p: cut(p, 4096))))
def damaged(w, kind, harm):
    path = image(w, kind, layer(w, file="x" * 5000))
    harm(path)
    b = w.bundle()
    r = b.run(f"--overlay={b.path}/keep", *lowers(path))
    equal((r.status, r.out), (1, ""), str(r))
    holds(r.err, f"--overlay-lower: cannot mount the image \"{path}\" of type {kind}", "message")
    holds(r.err, "damaged", "hint")
    check(not os.path.exists(f"{b.path}/keep"), "the directory for writes was left")
    equal(host.gone(lambda: loops(w)), [], "loop devices")


@case("overlay: without a loop device in sight the message says so")
def no_loop(w):
    path = image(w, "squashfs", layer(w, file="x"))

    def hide():
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.mount("tmpfs", "/dev", "tmpfs")
        os.mknod("/dev/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.symlink("/proc/self/fd", "/dev/fd")  # TOMOYO looks for a program there

    r = w.bundle().run(*lowers(path), before=hide)
    equal(r.status, 1, str(r))
    holds(r.err, "there is no loop device for the image", "message")
    holds(r.err, "modprobe loop", "hint")


@case("overlay: an image is not for a plain user", USER)
def image_user(w):
    path = os.path.join(w.directory("image"), "i")
    with open(path, "wb") as f:
        f.write(b"hsqs" + b"\0" * 5000)
    w.own(path)
    r = w.bundle().run(*lowers(path))
    equal(r.status, 1, str(r))
    holds(r.err, "is an image, which only root may mount: Operation not permitted", "message")
    holds(r.err, "unsquashfs", "hint")


# --- ids ------------------------------------------------------------------------------------------

KINDS = ("directory", "erofs", "squashfs", "ext4")


def must_map(b, *options):
    r = b.run(*options)
    if "not every file system can be id-mapped" in r.err or "it came with Linux" in r.err:
        skip("the kernel cannot map the ids of this file system below an overlay")
    check(r.status == 0 and not r.err, f"must succeed silently: {r}")
    return r.out


@rows("overlay: one image, two maps at the same time", [(k, k) for k in KINDS])
def idmap(w, kind):
    path = layer(w, five="5", root="0")
    os.chown(path + "/five", 5, 6)
    before = tree(path)
    used = path if kind == "directory" else image(w, kind, path)
    held = user_ns(w.bundle().probe("pause"), 300000)
    must_map(user_ns(w.bundle().shell("true"), 300000), "--overlay-idmap", *lowers(used))
    held.detached("--overlay-idmap", *lowers(used))
    there = f"/proc/{held.state()['pid']}/root"
    b = user_ns(w.bundle(), 500000).shell(
        f"echo more >>/five; busybox chown 7:8 /root; cd /; {STAT} five root etc")
    b.caps("CHOWN", "DAC_OVERRIDE", "FOWNER")
    equal(must_map(b, "--overlay-idmap", *lowers(used)),
          "five 5:6 644\nroot 7:8 644\netc 0:0 755\n", "inside the second")
    for name, uid, gid in (("five", 300005, 300006), ("root", 300000, 300000)):
        st = os.stat(os.path.join(there, name))
        equal((st.st_uid, st.st_gid), (uid, gid), f"{name} of the first, from outside")
    w.must("delete", "--force", held.id)
    same(tree(path), before, "the layer")


@case("overlay: without a map the image's ids are nobody's")
def no_idmap(w):
    b = user_ns(w.bundle(), 300000).shell(f"{STAT} /etc")
    equal(b.must("--overlay").out, "/etc 65534:65534 755\n", "inside")


@case("overlay: an annotation maps ids; a joined user namespace")
def idmap_annotation(w):
    first = user_ns(w.bundle().probe("pause"), 300000).detached("--overlay")
    b = user_ns(w.bundle(), 300000).shell(f"{STAT} /etc")
    b.config["annotations"] = {KEY + ".idmap": "true"}
    equal(must_map(b), "/etc 0:0 755\n", "its own namespace")
    b.namespace("user", f"/proc/{first.state()['pid']}/ns/user")
    del b.linux["uidMappings"], b.linux["gidMappings"]
    equal(must_map(b), "/etc 0:0 755\n", "the joined namespace")
    w.must("delete", "--force", first.id)


@case("overlay: mapping ids is not for a plain user", USER)
def idmap_user(w):
    r = w.bundle().run("--overlay-idmap")
    equal(r.status, 1, str(r))
    holds(r.err, "not possible without root's rights", "message")


@rows("overlay: the directory for writes becomes the container root's", (
    ("made", False, 0o700), ("there before, root's", True, 0o755)))
def dir_of_user_ns(w, there, mode):
    b = user_ns(w.bundle(), 300000).shell("echo x >>/new; cat /new")
    keep = os.path.join(w.directory("keep"), "k")
    if there:
        os.mkdir(keep)
    options = (f"--overlay={keep}", "--overlay-idmap")
    equal(must_map(b, *options), "x\n", "first run")
    equal(must_map(b, *options), "x\nx\n", "second run")
    st = os.stat(keep)
    equal((st.st_uid, stat.S_IMODE(st.st_mode)), (0 if there else 300000, mode), "directory")
    equal(os.stat(keep + "/upper/new").st_uid, 300000, "owner of a new file")


# --- what is refused ------------------------------------------------------------------------------


def refused(w, b, options, *parts, before=None):
    """Ends with an error of one line, and nothing is there that was not."""
    files = tree(os.path.join(w.top, "b"))
    r = b.run(*options, before=before)
    equal((r.status, r.out), (1, ""), str(r))
    equal(len([line for line in r.err.splitlines() if "hint:" not in line]), 1, f"lines of {r.err}")
    for part in parts:
        holds(r.err, part, "message")
    now = tree(os.path.join(w.top, "b"))
    for name in [n for n in now if n.endswith("config.json")]:
        now.pop(name)
        files.pop(name, None)
    same(now, files, "files")


@rows("overlay: refused", (
    ("missing", ["L/none"], ["cannot use layer", "No such file or directory", "hint:"]),
    ("missing, second", ["L/dir", "L/none"], ["L/none", "No such file or directory"]),
    ("missing, a long name", ["L/" + "n" * 200], ["n" * 200 + '": No such file or directory']),
    ("text file", ["L/text"], ["is a file of no known type", "erofs, squashfs and ext4"]),
    ("empty file", ["L/empty"], ["is a file of no known type"]),
    ("FIFO", ["L/fifo"], ["is neither a directory nor an image file"]),
    ("link to nothing", ["L/link"], ["cannot use layer", "No such file or directory"]),
    ("below a file", ["L/text/x"], ["cannot use layer", "Not a directory"])), ROOT, USER)
def bad_layers(w, layers, parts):
    b = w.bundle()
    top = layer(w, text="text", empty="", dir__x="")
    os.mkfifo(top + "/fifo")
    os.symlink("none", top + "/link")
    own(w, top)
    layers = [name.replace("L/", top + "/") for name in layers]
    parts = [part.replace("L/", top + "/") for part in parts]
    refused(w, b, [f"--overlay={b.path}/keep"] + lowers(*layers), LOWER, *parts)
    b.config["annotations"] = {KEY + ".lower": ":".join(layers)}
    b.write()
    with open(b.path + "/config.json", encoding="utf-8") as f:
        line = next(i for i, text in enumerate(f, 1) if KEY + ".lower" in text)
    refused(w, b, (), f"config.json:{line}:", f'annotations["{KEY}.lower"]', *parts)


@rows("overlay: refused directory for writes", (
    ("above is missing", "none/none", ["cannot make the directory for writes", "No such file"]),
    ("a file", "file", ["Not a directory"]),
    ("upper is a link", "linked", ["linked/upper\": Not a directory", "a link"]),
    ("upper is a file", "filed", ["Not a directory", "filed/upper"])), ROOT, USER)
def bad_dirs(w, name, parts):
    b = w.bundle()
    top = layer(w, file="", filed__upper="", linked__x="", real__x="")
    os.symlink("../real", top + "/linked/upper")
    own(w, top)
    refused(w, b, [f"--overlay={top}/{name}"], "--overlay", *parts)


@case("overlay: the directory for writes on a file system that it cannot be on")
def bad_upper(w):
    b = w.bundle()
    top = w.directory("nest")
    for name in ("l", "u", "w", "m"):
        os.mkdir(os.path.join(top, name))
    kernel.mount("overlay", top + "/m", "overlay", 0,
                 f"lowerdir={top}/l,upperdir={top}/u,workdir={top}/w")
    try:
        r = b.run(f"--overlay={top}/m/keep")
        equal(r.status, 1, str(r))
        holds(r.err, "not overlay itself", "hint")
        equal(os.listdir(top + "/m"), [], "left on it")
    finally:
        kernel.umount(top + "/m")


@case("overlay: the directory for writes on a file system without extended attributes")
def upper_without_attributes(w):
    b = w.bundle()
    top = w.directory("ramfs")
    kernel.mount("ramfs", top, "ramfs")
    try:
        refused(w, b, [f"--overlay={top}/keep"], "keeps no attribute like trusted.overlay.opaque",
                "Operation not supported", "ext4, xfs")
        equal(os.listdir(top), [], "left on it")
        refused(w, user_ns(w.bundle(), 300000), [f"--overlay={top}/keep"],
                "keeps no attribute like user.overlay.opaque")
        equal(os.listdir(top), [], "left on it")
    finally:
        kernel.umount(top)


@case("overlay: a layer that is the directory for writes, or in it", ROOT, USER)
def overlapping(w):
    b = w.bundle().shell("mkdir /sub")
    os.symlink("busybox", b.file("/bin/mkdir"))
    keep = b.path + "/keep"
    b.must(f"--overlay={keep}")
    for path in (keep + "/upper", keep + "/upper/sub", keep + "/work"):
        refused(w, b, [f"--overlay={keep}", *lowers(path)], "a layer is the directory for writes, or lies in it: Invalid")


@case("overlay: a start that fails late leaves no directory, and data where they were", ROOT, USER)
def undone(w):
    b = w.bundle().args("/nothing")
    b.mount("/some/deep/place", "tmpfs", "tmpfs")
    b.bind("/dev/null", "/some/file")
    refused(w, b, [f"--overlay={b.path}/keep"], "/nothing")
    check(not os.path.exists(b.path + "/keep"), "the directory was left")
    keep = w.directory("keep")
    refused(w, b, [f"--overlay={keep}"], "/nothing")
    equal(os.listdir(keep), [], "left in a directory that was there")
    good = w.bundle().shell("echo data >/data")
    good.must(f"--overlay={keep}")
    b.run(f"--overlay={keep}")
    equal(host.read(keep + "/upper/data"), "data\n", "data of an earlier container")


@rows("overlay: refused words", (
    ("size 0", ["--overlay-size=0"], "expected a size"),
    ("size in a directory", ["--overlay=D", "--overlay-size=1m"], "only for writes to memory"),
    ("empty layer", ["--overlay-lower="], "the layer's name is empty"),
    ("no value", ["--overlay-lower"], "requires an argument"),
    ("ids without a namespace", ["--overlay-idmap"], "needs a user namespace")))
def bad_words(w, options, part):
    b = w.bundle()
    if options == ["--overlay-lower"]:
        r = w.crun("run", "--bundle", b.path, *options)
        holds(r.err, part, "message")
        return
    refused(w, b, [o.replace("D", b.path + "/keep") for o in options], part)
