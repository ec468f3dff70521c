"""Where the tests of one user happen: a directory, a state root, a way to run the program.

Everything made here is below `World.top` or carries `World.token` in its name or environment.
"""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading

from lib import host, kernel
from lib.bundle import Bundle

LIMIT = 30  # seconds for one command


class Result:
    """How a command ended: status as a shell has it, both outputs as text."""

    def __init__(self, words, status, out, err):
        self.words = words
        self.status = status if status >= 0 else 128 - status
        self.raw = out
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    def __str__(self):
        return f"{' '.join(self.words)}\n  status {self.status}\n  out {self.out[:2000]!r}" \
               f"\n  err {self.err[:2000]!r}"


class World:
    """uid: None as who runs the tests, else a plain user to become."""

    def __init__(self, top, token, program, probe, uid=None):
        self.top, self.token, self.program, self.probe, self.uid = top, token, program, probe, uid
        self.gid = uid
        self.root_ids = uid is None and os.getuid() == 0
        self.state = os.path.join(top, "state")
        self.tmp = os.path.join(top, "tmp")
        self.runtime_dir = os.path.join(top, "xdg")
        self._count = 0
        for path in (top, self.state, self.tmp, self.runtime_dir, os.path.join(top, "b")):
            os.mkdir(path, 0o700 if path == self.runtime_dir else 0o755)
            self.own(path)

    def own(self, path):
        if self.uid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def environment(self, **more):
        env = {"PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), "LC_ALL": "C",
               "TMPDIR": self.tmp, "CRUN_LITE_E2E": self.token,
               "XDG_RUNTIME_DIR": self.runtime_dir}
        env.update(more)
        return env

    def _become(self):
        if self.uid is not None:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)

    def popen(self, words, before=None, **options):
        """Starts a command as this user; `before` is called in the child first."""

        def prepare():
            if before is not None:
                before()
            self._become()

        env = options.pop("env", None) or self.environment()
        needs = before is not None or self.uid is not None
        return subprocess.Popen(words, env=env, preexec_fn=prepare if needs else None, **options)

    def command(self, words, data=b"", limit=LIMIT, to_files=False, **options):
        """Runs a command to its end, both outputs kept.

        to_files: what it leaves running may keep the outputs; what they hold then is what counts
        """
        if to_files:
            return self._command_to_files(words, limit, options)
        if "stdin" not in options:
            options["stdin"] = subprocess.PIPE
        p = self.popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        try:
            out, err = p.communicate(data if options["stdin"] == subprocess.PIPE else None, limit)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            raise AssertionError(f"still running after {limit} s: {' '.join(words)}") from None
        return Result(words, p.returncode, out, err)

    def _command_to_files(self, words, limit, options):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            options.setdefault("stdin", subprocess.DEVNULL)
            p = self.popen(words, stdout=out, stderr=err, **options)
            try:
                p.wait(limit)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
                raise AssertionError(f"still running after {limit} s: {' '.join(words)}") from None
            out.seek(0)
            err.seek(0)
            return Result(words, p.returncode, out.read(), err.read())

    def words(self, *words):
        return [self.program, "--root", self.state, *words]

    def crun(self, *words, **options):
        return self.command(self.words(*words), **options)

    def must(self, *words, **options):
        """A command that has to succeed, silently on standard error."""
        r = self.crun(*words, **options)
        if r.status != 0 or r.err:
            raise AssertionError(f"must succeed silently: {r}")
        return r

    def id(self, label="c"):
        self._count += 1
        return f"{self.token}-{label}{self._count}"

    def directory(self, label):
        """A fresh directory of this user."""
        self._count += 1
        path = os.path.join(self.top, "b", f"{label}{self._count}")
        os.mkdir(path)
        self.own(path)
        return path

    def bundle(self, label="b"):
        return Bundle(self, self.directory(label))

    def left(self):
        """What is still there of containers: processes, cgroups, state."""
        reap()
        return (host.processes(self.token) + host.cgroups(self.token) + os.listdir(self.state) +
                [p for p in os.listdir(self.runtime_dir) if p != "crun-lite"] +
                os.listdir(self.tmp))

    @contextlib.contextmanager
    def test(self):
        """Around each test: nothing may be left of its containers, nor of its bundles."""
        mounts = host.mounts()
        try:
            yield
            left = host.gone(self.left, 2.0)
            if left:
                raise AssertionError(f"left behind: {left}")
            if host.mounts() != mounts:
                raise AssertionError(f"mounts: {sorted(set(host.mounts()) ^ set(mounts))}")
        finally:
            self.clean()

    def clean(self):
        for id_ in os.listdir(self.state):
            with contextlib.suppress(Exception):
                self.crun("delete", "--force", id_, limit=10)
        kill_all(self.token)
        empty(os.path.join(self.top, "b"))
        empty(self.state)
        empty(self.tmp)
        for path in reversed(host.cgroups(self.token)):
            with contextlib.suppress(OSError):
                os.rmdir(path)


def reap():
    """Takes in the orphans that came to us as subreaper."""
    if threading.active_count() > 1:
        return
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass


def kill_all(token):
    """Ends the processes that carry our token, and only those."""
    for pid in host.processes(token):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    host.gone(lambda: (reap(), host.processes(token))[1], 3.0)


def remove(path):
    """A tree, after the mounts in it; never what is behind a mount that would not go."""
    for point in reversed(host.mount_points_below(path)):
        kernel.umount(point)
    if host.mount_points_below(path):
        raise OSError(f"still mounted: {path}")

    def again(_, failed, __):
        for p in (os.path.dirname(failed), failed):
            with contextlib.suppress(OSError):
                if not os.path.islink(p):
                    os.chmod(p, stat.S_IRWXU)
        with contextlib.suppress(OSError):
            if os.path.isdir(failed) and not os.path.islink(failed):
                shutil.rmtree(failed)
            elif os.path.lexists(failed):
                os.unlink(failed)

    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
    else:
        shutil.rmtree(path, onerror=again)


def empty(path):
    for name in os.listdir(path):
        remove(os.path.join(path, name))
