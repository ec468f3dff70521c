/* Changes as a layer of an OCI image: a tar stream with whiteouts.  Looks at nothing but what it is
 * told of. */
#ifndef CRUN_LITE_DIFF_LAYER_H
#define CRUN_LITE_DIFF_LAYER_H

#include "diff/walk.h"

/* Walks the trees and writes what it finds.
 * fd      open for writing; the caller's
 * Source  OCI image-spec 1.1, layer.md: "Change Types", "Representing Changes" */
CHECKED int layer_write(const struct walk_trees *trees, int fd, struct err *e);

#endif
