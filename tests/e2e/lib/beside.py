"""The same command line given to us and to runc and crun, and what came of it.

A runtime that has not the command, or an option of the line, by its own help, is not asked.  Knows
nothing of single commands: the rows are test_commands.py's."""

import contextlib
import json
import os
import re

from lib import host, peers
from lib.world import reap

OURS = "crun-lite"


def kinds(value):
    """JSON, its values replaced by what they are."""
    if isinstance(value, dict):
        return {k: kinds(v) for k, v in value.items()}
    if isinstance(value, list):
        return [kinds(v) for v in value[:1]]
    return type(value).__name__.replace("float", "int")


def lacks(ours, theirs, path=""):
    """What of their JSON ours has not, or has as another type; more in ours is fine."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return [x for k, v in theirs.items() for x in
                (lacks(ours[k], v, f"{path}.{k}") if k in ours else [f"{path}.{k} is missing"])]
    if isinstance(theirs, list) and isinstance(ours, list):
        return lacks(ours[0], theirs[0], path + "[]") if ours and theirs else []
    return [] if ours == theirs else [f"{path}: {ours!r}, theirs {theirs!r}"]


def shape_json(text):
    return kinds(json.loads(text))


def shape_head(text):
    return text.splitlines()[0].split() if text else None


def shape_same(text):
    return text


def shape_lines(text):
    return len(text.splitlines())


class Runtime:
    """One of the three, with a state directory and containers of its own."""

    def __init__(self, w, name, bundles):
        self.w, self.name, self.bundles = w, name, bundles
        self.program = w.program if name == OURS else peers.program(name)
        self.root = w.state if name == OURS else w.directory(name)
        self.shared, self.ids, self._help = {}, [], {}

    def words(self, *words):
        return [self.program, "--root", self.root, *words]

    def call(self, *words, **more):
        return self.w.command(self.words(*words), env=self.environment(), **more)

    def environment(self):
        """The others make a directory of their own for whoever asks for the version."""
        return self.w.environment(**({} if self.name == OURS else {"XDG_RUNTIME_DIR": self.root}))

    def must(self, *words):
        r = self.call(*words, to_files=True)
        if r.status != 0:
            raise AssertionError(f"{self.name} cannot make what is to be compared: {r}")

    def help(self, command):
        if command not in self._help:
            words = [command, "--help"] if command else ["--help"]
            r = self.w.command([self.program, *words], env=self.environment())
            self._help[command] = r.out + r.err
        return self._help[command]

    def has(self, words):
        """By its help: the command, and each option in front of the arguments."""
        if self.name == OURS:
            return True
        command, at = "", ""
        for word in words:
            if word.startswith("-") and len(word) > 1:
                name = re.escape(word.split("=", maxsplit=1)[0] if word[:2] == "--" else word[:2])
                if not re.search(rf"(^|[\s,]){name}\b", self.help(at), re.M):
                    return False
            elif not command:
                command = at = word
                if not re.search(rf"^\s+{command}\b", self.help(""), re.M):
                    return False
        return True

    def status(self, id_):
        r = self.call("state", id_)
        return json.loads(r.out)["status"] if r.status == 0 else "missing"

    def until(self, id_, status):
        """The status, which may take a moment where there is a container and shall be one."""
        now = self.status(id_)
        while now not in (status, "missing") and status != "missing":
            if not host.until(lambda: (reap(), self.status(id_) != now)[1], 2.0):
                break
            now = self.status(id_)
        return now

    def make(self, situation):
        """A container in this situation; its id."""
        id_ = self.w.id(self.name.replace("-", "") + "-")
        if situation in ("missing", ""):
            return id_
        self.ids.append(id_)
        self.must("create", "--bundle", self.bundles["bundle"], id_)
        if situation != "created":
            self.must("start", id_)
        if situation == "paused":
            self.must("pause", id_)
        if situation == "stopped":
            self.must("kill", id_, "KILL")
            self.until(id_, "stopped")
        return id_

    def container(self, situation, fresh):
        if fresh or situation == "":
            return self.make(situation)
        if situation not in self.shared:
            self.shared[situation] = self.make(situation)
        return self.shared[situation]

    def remove(self, id_=None):
        """Deletes the container, or all that are left."""
        for one in [id_] if id_ is not None else self.ids[:]:
            self.call("delete", "--force", one)
            reap()
            if one in self.ids:
                self.ids.remove(one)

    def why_not(self):
        """Why it can make no container here; None when it can."""
        id_ = self.w.id("try")
        r = self.call("create", "--bundle", self.bundles["bundle"], id_, to_files=True)
        self.call("delete", "--force", id_)
        for path in host.cgroups(id_):
            with contextlib.suppress(OSError):
                os.rmdir(path)
        return None if r.status == 0 else r.err.strip().replace("\n", " | ")[:200]


def runtimes(w, bundles):
    """Ours, and those of the others that there are and that can make a container."""
    all_ = [Runtime(w, name, bundles) for name in (OURS, "runc", "crun")
            if name == OURS or peers.program(name) is not None]
    return [r for r in all_ if r.name == OURS or can(r)]


def can(runtime):
    """Asked once a run of the tests."""
    known = runtime.w.__dict__.setdefault("peers", {})
    if runtime.program not in known:
        known[runtime.program] = runtime.why_not() is None
    return known[runtime.program]
