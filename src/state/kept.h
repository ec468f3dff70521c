/* What lies beside the record of a container, for those few who need it: its configuration, the
 * FIFO by which its first process tells `start` of a failure, and a directory for the socket by
 * which it tells that it is ready.  Understands none of them. */
#ifndef CRUN_LITE_STATE_KEPT_H
#define CRUN_LITE_STATE_KEPT_H

#include "state/state.h"

/* Reads the configuration that the container was made with, as an update may have changed it.
 * Returns  0; -ENODATA none is kept; -EINVAL a torn file; else -errno */
CHECKED int state_config(const struct state_dir *d, const struct state_record *r, struct arena *a,
	struct state_bytes *ret, struct err *e);

/* Writes another configuration beside the one that is kept, and lets it take that one's place, or
 * go.  Needs the lock.  Whoever reads meanwhile sees one of the two, whole. */
CHECKED int state_config_prepare(
	const struct state_dir *d, struct state_bytes config, struct err *e);
CHECKED int state_config_commit(const struct state_dir *d, struct err *e);
void state_config_drop(const struct state_dir *d);

/* Makes the FIFO by which that process tells `start` why it could not become the program; nothing
 * and its end mean that it has. */
CHECKED int state_report_make(const struct state_dir *d, int *ret, struct err *e);

/* Opens it for reading, which must happen before state_fifo_release.  FD_NONE: there is none. */
CHECKED int state_report_open(const struct state_dir *d, int *ret, struct err *e);

/* Makes the directory of the notify socket, in which nothing else is: the container sees it.  Any
 * user may look into it. */
CHECKED int state_notify_make(const struct state_dir *d, int *ret, struct err *e);

/* Opens it.  FD_NONE: there is none. */
CHECKED int state_notify_open(const struct state_dir *d, int *ret, struct err *e);

#endif
