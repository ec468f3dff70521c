"""diff: what a container changed in its overlay, as text, JSON and as a layer.

A layer is judged by a small reference: applied to what the container saw at first, as the image
specification says, it must give exactly what the container sees at the end.
"""

import contextlib
import io
import json
import os
import socket
import stat
import struct
import subprocess
import tarfile
import time

from lib import host, inside
from lib.suite import ROOT, USER, case, check, equal, holds, rows, same, skip

ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 7, 2**32 - 1, 2, 5, 7, 4, 5, 2**32 - 1, 0x10, 7,
                  2**32 - 1, 0x20, 0, 2**32 - 1)
CAPS = struct.pack("<IIIII", 0x02000000, 0x400, 0, 0, 0)
LONG = b"l" * 255
ODD = (b"new\nline", b"esc\x1b[31m", b"\xff\xfe not UTF-8", b"\xc3\xa9\xe2\x82\xac", b" ", LONG,
       b"quote\"back\\slash", b"\xe2\x80\xae turned")

LINUX_SINCE_USER = (5, 11)  # before that it is fuse-overlayfs: test_overlay_fuse.py


def write(path, data=b"", mode=0o644):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def facts(path):
    st = os.lstat(path)
    out = {"mode": stat.filemode(st.st_mode), "owner": (st.st_uid, st.st_gid),
           "mtime": st.st_mtime_ns, "xattrs": {}}
    if stat.S_ISLNK(st.st_mode):
        out["data"] = os.readlink(os.fsencode(path))
    elif stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            out["data"] = f.read()
    elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        out["data"] = st.st_rdev
    if not stat.S_ISLNK(st.st_mode):
        out["xattrs"] = {n: os.getxattr(path, n) for n in os.listxattr(path)
                         if n != "security.selinux"}
    return out


def tree(top=b"/t"):
    """/t as the caller sees it: path -> facts."""
    out, todo = {b"t": facts(top)}, [os.open(top, os.O_RDONLY)]
    names = [b"t"]
    while todo:
        fd, here = todo.pop(), names.pop()
        os.fchdir(fd)
        for name in sorted(os.listdir(b".")):
            out[here + b"/" + name] = facts(name)
            if stat.S_ISDIR(os.lstat(name).st_mode):
                todo.append(os.open(name, os.O_RDONLY))
                names.append(here + b"/" + name)
        os.close(fd)
    return out


# --- the reference ----------------------------------------------------------------------------


KINDS = {tarfile.REGTYPE: stat.S_IFREG, tarfile.DIRTYPE: stat.S_IFDIR,
         tarfile.SYMTYPE: stat.S_IFLNK, tarfile.CHRTYPE: stat.S_IFCHR,
         tarfile.BLKTYPE: stat.S_IFBLK, tarfile.FIFOTYPE: stat.S_IFIFO}


def nanoseconds(member):
    text = member.pax_headers.get("mtime", str(int(member.mtime)))
    whole, _, rest = text.partition(".")
    value = abs(int(whole)) * 10**9 + int((rest + "0" * 9)[:9])
    return -value if text.startswith("-") else value


def facts_of(archive, member):
    data = {}
    if member.isreg():
        data = {"data": archive.extractfile(member).read()}
    elif member.issym():
        data = {"data": os.fsencode(member.linkname)}
    elif member.ischr() or member.isblk():
        data = {"data": os.makedev(member.devmajor, member.devminor)}
    prefix = "SCHILY.xattr."
    return {"mode": stat.filemode(KINDS[member.type] | member.mode),
            "owner": (member.uid, member.gid), "mtime": nanoseconds(member),
            "xattrs": {k[len(prefix):]: v.encode("utf-8", "surrogateescape")
                       for k, v in member.pax_headers.items() if k.startswith(prefix)}, **data}


def drop(files, path, below_only=False):
    for other in [p for p in files if p.startswith(path + b"/") or
                  (p == path and not below_only)]:
        del files[other]


