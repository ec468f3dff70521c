/* The texts of the tables in spec/.  Looks them up and words nothing.
 *
 * Each table is one long string of texts with a NUL behind each, for it shall cost nothing where
 * nobody asks: an array of pointers has to be relocated at every start of a position-independent
 * program, which also makes its pages private. */
#include "spec/doc_text.h"

#include <string.h>

#define MARK '\1' /* begins the name of an object or table; no text does */

/* A row without DOC does not compile: the macro then lacks an argument. */
#define DOC(kernel, since, text)            kernel "\0" since "\0" text "\0"
#define BEGIN(type)                         "\1" #type "\0"
#define STRING(member, key, format, p, doc) doc
#define BOOL(member, key, p, doc)           doc
#define INT(member, key, min, max, p, doc)  doc
#define UINT(member, key, max, p, doc)      doc
#define ENUM(member, key, table, p, doc)    doc
#define STRINGS(member, key, fmt, p, doc)   doc
#define UINTS(member, key, max, p, doc)     doc
#define ENUMS(member, key, table, p, doc)   doc
#define OBJECT(member, key, type, p, doc)   doc
#define LIST(member, key, type, p, doc)     doc
#define NAMED(member, key, type, p, doc)    doc
#define MAP(member, key, p, doc)            doc
#define FOREIGN(key, type, doc)             doc
#define END(type)
/* clang-format off */
static const char rows[] =
#include "spec/config.def"
	;
/* clang-format on */
#include "spec/config_undef.h"

#define TABLE(name)             "\1" #name "\0"
#define WORD(word, number, doc) word "\0" doc "\0"
#define TABLE_END(name)
/* clang-format off */
static const char words[] =
#include "spec/enums.def"
	"\1";
/* clang-format on */
#undef TABLE
#undef WORD
#undef TABLE_END

#define OPTION(word, action, value, doc) word "\0" doc "\0"
/* clang-format off */
static const char options[] =
#include "spec/mount_options.def"
	;
/* clang-format on */
#undef OPTION

#define SYSCTL(path, namespace, flag) path "\0Needs " namespace " namespace.\0"
#define REFUSED(path, hint)           path "\0Not to be set here: " hint ".\0"
/* clang-format off */
static const char sysctls[] =
#include "spec/sysctls.def"
	;
/* clang-format on */
#undef SYSCTL
#undef REFUSED

#define ANNOTATION(key, unsafe, what) key "\0" what ".\0"
/* clang-format off */
static const char annotations[] =
#include "spec/annotations.def"
	;
/* clang-format on */
#undef ANNOTATION

const char *doc_text_next(const char *text)
{
	return text + strlen(text) + 1;
}

/* What stands behind the mark of the name, which is there. */
static const char *behind_mark(const char *texts, const char *name)
{
	while (texts[0] != MARK || strcmp(texts + 1, name) != 0)
		texts = doc_text_next(texts);
	return doc_text_next(texts);
}

struct doc_text doc_text_of_row(const struct spec_object *o, size_t row)
{
	struct doc_text ret = { .kernel = behind_mark(rows, o->name) };

	for (size_t i = 0; i < 3 * row; i++)
		ret.kernel = doc_text_next(ret.kernel);
	ret.since = doc_text_next(ret.kernel);
	ret.text = doc_text_next(ret.since);
	return ret;
}

const char *doc_text_table(const struct spec_words *of)
{
#define TABLE(name)             \
	if (of == &spec_##name) \
		return #name;
#define WORD(word, number, ...)
#define TABLE_END(name)
#include "spec/enums.def"
#undef TABLE
#undef WORD
#undef TABLE_END
	return "";
}

struct doc_pairs doc_text_words(const struct spec_words *of)
{
	struct doc_pairs ret = { .at = behind_mark(words, doc_text_table(of)) };

	for (ret.end = ret.at; ret.end[0] != MARK;)
		ret.end = doc_text_next(ret.end);
	return ret;
}

struct doc_pairs doc_text_mount_options(void)
{
	return (struct doc_pairs){ options, options + sizeof(options) - 1 };
}

struct doc_pairs doc_text_sysctls(void)
{
	return (struct doc_pairs){ sysctls, sysctls + sizeof(sysctls) - 1 };
}

struct doc_pairs doc_text_annotations(void)
{
	return (struct doc_pairs){ annotations, annotations + sizeof(annotations) - 1 };
}
