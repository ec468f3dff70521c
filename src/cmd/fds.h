/* Descriptors that the program is started with. */
#ifndef CRUN_LITE_CMD_FDS_H
#define CRUN_LITE_CMD_FDS_H

#include "cmd/args.h"

/* Which of them are handed on. */
struct cmd_fds {
	unsigned preserve; /* --preserve-fds */
	unsigned listen;   /* LISTEN_FDS of sd_listen_fds(3), when that is for us */
};

/* Verifies that they are open, and marks all others close-on-exec. */
CHECKED int fds_guard(const struct cmd_args *a, struct cmd_fds *ret, struct err *e);

/* The variables of socket activation.  Returns the number of descriptors that they tell us of;
 * -EINVAL */
CHECKED int fds_listen(const char *fds, const char *pid, struct err *e);

#endif