def apply(layer, files):
    """What comes of these files; and the hard links of the layer."""
    files, links = dict(files), {}
    archive = tarfile.open(fileobj=io.BytesIO(layer), encoding="utf-8", errors="surrogateescape")
    fresh = set()
    for member in archive:
        path = os.fsencode(member.name)
        directory, _, name = path.rpartition(b"/")
        if name == b".wh..wh..opq":
            drop(files, directory, below_only=True)
        elif name.startswith(b".wh."):
            gone = directory + b"/" + name[4:]
            check(gone in files, f"whiteout of nothing: {path}")
            check(gone not in fresh, f"whiteout of what the layer itself has: {path}")
            drop(files, gone)
        elif member.islnk():
            links[path] = os.fsencode(member.linkname)
            files[path] = files[links[path]]
        else:
            if not (member.isdir() and files.get(path, {}).get("mode", "-")[0] == "d"):
                drop(files, path)
            files[path] = facts_of(archive, member)
        fresh.add(path)
    return files, links


# --- containers -------------------------------------------------------------------------------


def fill(top):
    """What the image has."""
    t = os.path.join(os.fsencode(top), b"t")
    for name in (b"", b"/dir/sub/deep", b"/gone/sub", b"/opaque", b"/tofile/x", b"/renamed", b"/kept"):
        os.makedirs(t + name, exist_ok=True)
    for name in (b"content", b"samesize", b"mode", b"owner", b"xattr", b"touch", b"unlink",
                 b"todir", b"rename", b"linked", b"same", b"dir/sub/deep/f", b"gone/sub/f",
                 b"gone/g", b"opaque/a", b"opaque/b", b"opaque/c", b"tofile/x/y", b"renamed/r",
                 b"kept/k", b"pair1", b"copiedsame"):
        write(t + b"/" + name, b"content of " + name)
        os.utime(t + b"/" + name, (1e9, 1e9))
    os.symlink("content", t + b"/symlink")
    os.link(t + b"/pair1", t + b"/pair2")
    write(t + b"/.hidden\nodd\xff", b"")


