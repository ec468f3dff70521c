/* Protection of the running program against what it starts (CVE-2019-5736): a container that gets
 * hold of /proc/PID/exe must not be able to write to the host's file. */
#ifndef CRUN_LITE_BASE_SELF_H
#define CRUN_LITE_BASE_SELF_H

#include "base/err.h"

/* Makes sure that the image we run from cannot be written: by way of a read-only mount, or sealed.
 * Otherwise executes a read-only clone of it anew, with the same arguments, and does not return; it
 * belongs at the very beginning.
 * Returns 0 when protected; else a negative errno: then nothing may be started. */
CHECKED int self_protect(char *const argv[], char *const envp[], struct err *e);

/* Gives back the memory that the program's text takes: nobody writes to it, so what is needed again
 * comes from the file (madvise(2), MADV_DONTNEED). */
void self_rest(void);

#endif
