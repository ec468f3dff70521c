"""Reads what the probe saw, and computes from a configuration what it should have seen."""

# Linux: include/uapi/linux/capability.h
CAPABILITIES = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE
SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()

# Linux: include/uapi/asm-generic/resource.h
RLIMITS = """CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE
RTPRIO RTTIME""".split()

SETS = {"CapInh": "inheritable", "CapPrm": "permitted", "CapEff": "effective",
        "CapBnd": "bounding", "CapAmb": "ambient"}

FLAGS = "nosuid nodev noexec nosymfollow".split()


def status(view):
    """/proc/self/status as a dict."""
    lines = view["files"]["/proc/self/status"].splitlines()
    return {k: v.strip() for k, _, v in (line.partition(":") for line in lines)}


def capability_mask(names):
    return sum(1 << CAPABILITIES.index(n[len("CAP_"):]) for n in names)


def capabilities(view):
    """The five sets as they are."""
    s = status(view)
    return {name: int(s[line], 16) for line, name in SETS.items()}


def capabilities_of(config):
    """The five sets as a configuration asks for them."""
    sets = config["process"].get("capabilities", {})
    return {name: capability_mask(sets.get(name, [])) for name in SETS.values()}


class Mount:
    """One line of mountinfo."""

    def __init__(self, line):
        left, _, right = line.partition(" - ")
        fields, rest = left.split(" "), right.split(" ")
        self.id, self.parent, self.dev, self.root, self.point = fields[:5]
        self.options = set(fields[5].split(","))
        self.propagation = " ".join(fields[6:])
        self.type, self.source = rest[0], rest[1]
        self.super = set(rest[2].split(",")) if len(rest) > 2 else set()

    def __repr__(self):
        return f"{self.point} {self.type} {sorted(self.options)} {sorted(self.super)}"


def mounts(view):
    """Mount point -> Mount; the topmost where several are stacked."""
    found = [Mount(line) for line in view["files"]["/proc/self/mountinfo"].splitlines()]
    return {m.point: m for m in found}


def mount_flags(options, type_="bind"):
    """What mountinfo should say of the mount itself; for a bind mount of an ordinary one."""
    out, access = set(), "relatime"
    out.add("ro" if "ro" in options or "rro" in options else "rw")
    for o in options:
        plain = o[1:] if o.startswith("r") and o[1:] in FLAGS + ["noatime"] else o
        if plain in FLAGS:
            out.add(plain)
        elif plain in ("noatime", "relatime", "strictatime"):
            access = plain
    if access != "strictatime":
        out.add(access)
    if type_ == "" or "nodiratime" in options:
        out.add("nodiratime")
    return out


# Path in /dev -> what it is: kind and mode of a device and its numbers, or the target of a link.
DEVICES = {
    "null": ("char", 0o666, 1, 3), "zero": ("char", 0o666, 1, 5), "full": ("char", 0o666, 1, 7),
    "random": ("char", 0o666, 1, 8), "urandom": ("char", 0o666, 1, 9),
    "tty": ("char", 0o666, 5, 0),
    "fd": ("link", "/proc/self/fd"), "stdin": ("link", "/proc/self/fd/0"),
    "stdout": ("link", "/proc/self/fd/1"), "stderr": ("link", "/proc/self/fd/2"),
    "core": ("link", "/proc/kcore"), "ptmx": ("link", "pts/ptmx"),
    "pts": ("dir", 0o755), "shm": ("dir", 0o1777), "mqueue": ("dir", 0o1777),
}


def devices(view, where="/dev"):
    """The same form as DEVICES."""
    out = {}
    for name, e in view["dirs"][where].items():
        if e["type"] == "link":
            out[name] = ("link", e["target"])
        elif e["type"] in ("char", "block"):
            out[name] = (e["type"], e["mode"], e["major"], e["minor"])
        else:
            out[name] = (e["type"], e["mode"])
    return out
