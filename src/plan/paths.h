/* Paths of the container, as text: what can be told without looking.  Slashes at either end,
 * repeated ones and components that are a dot do not count; a relative path begins at the root too.
 * Inside plan/ only; links and ".." are for who looks (child/look.h). */
#ifndef CRUN_LITE_PLAN_PATHS_H
#define CRUN_LITE_PLAN_PATHS_H

#include "base/defs.h"

/* What is left of path behind dir, "" when it is dir itself; NULL when it does not lie there.
 * dir  "dev/pts"; "" is the root */
const char *plan_path_below(const char *path, const char *dir);

/* Is it this very path? */
bool plan_path_is(const char *path, const char *name);

/* Does a component of it lead upwards ("..")?  Then its text does not tell where it ends. */
bool plan_path_climbs(const char *path);

/* May something be mounted on this path below /proc?  Nothing may be hidden from the program but
 * what only shows numbers of the host, as engines do with lxcfs (the list is runc's).
 * below  without "/proc/" in front; NULL or "" is not below it */
bool plan_may_cover_proc(const char *below);

#endif
