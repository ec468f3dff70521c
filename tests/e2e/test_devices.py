"""Devices: what is in /dev, what may be made and opened."""

import errno
import os

from lib import host, seen
from lib.suite import ROOT, USER, case, check, equal, rows, same

POSSIBLE = "MKNOD SYS_ADMIN SYS_CHROOT DAC_OVERRIDE DAC_READ_SEARCH FOWNER".split()


@case("/dev holds exactly the default devices", ROOT, USER)
def default_devices(w):
    v = w.bundle().view()
    got, want = seen.devices(v), dict(seen.DEVICES)
    same(got, want, "/dev")
    if w.root_ids:
        owners = {(e["uid"], e["gid"]) for e in v["dirs"]["/dev"].values()}
        equal(owners, {(0, 0)}, "owners")
    same(set(v["dirs"]["/dev/pts"]), {"ptmx"}, "/dev/pts")
    same(set(v["dirs"]["/dev/shm"]), set(), "/dev/shm")


@case("the default devices work", ROOT, USER)
def devices_work(w):
    b = w.bundle()
    equal(b.tries(["write", "/dev/null", "x"], ["read", "/dev/zero"], ["write", "/dev/full", "x"],
                  ["read", "/dev/random"], ["read", "/dev/urandom"], ["read", "/dev/tty"],
                  ["rdwr", "/dev/ptmx"]),
          [0, 0, errno.ENOSPC, 0, 0, errno.ENXIO, 0], "errno")


@case("devices of the configuration")
def more_devices(w):
    b = w.bundle()
    b.linux["devices"] = [
        {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 0o660,
         "uid": 7, "gid": 8},
        {"path": "/dev/deep/er/kmsg", "type": "u", "major": 1, "minor": 11, "fileMode": 0o600},
        {"path": "/dev/pipe", "type": "p", "fileMode": 0o644},
        {"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666},
        {"path": "/opt/zero", "type": "c", "major": 1, "minor": 5},
    ]
    os.mkdir(b.file("/opt"))
    b.linux["resources"]["devices"].append(
        {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rw"})
    v = b.view()
    e = v["dirs"]["/dev"]["fuse"]
    equal((e["type"], e["mode"], e["uid"], e["gid"], e["major"], e["minor"]),
          ("char", 0o660, 7, 8, 10, 229), "/dev/fuse")
    equal(v["dirs"]["/dev"]["pipe"]["type"], "fifo", "/dev/pipe")
    check("deep" in v["dirs"]["/dev"], "/dev/deep")
    b.caps("DAC_OVERRIDE")
    got = b.tries(["read", "/dev/deep/er/kmsg"], ["read", "/opt/zero"], ["rdwr", "/dev/fuse"])
    equal(got[:2], [errno.EPERM, 0], "errno")
    check(got[2] in (0, errno.ENODEV, errno.ENXIO), f"/dev/fuse: {got[2]}")


@case("a plain user's devices of the configuration are the host's", USER)
def user_devices(w):
    b = w.bundle()
    b.linux["devices"] = [{"path": "/dev/also", "type": "c", "major": 1, "minor": 5}]
    b.linux["devices"][0]["path"] = "/dev/zero"
    e = seen.devices(b.view())["zero"]
    equal(e[0], "char", "kind")
    equal(e[2:], (1, 5), "numbers")


NUMBERS = [("c", 1, 1), ("c", 1, 2), ("c", 1, 4), ("c", 1, 11), ("b", 8, 0), ("b", 7, 0),
           ("b", 254, 0), ("b", 259, 0), ("c", 10, 200), ("c", 10, 229), ("c", 10, 237),
           ("c", 4, 0), ("c", 4, 64), ("c", 5, 1), ("c", 108, 0), ("c", 29, 0), ("c", 226, 0)]


@case("no device beyond the allowed ones can be made and opened, with rights of root")
def device_filter(w):
    b = w.bundle().caps(*POSSIBLE)
    calls = []
    for n, (kind, major, minor) in enumerate(NUMBERS):
        calls += [["mknod", f"/tmp/d{n}", kind, major, minor], ["rdwr", f"/tmp/d{n}"]]
    got = b.tries(*calls)
    for n, number in enumerate(NUMBERS):
        make, use = got[2 * n], got[2 * n + 1]
        check(make == errno.EPERM or use == errno.EPERM, f"{number}: mknod {make}, open {use}")


@case("the allowed devices can be made and opened")
def device_filter_allows(w):
    b = w.bundle().caps(*POSSIBLE)
    b.linux["resources"]["devices"] += [
        {"allow": True, "type": "c", "major": 1, "minor": 11, "access": "r"},
        {"allow": True, "type": "b", "major": 7, "access": "m"},
        {"allow": True, "type": "c", "major": 1, "minor": 1, "access": "rwm"},
        {"allow": False, "type": "c", "major": 1, "minor": 1, "access": "w"}]
    got = b.tries(["mknod", "/tmp/null", "c", 1, 3], ["rdwr", "/tmp/null"],
                  ["mknod", "/tmp/kmsg", "c", 1, 11], ["mknod", "/tmp/l", "b", 7, 3],
                  ["rdwr", "/tmp/l"], ["mknod", "/tmp/mem", "c", 1, 1], ["openw", "/tmp/mem"],
                  ["read", "/dev/null"])
    equal(got[:3], [0, 0, got[2]], "null")
    equal(got[3:5], [0, errno.EPERM], "b 7:3, m only")
    equal(got[5:], [0, errno.EPERM, 0], "c 1:1, rm")


@rows("deny", (("all, as spec has it", [{"allow": False, "access": "rwm"}]),
               ("nothing said", []), ("absent", None)))
def device_list_is_no_deny_list(w, rules):
    b = w.bundle().caps(*POSSIBLE)
    if rules is None:
        b.linux["resources"].pop("devices")
    else:
        b.linux["resources"]["devices"] = rules
    got = b.tries(["mknod", "/tmp/m", "c", 1, 1], ["rdwr", "/tmp/m"], ["rdwr", "/dev/null"])
    check(errno.EPERM in got[:2], f"errno {got}")
    equal(got[2], 0, "/dev/null")


@rows("stdio leaves the host's devices alone", (("root", 0), ("user", 1000)))
def stdio_null(w, uid):
    before = host.devices()
    b = w.bundle()
    b.process["user"] = {"uid": uid, "gid": uid}
    b.probe("exit", "0").write()
    with open("/dev/null", "r+b") as null:
        p = w.popen(w.words("run", "--bundle", b.path, b.id), stdin=null, stdout=null, stderr=null)
        equal(p.wait(20), 0, "status")
    same(host.devices(), before, "devices")
