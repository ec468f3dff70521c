/* --pid-file.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_PID_FILE_H
#define CRUN_LITE_LIB_PID_FILE_H

#include "base/err.h"

#include <sys/types.h>

/* Writes the number in decimal, without a newline; the file is replaced as a whole, so that who
 * waits for it never reads a part (engines read it with atoi). */
CHECKED int pid_file_write(const char *path, pid_t pid, struct err *e);

#endif
