"""A directory of the host that no container may reach or change."""

import os

from lib.suite import same


class Canary:
    """A directory of the host with files that must stay as they are."""

    def __init__(self, w):
        self.path = w.directory("canary")
        for name in ("ptmx", "null", "console", "hostname", "sub/file", "pts/ptmx", "shm/x"):
            full = os.path.join(self.path, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="ascii") as f:
                f.write("canary")
        self.before = self.look()

    def look(self):
        out = {}
        for top, dirs, files in os.walk(self.path):
            for name in ["", *dirs, *files]:
                s = os.lstat(os.path.join(top, name))
                out[os.path.join(top, name)] = (s.st_mode, s.st_uid, s.st_gid, s.st_ino, s.st_size,
                                                s.st_mtime_ns, s.st_ctime_ns)
        return out

    def check(self):
        same(self.look(), self.before, "files of the host")
