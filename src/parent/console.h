/* Handing a terminal over.  Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_CONSOLE_H
#define CRUN_LITE_PARENT_CONSOLE_H

#include "base/defs.h"

/* Connects to a socket of type SOCK_STREAM, however long its path is.
 * seconds  how long connecting, and later each piece of sending, may take; 0: no limit
 * Returns  0; -EAGAIN after that time; another negative errno */
CHECKED int console_dial(const char *path, unsigned seconds, int *ret);

/* Sends the master side to the receiver of --console-socket, as runc and crun do: one message with
 * one descriptor. */
CHECKED int console_send(int sock, int master);

/* One message with one descriptor and a word. */
CHECKED int console_send_as(int sock, int fd, const char *word);

#endif
