"""NOTIFY_SOCKET: what a container's program tells of itself gets to whoever waits for the runtime."""

import array
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

from lib import host, seen
from lib.suite import ROOT, USER, case, check, equal, holds, rows

PLACE = "/run/notify"
INSIDE = f"NOTIFY_SOCKET={PLACE}/notify.sock"


class Manager:
    """Waits as systemd does; what it was sent, and from whom."""

    def __init__(self, w, abstract=False, name="notify"):
        self.address = f"@{w.token}{name}" if abstract else os.path.join(w.directory("m"), name)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.address[1:] if abstract else self.address)
        if not abstract:
            w.own(self.address)
        self.barriers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()
        self.socket.close()

    def release(self):
        for fd in self.barriers:
            os.close(fd)
        self.barriers = []

    def message(self, seconds=10.0, keep=False):
        """The next one as text; None when none comes."""
        self.socket.settimeout(seconds)
        try:
            data, control, _, _ = self.socket.recvmsg(4096, 1024)
        except (TimeoutError, socket.timeout):
            return None
        for _, _, raw in control:
            fds = array.array("i")
            fds.frombytes(raw)
            self.barriers += fds
        if not keep:
            self.release()
        return data.decode()

    def nothing(self, seconds=0.3):
        equal(self.message(seconds), None, "message")

    def told(self, pid):
        equal([self.message() for _ in range(3)], ["READY=1", f"MAINPID={pid}", "BARRIER=1"],
              "messages")


def environment(w, m):
    return w.environment(NOTIFY_SOCKET=m.address)


def started(w, m, *words):
    """A command that runs meanwhile; its program may hold the outputs longer than it."""
    err = tempfile.TemporaryFile()
    p = w.popen(w.words(*words), env=environment(w, m), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=err)
    p.err = err
    return p


def ended(p, status=0, err=""):
    p.wait(20)
    p.err.seek(0)
    text = p.err.read().decode()
    p.err.close()
    equal((p.returncode, text), (status, err), "end")


def pid_file(b):
    return os.path.join(b.path, "pid")


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


@contextlib.contextmanager
def detached(w, m, b, *words):
    """run --detach with a program that says these words."""
    b.probe("notify", *words).write()
    p = started(w, m, "run", "--detach", "--pid-file", pid_file(b), "--bundle", b.path, b.id)
    try:
        yield p
    finally:
        w.must("delete", "--force", b.id)
        if p.poll() is None:
            p.wait(10)


def plain(w):
    return w.bundle()


def own_user_namespace(w):
    b = w.bundle().namespace("user")
    for side in ("uidMappings", "gidMappings"):
        b.linux[side] = [{"containerID": 0, "hostID": 200000, "size": 65536}]
    subprocess.run(["chown", "-Rh", "200000:200000", "--", b.rootfs], check=True)
    return b


def another_user(w):
    b = w.bundle()
    b.process["user"] = {"uid": 1000, "gid": 1000}
    return b


def run_is_mounted(w):
    return w.bundle().mount("/run", "tmpfs", "tmpfs", "mode=755")


def readonly_root(w):
    b = w.bundle()
    b.config["root"]["readonly"] = True
    return b


KINDS = [("plain", plain), ("another user", another_user), ("a tmpfs on /run", run_is_mounted),
         ("a read-only root", readonly_root)]


def tell(w, make):
    b = make(w)
    with Manager(w) as m, detached(w, m, b, "+200", "STATUS=x\nREADY=1", "pause") as p:
        time.sleep(0.1)
        equal(p.poll(), None, "run, before the program has told")
        m.told(int(read(pid_file(b))) if host.until(lambda: os.path.exists(pid_file(b))) else 0)
        ended(p)
        m.nothing()
        equal(b.state()["status"], "running", "status")


rows("notify: run --detach waits and tells",
     [*KINDS, ("a user namespace", own_user_namespace)])(tell)
rows("notify: run --detach waits and tells", KINDS[:1] + KINDS[2:], USER)(tell)


@case("notify: create and start", ROOT, USER)
def create_start(w):
    b = w.bundle().probe("notify", "+200", "READY=1", "+100", "pause").write()
    with Manager(w) as m:
        r = w.crun("create", "--bundle", b.path, "--pid-file", pid_file(b), b.id,
                   env=environment(w, m), to_files=True)
        equal((r.status, r.err), (0, ""), "create")
        m.nothing()
        p = started(w, m, "start", b.id)
        time.sleep(0.1)
        equal(p.poll(), None, "start, before the program has told")
        equal(b.state()["status"], "running", "status meanwhile")
        m.told(read(pid_file(b)))
        ended(p)
    w.must("delete", "--force", b.id)


