"""`crun-lite features`: what runtime-spec 1.3 (features.md, features-linux.md) wants of it."""

import json
import os
import re
import shutil
import subprocess

from suite import SOURCE, Skip, case, config, equal

TEXTS = [str]
ENABLED = {"enabled": bool}
SHAPE = {
    "ociVersionMin": str,
    "ociVersionMax": str,
    "hooks": TEXTS,
    "mountOptions": TEXTS,
    "linux": {
        "namespaces": TEXTS,
        "capabilities": TEXTS,
        "cgroup": {"v1": bool, "v2": bool, "systemd": bool, "systemdUser": bool, "rdma": bool},
        "seccomp": {"enabled": bool, "actions": TEXTS, "operators": TEXTS, "archs": TEXTS,
                    "knownFlags": TEXTS, "supportedFlags": TEXTS},
        "apparmor": ENABLED,
        "selinux": ENABLED,
        "intelRdt": {"enabled": bool, "schemata": bool, "monitoring": bool},
        "memoryPolicy": {"modes": TEXTS, "flags": TEXTS},
        "mountExtensions": {"idmap": ENABLED},
        "netDevices": ENABLED,
    },
    "annotations": {},
    "potentiallyUnsafeConfigAnnotations": TEXTS,
}

# What the specification lists, by hand.
HOOKS = "prestart createRuntime createContainer startContainer poststart poststop".split()
NAMESPACES = "cgroup ipc mount network pid time user uts".split()
ACTIONS = ["SCMP_ACT_" + word for word in
           "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY".split()]
OPERATORS = ["SCMP_CMP_" + word for word in "NE LT LE EQ GE GT MASKED_EQ".split()]
ARCHS = ["SCMP_ARCH_" + word for word in
         """X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64
            PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB""".split()]
FLAGS = ["SECCOMP_FILTER_FLAG_" + word for word in
         "TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV".split()]
MODES = ["MPOL_" + word for word in
         """DEFAULT PREFERRED BIND INTERLEAVE LOCAL PREFERRED_MANY WEIGHTED_INTERLEAVE""".split()]
MODE_FLAGS = ["MPOL_F_" + word for word in "STATIC_NODES RELATIVE_NODES NUMA_BALANCING".split()]
# config.md, "Linux mount options", and data-free words that must be there
OPTIONS = """async atime bind defaults dev diratime dirsync exec iversion lazytime loud noatime nodev
    nodiratime noexec noiversion nolazytime norelatime nostrictatime nosuid nosymfollow private
    ratime rbind rdev rdiratime relatime remount rexec rnoatime rnodev rnodiratime rnoexec
    rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime rro rrw rshared rslave
    rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync
    tmpcopyup unbindable idmap ridmap""".split()

# What the newest crun (1.28) and runc (1.3.6) list and we do not, and why.
PEERS = {
    "mountOptions": {"acl", "noacl"},  # runc before 1.2: a flag that no kernel looks at
    "annotations": {
        "run.oci.crun.version", "run.oci.crun.commit", "run.oci.crun.wasm",  # of that program
        "org.opencontainers.runc.version", "org.opencontainers.runc.commit",
        "com.cyphar.pathrs.libpathrs.version"},  # a library that is not used here
    "potentiallyUnsafeConfigAnnotations": {
        # annotations that nothing comes of here
        "module.wasm.image/variant", "io.kubernetes.cri.container-type", "org.criu.",
        "org.criu.config", "krun.", "bundle", "org.systemd.property.",
        "run.oci."},  # ours are listed one by one
}


def document(p):
    status, out, err = p.run("features")
    equal((status, err), (0, ""), "result")
    return json.loads(out)


def conforms(value, shape, path):
    if isinstance(shape, dict):
        if shape:
            equal(sorted(value), sorted(shape), f"members of {path}")
        for key in shape:
            conforms(value[key], shape[key], f"{path}.{key}")
    elif isinstance(shape, list):
        equal([type(v) for v in value], shape * len(value), path)
        equal(len(value), len(set(value)), f"different words of {path}")
        equal(value != [] and "" not in value, True, f"words of {path}")
    else:
        equal(type(value), shape, path)


