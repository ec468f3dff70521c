/* The reader's inside: open objects and lists, and the value that is being stored.
 * For src/spec only. */
#ifndef CRUN_LITE_SPEC_READER_H
#define CRUN_LITE_SPEC_READER_H

#include "spec/fields.h"
#include "spec/keyset.h"
#include "spec/lex.h"

enum {
	SPEC_LIST_MAX = 65536,
	PATH_SHOWN = 512
};

enum frame_kind {
	FRAME_OBJECT,     /* of the table */
	FRAME_LIST,       /* of a field: LIST, STRINGS, UINTS, ENUMS */
	FRAME_MAP,        /* of a field: MAP, NAMED */
	FRAME_ANY_OBJECT, /* of an unknown member, at any depth */
	FRAME_ANY_LIST,
};

/* One object or list that has begun and not ended. */
struct frame {
	enum frame_kind kind;
	const struct spec_object *type;
	const struct spec_field
		*field; /* OBJECT: whose value comes (NULL: unknown); else its own */
	void *target;   /* OBJECT: its struct; LIST, MAP: its struct spec_array */
	struct src_pos at;
	size_t key;           /* where the token of the newest key stands in the file */
	size_t key_size;      /* with its quotes */
	struct spec_str name; /* MAP: the newest key */
	uint64_t seen;        /* OBJECT: bit i: fields[i] was given */
	char *items;          /* LIST, MAP: elements so far, malloc'ed: may move as it grows */
	size_t room;          /* elements that fit in items */
	size_t count;         /* elements so far; the newest may be unfinished */
	struct keyset keys;
};

enum token_kind {
	TOKEN_NULL,
	TOKEN_BOOL,
	TOKEN_NUMBER,
	TOKEN_STRING,
	TOKEN_OBJECT,
	TOKEN_LIST
};

struct token {
	enum token_kind kind;
	struct src_pos at;
	const char *text; /* STRING: decoded; NUMBER: as written; not NUL-terminated */
	size_t len;
	bool value; /* BOOL */
};

/* Where the value that comes belongs. */
struct slot {
	enum spec_kind kind;            /* of one value: never STRINGS' own kind for its elements */
	const struct spec_field *field; /* NULL for the file itself and for unknown members */
	const struct spec_object *type; /* OBJECT */
	void *target;
	bool in_place; /* OBJECT: target is the struct itself, not a pointer to it */
};

struct reader {
	struct lex lex;
	struct arena *arena;
	struct err *e;
	struct spec_config *config;
	struct frame frames[SPEC_DEPTH_MAX];
	size_t depth;
};

/* reader_frame.c: frames */

/* Opens a frame.  Returns 0; -E2BIG when it would be the 129th, with the error set. */
CHECKED int reader_push(struct reader *r, const struct frame *f);

/* Closes the newest frame: its list becomes an array of the arena, its required members are
 * looked for.  Returns 0, -EINVAL, -ENOMEM, with the error set. */
CHECKED int reader_pop(struct reader *r);

/* Gives back what the frame has outside of the arena. */
void reader_frame_done(struct frame *f);

/* Notes the key whose token is the newest.  Returns 0, -EINVAL, -E2BIG, -ENOMEM, with the error
 * set. */
CHECKED int reader_key(struct reader *r, const char *key, size_t len);

/* Where the next value belongs; makes room for it in a list.
 * Returns 0, -EINVAL, -E2BIG, -ENOMEM, with the error set. */
CHECKED int reader_slot(struct reader *r, struct slot *ret);

/* reader_store.c: values */

/* Stores one value, or opens the frame that it begins.
 * Returns 0, -EINVAL, -E2BIG, -ENOMEM, with the error set. */
CHECKED int reader_store(struct reader *r, const struct slot *s, const struct token *t);

/* reader_path.c: errors */

/* Sets the error "<path>: <text>", the path being that of the value under the outer `depth` frames.
 */
int reader_fail(
	const struct reader *r, int code, size_t depth, struct src_pos at, const char *text);

/* As reader_fail, for a value of another type or range than the slot's. */
int reader_wrong(const struct reader *r, const struct slot *s, const struct token *t);

/* As reader_fail, for a text that is no word of the slot's table; hints at the nearest. */
int reader_no_word(const struct reader *r, const struct slot *s, const struct token *t);

/* As reader_fail, for memory that ran out. */
int reader_no_memory(const struct reader *r);

#endif
