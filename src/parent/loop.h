/* Loop devices, through their own ioctls: libmount does the same, and is no static library.
 * Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_LOOP_H
#define CRUN_LITE_PARENT_LOOP_H

#include "base/defs.h"

/* Makes a free loop device show a file, read-only.  The kernel frees it with its last user: when
 * the result is closed, if nothing has mounted it until then.
 * name     gets the path of the device, or of what could not be opened
 * Returns  a descriptor of the device, the caller's; -ENXIO there are no loop devices here;
 *          -EBUSY others took each that was free; else -errno */
CHECKED int loop_attach(int file, char *name, size_t size);

#endif
