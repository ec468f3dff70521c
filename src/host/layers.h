/* What the layers of an overlay are.  Inside host/ only. */
#ifndef CRUN_LITE_HOST_LAYERS_H
#define CRUN_LITE_HOST_LAYERS_H

#include "host/host.h"

/* Fills h->layers: a word a layer of the wish, as spec/host.def has them.
 * Returns 0; a negative errno with *e set when one cannot be looked at */
CHECKED int host_probe_layers(
	const struct host_wish *wish, struct arena *arena, struct host_facts *h, struct err *e);

/* The file system that an image begins with; NULL: none that is known.
 * start, size  the first 2048 bytes, or all there are */
const char *host_image_type(const unsigned char *start, size_t size);

#endif
