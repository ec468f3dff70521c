"""linux.intelRdt where there is no resctrl; what is done with one is proved by the unit tests."""

import os

from lib.suite import ROOT, USER, case, equal, holds, skip


@case("intelRdt: refused without resctrl", ROOT, USER)
def refused(w):
    if os.path.exists("/sys/fs/resctrl/schemata"):
        skip("resctrl is mounted here")
    b = w.bundle()
    b.linux["intelRdt"] = {"closID": "gold", "schemata": ["L3:0=f"]}
    r = b.run()
    equal((r.status, r.out), (1, ""), f"{r}")
    hint = "mount -t resctrl" if os.path.isdir("/sys/fs/resctrl") else "/proc/cpuinfo"
    for part in ("config.json:", "linux.intelRdt: ", "No such device", "\n  hint: ", hint):
        holds(r.err, part, "message")
    equal(len(r.err.splitlines()), 2, "lines")
