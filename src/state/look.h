/* The record and what it means at this moment, for those who hold no lock. */
#ifndef CRUN_LITE_STATE_LOOK_H
#define CRUN_LITE_STATE_LOOK_H

#include "state/state.h"

/* state_read and state_status, both of one record: a `create` may end between the two, and what it
 * made would look like what it left behind.  Never STATE_PAUSED.
 * Returns  as of both */
CHECKED int state_look(const struct state_dir *d, struct arena *a, struct state_record *ret,
	enum state_status *ret_status, struct err *e);

#endif
