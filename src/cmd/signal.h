/* The words for signals.  Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_SIGNAL_H
#define CRUN_LITE_CMD_SIGNAL_H

#include "base/err.h"

/* A signal by its number, or by its name in any case, with or without SIG. */
CHECKED int signal_of(const char *word, int *ret, struct err *e);

#endif
