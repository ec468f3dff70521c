/* Handing a terminal over.  Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_CONSOLE_H
#define CRUN_LITE_PARENT_CONSOLE_H

#include "base/defs.h"

/* Sends the master side to the receiver of --console-socket, as runc and crun do: one message with
 * one descriptor. */
CHECKED int console_send(int sock, int master);

#endif
