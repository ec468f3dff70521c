/* The name of who made a container.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_OWNER_H
#define CRUN_LITE_LIB_OWNER_H

#include "base/defs.h"

enum {
	OWNER_SIZE = 64
};

/* The user's name by /etc/passwd, "#1000" where that knows none.  Returns buf. */
const char *owner_name(uint64_t uid, char buf[OWNER_SIZE]);

#endif
