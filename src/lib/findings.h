/* Telling of the findings of a file that is read on the way.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_FINDINGS_H
#define CRUN_LITE_LIB_FINDINGS_H

#include "lib/crl.h"

/* Beside the first error, which is the result: the others, up to as many as anybody reads.  What
 * is only odd is for the debug log; `check` is there to tell of it. */
void findings_tell(const struct spec_report *r, const struct crl_settings *settings);

#endif
