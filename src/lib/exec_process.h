/* The process that an exec makes: the container's own, changed by what is asked for.  Inside lib/
 * only. */
#ifndef CRUN_LITE_LIB_EXEC_PROCESS_H
#define CRUN_LITE_LIB_EXEC_PROCESS_H

#include "lib/crl.h"

/* Reads and checks a file that holds a `process`.
 * path     "-": standard input
 * tell     whom to tell of all errors but the first, which is the result */
CHECKED int exec_process_read(const char *path, struct arena *a, const struct crl_settings *tell,
	const struct spec_process **ret, struct err *e);

/* Applies all that is given to a process, and checks that.
 * from  its values; stays as it is
 * ret   in the arena, as its texts */
CHECKED int exec_process_change(const struct spec_process *from, const struct crl_exec_options *o,
	struct arena *a, const struct spec_process **ret, struct err *e);

#endif