@case("notify: to an abstract address; start ends when the host has read all")
def abstract(w):
    b = w.bundle()
    with Manager(w, abstract=True) as m, detached(w, m, b, "READY=1", "pause") as p:
        for _ in range(3):
            m.message(keep=True)
        time.sleep(0.3)
        equal((len(m.barriers), p.poll()), (1, None), "waits for the barrier")
        m.release()
        ended(p)


@case("notify: a state directory with a long name", ROOT, USER)
def long_name(w):
    b = w.bundle()
    b.id = b.id + "-" + "x" * (250 - len(b.id))
    with Manager(w) as m, detached(w, m, b, "READY=1", "pause") as p:
        m.told(read(pid_file(b)) if host.until(lambda: os.path.exists(pid_file(b))) else 0)
        ended(p)


@case("notify: the program ends without a word, or is killed", ROOT, USER)
def silent(w):
    b = w.bundle()
    with Manager(w) as m, detached(w, m, b, "+50", "STATUS=no") as p:
        ended(p)
        m.nothing()
    b = w.bundle()
    with Manager(w) as m, detached(w, m, b, "pause") as p:
        check(host.until(lambda: os.path.exists(pid_file(b))), "it starts")
        w.must("kill", b.id, "KILL")
        ended(p)
        m.nothing()


@case("notify: a signal ends the waiting, not the container")
def signalled(w):
    b = w.bundle()
    with Manager(w) as m, detached(w, m, b, "pause") as p:
        check(host.until(lambda: os.path.exists(pid_file(b))), "it starts")
        time.sleep(0.2)
        p.terminate()
        ended(p, -signal.SIGTERM)
        equal(b.state()["status"], "running", "status")


@case("notify: in the foreground", ROOT, USER)
def foreground(w):
    b = w.bundle().probe("notify", "READY=1", "barrier", "+100", "RELOADING=1\nX=1", "READY=1",
                         "+100", "BARRIER=1").write()
    with Manager(w) as m:
        p = started(w, m, "run", "--bundle", b.path, b.id)
        m.told(p.pid)
        m.told(p.pid)
        ended(p)
        m.nothing()


@case("notify: in the foreground, a flood of READY=1 for a host that reads nothing", ROOT, USER)
def flood(w):
    b = w.bundle().probe("notify", *["READY=1"] * 2000, "+100").write()
    with Manager(w) as m:
        p = started(w, m, "run", "--bundle", b.path, b.id)
        equal([m.message(keep=True) for _ in range(3)],
              ["READY=1", f"MAINPID={p.pid}", "BARRIER=1"], "messages")
        ended(p)
        m.nothing()
    b.probe("notify", *["READY=1"] * 2000, "+1000").write()
    with Manager(w) as m:
        p = started(w, m, "run", "--bundle", b.path, b.id)
        for _ in range(3):
            m.message(keep=True)
        time.sleep(0.2)
        m.release()
        m.told(p.pid)
        ended(p)
        m.nothing()


@case("notify: in the foreground with a terminal, and signals are passed on")
def terminal(w):
    b = w.bundle().shell("trap 'exit 7' TERM; /bin/probe notify READY=1; while :; do sleep 0.1; done")
    b.process["terminal"] = True
    b.write()
    with Manager(w) as m:
        p = started(w, m, "run", "--bundle", b.path, b.id)
        m.told(p.pid)
        p.terminate()
        ended(p, 7)


NOT_READY = ["READY=", "READY=10", " READY=1", "XREADY=1", "READY=1 \n", "ready=1", "MAINPID=1",
             "BARRIER=1", "\n\n", "READY=1\r", "x" * 4089 + "\nREADY=1", "READY=1\n" + "x" * 9000]


@case("notify: nothing but the line READY=1 counts, and a flood harms nobody", ROOT, USER)
def other_words(w):
    b = w.bundle()
    words = [x for n in NOT_READY for x in (n, "barrier")] * 3
    with Manager(w) as m, detached(w, m, b, *words, "+100", "pause") as p:
        m.nothing(1.0)
        equal(p.poll(), None, "run")
    b = w.bundle()
    with Manager(w) as m, detached(w, m, b, *["FDSTORE=1"] * 300, "a\nREADY=1\n", "pause") as p:
        m.told(read(pid_file(b)) if host.until(lambda: os.path.exists(pid_file(b))) else 0)
        ended(p)


@case("notify: what the container sees", ROOT, USER)
def inside(w):
    b = w.bundle().shell("ls -la /run/notify; /bin/probe notify READY=1; "
                         "touch /run/notify/x; ls /run/notify/..; exec /bin/probe view").write()
    with Manager(w) as m:
        r = w.crun("run", "--bundle", b.path, b.id, env=environment(w, m))
        equal(r.status, 0, f"{r}")
        view = json.loads(r.out[r.out.index("{"):])
        check(INSIDE in view["env"], f"env {view['env']}")
        at = seen.mounts(view)[PLACE]
        check({"ro", "nosuid", "nodev", "noexec"} <= at.options, f"{at}")
        check(at.root.endswith(f"/{b.id}/notify"), f"{at.root}")
        holds(r.out, "srw-rw-rw-", "mode")
        check("exec.fifo" not in r.out and "state" not in r.out[:r.out.index("{")], r.out[:500])
        holds(r.err, "Read-only file system", "touch")


