/* Writes JSON into a buffer that grows.
 * Well-formed by construction as long as every object and array is ended; prints nothing.
 *
 * Running out of memory is remembered and told once, by json_finish. */
#ifndef CRUN_LITE_BASE_JSON_OUT_H
#define CRUN_LITE_BASE_JSON_OUT_H

#include "base/err.h"

enum {
	JSON_DEPTH_MAX = 63
};

struct json_out {
	bool pretty;     /* one member a line, indented by 2; else all on one line, no blanks */
	bool failed;     /* memory was short */
	unsigned depth;  /* objects and arrays that are open */
	uint64_t arrays; /* bit n: the one at depth n is an array */
	uint64_t begun;  /* bit n: the one at depth n has a member already */
	char *text;
	size_t len, size; /* bytes written, bytes allocated */
};

#define AUTO_JSON __attribute__((cleanup(json_done))) struct json_out

/* Gives the buffer back. */
void json_done(struct json_out *j);

/* key of all below: the member's name in an object; NULL in an array and at the top.
 * Keys and texts: what is not UTF-8 becomes U+FFFD, a byte at a time. */
void json_object(struct json_out *j, const char *key);
void json_array(struct json_out *j, const char *key);
void json_end(struct json_out *j); /* of the object or array begun last */
void json_text(struct json_out *j, const char *key, const char *value);
void json_int(struct json_out *j, const char *key, int64_t value);
void json_uint(struct json_out *j, const char *key, uint64_t value);
/* value / 10^digits, as 12.345; digits  up to 9 */
void json_fixed(struct json_out *j, const char *key, uint64_t value, unsigned digits);
void json_bool(struct json_out *j, const char *key, bool value);
void json_null(struct json_out *j, const char *key);

/* The whole text, without a newline at its end.
 * ret_text  NUL-terminated, belongs to j; ret_len  bytes of it
 * Returns   0; -ENOMEM */
CHECKED int json_finish(struct json_out *j, const char **ret_text, size_t *ret_len, struct err *e);

#endif