@case("features: members and types")
def shape(p):
    d = document(p)
    conforms(d, SHAPE, "features")
    equal({type(v) for v in d["annotations"].values()}, {str}, "annotations")
    equal((d["ociVersionMin"], d["ociVersionMax"]), ("1.0.0", "1.3.0"), "versions")


@case("features: words of the specification", (
    ("hooks", ["hooks"], HOOKS), ("mountOptions", ["mountOptions"], OPTIONS),
    ("namespaces", ["linux", "namespaces"], NAMESPACES),
    ("actions", ["linux", "seccomp", "actions"], ACTIONS),
    ("operators", ["linux", "seccomp", "operators"], OPERATORS),
    ("archs", ["linux", "seccomp", "archs"], ARCHS),
    ("knownFlags", ["linux", "seccomp", "knownFlags"], FLAGS),
    ("modes", ["linux", "memoryPolicy", "modes"], MODES),
    ("flags", ["linux", "memoryPolicy", "flags"], MODE_FLAGS),
))
def words(p, path, want):
    got = document(p)
    for key in path:
        got = got[key]
    equal(sorted(set(want) - set(got)), [], "missing")
    if path != ["mountOptions"]:
        equal(sorted(set(got) - set(want)), [], "not in the specification")


@case("features: lists hold what they promise")
def lists(p):
    d = document(p)
    equal(d["mountOptions"], sorted(d["mountOptions"]), "mountOptions are sorted")
    seccomp = d["linux"]["seccomp"]
    equal(set(seccomp["supportedFlags"]) <= set(seccomp["knownFlags"]), True, "supportedFlags")
    equal(len(d["linux"]["capabilities"]), 41, "capabilities")
    equal(all(re.fullmatch("CAP_[A-Z0-9_]+", c) for c in d["linux"]["capabilities"]), True,
          "capabilities")


@case("features: each mount option is taken")
def options_are_taken(p):
    options = [o for o in document(p)["mountOptions"] if o not in ("remount", "tmpcopyup")]
    for option in options:
        value = config(mounts=[{"destination": "/d", "type": "bind", "source": "/d",
                                "options": ["bind", option]}])
        paths = [f["rule"] for f in p.findings(value)["findings"]]
        equal("mount_options" in paths, False, option)


@case("features: unsafe annotations are those of the table")
def unsafe(p):
    with open(os.path.join(SOURCE, "spec/annotations.def"), encoding="utf-8") as f:
        rows = re.findall(r'^ANNOTATION\("([^"]+)", (true|false)', f.read(), re.MULTILINE)
    got = document(p)["potentiallyUnsafeConfigAnnotations"]
    equal(got, [key for key, dangerous in rows if dangerous == "true"], "annotations")
    # a dot at the end makes a prefix of it
    equal([key for key in got if key.endswith(".")], [], "prefixes, of which there is none")


@case("features: what the other runtimes list", (("crun", "CRUN"), ("runc", "RUNC")))
def peers(p, variable):
    program = shutil.which(os.environ.get(variable, variable.lower()))
    if program is None:
        raise Skip(f"no {variable.lower()} in PATH, and not named by {variable}=")
    r = subprocess.run([program, "features"], capture_output=True, check=False)
    if r.returncode != 0:
        raise Skip(f"{program} has no features")
    missing = []
    compare(document(p), json.loads(r.stdout), "", missing)
    equal(missing, [], "missing")


def compare(ours, theirs, path, missing):
    for key, value in theirs.items() if isinstance(theirs, dict) else ():
        if key in ours:
            compare(ours[key], value, f"{path}.{key}", missing)
        elif key not in PEERS.get(path.lstrip("."), ()):
            missing.append(f"{path}.{key}")
    if isinstance(theirs, list):
        missing += [f"{path}: {w}" for w in theirs
                    if w not in ours and w not in PEERS.get(path.lstrip("."), ())]
