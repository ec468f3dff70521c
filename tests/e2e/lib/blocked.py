"""Kernels that lack something: a filter that answers for a system call, an older version number.

Both are set in the process that becomes the runtime, and so hold in its containers too.
"""

import ctypes
import errno
import os
import struct

from lib.suite import skip

# The same numbers everywhere from 424 on; the older ones: x86-64, arm64.
_OLD = {"bpf": (321, 280), "keyctl": (250, 219), "seccomp": (317, 277), "statx": (332, 291),
        "memfd_create": (319, 279), "mount": (165, 40)}
_NEW = {"pidfd_send_signal": 424, "open_tree": 428, "move_mount": 429, "fsopen": 430,
        "fsconfig": 431, "fsmount": 432, "pidfd_open": 434, "clone3": 435, "close_range": 436,
        "openat2": 437, "mount_setattr": 442, "landlock_create_ruleset": 444,
        "landlock_add_rule": 445, "landlock_restrict_self": 446, "open_tree_attr": 467}
CALLS = sorted({**_OLD, **_NEW})

_LOAD, _JUMP_EQUAL, _RETURN, _ALLOW = 0x20, 0x15, 0x06, 0x7fff0000
_PR_SET_SECCOMP, _MODE_FILTER, _UNAME26 = 22, 2, 0x0020000
_libc = ctypes.CDLL(None, use_errno=True)


def number(call):
    if call in _NEW:
        return _NEW[call]
    return _OLD[call][os.uname().machine == "aarch64"]


class _Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def answering(error, *calls):
    """A function for World.command's `before`: these calls end with this errno, and do nothing."""
    rows = [(_LOAD, 0, 0, 0)]
    for i, call in enumerate(calls):
        rows.append((_JUMP_EQUAL, len(calls) - i, 0, number(call)))
    return _filter([*rows, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _answer(error))])


def knowing_no_flag(call, argument):
    """The same: this call ends with EINVAL when its argument of this number is not 0."""
    return _filter([(_LOAD, 0, 0, 0), (_JUMP_EQUAL, 0, 2, number(call)),
                    (_LOAD, 0, 0, 16 + 8 * argument), (_JUMP_EQUAL, 0, 1, 0),
                    (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _answer("EINVAL"))])


def _answer(error):
    return 0x00050000 | getattr(errno, error)


def _filter(rows):
    if os.getuid() != 0:
        skip("needs root: newuidmap gives no ids under a filter that a plain user may load")
    code = b"".join(struct.pack("=HBBI", *row) for row in rows)

    def before():
        program = _Program(len(rows), code)
        if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")

    return before


def old_kernel(then=None):
    """The same: the kernel says that it is a 2.6, so the plan takes all that is for older ones."""

    def before():
        if _libc.personality(ctypes.c_ulong(_UNAME26)) < 0:
            raise OSError(ctypes.get_errno(), "personality")
        if then is not None:
            then()

    return before
