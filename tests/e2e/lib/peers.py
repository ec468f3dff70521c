"""Other runtimes of the host to compare with: those that are new enough."""

import json
import os
import shutil

from lib.suite import skip


def maps_ids(w, name):
    """Old ones run id-mapped mounts without any map, and have no word for it."""
    if shutil.which(name) is None:
        return False
    r = w.command([name, "features"])
    try:
        return r.status == 0 and json.loads(r.out)["linux"]["mountExtensions"]["idmap"]["enabled"]
    except (KeyError, TypeError, ValueError):
        return False


def new_enough(w, names=("crun", "runc")):
    found = [name for name in names if maps_ids(w, name)]
    if not found:
        skip(f"no {' or '.join(names)} here that maps the ids of mounts")
    return found


def program(name):
    """Where it is: CRUN or RUNC of the environment, as for the bench, or PATH; None: nowhere."""
    return shutil.which(os.environ.get(name.upper(), name))


def start(w, name, b):
    """How another runtime ran the bundle."""
    b.config["ociVersion"] = "1.0.2"  # what all of them know
    b.write()
    state = w.directory("peer")
    r = w.command([name, "--root", state, "run", "--bundle", b.path, b.id])
    w.command([name, "--root", state, "delete", "--force", b.id])
    return r


def run(w, name, b):
    """What the program says under another runtime."""
    r = start(w, name, b)
    if r.status != 0:
        skip(f"{name} cannot run this here: " + r.err.strip().replace("\n", " | ")[-300:])
    return r.out