def change(is_root):
    """What the container does; leaves the directories' times as they come."""
    os.chdir("/t")
    write(b"new", b"new\n", 0o751)
    os.makedirs(b"newdir/a/b")
    write(b"newdir/a/b/f", b"x" * 100000)
    os.symlink("nowhere" * 30, b"newlink")
    os.mkfifo(b"newfifo", 0o640)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("socket")
    if is_root:
        os.mknod(b"null", 0o20640, os.makedev(1, 3))
        os.mknod(b"loop", 0o60600, os.makedev(7, 200))
        os.setxattr(b"new", "security.capability", CAPS)
        os.chown(b"newfifo", 3000000, 3000001)  # more than a ustar header holds
    os.link(b"new", b"newhard")
    os.link(b"linked", b"dir/hardtolinked")
    write(b"content", b"another content")
    before = os.stat(b"samesize")
    write(b"samesize", b"CONTENT of samesize")
    os.utime(b"samesize", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.chmod(b"mode", 0o4711)
    os.chown(b"owner", 0, 0)
    os.chown(b"owner", 5 if is_root else -1, 6 if is_root else -1)
    with contextlib.suppress(OSError):  # user.* on a tmpfs came with Linux 6.6
        os.setxattr(b"xattr", "user.note", b"a\nb=\0\xff")
    os.utime(b"touch", ns=(5, -1500000000))
    os.unlink(b"unlink")
    for name in (b"gone/sub/f", b"gone/g", b"opaque/a", b"opaque/b", b"opaque/c", b"tofile/x/y",
                 b"todir"):
        os.unlink(name)
    for name in (b"gone/sub", b"gone", b"opaque", b"tofile/x", b"tofile"):
        os.rmdir(name)
    os.mkdir(b"opaque", 0o700)
    write(b"opaque/d", b"d")
    write(b"tofile", b"a file")
    os.mkdir(b"todir")
    write(b"todir/f", b"f")
    os.rename(b"rename", b"renamed2")
    os.mkdir(b"renamed3")  # as mv(1) does where the overlay has no redirects
    os.rename(b"renamed/r", b"renamed3/r")
    os.rmdir(b"renamed")
    os.unlink(b"symlink")
    os.symlink("touch", b"symlink")
    os.chmod(b"copiedsame", 0o600)
    os.chmod(b"copiedsame", 0o644)  # a copy, the same as before
    os.chmod(b"pair1", 0o600)
    os.mkdir(b"odd")
    for name in ODD:
        write(b"odd/" + name, name)
    os.chdir(b"odd")
    for _ in range(200):
        os.mkdir(b"deep" * 2)
        os.chdir(b"deep" * 2)
    write(b"bottom", b"bottom")


def bundle(w, *layers):
    b = w.bundle()
    fill(b.rootfs)
    if w.uid is not None:
        subprocess.run(["chown", "-Rh", f"{w.uid}:{w.gid}", "--", b.file("t")], check=True)
    b.probe("pause")
    return b


def stop(w, b):
    w.must("kill", b.id, "KILL")
    check(host.until(lambda: b.state()["status"] == "stopped"), "does not stop")


def diff(w, b, *options):
    return w.must("diff", *options, b.id)


def layer(w, b):
    p = w.popen(w.words("diff", "--tar", b.id), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = p.communicate(timeout=60)
    equal((p.returncode, err), (0, b""), "diff --tar")
    return out


def changes(w, b):
    """Of JSON: path -> change."""
    out = {}
    for c in json.loads(diff(w, b, "--format", "json").out):
        path = bytes.fromhex(c["pathHex"]) if "pathHex" in c else c["path"].encode()
        check(path not in out, f"twice: {path}")
        out[path] = c
    return out


def brief(found):
    return {p: "".join(c["change"][0]) + (":" + ",".join(c["what"]) if "what" in c else "")
            for p, c in found.items()}


def judge(w, b, before, after):
    """The layer gives what the container saw."""
    data = layer(w, b)
    equal(layer(w, b) == data, True, "a second layer is the same")
    files, links = apply(data, before)
    want = {p: f for p, f in after.items() if f["mode"][0] != "s"}
    same(files, want, "the layer over what was there before")
    marks = [m.name for m in tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8",
                                          errors="surrogateescape") if ".wh..wh." in m.name]
    equal(marks, ["t/opaque/.wh..wh..opq"], "opaque directories")
    for a, other in ((b"t/newhard", b"t/new"), (b"t/linked", b"t/dir/hardtolinked")):
        equal(links.get(a), other, f"hard link {a}")
    return data


WANTED = {
    "/t/new": "a", "/t/newhard": "a", "/t/newdir": "a", "/t/newdir/a/b/f": "a", "/t/newlink": "a",
    "/t/newfifo": "a", "/t/socket": "a", "/t/content": "c:content,time", "/t/samesize": "c:content",
    "/t/mode": "c:mode", "/t/touch": "c:time", "/t/unlink": "d", "/t/gone": "d",
    "/t/opaque/a": "d", "/t/opaque/d": "a", "/t/tofile": "c:type", "/t/todir": "c:type",
    "/t/todir/f": "a", "/t/rename": "d", "/t/renamed2": "a", "/t/renamed": "d",
    "/t/renamed3/r": "a", "/t/dir/hardtolinked": "a", "/t/linked": "c:links",
    "/t/odd/new\nline": "a"}
SILENT = ("/t/kept", "/t/kept/k", "/t/same", "/t/copiedsame", "/t/gone/sub", "/t/tofile/x",
          "/t/pair2", "/t/dir/sub", "/bin/busybox", "/")


def judge_json(found):
    got = brief(found)
    same({p: got.get(p.encode()) for p in WANTED}, WANTED, "changes")
    equal([p for p in SILENT if p.encode() in got], [], "changes that are none")
    paths = [p.split(b"/") for p in found]
    equal(paths, sorted(paths), "order")
    equal(found[b"/t/odd/\xff\xfe not UTF-8"]["pathHex"], b"/t/odd/\xff\xfe not UTF-8".hex(), "hex")
    check("pathHex" not in found["/t/odd/é€".encode()], "UTF-8 needs no hex")
    c = found[b"/t/new"]
    equal((c["type"], c["mode"], c["uid"], c["gid"], c["size"]), ("file", "0751", 0, 0, 4), "new")
    check(abs(c["mtime"] - time.time()) < 600, f"mtime {c['mtime']}")
    equal(found[b"/t/touch"]["mtime"], -2, "a time before 1970")
    equal(sorted(found[b"/t/unlink"]), ["change", "path", "type"], "members of what is gone")


def run(w, *options):
    """A container at its end, and what it saw before and after."""
    b = bundle(w)
    b.detached(*options)
    pid = b.state()["pid"]
    before = inside.call(w, pid, tree)
    inside.call(w, pid, change, w.root_ids)
    return b, before, inside.call(w, pid, tree)


@case("diff: every kind of change, writes in memory", ROOT, USER)
def in_memory(w):
    b, before, after = run(w, "--overlay")
    judge_json(changes(w, b))
    judge(w, b, before, after)
    equal(inside.call(w, b.state()["pid"], tree), after, "what the container sees afterwards")
    stop(w, b)
    r = w.crun("diff", b.id)
    equal((r.status, r.out), (1, ""), "after its end")
    holds(r.err, "it was in memory", "message")
    holds(r.err, "--overlay=DIR", "hint")
    w.must("delete", b.id)


@case("diff: every kind of change, writes kept in a directory, also after the end", ROOT, USER)
def in_directory(w):
    keep = w.directory("keep")
    b, before, after = run(w, f"--overlay={keep}")
    running = changes(w, b)
    judge_json(running)
    data = judge(w, b, before, after)
    stop(w, b)
    stopped = changes(w, b)
    same(brief(stopped), brief(running), "changes after the end")
    judge(w, b, before, after)
    equal(len(layer(w, b)), len(data), "size of the layer after the end")
    w.must("delete", b.id)


@case("diff: ids as the container sees them, in a user namespace, running and stopped")
def user_namespace(w):
    keep = w.directory("keep")
    b = bundle(w)
    b.namespace("user")
    b.linux["uidMappings"] = b.linux["gidMappings"] = [
        {"containerID": 0, "hostID": 300000, "size": 5000000}]
    subprocess.run(["chown", "-Rh", "300000:300000", "--", b.rootfs], check=True)
    os.chown(keep, 300000, 300000)
    b.detached(f"--overlay={keep}")
    pid = b.state()["pid"]
    before = inside.call(w, pid, tree)
    inside.call(w, pid, change, False)
    inside.call(w, pid, os.chown, b"/t/owner", 5, 6)
    after = inside.call(w, pid, tree)
    check(any(f["owner"] == (5, 6) for f in after.values()), "ids of the container")
    judge(w, b, before, after)
    stop(w, b)
    judge(w, b, before, after)
    w.must("delete", b.id)


@case("diff: text: one line a change, names that cannot steer a terminal", ROOT, USER)
def text(w):
    b, _, _ = run(w, "--overlay")
    out = diff(w, b).out
    lines = out.splitlines()
    for line in ("A /t/new", "C /t/content (content, time)", "D /t/gone", "C /t/mode (mode)",
                 'A /t/odd/new\\nline', "A /t/odd/esc\\x1b[31m", "C /t/tofile (type)",
                 "A /t/odd/\\xff\\xfe not UTF-8", "A /t/odd/\\u202e turned"):
        check(line in lines, f"lacks {line!r}:\n{out[:3000]}")
    equal([c for c in out if ord(c) < 32 and c != "\n"], [], "control characters")
    equal(diff(w, b, "--format=text").out, out, "--format text")
    w.must("delete", "--force", b.id)


@case("diff: tar(1) unpacks the layer, and a file that is named gets it")
def unpacked(w):
    b, _, after = run(w, "--overlay")
    where = w.directory("unpacked")
    name = os.path.join(w.directory("file"), "layer.tar")
    write(name, b"longer than a layer " * 100000)  # what was there is gone
    equal(diff(w, b, f"--tar={name}").out, "", "output")
    with open(name, "rb") as f:
        equal(f.read() == layer(w, b), True, "the file is the layer")
    r = w.command(["tar", "-C", where, "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf",
                   name])
    equal((r.status, len(r.err.splitlines())), (0, 1), f"tar: {r}")
    holds(r.err, "implausibly old time stamp 1969", "what tar says")
    here = os.getcwd()
    got = tree(os.fsencode(os.path.join(where, "t")))
    os.chdir(here)
    got = {p: f for p, f in got.items() if not p.rpartition(b"/")[2].startswith(b".wh.")}
    check(len(got) > 200, f"only {len(got)} files")
    same(got, {p: after[p] for p in got}, "what tar unpacks")
    w.must("delete", "--force", b.id)


@case("diff: nothing changed: nothing said, an empty layer", ROOT, USER)
def nothing(w):
    b = bundle(w)
    b.config["mounts"] = []  # their places would be made
    for name in ("proc", "sys", "dev"):
        check(os.path.isdir(b.file(name)), name)
    b.linux["maskedPaths"] = b.linux["readonlyPaths"] = []
    b.detached("--overlay")
    found = {p: c for p, c in brief(changes(w, b)).items() if not p.startswith(b"/dev")}
    equal(found, {}, "changes")
    archive = tarfile.open(fileobj=io.BytesIO(layer(w, b)))
    equal([m.name for m in archive if m.name.split("/")[0] != "dev"], [], "members")
    w.must("delete", "--force", b.id)


@case("diff: several lower layers", ROOT, USER)
def lower_layers(w):
    b = bundle(w)
    names = []
    for i in (1, 2):
        d = w.directory(f"lower{i}")
        names.append(d)
        os.makedirs(os.path.join(d, "t/kept"))
        write(os.path.join(d, f"t/lower{i}"), b"in %d" % i)
        write(os.path.join(d, "t/kept/k"), b"hidden")
        write(os.path.join(d, f"t/kept/l{i}"), b"seen")
        for here, dirs, files in os.walk(d):
            for n in dirs + files:
                w.own(os.path.join(here, n))
    b.config["annotations"]["org.crun-lite.overlay.lower"] = ":".join(names)
    keep = w.directory("keep")
    b.detached(f"--overlay={keep}")
    pid = b.state()["pid"]
    before = inside.call(w, pid, tree)
    check(b"t/kept/l2" in before, f"layers: {sorted(before)}")

    def work():
        os.unlink("/t/lower1")
        write("/t/kept/l2", b"changed")

    inside.call(w, pid, work)
    after = inside.call(w, pid, tree)
    for _ in range(2):
        found = brief(changes(w, b))
        equal({p: found.get(p) for p in (b"/t/lower1", b"/t/lower2", b"/t/kept/l1", b"/t/kept/l2")},
              {b"/t/lower1": "d", b"/t/lower2": None, b"/t/kept/l1": None,
               b"/t/kept/l2": "c:content,time"}, "changes")
        same(apply(layer(w, b), before)[0], after, "the layer over what was there before")
        if b.state()["status"] == "running":
            stop(w, b)
    w.must("delete", b.id)


def hide():
    write("/t/kept/under", b"under a mount")


@case("diff: mounts inside are not entered, and hide nothing", ROOT, USER)
def mounts(w):
    b = bundle(w)
    b.mount("/t/dir", "tmpfs", "tmpfs")
    b.detached("--overlay")
    pid = b.state()["pid"]
    inside.call(w, pid, write, "/t/dir/inthemount", b"x")
    found = brief(changes(w, b))
    equal([p for p in found if p.startswith(b"/t/dir")], [], "of the mount, and of what is below")
    if w.uid is None:
        inside.call(w, pid, hide)
        inside.call(w, pid, over, "/t/kept")
        found = brief(changes(w, b))
        equal(found.get(b"/t/kept/under"), "a", "a file that a later mount hides")
        check(b"/t/kept/over" not in found, "the later mount is not entered")
    w.must("delete", "--force", b.id)


def over(path):
    """A tmpfs on a shared root: it comes to every copy of that mount that is not cut off."""
    libc = inside._libc
    check(libc.mount(None, b"/", None, 1 << 20, None) == 0, "make / shared")
    check(libc.mount(b"x", os.fsencode(path), b"tmpfs", 0, None) == 0, "mount a tmpfs")
    write(path + "/over", b"x")


@case("diff: a container that changes its tree all the time does no harm", ROOT, USER)
def busy(w):
    b = bundle(w)
    canary = w.directory("canary")
    write(os.path.join(canary, "secret"), b"this is the host's")
    b.shell("mkdir -p /t/x/y; i=0; while true; do i=$((i+1)); ln -s / /t/x/l; rm -rf /t/x/y;"
            f" ln -s {canary} /t/x/y; rm /t/x/l /t/x/y; mkdir -p /t/x/y; echo $i >/t/x/y/f;"
            " mv /t/x/y /t/x/z; ln -s /t /t/x/y; rm -rf /t/x/z /t/x/y; done")
    for name in "mkdir", "rm", "ln", "mv":
        with contextlib.suppress(FileExistsError):
            os.symlink("busybox", b.file(f"bin/{name}"))
    b.detached("--overlay")
    for _ in range(30):
        r = w.crun("diff", "--format=json", b.id)
        check(r.status in (0, 1), f"{r}")
        if r.status == 0:
            json.loads(r.out)
        check("this is the host's" not in layer_or_error(w, b), "the host's file is in the layer")
    w.must("delete", "--force", b.id)


def layer_or_error(w, b):
    p = w.popen(w.words("diff", "--tar", b.id), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = p.communicate(timeout=60)
    check(p.returncode in (0, 1), f"{p.returncode} {err}")
    if p.returncode == 0:
        for member in tarfile.open(fileobj=io.BytesIO(out)):
            check(not member.name.startswith("/") and ".." not in member.name.split("/"),
                  f"member {member.name}")
    return out.decode("latin-1")


def deep(levels):
    os.chdir("/t")
    for _ in range(levels):
        os.mkdir("d")
        os.chdir("d")


@case("diff: a tree deeper than anybody needs is an error, and names it")
def too_deep(w):
    b = bundle(w)
    b.detached("--overlay")
    inside.call(w, b.state()["pid"], deep, 4200)
    r = w.crun("diff", b.id)
    equal(r.status, 1, "status")
    holds(r.err, "File name too long", "message")
    check(len(r.err) < 1200 and r.err.count("\n") == 1, f"one line: {r.err}")
    w.must("delete", "--force", b.id)


@case("diff: a name that would be a whiteout is an error of the layer, and a line of the text")
def whiteout_name(w):
    b = bundle(w)
    b.detached("--overlay")
    inside.call(w, b.state()["pid"], write, "/t/.wh.same", b"")
    holds(diff(w, b).out, "A /t/.wh.same\n", "text")
    name = os.path.join(w.directory("file"), "layer.tar")
    r = w.crun("diff", f"--tar={name}", b.id)
    equal(r.status, 1, "status")
    holds(r.err, '"/t/.wh.same"', "message")
    check(not os.path.exists(name), "half a layer is left")
    w.must("delete", "--force", b.id)


@case("diff: what it refuses, and how", ROOT, USER)
def refused(w):
    b = bundle(w)
    b.detached()
    for words, part in (((b.id,), "has no overlay"), (("nobody",), "does not exist"),
                        (("--format=table", b.id), "expected text or json"),
                        (("--tar", "--format=json", b.id), "do not go together"),
                        (("--tar=/nowhere/x", b.id), 'cannot write "/nowhere/x"')):
        r = w.crun("diff", *words)
        equal((r.status, r.out), (1, ""), f"{words}")
        holds(r.err, part, "message")
    w.must("delete", "--force", b.id)


@case("diff: a first process that has left its namespaces is an error", ROOT, USER)
def moved(w):
    b = bundle(w)
    b.caps("SYS_ADMIN", "SETUID", "SETGID", "SETFCAP")
    b.linux.pop("seccomp", None)
    os.symlink("busybox", b.file("bin/unshare"))
    b.shell("exec unshare -U -m -r /bin/sleep 1000").detached("--overlay")
    pid = b.state()["pid"]
    check(host.until(lambda: "sleep" in (host.read(f"/proc/{pid}/comm") or "")), "does not start")
    for options in ((), ("--tar",)):
        r = w.crun("diff", *options, b.id)
        equal((r.status, r.out), (1, ""), "status and output")
        holds(r.err, "its first process has another root than the overlay it was given", "message")
    w.must("delete", "--force", b.id)


@case("diff: output that nobody takes is an error")
def no_room(w):
    b = bundle(w)
    b.detached("--overlay")
    inside.call(w, b.state()["pid"], change, True)
    if not os.path.exists("/dev/full"):
        skip("no /dev/full")
    for words in (("--tar=/dev/full",), ()):
        with open("/dev/full", "wb") as f:
            p = w.popen(w.words("diff", *words, b.id), stdout=f, stderr=subprocess.PIPE)
            err = p.communicate(timeout=60)[1]
        equal(p.returncode, 1, "status")
        holds(err.decode(), "No space left on device", "message")
    w.must("delete", "--force", b.id)


@rows("diff: created, and not started", (("memory", False), ("directory", True)), ROOT, USER)
def created(w, kept):
    b = bundle(w)
    b.write()
    option = f"--overlay={w.directory('keep')}" if kept else "--overlay"
    w.must("create", "--bundle", b.path, option, b.id, to_files=True)
    check(b"/t/new" not in changes(w, b), "changes")
    w.must("delete", "--force", b.id)
