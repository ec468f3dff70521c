"""A terminal to run a command in, and a socket that takes a container's terminal."""

import contextlib
import fcntl
import os
import pty
import select
import socket
import struct
import termios
import time

LIMIT = 20     # seconds for an answer
LONGEST = 120  # for all of an output, on the slowest machine


class Terminal:
    """A pty with a process as its session leader; `run` gives all that it wrote."""

    def __init__(self, world, rows=24, columns=80):
        self.world, self.process, self.text, self.at = world, None, bytearray(), 0
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.master >= 0:
            self.hang_up()

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def settings(self):
        return termios.tcgetattr(self.slave)

    def start(self, words):
        def own():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        os.fchown(self.slave, self.world.uid or os.getuid(), -1)
        self.process = self.world.popen(words, before=own, stdin=self.slave, stdout=self.slave,
                                        stderr=self.slave)

    def send(self, data):
        os.write(self.master, data)

    def _read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return b""
        got = os.read(self.master, 65536)
        self.text += got
        return got

    def until(self, text):
        end = time.monotonic() + LIMIT
        while text not in self.text:
            if time.monotonic() > end or (self._read(0.2) == b"" and self.process.poll() is not None):
                raise AssertionError(f"no {text!r} in {self.text!r}")

    def expect(self, text):
        """Waits for what comes behind all that was expected before; what was in front of it."""
        end = time.monotonic() + LIMIT
        while (found := self.text.find(text, self.at)) < 0:
            if time.monotonic() > end or (self._read(0.2) == b"" and self.process.poll() is not None):
                raise AssertionError(f"no {text!r} in {self.text[self.at:]!r}\n  behind "
                                     f"{self.text[max(0, self.at - 500):self.at]!r}")
        before, self.at = self.text[self.at:found], found + len(text)
        return before

    def hang_up(self):
        """As a window that is closed."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def rest(self):
        """Reads until the process has ended and nothing more comes."""
        begin = quiet = time.monotonic()
        while time.monotonic() < min(quiet + LIMIT, begin + LONGEST):
            done = self.process.poll() is not None
            if self._read(0.05) != b"":
                quiet = time.monotonic()
            elif done:
                return
        raise AssertionError(f"does not end; last text {self.text[-300:]!r}")

    def wait(self):
        status = self.process.wait(LIMIT)
        return status if status >= 0 else 128 - status

    def run(self, words, want):
        self.start(words)
        self.rest()
        status = self.wait()
        if status != want:
            raise AssertionError(f"status {status}, want {want}: {self.text[:2000]!r}")
        return self.text.decode()


class Socket:
    """What an engine's monitor listens on for --console-socket."""

    def __init__(self, world):
        self.path = os.path.join(world.directory("console"), "s")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        world.own(self.path)
        self.listener.listen(1)
        self.listener.settimeout(LIMIT)
        self.fd, self.name = -1, ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        if self.fd >= 0:
            os.close(self.fd)

    def accept(self):
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(LIMIT)
            data, fds, _, _ = socket.recv_fds(connection, 4096, 4)
        if len(fds) != 1:
            raise AssertionError(f"{len(fds)} descriptors with {data!r}")
        self.fd, self.name = fds[0], data.decode()

    def read_all(self):
        """All until the other side is closed."""
        if self.fd < 0:
            self.accept()
        text, end = b"", time.monotonic() + LIMIT
        with contextlib.suppress(OSError):  # EIO: the last one closed it
            while time.monotonic() < end:
                if select.select([self.fd], [], [], 0.2)[0]:
                    got = os.read(self.fd, 65536)
                    if not got:
                        break
                    text += got
        return text.decode(), self.name
