/* Every member of every object, with a value of every wrong type: the rows come from the field
 * tables, so a new row of spec/config.def is tested the day it is written. */
#include "spec_case.h"

#include <stdarg.h>
#include <stdio.h>

#include "spec/format.h"

enum {
	DEPTH = 8,
	TEXT = 3072
};

/* The way from the file's object to a member. */
struct way {
	const struct spec_field *steps[DEPTH];
	size_t count;
};

struct out {
	char json[TEXT];
	size_t end;
};

static void put(struct out *o, const char *fmt, ...) PRINTF(2, 3);
static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	o->end += (size_t)vsnprintf(o->json + o->end, sizeof(o->json) - o->end, fmt, ap);
	va_end(ap);
	cr_assert(lt(sz, o->end, sizeof(o->json)));
}

static void put_object(
	struct out *o, const struct spec_object *type, const struct spec_field *except);

/* A value that the field takes. */
static void put_good(struct out *o, const struct spec_field *f)
{
	switch ((int)f->kind) {
	case SPEC_BOOL:
		put(o, "true");
		return;
	case SPEC_INT:
	case SPEC_UINT:
		put(o, "1");
		return;
	case SPEC_ENUM:
		put(o, "'%s'", f->words->words[0].text);
		return;
	case SPEC_STRING:
		put(o, "'%s'", spec_format_example(f->format));
		return;
	case SPEC_STRINGS:
		put(o, "['%s']", spec_format_example(f->format));
		return;
	case SPEC_OBJECT:
		put(o, "{");
		put_object(o, f->type(), NULL);
		put(o, "}");
		return;
	default:
		put(o, f->kind == SPEC_UINTS || f->kind == SPEC_ENUMS || f->kind == SPEC_LIST
				? "[]"
				: "{}");
	}
}

/* The members that an object must have, each with a comma behind. */
static void put_object(
	struct out *o, const struct spec_object *type, const struct spec_field *except)
{
	size_t n = 0;

	for (size_t i = 0; i < type->count; i++) {
		const struct spec_field *const f = &type->fields[i];

		if (!f->presence != SPEC_OPTIONAL || f == except)
			continue;
		put(o, "%s'%s':", n++ > 0 ? ",\n" : "", f->key);
		put_good(o, f);
	}
	if (except != NULL)
		put(o, "%s'%s':", n > 0 ? ",\n" : "", except->key);
}

/* Value in the place of the %s of inside. */
static void put_inside(struct out *o, const char *inside, const char *value)
{
	const char *const place = strstr(inside, "%s");

	cr_assert(place != NULL);
	put(o, "%.*s%s%s", (int)(place - inside), inside, value, place + 2);
}

/* A whole file in which only the value at the end of the way is given from outside. */
static void put_file(struct out *o, const struct way *w, const char *value, const char *inside)
{
	const struct spec_object *type = spec_object_config();
	char closing[DEPTH * 4 + 8] = "";
	char more[sizeof(closing) + 8];

	for (size_t i = 0; i < w->count; i++) {
		const struct spec_field *const f = w->steps[i];
		const bool last = i + 1 == w->count;
		const char *open = "", *close = "}";

		put(o, "{");
		put_object(o, type, f);
		if (!last && f->kind == SPEC_LIST)
			open = "[", close = "]}";
		if (!last && f->kind == SPEC_NAMED)
			open = "{'n':", close = "}}";
		put(o, "%s", open);
		(void)snprintf(more, sizeof(more), "%s%s", close, closing);
		memcpy(closing, more, sizeof(closing));
		if (f->type != NULL)
			type = f->type();
	}
	put_inside(o, inside, value);
	put(o, "%s", closing);
}

static void put_path(struct out *o, const struct way *w, const char *inside)
{
	for (size_t i = 0; i < w->count; i++) {
		put(o, "%s%s", i > 0 ? "." : "", w->steps[i]->key);
		if (i + 1 < w->count && w->steps[i]->kind == SPEC_LIST)
			put(o, "[0]");
		if (i + 1 < w->count && w->steps[i]->kind == SPEC_NAMED)
			put(o, "[\"n\"]");
	}
	put(o, "%s: ", inside);
}

enum type {
	NUL,
	BOOL,
	NUMBER,
	STRING,
	LIST,
	OBJECT,
	FRACTION,
	TYPES
};

static const char *const wrong_values[TYPES] = { "@null", "@true", "@1", "@'?'", "@[]", "@{}",
	"@1.5" };

static const struct {
	enum type takes; /* of the member itself */
	enum type inside;
	const char *value, *path; /* of an element; NULL: none */
} kinds[SPEC_KINDS] = {
	[SPEC_STRING] = { STRING, TYPES, NULL, NULL },
	[SPEC_BOOL] = { BOOL, TYPES, NULL, NULL },
	[SPEC_INT] = { NUMBER, TYPES, NULL, NULL },
	[SPEC_UINT] = { NUMBER, TYPES, NULL, NULL },
	[SPEC_ENUM] = { TYPES, TYPES, NULL, NULL }, /* '?' is no word either */
	[SPEC_STRINGS] = { LIST, STRING, "['a',%s]", "[1]" },
	[SPEC_UINTS] = { LIST, NUMBER, "[1,%s]", "[1]" },
	[SPEC_ENUMS] = { LIST, TYPES, "[%s]", "[0]" },
	[SPEC_OBJECT] = { OBJECT, TYPES, NULL, NULL },
	[SPEC_LIST] = { LIST, OBJECT, "[%s]", "[0]" },
	[SPEC_NAMED] = { OBJECT, OBJECT, "{'k':%s}", "[\"k\"]" },
	[SPEC_MAP] = { OBJECT, STRING, "{'k':'',' ':%s}", "[\" \"]" },
};

