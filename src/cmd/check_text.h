/* A finding of `check` as people read it.  Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_CHECK_TEXT_H
#define CRUN_LITE_CMD_CHECK_TEXT_H

#include "crun-lite/crun-lite.h"

/* Prints to standard output:
 *
 *   config.json:41:12: error: process.cwd: expected an absolute path, found "tmp" [format]
 *      41 |     "cwd": "tmp"
 *         |            ^~~~~
 *         = did you mean ...
 *
 * Of a long line only what is around the place is shown; nothing in it steers a terminal. */
void check_text_print(const char *file, const struct crl_finding *f, bool color);

/* "error", "warning" or "lint" */
const char *check_text_severity(enum crl_severity severity);

#endif
