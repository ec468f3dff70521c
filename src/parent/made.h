/* What the child has made of paths, see made.c.  Inside parent/ only. */
#ifndef CRUN_LITE_PARENT_MADE_H
#define CRUN_LITE_PARENT_MADE_H

#include "parent/parent.h"
#include "proto/proto.h"

/* Remembers what a message of kind MADE says; takes *fd when it needs it. */
void made_note(struct parent *p, const struct proto_msg *msg, int *fd);

/* Removes all of it, the last first; the child has ended.  What cannot be removed is a hint of *e.
 */
void made_undo(struct parent *p, struct err *e);

/* It is the container's from now on. */
void made_forget(struct parent *p);

#endif
