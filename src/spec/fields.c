/* The rows of spec/config.def as constant tables.  No code but the look-up. */
#include "spec/fields.h"

#include <string.h>

#define OPTIONAL SPEC_OPTIONAL
#define REQUIRED SPEC_REQUIRED
#define NONEMPTY SPEC_NONEMPTY

#define ROW(member, name, of_kind, how, ...) \
	{ .key = (name),                     \
		.kind = (of_kind),           \
		.presence = (how),           \
		.offset = offsetof(here, member) __VA_OPT__(, ) __VA_ARGS__ },

#define BEGIN(type)                                        \
	const struct spec_object *spec_object_##type(void) \
	{                                                  \
		typedef struct spec_##type here;           \
		static const char name[] = #type;          \
		static const struct spec_field fields[] = {
#define STRING(member, key, of, presence, ...) \
	ROW(member, key, SPEC_STRING, presence, .format = SPEC_FORMAT_##of)
#define BOOL(member, key, presence, ...) ROW(member, key, SPEC_BOOL, presence)
#define INT(member, key, from, to, presence, ...) \
	ROW(member, key, SPEC_INT, presence, .min = (from), .max = (to))
#define UINT(member, key, to, presence, ...) ROW(member, key, SPEC_UINT, presence, .max = (to))
#define ENUM(member, key, table, presence, ...) \
	ROW(member, key, SPEC_ENUM, presence, .words = &spec_##table)
#define STRINGS(member, key, of, presence, ...) \
	ROW(member, key, SPEC_STRINGS, presence, .format = SPEC_FORMAT_##of)
#define UINTS(member, key, to, presence, ...) ROW(member, key, SPEC_UINTS, presence, .max = (to))
#define ENUMS(member, key, table, presence, ...) \
	ROW(member, key, SPEC_ENUMS, presence, .words = &spec_##table)
#define OBJECT(member, key, of, presence, ...) \
	ROW(member, key, SPEC_OBJECT, presence, .type = spec_object_##of)
#define LIST(member, key, of, presence, ...) \
	ROW(member, key, SPEC_LIST, presence, .type = spec_object_##of)
#define NAMED(member, key, of, presence, ...) \
	ROW(member, key, SPEC_NAMED, presence, .type = spec_object_##of)
#define MAP(member, key, presence, ...) ROW(member, key, SPEC_MAP, presence)
#define FOREIGN(name, type, ...)        { .key = (name), .kind = SPEC_FOREIGN_##type },
#define END(type)                                                                                  \
	}                                                                                          \
	;                                                                                          \
	static const struct spec_object object = { name, sizeof(here), offsetof(here, at), fields, \
		ARRAY_LEN(fields) };                                                               \
	_Static_assert(ARRAY_LEN(fields) <= 64, "one bit for each field");                         \
	return &object;                                                                            \
	}
/* clang-format off */
#include "spec/config.def"
/* clang-format on */
#include "spec/config_undef.h"

#define SAME_SHAPE(type)                                                                      \
	_Static_assert(                                                                       \
		sizeof(struct type) == sizeof(struct spec_array) &&                           \
			offsetof(struct type, items) == offsetof(struct spec_array, items) && \
			offsetof(struct type, count) == offsetof(struct spec_array, count) && \
			offsetof(struct type, at) == offsetof(struct spec_array, at),         \
		#type)
SAME_SHAPE(spec_strings);
SAME_SHAPE(spec_uints);
SAME_SHAPE(spec_enums);
SAME_SHAPE(spec_map);
SAME_SHAPE(spec_mount_list);

const struct spec_field *spec_field_find(const struct spec_object *o, const char *key, size_t len)
{
	for (size_t i = 0; i < o->count; i++) {
		const char *const k = o->fields[i].key;

		if (k != NULL && strncmp(k, key, len) == 0 && k[len] == '\0')
			return &o->fields[i];
	}
	return NULL;
}
