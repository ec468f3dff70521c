"""What of the host no container may reach or change: a directory, and that nothing new comes."""

import os
import secrets

from lib.suite import check, same


class Canary:
    """A directory of the host with files that must stay as they are, and be seen by nobody.

    secret  is in each of the files
    inside  directories that containers may write to: there new names are fine
    """

    def __init__(self, w, *inside):
        self.world, self.inside = w, inside
        self.path = w.directory("canary")
        self.secret = secrets.token_hex(16)
        for name in ("ptmx", "null", "console", "hostname", "sub/file", "pts/ptmx", "shm/x"):
            full = os.path.join(self.path, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="ascii") as f:
                f.write(self.secret)
            w.own(os.path.dirname(full))
            w.own(full)
        self.before = self.look()
        self.names = None

    def watch(self):
        """From here on names are counted: all that the test makes itself is there."""
        self.names = self.outside()
        return self

    def look(self):
        out = {}
        for top, dirs, files in os.walk(self.path):
            for name in ["", *dirs, *files]:
                full = os.path.join(top, name)
                s = os.lstat(full)
                out[full] = (s.st_mode, s.st_uid, s.st_gid, s.st_ino, s.st_size, s.st_mtime_ns,
                             s.st_ctime_ns)
                if name in files:
                    with open(full, encoding="ascii") as f:
                        out[full] += (f.read(),)
        return out

    def outside(self):
        """All names of this world but those inside, and the uppermost ones of the host."""
        found = {os.path.join(top, name) for top in ("/", "/mnt", "/opt") if os.path.isdir(top)
                 for name in os.listdir(top)}
        skip = {self.world.state, self.world.tmp, self.world.runtime_dir, *self.inside}
        for top, dirs, files in os.walk(self.world.top):
            dirs[:] = [d for d in dirs if os.path.join(top, d) not in skip]
            found.update(os.path.join(top, name) for name in dirs + files)
        return found

    def check(self, said=""):
        """said: what came out of containers"""
        same(self.look(), self.before, "files of the host")
        if self.names is not None:
            same(self.outside(), self.names, "names outside of the root")
        check(self.secret not in said, f"the host's secret was read: {said[:2000]}")
