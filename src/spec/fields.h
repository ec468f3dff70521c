/* spec/config.def as data: what the reader walks instead of code for each member.
 * Only src/spec and its tests look at these. */
#ifndef CRUN_LITE_SPEC_FIELDS_H
#define CRUN_LITE_SPEC_FIELDS_H

#include "spec/spec.h"

enum spec_kind {
	SPEC_STRING,
	SPEC_BOOL,
	SPEC_INT,
	SPEC_UINT,
	SPEC_ENUM,
	SPEC_STRINGS,
	SPEC_UINTS,
	SPEC_ENUMS,
	SPEC_OBJECT,
	SPEC_LIST,
	SPEC_NAMED,
	SPEC_MAP,
	SPEC_FOREIGN_STRING, /* members that mean nothing here */
	SPEC_FOREIGN_OBJECT,
	SPEC_ANY, /* a member that the table does not have */
	SPEC_KINDS,
};

enum spec_presence {
	SPEC_OPTIONAL,
	SPEC_REQUIRED,
	SPEC_NONEMPTY, /* required, and a list with an element at least */
};

/* What a string must look like: the rows of spec/formats.def. */
enum spec_format {
#define FORMAT(name, expected, example) SPEC_FORMAT_##name,
#include "spec/formats.def"
#undef FORMAT
};

struct spec_object;

/* A function because the rows of one object can name its type only inside one. */
typedef const struct spec_object *(*spec_object_fn)(void);

struct spec_field {
	const char *key; /* NULL: filled with the name under which the object stands */
	enum spec_kind kind;
	enum spec_presence presence;
	enum spec_format format;        /* STRING, STRINGS */
	size_t offset;                  /* in the holder's struct */
	int64_t min;                    /* INT */
	uint64_t max;                   /* INT, UINT, UINTS */
	const struct spec_words *words; /* ENUM, ENUMS */
	spec_object_fn type;            /* OBJECT, LIST, NAMED */
};

struct spec_object {
	const char *name;
	size_t size;      /* of the struct */
	size_t at_offset; /* of its member `at` */
	const struct spec_field *fields;
	size_t count; /* at most 64: the reader keeps one bit for each */
};

/* What all the SPEC_ARRAY_OF structs have in common; copied, never cast. */
struct spec_array SPEC_ARRAY_OF(void);

/* The table of one object: spec_object_config is where a file begins. */
#define BEGIN(type) const struct spec_object *spec_object_##type(void);
#define STRING(member, key, format, presence, ...)
#define BOOL(member, key, presence, ...)
#define INT(member, key, min, max, presence, ...)
#define UINT(member, key, max, presence, ...)
#define ENUM(member, key, table, presence, ...)
#define STRINGS(member, key, format, presence, ...)
#define UINTS(member, key, max, presence, ...)
#define ENUMS(member, key, table, presence, ...)
#define OBJECT(member, key, type, presence, ...)
#define LIST(member, key, type, presence, ...)
#define NAMED(member, key, type, presence, ...)
#define MAP(member, key, presence, ...)
#define FOREIGN(key, type, ...)
#define END(type)
#include "spec/config.def"
#include "spec/config_undef.h"

/* The field with this key; NULL when the object has none. */
const struct spec_field *spec_field_find(const struct spec_object *o, const char *key, size_t len);

#endif