static void expect_refused(
	const struct way *w, const char *value, const char *inside, const char *path)
{
	AUTO_ARENA a = { 0 };
	struct out json = { "", 0 }, start = { "", 0 };
	struct spec_case c;
	struct err e = { 0 };

	put_file(&json, w, value, inside);
	put_path(&start, w, path);
	c = spec_case_make(json.json);
	cr_expect(eq(int, spec_case_read(&c, &a, &e), -EINVAL), "%s", json.json);
	cr_expect(eq(int, strncmp(e.text, start.json, start.end), 0), "%s is not about %s", e.text,
		start.json);
	cr_expect(eq(u32, e.at.line, c.mark.line), "%s", e.text);
	cr_expect(eq(u32, e.at.column, c.mark.column), "%s", e.text);
	free(c.json);
}

/* No error is about the member; others may be, for the file has little else. */
static void expect_accepted(const struct way *w, const char *value)
{
	AUTO_ARENA a = { 0 };
	struct spec_report report = { .arena = &a };
	const struct spec_finding *f = NULL;
	const void *config = NULL;
	struct out json = { "", 0 }, path = { "", 0 };
	struct spec_case c;

	put_file(&json, w, value, "%s");
	put_path(&path, w, "");
	c = spec_case_make(json.json);
	(void)!spec_read(SPEC_CONFIG, c.json, strlen(c.json), &report, &config);
	while ((f = spec_report_next(&report, f, SPEC_ERROR)) != NULL)
		if (strchr(f->rule, '_') == NULL) /* of the reader, not of rules.def */
			cr_expect(ne(int, strncmp(f->path, path.json, path.end - 2), 0),
				"%s: %s: %s", f->path, f->text, json.json);
	free(c.json);
}

static void each_type(const struct way *w)
{
	const enum spec_kind kind = w->steps[w->count - 1]->kind;

	if (kind == SPEC_FOREIGN) {
		for (size_t i = 0; i < ARRAY_LEN(wrong_values); i++)
			expect_accepted(w, wrong_values[i]);
		return;
	}
	for (int t = 0; t < TYPES; t++) {
		/* an empty object lacks its required members; that has tests of its own */
		if (t != (int)kinds[kind].takes)
			expect_refused(w, wrong_values[t], "%s", "");
		if (kinds[kind].value != NULL && t != (int)kinds[kind].inside)
			expect_refused(w, wrong_values[t], kinds[kind].value, kinds[kind].path);
	}
}

static size_t each_member(const struct spec_object *type, struct way *w)
{
	size_t members = 0;

	cr_assert(lt(sz, w->count, DEPTH));
	w->count++;
	for (size_t i = 0; i < type->count; i++) {
		const struct spec_field *const f = &type->fields[i];

		if (f->key == NULL)
			continue;
		w->steps[w->count - 1] = f;
		each_type(w);
		members++;
		if (f->type != NULL)
			members += each_member(f->type(), w);
	}
	w->count--;
	return members;
}

Test(spec_types, each_member_refuses_each_wrong_type)
{
	struct way w = { { NULL }, 0 };

	cr_expect(gt(sz, each_member(spec_object_config(), &w), 150));
}

/* Without any one of its required members, an object is refused at its own place. */
static void each_missing(const struct spec_object *type, struct way *w)
{
	cr_assert(lt(sz, w->count, DEPTH));
	w->count++;
	for (size_t i = 0; i < type->count; i++) {
		const struct spec_field *const f = &type->fields[i];

		if (f->key == NULL || f->type == NULL)
			continue;
		w->steps[w->count - 1] = f;
		for (size_t j = 0; j < f->type()->count; j++) {
			const struct spec_field *const lacks = &f->type()->fields[j];
			struct out value = { "", 0 }, path = { "", 0 };

			if (lacks->presence == SPEC_OPTIONAL)
				continue;
			put(&value, "@{");
			for (size_t k = 0; k < f->type()->count; k++)
				if (f->type()->fields[k].presence != SPEC_OPTIONAL && k != j) {
					put(&value, "'%s':", f->type()->fields[k].key);
					put_good(&value, &f->type()->fields[k]);
					put(&value, ",");
				}
			put(&value, "'x':0}");
			put(&path, "%s.%s",
				f->kind == SPEC_LIST    ? "[0]"
				: f->kind == SPEC_NAMED ? "[\"k\"]"
							: "",
				lacks->key);
			expect_refused(w, value.json,
				f->kind == SPEC_LIST    ? "[%s]"
				: f->kind == SPEC_NAMED ? "{'k':%s}"
							: "%s",
				path.json);
		}
		each_missing(f->type(), w);
	}
	w->count--;
}

Test(spec_types, each_required_member)
{
	struct way w = { { NULL }, 0 };

	each_missing(spec_object_config(), &w);
}

Test(spec_types, good_values)
{
	struct way w = { { NULL }, 0 };
	const struct spec_object *const config = spec_object_config();

	w.count = 1;
	for (size_t i = 0; i < config->count; i++) {
		struct out value = { "", 0 };

		w.steps[0] = &config->fields[i];
		put_good(&value, w.steps[0]);
		expect_accepted(&w, value.json);
	}
}
