/* Base64 (RFC 4648, section 4) to bytes.  Strict: no blanks, no other alphabet, padded to the end.
 */
#ifndef CRUN_LITE_BASE_BASE64_H
#define CRUN_LITE_BASE_BASE64_H

#include "base/arena.h"

#include <sys/types.h>

/* Decodes len characters of text.
 * ret      the bytes, in the arena, aligned to 8
 * Returns  how many; -EINVAL it is not base64; -ENOMEM */
CHECKED ssize_t base64_decode(
	const char *text, size_t len, struct arena *arena, unsigned char **ret);

#endif
