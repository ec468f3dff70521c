/* Words one row of the tables as struct spec_doc; visits them all.  Knows no path's syntax but what
 * it writes itself. */
#include "spec/doc_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "spec/doc_text.h"
#include "spec/format.h"
#include "spec/rules.h"

static const struct spec_field *field_of(const struct doc_place *p)
{
	return p->holder == NULL ? NULL : &p->holder->fields[p->row];
}

const struct spec_object *doc_object(const struct doc_place *p)
{
	const struct spec_field *const f = field_of(p);

	if (f == NULL)
		return spec_object_config();
	return f->type == NULL ? NULL : f->type();
}

static bool is_list(enum spec_kind kind)
{
	return kind == SPEC_LIST || kind == SPEC_STRINGS || kind == SPEC_UINTS ||
	       kind == SPEC_ENUMS;
}

/* The range, "to" left out where it is all that 64 bits hold. */
static const char *number_words(struct arena *a, const char *what, const struct spec_field *f)
{
	const bool all = f->kind == SPEC_INT && f->min == INT64_MIN;
	const bool open = f->max == (f->kind == SPEC_INT ? (uint64_t)INT64_MAX : UINT64_MAX);

	if (all && open)
		return what;
	if (open)
		return arena_printf(a, "%s from %" PRId64, what, f->min);
	return arena_printf(a, "%s from %" PRId64 " to %" PRIu64, what, f->min, f->max);
}

static const char *enum_words(struct arena *a, const char *what, const struct spec_words *words)
{
	char buf[2048];
	size_t len = (size_t)snprintf(buf, sizeof(buf), "%s: ", what);

	for (size_t i = 0, n = 0; i < words->count && len < sizeof(buf); i++)
		if (words->words[i].text[0] != '\0')
			len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%s",
				n++ > 0 ? ", " : "", words->words[i].text);
	return arena_text(a, buf, strlen(buf));
}

static const char *type_words(struct arena *a, const struct spec_field *f, bool element)
{
	const bool some = f->presence == SPEC_NONEMPTY;

	switch (f->kind) {
	case SPEC_STRING:
		return "string";
	case SPEC_BOOL:
		return "true or false";
	case SPEC_INT:
	case SPEC_UINT:
		return number_words(a, "whole number", f);
	case SPEC_UINTS:
		return number_words(a, element ? "whole number" : "list of whole numbers", f);
	case SPEC_ENUM:
		return enum_words(a, "one of", f->words);
	case SPEC_ENUMS:
		return enum_words(a, element ? "one of" : "list of", f->words);
	case SPEC_STRINGS:
		return element ? "string"
		       : some  ? "list of strings, at least one"
			       : "list of strings";
	case SPEC_OBJECT:
		return "object";
	case SPEC_LIST:
		return element ? "object" : "list of objects";
	case SPEC_NAMED:
		return element ? "object" : "object of objects, each by its name";
	case SPEC_MAP:
		return element ? "string" : "object of strings";
	case SPEC_FOREIGN_STRING:
		return "string";
	case SPEC_FOREIGN_OBJECT:
		return "object";
	case SPEC_ANY:
	case SPEC_KINDS:
		break;
	}
	return "anything";
}

static int put_words(struct arena *a, struct doc_pairs pairs, struct spec_doc *ret)
{
	struct spec_doc_word *list;
	size_t count = 0;

	for (const char *c = pairs.at; c < pairs.end; c = doc_text_next(doc_text_next(c)))
		count++;
	list = arena_array(a, count, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		list[i].word = pairs.at;
		list[i].text = doc_text_next(pairs.at);
		pairs.at = doc_text_next(list[i].text);
	}
	ret->words = list;
	ret->word_count = count;
	return 0;
}

/* Most words are of enums.def; three members have tables of their own. */
static int find_words(struct arena *a, const struct doc_place *p, const struct spec_field *f,
	struct spec_doc *ret)
{
	const struct {
		const struct spec_object *holder;
		const char *key, *table;
		struct doc_pairs words;
	} own[] = {
		{ spec_object_mount(), "options", "mount_option", doc_text_mount_options() },
		{ spec_object_linux(), "sysctl", "sysctl", doc_text_sysctls() },
		{ spec_object_config(), "annotations", "annotation", doc_text_annotations() },
	};

	ret->table = "";
	if (f->words != NULL) {
		ret->table = doc_text_table(f->words);
		return put_words(a, doc_text_words(f->words), ret);
	}
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (p->holder == own[i].holder && strcmp(ret->key, own[i].key) == 0) {
			ret->table = own[i].table;
			return put_words(a, own[i].words, ret);
		}
	return 0;
}

