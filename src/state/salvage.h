/* For whoever removes a container whose record state_read refuses. */
#ifndef CRUN_LITE_STATE_SALVAGE_H
#define CRUN_LITE_STATE_SALVAGE_H

#include "state/state.h"

/* What there may be to end and to remove, as far as any record of it can still be read, of whatever
 * version: its first process, its cgroup, its resctrl groups.  What is not known is empty.  Believe
 * it as little as a record: a process counts by boot and start time, a cgroup by its inode, or
 * where only the first record is whole, by a name that was free then. */
void state_salvage(const struct state_dir *d, struct arena *a, struct state_record *ret);

#endif
