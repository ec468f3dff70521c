/* The texts of the tables in spec/, by row.  Inside src/spec only. */
#ifndef CRUN_LITE_SPEC_DOC_TEXT_H
#define CRUN_LITE_SPEC_DOC_TEXT_H

#include "spec/fields.h"

/* The three texts of one row of an object. */
struct doc_text {
	const char *kernel, *since, *text;
};

struct doc_text doc_text_of_row(const struct spec_object *o, size_t row);

/* The name of the words' table in enums.def. */
const char *doc_text_table(const struct spec_words *words);

/* Pairs of texts, a word and what it does: from one of them to the next, until the end. */
struct doc_pairs {
	const char *at, *end;
};

struct doc_pairs doc_text_words(const struct spec_words *words);
struct doc_pairs doc_text_mount_options(void);
struct doc_pairs doc_text_sysctls(void);
struct doc_pairs doc_text_annotations(void);

/* The text behind a text. */
const char *doc_text_next(const char *text);

#endif
