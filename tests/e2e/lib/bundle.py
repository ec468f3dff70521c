"""A bundle: a directory with a configuration to change and a small root file system.

The configuration begins as `crun-lite spec` writes it, without terminal and overlay, and with the
probe as its program.
"""

import copy
import json
import os
import subprocess

APPLETS = "sh ls cat echo sleep true mount umount mknod touch kill id stty seq dd".split()
DIRECTORIES = "bin dev proc sys etc tmp run".split()

_template = {}


def template(world, *options):
    """What `crun-lite spec` writes."""
    if options not in _template:
        where = world.directory("spec")
        world.must("spec", "--bundle", where, *options)
        with open(os.path.join(where, "config.json"), encoding="utf-8") as f:
            _template[options] = json.load(f)
    return copy.deepcopy(_template[options])


def busybox():
    for path in os.get_exec_path():
        full = os.path.join(path, "busybox")
        if os.access(full, os.X_OK):
            return os.path.realpath(full)
    return None


def make_root(path, probe):
    """A root of busybox and the probe; the files are hard links where that can be."""
    os.mkdir(path)
    os.chmod(path, 0o755)
    for name in DIRECTORIES:
        os.mkdir(os.path.join(path, name))
        os.chmod(os.path.join(path, name), 0o1777 if name == "tmp" else 0o755)
    os.link(probe, os.path.join(path, "bin/probe"))
    os.link(os.path.join(os.path.dirname(probe), "busybox"), os.path.join(path, "bin/busybox"))
    for name in APPLETS:
        os.symlink("busybox", os.path.join(path, "bin", name))


class Bundle:
    """path, rootfs, config; `id` is the name of its next container."""

    def __init__(self, world, path):
        self.world, self.path = world, path
        self.rootfs = os.path.join(path, "rootfs")
        make_root(self.rootfs, world.probe)
        self.config = template(world)
        self.config["annotations"] = {}
        self.config["root"]["readonly"] = False
        self.process = self.config["process"]
        self.linux = self.config["linux"]
        self.process["terminal"] = False
        self.process["args"] = ["/bin/probe", "view"]
        self.process["env"].append(f"CRUN_LITE_E2E={world.token}")
        self.id = world.id()
        if world.uid is not None:
            subprocess.run(["chown", "-Rh", f"{world.uid}:{world.gid}", "--", path], check=True)

    def file(self, name):
        """A path in the root."""
        return os.path.join(self.rootfs, name.lstrip("/"))

    def args(self, *words):
        self.process["args"] = list(words)
        return self

    def shell(self, text):
        return self.args("/bin/sh", "-c", text)

    def probe(self, *words):
        return self.args("/bin/probe", *words)

    def caps(self, *names, **sets):
        """The same capabilities in bounding, effective and permitted; or each set by name."""
        names = [f"CAP_{n}" for n in names]
        self.process["capabilities"] = {"bounding": names, "effective": names, "permitted": names}
        self.process["capabilities"].update(
            {k: [f"CAP_{n}" for n in v] for k, v in sets.items()})
        return self

    def mounted(self, destination):
        """The entry of mounts for this place."""
        return next(m for m in self.config["mounts"] if m["destination"] == destination)

    def mount(self, destination, type_, source, *options):
        self.config["mounts"].append({"destination": destination, "type": type_,
                                      "source": source, "options": list(options)})
        return self

    def bind(self, source, destination, *options):
        return self.mount(destination, "bind", source, *options)

    def namespace(self, kind, path=None):
        """Adds the namespace, or changes where it comes from; path False takes it away."""
        rest = [n for n in self.linux["namespaces"] if n["type"] != kind]
        if path is not False:
            rest.append({"type": kind} if path is None else {"type": kind, "path": path})
        self.linux["namespaces"] = rest
        return self

    def write(self, text=None):
        """Writes config.json: the configuration, or this text."""
        with open(os.path.join(self.path, "config.json"), "w", encoding="utf-8") as f:
            f.write(json.dumps(self.config, indent=1) if text is None else text)
        return self

    def run(self, *options, **more):
        """run to the end; a list of globals first may be given as `globals_`."""
        first = more.pop("globals_", ())
        self.write()
        return self.world.crun(*first, "run", "--bundle", self.path, *options, self.id, **more)

    def must(self, *options, status=0, **more):
        """run, which has to end with this status and say nothing on standard error."""
        r = self.run(*options, **more)
        if r.status != status or r.err:
            raise AssertionError(f"must end with {status} and silently: {r}")
        return r

    def view(self, *files, options=(), **more):
        """Runs `probe view` and reads what it saw."""
        self.probe("view", *files)
        return json.loads(self.must(*options, **more).out)

    def tries(self, *calls, **more):
        """Runs `probe try` with these lists of words; the errno numbers."""
        words = []
        for call in calls:
            words += (["--"] if words else []) + [str(w) for w in call]
        self.probe("try", *words)
        return json.loads(self.must(**more).out)

    def detached(self, *options, **more):
        """run --detach; its program has no pipe of ours, or we would wait for its end."""
        self.write()
        self.world.must("run", "--detach", "--bundle", self.path, *options, self.id, to_files=True,
                        **more)
        return self

    def create(self, *options, **more):
        self.write()
        return self.world.crun("create", "--bundle", self.path, *options, self.id, **more)

    def state(self):
        return json.loads(self.world.must("state", self.id).out)
