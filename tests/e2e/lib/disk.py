"""Block devices: those of this host, and one of our own."""

import contextlib
import fcntl
import os

from lib import host
from lib.suite import skip

# Linux: include/uapi/linux/loop.h
LOOP_SET_FD, LOOP_CLR_FD, LOOP_CTL_REMOVE, LOOP_CTL_GET_FREE = 0x4C00, 0x4C01, 0x4C81, 0x4C82


def any_disk():
    """(major, minor) of a whole disk."""
    for name in sorted(os.listdir("/sys/block")):
        if (host.read(f"/sys/block/{name}/size") or "0").strip() != "0":
            return tuple(int(n) for n in host.read(f"/sys/block/{name}/dev").split(":"))
    return skip("no block device here")


def below(path):
    """(major, minor) of the whole disk that the path's file system is on."""
    number = os.stat(path).st_dev
    node = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if os.path.exists(os.path.join(node, "partition")):
        node = os.path.dirname(node)
    text = host.read(os.path.join(node, "dev"))
    return tuple(int(n) for n in text.split(":")) if text else skip(f"{path} is on no disk")


@contextlib.contextmanager
def loop_with(w, scheduler):
    """(major, minor) of a loop device with this I/O scheduler, as long as it is needed."""
    with contextlib.ExitStack() as stack:
        try:
            number = _loop(w, stack)
        except OSError as why:
            skip(f"no loop device to be had: {why}")
        try:
            with open(f"/sys/block/loop{number}/queue/scheduler", "w", encoding="ascii") as f:
                f.write(scheduler)
        except OSError as why:
            skip(f"this kernel has no I/O scheduler {scheduler}: {why}")
        yield 7, number


def _loop(w, stack):
    path = os.path.join(w.directory("disk"), "disk")
    control = stack.enter_context(open("/dev/loop-control", "rb", buffering=0))
    before = os.listdir("/dev")
    number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
    if f"loop{number}" not in before:
        stack.callback(fcntl.ioctl, control, LOOP_CTL_REMOVE, number)
    device = stack.enter_context(open(f"/dev/loop{number}", "rb", buffering=0))
    with open(path, "w+b") as file:
        file.truncate(1 << 20)
        fcntl.ioctl(device, LOOP_SET_FD, file.fileno())
    stack.callback(fcntl.ioctl, device, LOOP_CLR_FD)
    return number