@case("notify: a container that makes the directory writable leaves no state behind")
def writable(w):
    b = w.bundle().caps("SYS_ADMIN").shell(
        "cd /run/notify; /bin/busybox mount -o remount,bind,rw /run/notify && for i in 1 2 3; do "
        "/bin/busybox mkdir -p $i/1/2/3/4/5/6 $i/a/b && echo x >$i/1/2/f; done; "
        "/bin/busybox find . | /bin/busybox wc -l").write()
    with Manager(w) as m:
        r = w.crun("run", "--bundle", b.path, b.id, env=environment(w, m))
        equal((r.status, r.out, r.err), (0, "32\n", ""), f"{r}")
        equal(os.listdir(w.state), [], "state")


def own_variable(b):
    b.process["env"].append("NOTIFY_SOCKET=/mine")
    return "NOTIFY_SOCKET=/mine"


def own_mount(b):
    b.mount(PLACE, "tmpfs", "tmpfs")


def own_mount_below(b):
    b.mount(PLACE + "/x/", "tmpfs", "tmpfs")


@rows("notify: a configuration that has its own keeps it",
      [("variable", own_variable), ("mount", own_mount), ("mount below", own_mount_below)],
      ROOT, USER)
def own(w, change):
    b = w.bundle()
    want = change(b)
    b.probe("view").write()
    with Manager(w) as m:
        r = w.crun("run", "--bundle", b.path, b.id, env=environment(w, m))
        equal((r.status, r.err), (0, ""), f"{r}")
        view = json.loads(r.out)
        equal([e for e in view["env"] if e.startswith("NOTIFY")], [want] if want else [], "env")
        check(PLACE not in seen.mounts(view) or want is None, "mounts")
        m.nothing()


@case("notify: nothing of it without the variable, or with an empty one", ROOT, USER)
def unset(w):
    for env in (w.environment(), w.environment(NOTIFY_SOCKET="")):
        b = w.bundle().write()
        view = json.loads(w.must("run", "--bundle", b.path, b.id, env=env).out)
        check(PLACE not in seen.mounts(view), "mounts")
        check(not any(e.startswith("NOTIFY") for e in view["env"]), "env")


BAD = [("relative", "run/notify", "expected an absolute path"), ("only @", "@", "expected"),
       ("too long", "/" + "x" * 108, "expected"), ("vsock", "vsock:2:1234", "expected"),
       ("nobody", "/none/such", "cannot connect"), ("a directory", "/tmp", "cannot connect")]


@rows("notify: a bad address is an error before anything is made", BAD, ROOT, USER)
def bad(w, address, part):
    b = w.bundle().write()
    env = w.environment(NOTIFY_SOCKET=address)
    r = w.crun("run", "--bundle", b.path, b.id, env=env)
    lines = r.err.splitlines()
    equal((r.status, len(lines), lines[0][:14], lines[1][:7]),
          (1, 2, "NOTIFY_SOCKET:", "  hint:"), f"{r}")
    holds(r.err, part, "message")
    if "connect" not in part:
        r = w.crun("create", "--bundle", b.path, b.id, env=env)
        equal((r.status, r.out), (1, ""), f"{r}")


@case("notify: start without the variable, and with one for a container without", ROOT, USER)
def parted(w):
    b = w.bundle().probe("notify", "READY=1").write()
    with Manager(w) as m:
        equal(w.crun("create", "--bundle", b.path, b.id, env=environment(w, m),
                     to_files=True).status, 0, "create")
        w.must("start", b.id)
        m.nothing()
        w.must("delete", "--force", b.id)
        b = w.bundle().probe("pause").write()
        w.must("create", "--bundle", b.path, b.id, to_files=True)
        w.must("start", b.id, env=environment(w, m))
        m.nothing()
        w.must("delete", "--force", b.id)


@case("notify: plan shows the mount, and no exec gets the variable")
def planned(w):
    b = w.bundle().probe("pause").write()
    with Manager(w) as m:
        text = w.must("plan", b.path, env=environment(w, m)).out
        holds(text, f'mount on "{PLACE}"', "plan")
        holds(text, INSIDE, "plan")
        with detached(w, m, b, "READY=1", "pause") as p:
            [m.message() for _ in range(3)]
            ended(p)
            out = w.must("exec", b.id, "/bin/probe", "view", env=environment(w, m)).out
            check(INSIDE not in json.loads(out)["env"], "env of exec")
