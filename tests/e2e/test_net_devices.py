"""linux.netDevices: devices of the runtime's network namespace that become the container's.

The runtime's is a fresh one for each test, so that nothing of the host is touched.
"""

import contextlib
import errno
import json
import os
import random
import shutil
import subprocess
import time

from lib import host
from lib.suite import ROOT, USER, case, check, equal, holds, rows, skip

ADDRESSES = ("192.0.2.1/24", "192.0.2.9/24", "198.51.100.1/32", "2001:db8::2/64", "2001:db8::1/64")


class Net:
    """A network namespace, as long as its holder lives."""

    def __init__(self, w):
        self.w = w
        self.holder = w.popen(["unshare", "-n", "sh", "-c", "echo; exec sleep 1000"],
                              stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.path = f"/proc/{self.holder.pid}/ns/net"

    def done(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()

    def words(self, *words):
        return ["nsenter", f"--net={self.path}", *words]

    def ip(self, *words, fine=False):
        r = self.w.command(self.words("ip", "-json", *words))
        check(fine or r.status == 0, f"{r}")
        return json.loads(r.out) if r.status == 0 and r.out.strip() else []

    def add(self, name, kind):
        peer = ("peer", "name", name + "-peer") if kind == "veth" else ()
        mode = ("mode", "tap") if kind == "tuntap" else ()
        head = ("tuntap", "add", name) if kind == "tuntap" else ("link", "add", name, "type", kind)
        if self.w.command(self.words("ip", *head, *mode, *peer)).status != 0:
            skip(f"this kernel has no devices of type {kind}")
        if peer:
            self.ip("link", "set", name + "-peer", "up")

    def look(self, name):
        """name, up, mtu, master, and the addresses of global scope in their order."""
        found = self.ip("addr", "show", "dev", name, fine=True)
        return view(found[0]) if found else None

    def crun(self, *words, **more):
        return self.w.command(self.words(*self.w.words(*words)), **more)


def view(link):
    """What must survive a move, of an entry of `ip -json addr`."""
    keep = ("family", "local", "address", "prefixlen", "broadcast", "label", "noprefixroute",
            "nodad", "metric")
    out = {k: link.get(k) for k in ("ifname", "mtu", "master", "address")}
    out["up"] = "UP" in link["flags"]
    out["addresses"] = [{k: a[k] for k in keep if k in a} for a in link["addr_info"]
                        if a["scope"] == "global" and "dynamic" not in a]
    return out


@contextlib.contextmanager
def network(w):
    if shutil.which("ip") is None or shutil.which("nsenter") is None:
        skip("no iproute2 or util-linux here")
    net = Net(w)
    try:
        yield net
    finally:
        net.done()


def inside(w, b):
    """All devices of a container, by name."""
    pid = b.state()["pid"]
    r = w.command(["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-json", "addr"])
    return {link["ifname"]: view(link) for link in json.loads(r.out)}


def furnish(net, name, state="up"):
    for a in ADDRESSES:
        more = ("nodad",) if ":" in a else ()
        net.ip("addr", "add", a, *more, "dev", name)
    net.ip("addr", "add", "192.0.2.20/24", "broadcast", "192.0.2.255", "label", name + ":x", "dev",
           name)
    net.ip("addr", "add", "203.0.113.7", "peer", "203.0.113.8", "noprefixroute", "dev", name)
    net.ip("link", "set", name, "mtu", "1400", state)


def renamed(seen, name):
    """The same device under another name."""
    text = json.dumps({**seen, "up": True, "master": None})
    return json.loads(text.replace(seen["ifname"], name)) if name else json.loads(text)


KINDS = [(k, k) for k in ("dummy", "veth", "tuntap")]


@rows("moved with its addresses and under another name", KINDS)
def moved(w, kind):
    with network(w) as net:
        net.add("w0", kind)
        furnish(net, "w0")
        net.ip("addr", "add", "192.0.2.99/24", "valid_lft", "1000", "preferred_lft", "1000", "dev",
               "w0")
        net.ip("addr", "add", "169.254.1.1/16", "scope", "link", "dev", "w0")
        seen = net.look("w0")
        equal(len(seen["addresses"]), 7, "addresses before")
        b = w.bundle().probe("pause").write()
        b.linux["netDevices"] = {"w0": {"name": "eth0"}}
        b.linux["sysctl"] = {"net.ipv4.conf.eth0.rp_filter": "2"}
        b.write()
        r = net.crun("create", "--bundle", b.path, b.id, to_files=True)
        equal((r.status, r.err), (0, ""), f"{r}")
        got = inside(w, b)
        equal(sorted(got), ["eth0", "lo"], "devices inside")
        equal(got["eth0"], renamed(seen, "eth0"), "the device inside")
        equal(net.look("w0"), None, "the device outside")
        w.must("start", b.id)
        w.must("delete", "--force", b.id)


@case("under its own name, into a user namespace, from run")
def plain(w):
    with network(w) as net:
        net.add("w0", "veth")
        net.ip("addr", "add", "192.0.2.1/24", "dev", "w0")
        b = w.bundle().namespace("user").shell("cat /proc/net/dev /proc/net/fib_trie")
        for side in ("uidMappings", "gidMappings"):
            b.linux[side] = [{"containerID": 0, "hostID": 0, "size": 1000}]
        b.linux["netDevices"] = {"w0": {}}
        b.write()
        r = net.crun("run", "--bundle", b.path, b.id)
        equal((r.status, r.err), (0, ""), f"{r}")
        holds(r.out, "w0:", "devices")
        holds(r.out, "192.0.2.1", "addresses")
        check(host.until(lambda: net.look("w0-peer") is None), "it outlives its namespace")


@case("two that change their names with each other")
def swapped(w):
    with network(w) as net:
        for name, address in (("a0", "192.0.2.1/24"), ("b0", "198.51.100.1/24")):
            net.add(name, "veth")
            net.ip("addr", "add", address, "dev", name)
        b = w.bundle().probe("pause")
        b.linux["netDevices"] = {"a0": {"name": "b0"}, "b0": {"name": "a0"}}
        b.write()
        r = net.crun("create", "--bundle", b.path, b.id, to_files=True)
        equal((r.status, r.err), (0, ""), f"{r}")
        got = inside(w, b)
        equal(got["b0"]["addresses"][0]["local"], "192.0.2.1", "b0 was a0")
        equal(got["a0"]["addresses"][0]["local"], "198.51.100.1", "a0 was b0")
        w.must("delete", b.id)


@case("into a namespace that is joined; it stays there")
def joined(w):
    with network(w) as net, network(w) as pod:
        net.add("w0", "veth")
        furnish(net, "w0", "down")
        seen = net.look("w0")
        b = w.bundle().probe("exit", "3").namespace("network", pod.path)
        b.linux["netDevices"] = {"w0": {"name": "eth0"}}
        b.write()
        r = net.crun("run", "--bundle", b.path, b.id)
        equal((r.status, r.err), (3, ""), f"{r}")
        equal(pod.look("eth0"), renamed(seen, "eth0"), "the device in the joined namespace")


def refused(w, net, b, *parts):
    b.write()
    r = net.crun("run", "--bundle", b.path, b.id)
    equal((r.status, r.out), (1, ""), f"{r}")
    for part in ("config.json:",) + parts:
        holds(r.err, part, "message")
    check(len(r.err.splitlines()) <= 2, f"one line and a hint: {r.err}")
    check(not os.path.exists(os.path.join(w.state, b.id)), "state is left")


@case("refused: no such device; those before it come back")
def missing(w):
    with network(w) as net:
        net.add("w0", "veth")
        furnish(net, "w0")
        seen = net.look("w0")
        b = w.bundle()
        b.linux["netDevices"] = {"w0": {"name": "x0"}, "none0": {}}
        refused(w, net, b, 'linux.netDevices["none0"]: ', "No such device", "hint: ip link")
        equal(net.look("w0"), seen, "the device that was there")


@case("refused: lo")
def loopback(w):
    with network(w) as net:
        b = w.bundle()
        b.linux["netDevices"] = {"lo": {"name": "lo9"}}
        refused(w, net, b, 'linux.netDevices["lo"]: ', "Invalid argument", "hint: ")


@rows("refused: a name that is taken", (("another's", "w0", "taken0"), ("lo", "w0", "lo"),
                                        ("its own", "taken0", "")))
def taken(w, name, new):
    with network(w) as net, network(w) as pod:
        net.add(name, "veth")
        pod.add("taken0", "veth")
        furnish(net, name)
        seen, there = net.look(name), pod.ip("addr")
        b = w.bundle().namespace("network", pod.path)
        b.linux["netDevices"] = {name: {"name": new}}
        refused(w, net, b, f'linux.netDevices["{name}"]: ', "File exists", "hint: ")
        equal(net.look(name), seen, "the device")
        equal(pod.ip("addr"), there, "the joined namespace")


@case("refused: the namespace that is joined is the runtime's own")
def same(w):
    with network(w) as net:
        net.add("w0", "veth")
        furnish(net, "w0")
        seen = net.look("w0")
        b = w.bundle().namespace("network", net.path)
        b.linux["netDevices"] = {"w0": {"name": "eth0"}}
        refused(w, net, b, "linux.netDevices: ", "is the host's")
        equal(net.look("w0"), seen, "the device")


@case("refused: a plain user", USER)
def rootless(w):
    b = w.bundle()
    b.linux["netDevices"] = {"w0": {}}
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    for part in ("config.json:", "linux.netDevices: ", "Operation not permitted", "hint: "):
        holds(r.err, part, "message")


FAILS = (("a program that is missing", lambda b: b.args("/none"), "new"),
         ("a program that is none", lambda b: b.args("/etc/text"), "new"),
         ("a source that is missing", lambda b: b.bind("/none", "/tmp"), "new"),
         ("a sysctl that is missing",
          lambda b: b.linux.update(sysctl={"net.ipv4.conf.none0.rp_filter": "1"}), "new"),
         ("in a joined namespace", lambda b: b.args("/none"), "joined"))


@rows("a start that fails gives it back", [(f"{label}, {state}", spoil, where, state)
                                           for label, spoil, where in FAILS
                                           for state in ("up", "down")])
def fails(w, spoil, where, state):
    with network(w) as net, network(w) as pod:
        net.add("br0", "bridge")
        for name in ("w0", "w1"):
            net.add(name, "veth")
        furnish(net, "w0", state)
        net.ip("link", "set", "w1", "master", "br0")
        before = [net.look("w0"), net.look("w1")]
        b = w.bundle()
        with open(b.file("/etc/text"), "w", encoding="utf-8") as f:
            f.write("no program\n")
        os.chmod(b.file("/etc/text"), 0o755)
        if where == "joined":
            b.namespace("network", pod.path)
        b.linux["netDevices"] = {"w0": {"name": "eth0"}, "w1": {}}
        spoil(b)
        b.write()
        r = net.crun("run", "--bundle", b.path, b.id)
        equal((r.status, r.out), (1, ""), f"{r}")
        equal([net.look("w0"), net.look("w1")], before, "the devices")
        equal([link["ifname"] for link in pod.ip("addr")], ["lo"], "the joined namespace")


def injected(w, net, b, call, error, count):
    """A run of which the count-th such call of each process fails; None: there is none."""
    log = os.path.join(w.tmp, "strace")
    r = w.command(net.words("strace", "-f", "-qq", "-o", log, "-e", f"trace={call}", "-e",
                            f"inject={call}:error={error}:when={count}",
                            *w.words("run", "--bundle", b.path, b.id)), limit=20)
    met = "(INJECTED)" in host.read(log)
    os.unlink(log)
    return r if met else None


@rows("a call that fails gives it back", [(call, call, error) for call, error in (
    ("socket", "EMFILE"), ("setsockopt", "ENOPROTOOPT"), ("sendto", "ENOBUFS"),
    ("recvfrom", "ENOMEM"), ("setns", "EPERM"), ("unshare", "ENOSPC"))])
def faults(w, call, error):
    if shutil.which("strace") is None:
        skip("no strace here")
    b = w.bundle().probe("exit", "7")
    b.linux["netDevices"] = {"w0": {"name": "eth0"}}
    b.write()
    for count in range(1, 60):
        with network(w) as net:
            net.add("w0", "veth")
            furnish(net, "w0")
            before = net.look("w0")
            r = injected(w, net, b, call, error, count)
            if r is None:
                break
            check(r.status in (1, 7), f"{call} {count}: {r}")
            equal(os.listdir(w.state), [], f"left after {call} {count}")
            if r.status == 1:
                holds(r.err, os.strerror(getattr(errno, error)), f"{call} {count}")
                equal(net.look("w0"), before, f"the device after {call} {count}: {r.err}")


@case("SIGKILL at random moments: the id is free, and the device has its old name or is gone")
def killed(w):
    b = w.bundle().probe("pause")
    b.linux["netDevices"] = {"w0": {"name": "eth0"}}
    b.write()
    dice = random.Random()
    for _ in range(12):
        with network(w) as net:
            net.add("w0", "veth")
            p = w.popen(net.words(*w.words("create", "--bundle", b.path, b.id)),
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0, 0.01))
            p.kill()
            p.wait()
            w.must("delete", "--force", b.id)
            left = host.until(lambda: [n for n in sorted(k["ifname"] for k in net.ip("link"))
                                       if n != "lo"] in ([], ["w0", "w0-peer"]))
            check(left, f"devices: {net.ip('link')}")
            host.gone(w.left, 2)
