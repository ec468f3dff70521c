/* Files that hold little but one member.  Makes them of the field tables alone. */
#include "spec_way.h"

#include <stdarg.h>
#include <stdio.h>

static const struct spec_object *way_root(const struct way *w)
{
	return w->type == SPEC_CONFIG    ? spec_object_config()
	       : w->type == SPEC_PROCESS ? spec_object_process()
					 : spec_object_resources();
}

void way_put(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	o->end += (size_t)vsnprintf(o->json + o->end, sizeof(o->json) - o->end, fmt, ap);
	va_end(ap);
	cr_assert(lt(sz, o->end, sizeof(o->json)));
}

/* A value that the field takes. */
void way_put_good(struct out *o, const struct spec_field *f)
{
	switch ((int)f->kind) {
	case SPEC_BOOL:
		way_put(o, "true");
		return;
	case SPEC_INT:
	case SPEC_UINT:
		way_put(o, "1");
		return;
	case SPEC_ENUM:
		way_put(o, "'%s'", f->words->words[0].text);
		return;
	case SPEC_STRING:
		way_put(o, "'%s'", spec_format_example(f->format));
		return;
	case SPEC_STRINGS:
		way_put(o, "['%s']", spec_format_example(f->format));
		return;
	case SPEC_OBJECT:
		way_put(o, "{");
		way_put_object(o, f->type(), NULL);
		way_put(o, "}");
		return;
	default:
		way_put(o, f->kind == SPEC_UINTS || f->kind == SPEC_ENUMS || f->kind == SPEC_LIST
				   ? "[]"
				   : "{}");
	}
}

/* The members that an object must have, each with a comma behind. */
void way_put_object(struct out *o, const struct spec_object *type, const struct spec_field *except)
{
	size_t n = 0;

	for (size_t i = 0; i < type->count; i++) {
		const struct spec_field *const f = &type->fields[i];

		if (f->presence == SPEC_OPTIONAL || f == except)
			continue;
		way_put(o, "%s'%s':", n++ > 0 ? ",\n" : "", f->key);
		way_put_good(o, f);
	}
	if (except != NULL)
		way_put(o, "%s'%s':", n > 0 ? ",\n" : "", except->key);
}

/* Value in the place of the %s of inside. */
static void put_inside(struct out *o, const char *inside, const char *value)
{
	const char *const place = strstr(inside, "%s");

	cr_assert(place != NULL);
	way_put(o, "%.*s%s%s", (int)(place - inside), inside, value, place + 2);
}

/* A whole file in which only the value at the end of the way is given from outside. */
void way_put_file(struct out *o, const struct way *w, const char *value, const char *inside)
{
	const struct spec_object *type = way_root(w);
	char closing[DEPTH * 4 + 8] = "";
	char more[sizeof(closing) + 8];

	for (size_t i = 0; i < w->count; i++) {
		const struct spec_field *const f = w->steps[i];
		const bool last = i + 1 == w->count;
		const char *open = "", *close = "}";

		way_put(o, "{");
		way_put_object(o, type, f);
		if (!last && f->kind == SPEC_LIST)
			open = "[", close = "]}";
		if (!last && f->kind == SPEC_NAMED)
			open = "{'n':", close = "}}";
		way_put(o, "%s", open);
		(void)snprintf(more, sizeof(more), "%s%s", close, closing);
		memcpy(closing, more, sizeof(closing));
		if (f->type != NULL)
			type = f->type();
	}
	put_inside(o, inside, value);
	way_put(o, "%s", closing);
}

void way_put_path(struct out *o, const struct way *w, const char *inside)
{
	for (size_t i = 0; i < w->count; i++) {
		way_put(o, "%s%s", i > 0 ? "." : "", w->steps[i]->key);
		if (i + 1 < w->count && w->steps[i]->kind == SPEC_LIST)
			way_put(o, "[0]");
		if (i + 1 < w->count && w->steps[i]->kind == SPEC_NAMED)
			way_put(o, "[\"n\"]");
	}
	way_put(o, "%s: ", inside);
}

