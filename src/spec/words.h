/* The words of spec/enums.def with their numbers. */
#ifndef CRUN_LITE_SPEC_WORDS_H
#define CRUN_LITE_SPEC_WORDS_H

#include "base/defs.h"

enum spec_seccomp_action {
	SPEC_SECCOMP_KILL_THREAD,
	SPEC_SECCOMP_KILL_PROCESS,
	SPEC_SECCOMP_TRAP,
	SPEC_SECCOMP_ERRNO,
	SPEC_SECCOMP_TRACE,
	SPEC_SECCOMP_LOG,
	SPEC_SECCOMP_ALLOW,
	SPEC_SECCOMP_NOTIFY,
};

/* Words and their numbers: a table of enums.def. */
struct spec_word {
	const char *text;
	int64_t number;
};

struct spec_words {
	const struct spec_word *words;
	size_t count;
};

#define TABLE(name) extern const struct spec_words spec_##name;
#define WORD(text, number, ...)
#define TABLE_END(name)
#include "spec/enums.def"
#undef TABLE
#undef WORD
#undef TABLE_END

/* Finds the number of a word.  Returns NULL when the table has no such word. */
const struct spec_word *spec_word_find(const struct spec_words *table, const char *text);

/* The first word with this number; "?" when there is none. */
const char *spec_word_text(const struct spec_words *table, int64_t number);

/* The version of libseccomp that words and numbers are from: "2.5.4". */
const char *spec_libseccomp_version(void);

#endif
