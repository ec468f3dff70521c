/* The reader's inside: open objects and lists, and the value that is being stored.
 * For src/spec only. */
#ifndef CRUN_LITE_SPEC_READER_H
#define CRUN_LITE_SPEC_READER_H

#include "spec/fields.h"
#include "spec/keyset.h"
#include "spec/lex.h"
#include "spec/report.h"

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
	size_t stored;        /* of them are used; the newest may be unfinished */
	size_t count;         /* elements so far: as many are stored, as long as they matter */
	struct keyset keys;
	bool full; /* LIST, MAP: that it has too many elements was said */
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
	struct arena *arena; /* of the report */
	struct spec_report *report;
	const struct spec_object *type; /* of the file itself */
	const struct spec_field *list;  /* of type, which the file is alone; NULL: all of type */
	void *target;                   /* its struct */
	struct frame frames[SPEC_DEPTH_MAX];
	size_t depth;
};

/* What is wrong with the input goes to the report, and reading goes on: a value that is refused is
 * passed over.  Only what makes going on pointless is a failure: -E2BIG too deep, -ENOMEM. */

/* reader.c: the file */

/* Reads a whole file of one type into target, a zeroed struct of it.
 * Returns 0 when it was read to its end, whatever the report says of it; -EINVAL syntax,
 * -E2BIG, -ENOMEM (which no finding tells). */
CHECKED int reader_run(const struct lex *file, struct spec_report *report,
	const struct spec_object *type, void *target);

/* The same of a file that is a list: what stands for the field of the type. */
CHECKED int reader_run_list(const struct lex *file, struct spec_report *report,
	const struct spec_object *type, const struct spec_field *list, void *target);

/* reader_frame.c: frames */

/* Opens a frame.  Returns 0; -E2BIG when it would be the 129th. */
CHECKED int reader_push(struct reader *r, const struct frame *f);

/* Closes the newest frame: its list becomes an array of the arena, its required members are
 * looked for.  Returns 0, -ENOMEM. */
CHECKED int reader_pop(struct reader *r);

/* Gives back what the frame has outside of the arena. */
void reader_frame_done(struct frame *f);

/* Notes the key whose token is the newest.  Returns 0, -ENOMEM. */
CHECKED int reader_key(struct reader *r, const char *key, size_t len);

/* Where the next value belongs; makes room for it in a list.  Returns 0, -ENOMEM. */
CHECKED int reader_slot(struct reader *r, struct slot *ret);

/* reader_store.c: values */

/* Stores one value, or opens the frame that it begins.  Returns 0, -E2BIG, -ENOMEM. */
CHECKED int reader_store(struct reader *r, const struct slot *s, const struct token *t);

/* reader_path.c: findings */

/* Adds an error for the value under the outer `depth` frames.  rule: see struct spec_finding. */
void reader_refuse(const struct reader *r, const char *rule, size_t depth, struct src_pos at,
	const char *text);

/* The same, for a value of another type, range or form than the slot's. */
void reader_wrong(const struct reader *r, const struct slot *s, const struct token *t);

/* The same, for a text that is no word of the slot's table; hints at the nearest. */
void reader_no_word(const struct reader *r, const struct slot *s, const struct token *t);

/* Warns of a key that the object does not have; hints at the nearest. */
void reader_unknown(
	const struct reader *r, const struct spec_object *type, const char *key, size_t len);

/* Warns of a key that means nothing on this platform. */
void reader_foreign(const struct reader *r);

#endif