/* Is there such a finding at the marked place? */
static bool has_finding(const struct spec_report *r, enum spec_severity severity,
	struct src_pos mark, const char *path)
{
	const struct spec_finding *f = NULL;

	while ((f = spec_report_next(r, f, severity)) != NULL)
		if (f->at.line == mark.line && f->at.column == mark.column &&
			(path == NULL || strcmp(f->path, path) == 0))
			return true;
	return false;
}

static void expect_finding(
	const struct way *w, enum spec_severity severity, struct out *json, struct out *path)
{
	AUTO_ARENA a = { 0 };
	struct spec_report report = { .arena = &a };
	const void *target = NULL;
	struct spec_case c = spec_case_make(json->json);
	const int rc = spec_read(w->type, c.json, strlen(c.json), &report, &target);

	if (severity == SPEC_ERROR)
		cr_expect(eq(int, rc, -EINVAL), "%s", json->json);
	if (path != NULL)
		path->json[path->end - 2] = '\0'; /* ": " */
	cr_expect(has_finding(&report, severity, c.mark, path == NULL ? NULL : path->json),
		"no finding at the mark for %s: %s", path == NULL ? "it" : path->json, json->json);
	free(c.json);
}

/* Puts the mark before the last occurrence of the key. */
static void way_mark_key(struct out *json, const char *key)
{
	struct out quoted = { "", 0 };
	char *place = NULL;

	way_put(&quoted, "'%s':", key);
	for (char *p = json->json; (p = strstr(p, quoted.json)) != NULL; p++)
		place = p;
	cr_assert(place != NULL && json->end + 1 < sizeof(json->json));
	memmove(place + 1, place, strlen(place) + 1);
	*place = '@';
	json->end++;
}

void way_expect_refused(
	const struct way *w, const char *value, const char *inside, const char *path)
{
	struct out json = { "", 0 }, want = { "", 0 };

	way_put_file(&json, w, value, inside);
	way_put_path(&want, w, path);
	expect_finding(w, SPEC_ERROR, &json, &want);
}

void way_expect_broken(const struct way *w, const char *value)
{
	struct out json = { "", 0 };

	way_put_file(&json, w, value, "%s");
	expect_finding(w, SPEC_ERROR, &json, NULL);
}

void way_expect_unknown(const struct way *w, const char *key)
{
	struct out json = { "", 0 }, want = { "", 0 }, value = { "", 0 };
	struct way misspelt = *w;
	struct spec_field field = *w->steps[w->count - 1];

	way_put_good(&value, &field);
	field.key = key;
	misspelt.steps[w->count - 1] = &field;
	way_put_file(&json, &misspelt, value.json, "%s");
	way_put_path(&want, &misspelt, "");
	/* the key is what is odd, and it stands before its value */
	way_mark_key(&json, key);
	expect_finding(w, SPEC_WARNING, &json, &want);
}

/* No error is about the member; others may be, for the file has little else. */
void way_expect_accepted(const struct way *w, const char *value)
{
	AUTO_ARENA a = { 0 };
	struct spec_report report = { .arena = &a };
	const struct spec_finding *f = NULL;
	const void *config = NULL;
	struct out json = { "", 0 }, path = { "", 0 };
	struct spec_case c;

	way_put_file(&json, w, value, "%s");
	way_put_path(&path, w, "");
	c = spec_case_make(json.json);
	(void)!spec_read(w->type, c.json, strlen(c.json), &report, &config);
	while ((f = spec_report_next(&report, f, SPEC_ERROR)) != NULL)
		if (strchr(f->rule, '_') == NULL) /* of the reader, not of rules.def */
			cr_expect(ne(int, strncmp(f->path, path.json, path.end - 2), 0),
				"%s: %s: %s", f->path, f->text, json.json);
	free(c.json);
}
