/* config.json as plain structs: what the rows of spec/config.def become.
 *
 * Every value remembers where it came from; `at.line == 0` says that it was not given.  All memory
 * belongs to the arena that spec_load was given.  Strings are UTF-8 and hold no NUL.
 * Nothing here looks at the system. */
#ifndef CRUN_LITE_SPEC_SPEC_H
#define CRUN_LITE_SPEC_SPEC_H

#include "base/arena.h"
#include "base/err.h"
#include "spec/report.h"
#include "spec/words.h"

#define SPEC_ID_MAX    4294967294u /* 2^32-1 is no id: setresuid(2) takes it for "unchanged" */
#define SPEC_SIZE_MAX  (16u * 1024 * 1024)
#define SPEC_DEPTH_MAX 128u

struct spec_str {
	const char *value; /* NULL when absent */
	struct src_pos at;
};

struct spec_bool {
	bool value;
	struct src_pos at;
};

struct spec_int {
	int64_t value;
	struct src_pos at;
};

struct spec_uint {
	uint64_t value;
	struct src_pos at;
};

struct spec_enum {
	int64_t value;
	struct src_pos at;
};

struct spec_pair {
	struct spec_str key;
	struct spec_str value;
};

#define SPEC_ARRAY_OF(element)        \
	{                             \
		const element *items; \
		size_t count;         \
		struct src_pos at;    \
	}

struct spec_strings SPEC_ARRAY_OF(struct spec_str);
struct spec_uints SPEC_ARRAY_OF(struct spec_uint);
struct spec_enums SPEC_ARRAY_OF(struct spec_enum);
struct spec_map SPEC_ARRAY_OF(struct spec_pair);

/* Was it given?  For any member that is not a pointer. */
#define GIVEN(member)                      ((member).at.line != 0)

#define BEGIN(type)                        struct spec_##type {
#define STRING(member, key, fmt, p, ...)   struct spec_str member;
#define BOOL(member, key, presence, ...)   struct spec_bool member;
#define INT(member, key, min, max, p, ...) struct spec_int member;
#define UINT(member, key, max, p, ...)     struct spec_uint member;
#define ENUM(member, key, table, p, ...)   struct spec_enum member;
#define STRINGS(member, key, fmt, p, ...)  struct spec_strings member;
#define UINTS(member, key, max, p, ...)    struct spec_uints member;
#define ENUMS(member, key, table, p, ...)  struct spec_enums member;
#define OBJECT(member, key, type, p, ...)  const struct spec_##type *member;
#define LIST(member, key, type, p, ...)    struct spec_##type##_list member;
#define NAMED(member, key, type, p, ...)   struct spec_##type##_list member;
#define MAP(member, key, presence, ...)    struct spec_map member;
#define FOREIGN(key, type, ...)
#define END(type)          \
	struct src_pos at; \
	}                  \
	;                  \
	struct spec_##type##_list SPEC_ARRAY_OF(struct spec_##type);
#include "spec/config.def"
#include "spec/config_undef.h"

/* What a file holds: struct spec_config, spec_process (of exec), spec_resources (of update). */
enum spec_type {
	SPEC_CONFIG,
	SPEC_PROCESS,
	SPEC_RESOURCES,
};

/* Reads a file and judges it: syntax, types, ranges, forms, required members, and the rules
 * between members (spec/rules.def) that need no facts of the host.  Goes on behind an error.
 *
 * bytes, size  the file's contents; need not end in a NUL; at most SPEC_SIZE_MAX
 * report       its arena gets the findings and all that *ret points to, also after the bytes are
 *              gone
 * ret          the struct; set when there is no error
 * Returns      0; -EINVAL bad input, -E2BIG too large or too deep, -ENOMEM: spec_report_err has the
 *              words */
CHECKED int spec_read(enum spec_type type, const char *bytes, size_t size,
	struct spec_report *report, const void **ret);

/* Adds what is allowed and dangerous in a configuration, which has no error, to the report. */
void spec_lint(const struct spec_config *c, struct spec_report *report);

/* spec_read of a config.json, with the first error in *e. */
CHECKED int spec_load(const char *bytes, size_t size, struct arena *arena,
	const struct spec_config **ret, struct err *e);

/* The annotation of this key; NULL when there is none. */
const struct spec_pair *spec_annotation(const struct spec_config *c, const char *key);

/* The row of linux.namespaces for one CLONE_NEW* flag; NULL when the list has none. */
/* Is it given, and not empty? */
bool spec_is_text(const struct spec_str *s);

const struct spec_namespace *spec_namespace_find(const struct spec_config *c, int64_t clone_flag);

#endif
