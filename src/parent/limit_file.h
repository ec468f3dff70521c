/* What files of limits say, against what was written to them.  Text in, text out; touches no file.
 */
#ifndef CRUN_LITE_PARENT_LIMIT_FILE_H
#define CRUN_LITE_PARENT_LIMIT_FILE_H

#include "base/arena.h"

/* What has to be written to have the file say again what it says now, after a write of value.
 * text     what it says now
 * Returns  in the arena; "" when a write of value changes nothing that could be written back; NULL
 *          when memory is short */
const char *limit_file_undo(const char *file, const char *value, const char *text, struct arena *a);

/* Does the text say what was written?  Bytes may have been rounded down to whole pages. */
bool limit_file_holds(const char *file, const char *value, const char *text);

#endif