/* Is the rule about this member, or the list that this is an element of? */
static bool is_about(const struct rule *r, const char *path)
{
	const size_t len = strlen(r->where);

	return strncmp(path, r->where, len) == 0 && (path[len] == '\0' || path[len] == '[') &&
	       strchr(path + len, '.') == NULL;
}

static int find_rules(struct arena *a, struct spec_doc *ret)
{
	struct spec_doc_rule *list;
	size_t count, n = 0;
	const struct rule *const all = spec_rules(&count);

	for (size_t i = 0; i < count; i++)
		n += is_about(&all[i], ret->path);
	list = arena_array(a, n, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	ret->rules = list;
	for (size_t i = 0; i < count; i++)
		if (is_about(&all[i], ret->path))
			list[ret->rule_count++] = (struct spec_doc_rule){ all[i].severity,
				all[i].name, all[i].holds, all[i].where };
	return 0;
}

static int make_field(struct arena *a, const struct doc_place *p, struct spec_doc *ret)
{
	const struct spec_field *const f = field_of(p);
	const struct doc_text t = doc_text_of_row(p->holder, p->row);
	const bool text = f->kind == SPEC_STRING || f->kind == SPEC_STRINGS;

	ret->key = f->key != NULL ? f->key : "NAME";
	ret->kind = f->kind;
	ret->element = p->element;
	ret->required = f->key == NULL || f->presence != SPEC_OPTIONAL;
	ret->type = type_words(a, f, p->element);
	ret->format = text && f->format != SPEC_FORMAT_any ? spec_format_words(f->format) : "";
	ret->kernel = t.kernel;
	ret->since = t.since;
	ret->text = t.text;
	if (ret->type == NULL)
		return -ENOMEM;
	TRY(find_words(a, p, f, ret));
	return f->key == NULL ? 0 : find_rules(a, ret); /* a name has those of what it names */
}

static void make_file(struct spec_doc *ret)
{
	ret->key = "";
	ret->kind = SPEC_OBJECT;
	ret->required = true;
	ret->type = "object";
	ret->text = "The configuration of a container: the file config.json of its bundle.";
	ret->format = ret->kernel = ret->since = ret->table = "";
}

int doc_below(struct arena *a, const struct doc_place *above, size_t row, struct doc_place *ret)
{
	const struct spec_field *const f = field_of(above);
	const struct spec_object *const o = doc_object(above);
	const char *const key = o->fields[row].key;
	const char *mark = "";

	if (f != NULL && !above->element && is_list(f->kind))
		mark = "[]";
	if (f != NULL && !above->element && (f->kind == SPEC_NAMED || f->kind == SPEC_MAP))
		mark = "[\"NAME\"]";
	ret->holder = o;
	ret->row = row;
	ret->element = false;
	ret->path = arena_printf(a, "%s%s%s%s", above->path, mark,
		key == NULL || above->path[0] == '\0' ? "" : ".", key == NULL ? "" : key);
	return ret->path == NULL ? -ENOMEM : 0;
}

static int make_members(struct arena *a, const struct doc_place *p, struct spec_doc *ret)
{
	const struct spec_object *const o = doc_object(p);
	struct spec_doc *const members = arena_array(a, o->count, sizeof(*members));

	if (members == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < o->count; i++) {
		struct doc_place below;

		TRY(doc_below(a, p, i, &below));
		TRY(doc_make(a, &below, false, &members[i]));
	}
	ret->members = members;
	ret->count = o->count;
	return 0;
}

int doc_make(struct arena *a, const struct doc_place *p, bool deep, struct spec_doc *ret)
{
	const struct spec_object *const o = doc_object(p);

	*ret = (struct spec_doc){ .path = p->path, .object = o == NULL ? "" : o->name };
	if (p->holder == NULL)
		make_file(ret);
	else
		TRY(make_field(a, p, ret));
	return deep && o != NULL ? make_members(a, p, ret) : 0;
}

static int visit(struct arena *a, const struct doc_place *p, spec_doc_fn see, void *arg)
{
	const struct spec_object *const o = doc_object(p);
	struct spec_doc *const doc = arena_alloc(a, sizeof(*doc));
	int rc;

	if (doc == NULL)
		return -ENOMEM;
	TRY(doc_make(a, p, true, doc));
	rc = see(doc, arg);
	for (size_t i = 0; rc == 0 && o != NULL && i < o->count; i++) {
		struct doc_place below;

		TRY(doc_below(a, p, i, &below));
		rc = visit(a, &below, see, arg);
	}
	return rc;
}

int spec_doc_visit(struct arena *a, spec_doc_fn see, void *arg)
{
	return visit(a, &(struct doc_place){ .path = "" }, see, arg);
}
