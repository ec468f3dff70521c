/* Files that hold little but one member, made of the field tables: for tests that go through all
 * members.  ' stands for ", and @ marks a place, as in spec_case.h. */
#ifndef CRUN_LITE_TESTS_SPEC_WAY_H
#define CRUN_LITE_TESTS_SPEC_WAY_H

#include "spec_case.h"

#include "spec/format.h"

enum {
	DEPTH = 8,
	TEXT = 3072
};

/* The way from the file's object to a member. */
struct way {
	const struct spec_field *steps[DEPTH];
	size_t count;
	enum spec_type type; /* of the file */
};

struct out {
	char json[TEXT];
	size_t end;
};

void way_put(struct out *o, const char *fmt, ...) PRINTF(2, 3);

/* A value that the field takes. */
void way_put_good(struct out *o, const struct spec_field *f);

/* The members that an object must have; and the key of `except` at the end, without a value. */
void way_put_object(struct out *o, const struct spec_object *type, const struct spec_field *except);

/* A whole file in which only the value at the end of the way is given from outside, in the place
 * of the %s of inside. */
void way_put_file(struct out *o, const struct way *w, const char *value, const char *inside);

/* "a.b[0].c" and inside, and ": ". */
void way_put_path(struct out *o, const struct way *w, const char *inside);

/* An error at the mark with the path, inside being what is behind the member's own. */
void way_expect_refused(
	const struct way *w, const char *value, const char *inside, const char *path);

/* An error at the mark, of whatever path. */
void way_expect_broken(const struct way *w, const char *value);

/* A warning at the key when the member is called so. */
void way_expect_unknown(const struct way *w, const char *key);

/* No error of the reader is about the member; others may be, for the file has little else. */
void way_expect_accepted(const struct way *w, const char *value);

#endif
