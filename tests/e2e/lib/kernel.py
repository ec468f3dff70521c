"""System calls that Python 3.9 has no function for."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE, MS_SHARED = 1, 32, 4096, 16384, 1 << 18, 1 << 20
MNT_DETACH = 2

RELEASE = tuple(int(n) for n in os.uname().release.split("-")[0].split(".")[:2])


def _call(name, *arguments):
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _bytes(text):
    return None if text is None else os.fsencode(text)


def unshare(flags):
    _call("unshare", flags)


def mount(source, target, fstype=None, flags=0, data=None):
    _call("mount", _bytes(source), _bytes(target), _bytes(fstype), ctypes.c_ulong(flags),
          _bytes(data))


def bind(source, target, flags=0):
    mount(source, target, None, MS_BIND | flags)


def umount(target):
    _call("umount2", _bytes(target), MNT_DETACH)


def set_child_subreaper():
    """Orphans of the runtime come to us, as they do to an engine's monitor."""
    _call("prctl", 36, ctypes.c_ulong(1), 0, 0, 0)


def session_keyring():
    """The id of this process's; -1 where there are no keyrings."""
    number = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
    return _libc.syscall(ctypes.c_long(number), ctypes.c_long(0), ctypes.c_long(-3),
                         ctypes.c_long(0))


def bpf_programs():
    """The ids of all programs in the kernel; None without the right to ask."""
    number = {"x86_64": 321, "aarch64": 280}.get(os.uname().machine)
    attribute = (ctypes.c_uint32 * 32)()
    ids = set()
    while number is not None:
        if _libc.syscall(number, 11, ctypes.byref(attribute), 12) != 0:
            return ids if ctypes.get_errno() == 2 else None
        attribute[0] = attribute[1]
        ids.add(attribute[1])
    return None
