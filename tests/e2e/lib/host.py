"""What this host looks like, so that a test can say that nothing of it has changed.

Other users of the machine are at work at the same time: only what carries our token counts where a
thing is shared, and what is new and goes away soon does not count.
"""

import os
import time

from lib import kernel

CGROUPS = "/sys/fs/cgroup"


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return None


def mounts():
    """All mounts, without what is numbered anew each time."""
    return sorted(line.split(" ", 2)[2] for line in read("/proc/self/mountinfo").splitlines())


def mount_points_below(path):
    found = [line.split()[4] for line in read("/proc/self/mountinfo").splitlines()]
    found = [p.encode().decode("unicode_escape") for p in found]
    return [p for p in found if p == path or p.startswith(path + "/")]


def cgroups(token):
    return sorted(os.path.join(top, d) for top, dirs, _ in os.walk(CGROUPS) for d in dirs
                  if token in d)


def processes(token):
    """Those with the token in their environment or arguments, but for ourselves; no zombies."""
    found = []
    wanted = token.encode()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in (os.getpid(), os.getppid()):
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as f:
                text = f.read()
            with open(f"/proc/{name}/cmdline", "rb") as f:
                text += f.read()
        except OSError:
            continue
        if wanted in text:
            found.append(int(name))
    return sorted(found)


def devices():
    """Kind, mode, owner and numbers of what is in /dev."""
    out = {}
    for entry in os.scandir("/dev"):
        try:
            s = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        out[entry.name] = (oct(s.st_mode), s.st_uid, s.st_gid, s.st_rdev)
    return out


SYSCTLS = """kernel/hostname kernel/domainname kernel/shmmax kernel/shmall kernel/msgmax kernel/sem
kernel/core_pattern kernel/modprobe net/ipv4/ip_forward net/ipv4/ping_group_range
net/ipv4/ip_unprivileged_port_start net/core/somaxconn fs/mqueue/msg_max
user/max_user_namespaces""".split()


def fingerprint():
    """What must be equal before and after."""
    return {
        "mounts": mounts(),
        "devices": devices(),
        "sysctls": {name: read("/proc/sys/" + name) for name in SYSCTLS},
        "interfaces": sorted(os.listdir("/sys/class/net")),
        "shared memory": sorted(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else [],
    }


def until(condition, seconds=5.0, pause=0.01):
    """Waits for the condition; what it returned last."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def gone(find, seconds=5.0):
    """Waits until find() is empty; returns what is left."""
    left = find()
    end = time.monotonic() + seconds
    while left and time.monotonic() < end:
        time.sleep(0.02)
        left = find()
    return left


def new_bpf_programs(before, seconds=5.0):
    """Programs that came since and stay."""
    def find():
        now = kernel.bpf_programs()
        stay.intersection_update(now)
        return stay

    stay = (kernel.bpf_programs() or set()) - before
    return gone(find, seconds)
