/* Text that comes from outside, made fit to be shown; words that are nearly alike.
 * Knows nothing of files or terminals. */
#ifndef CRUN_LITE_BASE_TEXT_H
#define CRUN_LITE_BASE_TEXT_H

#include "base/defs.h"

enum {
	TEXT_SHOWN = 68,      /* a buffer for one foreign word of a message: 64 bytes and "..." */
	TEXT_PATH_SHOWN = 600 /* for a path, whose end tells most; room is left in struct err */
};

/* Decodes one character of UTF-8 (RFC 3629: shortest form, no surrogate, at most U+10FFFF).
 * Returns its length in bytes, 1 to 4; 0 when the bytes are not UTF-8 or len is 0. */
size_t text_utf8(const char *text, size_t len, uint32_t *ret);

/* Would the character move the cursor, end the line, turn the direction of writing, or hide? */
bool text_is_unsafe(uint32_t c);

/* How many columns a terminal gives the character: 0, 1 or 2.  Not for unsafe ones.
 * Source   Unicode 15: general category Mn and Me of the common scripts; East Asian Width W and F
 */
unsigned text_columns(uint32_t c);

/* Writes text into buf so that it stays on one line and cannot steer a terminal: quotes,
 * backslashes, controls (C0, DEL, C1), marks that turn the direction of writing and bytes that are
 * no UTF-8 become escapes.  Ends with "..." when it had to be cut.
 *
 * buf, size  at least 4 bytes; always ends in a NUL; no character is cut in two
 * Returns    buf */
const char *text_escape(char *buf, size_t size, const char *text, size_t len);

/* Puts a '?' in the place of each such character but quotes and backslashes: for text that was put
 * together of several and may hold what nobody escaped. */
void text_defuse(char *text);

/* How many letters must be added, taken away or changed to make b of a.
 * Texts of more than 63 bytes are like nothing: SIZE_MAX. */
size_t text_distance(const char *a, const char *b);

/* Is b near enough to a that whoever wrote a may have meant it? */
bool text_is_near(size_t distance, const char *a);

#endif
