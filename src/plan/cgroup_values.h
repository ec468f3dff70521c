/* Values of cgroup v1 that the OCI configuration still speaks in, converted to cgroup v2.
 * Numbers in, numbers out. */
#ifndef CRUN_LITE_PLAN_CGROUP_VALUES_H
#define CRUN_LITE_PLAN_CGROUP_VALUES_H

#include "base/defs.h"

/* cpu.weight, 1..10000, for cpu.shares, 2..262144; what is outside counts as the nearest end.
 *
 * Source  the curve that runc 1.3.2 and crun 1.23 agree on: with l = log2(shares)
 *         ceil(10^((l^2 + 125 l) / 612 - 7/34)), so that both ends and both defaults (1024 and 100)
 *         meet.  Older runtimes drew a straight line, which made 39 of the default. */
uint64_t plan_cpu_weight(uint64_t shares);

/* io.weight, 1..10000, for a blkio weight of 10..1000: a straight line. */
uint64_t plan_io_weight(uint64_t weight);

#endif
