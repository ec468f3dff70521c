"""A seccomp agent: takes the listener of a container and answers its notifications.

Numbers and structures: seccomp_unotify(2), include/uapi/linux/seccomp.h.
"""

import contextlib
import errno
import fcntl
import json
import os
import platform
import select
import socket
import struct
import threading

RECV, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, _SEND
NOTIFICATION, RESPONSE = "=QIIiIQ6Q", "=QqiI"
CONTINUE = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE

LIMIT = 20

NUMBERS = {
    "x86_64": {"getppid": 110, "mkdir": 83, "execve": 59, "exit_group": 231},
    "aarch64": {"getppid": 173, "execve": 221, "exit_group": 94},
}.get(platform.machine(), {})


def go_on(_):
    """An answer: the kernel carries the call out."""
    return None


def emulate(**values):
    """An answer: these calls return these values, those below 0 are errnos; others go on."""
    return lambda number: {NUMBERS[n]: v for n, v in values.items()}.get(number)


class Agent:
    """answer: number of the call -> its result (an errno when below 0), None: carry it out.

    `asked`: the numbers of all calls that it was asked for.  `silent`: it takes notifications and
    answers none; `leave`: it goes away with the first one.
    """

    def __init__(self, world, answer=go_on, silent=False, leave=False):
        self.path = os.path.join(world.directory("agent"), "s")
        self.answer, self.silent, self.leave = answer, silent, leave
        self.listener, self.raw, self.asked, self.fds = -1, b"", [], 0
        self.problem = None
        self._taken = threading.Event()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(self.path)
        world.own(self.path)
        self.socket.listen(1)
        self._stop, self._stopper = os.pipe()
        self._thread = threading.Thread(target=self._main)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        os.close(self._stopper)
        self._thread.join(LIMIT)
        self.socket.close()
        os.close(self._stop)
        if self.problem is not None:
            raise AssertionError(f"agent: {self.problem!r}")

    @property
    def message(self):
        """What the runtime sent; it has sent it, but this thread may be the quicker one."""
        self._taken.wait(LIMIT)
        return json.loads(self.raw)

    def _ready(self, what):
        """Waits; false when it is to stop."""
        poll = select.poll()
        poll.register(self._stop, 0)
        poll.register(what, select.POLLIN)
        return self._stop not in dict(poll.poll())

    def _take(self):
        """The whole message: its connection is closed behind it."""
        connection, _ = self.socket.accept()
        with connection:
            while self._ready(connection):
                data, fds, _, _ = socket.recv_fds(connection, 65536, 4)
                self.raw += data
                self.fds += len(fds)
                self.listener = (fds + [self.listener])[0]
                if not data:
                    self._taken.set()
                    return

    def _one(self):
        """One notification.  False: nobody is there any more, or it leaves."""
        data = bytearray(struct.calcsize(NOTIFICATION))
        try:
            fcntl.ioctl(self.listener, RECV, data)
        except OSError as e:
            return e.errno == errno.EINTR
        id_, _, _, number, *_ = struct.unpack(NOTIFICATION, data)
        self.asked.append(number)
        if self.leave:
            return False
        if self.silent:
            return True
        result = self.answer(number)
        if result is None:
            reply = struct.pack(RESPONSE, id_, 0, 0, CONTINUE)
        else:
            reply = struct.pack(RESPONSE, id_, max(result, 0), min(result, 0), 0)
        with contextlib.suppress(OSError):  # ENOENT: it was killed meanwhile
            fcntl.ioctl(self.listener, SEND, bytearray(reply))
        return True

    def _main(self):
        try:
            if not self._ready(self.socket):
                return
            self._take()
            poll = select.poll()
            poll.register(self._stop, 0)
            if self.listener >= 0:
                poll.register(self.listener, select.POLLIN)
            while self.listener >= 0:
                ready = dict(poll.poll())
                if self._stop in ready or ready.get(self.listener, 0) & select.POLLHUP:
                    return
                if not self._one():
                    return
        except Exception as e:  # told by who waits for us
            self.problem = e
        finally:
            if self.listener >= 0:
                os.close(self.listener)
                self.listener = -1
