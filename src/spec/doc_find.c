/* Finds a member by its path, or says which path may have been meant.  Words no row. */
#include "spec/doc_place.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define KEY_END ".[ :"

enum {
	PATH_MAX_LEN = 1024
};

/* How far a path leads. */
struct way {
	struct arena *arena;
	struct doc_place at;
	const char *rest;
};

/* People copy paths from messages: "mounts[3] (/data): cannot ..." */
static bool is_end(char c)
{
	return c == '\0' || c == ' ' || c == ':';
}

/* How long is "[...]" at the beginning of text?  0: it is not whole. */
static size_t bracket_len(const char *text)
{
	const bool quoted = text[1] == '"';
	size_t i = quoted ? 2 : 1;

	while (text[i] != '\0' && text[i] != (quoted ? '"' : ']'))
		i += text[i] == '\\' && text[i + 1] != '\0' ? 2 : 1;
	i += quoted && text[i] != '\0';
	return text[i] == ']' ? i + 1 : 0;
}

static bool is_index(const char *bracket, size_t len)
{
	return strspn(bracket + 1, "0123456789") == len - 2;
}

/* The part of the path that chooses an element; 0: there is none.  -1: one that cannot be. */
static int element_len(const struct way *w, enum spec_kind kind)
{
	const bool list = kind == SPEC_LIST || kind == SPEC_STRINGS || kind == SPEC_UINTS ||
			  kind == SPEC_ENUMS;
	const bool by_name = kind == SPEC_NAMED || kind == SPEC_MAP;
	size_t len;

	if (w->rest[0] == '.' && by_name)
		return 1 + (int)(kind == SPEC_MAP ? strlen(w->rest + 1)
						  : strcspn(w->rest + 1, KEY_END));
	if (w->rest[0] != '[')
		return 0;
	len = bracket_len(w->rest);
	if (len == 0 || !(list || by_name) || (list && !is_index(w->rest, len)))
		return -1;
	return (int)len;
}

/* Takes one key and what chooses an element.  Returns 1; 0: there is no such member; -ENOMEM. */
static int step(struct way *w)
{
	const struct spec_object *const o = doc_object(&w->at);
	const size_t len = strcspn(w->rest, KEY_END);
	const struct spec_field *const f = o == NULL ? NULL : spec_field_find(o, w->rest, len);
	int chosen;

	if (f == NULL)
		return 0;
	TRY(doc_below(w->arena, &w->at, (size_t)(f - o->fields), &w->at));
	w->rest += len;
	chosen = element_len(w, f->kind);
	if (chosen > 0) {
		w->at.element = true;
		w->at.path = arena_printf(w->arena, "%s%s", w->at.path,
			f->kind == SPEC_NAMED || f->kind == SPEC_MAP ? "[\"NAME\"]" : "[]");
		w->rest += chosen;
	}
	if (w->at.path == NULL)
		return -ENOMEM;
	if (w->rest[0] == '.' && !is_end(w->rest[1])) {
		w->rest++;
		return doc_object(&w->at) != NULL;
	}
	return chosen >= 0 && is_end(w->rest[0]);
}

/* --- what may have been meant ----------------------------------------------------------------- */

struct guess {
	char typed[PATH_MAX_LEN]; /* with indices as [] */
	const char *best;
	size_t distance;      /* of the best; 0: it ends in what was typed */
	const char *same_key; /* the first path with the same last word */
};

static void set_typed(struct guess *g, const char *path)
{
	size_t len = 0;

	while (!is_end(*path) && len < sizeof(g->typed) - 3) {
		const size_t skip = *path == '[' ? bracket_len(path) : 0;

		if (skip > 0) {
			memcpy(g->typed + len, "[]", 2);
			len += 2;
			path += skip;
		} else {
			g->typed[len++] = *path++;
		}
	}
	while (len > 2 && memcmp(g->typed + len - 2, "[]", 2) == 0)
		len -= 2; /* the list is what is looked for */
	g->typed[len] = '\0';
}

static bool ends_in(const char *path, const char *end)
{
	const size_t len = strlen(path), end_len = strlen(end);

	if (end_len == 0 || end_len > len || strcasecmp(path + len - end_len, end) != 0)
		return false;
	return len == end_len || path[len - end_len - 1] == '.';
}

static int look(const struct spec_doc *d, void *arg)
{
	struct guess *const g = arg;
	const char *const dot = strrchr(g->typed, '.');
	size_t distance;

	if (d->path[0] == '\0' || strcmp(d->key, "NAME") == 0)
		return 0;
	distance = ends_in(d->path, g->typed) ? 0 : text_distance(g->typed, d->path);
	if (distance < g->distance && (distance == 0 || text_is_near(distance, g->typed))) {
		g->distance = distance;
		g->best = d->path;
	}
	if (g->same_key == NULL && dot != NULL && strcasecmp(dot + 1, d->key) == 0)
		g->same_key = d->path;
	return 0;
}

/* The member of the object where the path went astray that is most like the next word. */
static const struct spec_field *sibling(const struct spec_object *o, const char *rest)
{
	const struct spec_field *best = NULL;
	size_t least = SIZE_MAX;
	char key[TEXT_SHOWN];

	(void)snprintf(key, sizeof(key), "%.*s", (int)strcspn(rest, KEY_END), rest);
	for (size_t i = 0; o != NULL && i < o->count; i++) {
		const char *const other = o->fields[i].key;
		const size_t distance = other == NULL ? SIZE_MAX : text_distance(key, other);

		if (distance < least && text_is_near(distance, key)) {
			least = distance;
			best = &o->fields[i];
		}
	}
	return best;
}

static bool is_last_key(const char *rest)
{
	return is_end(rest[strcspn(rest, KEY_END)]);
}

/* The hint when nothing is near: what there is instead. */
static int hint_members(const struct doc_place *at, struct err *e)
{
	const struct spec_object *const o = doc_object(at);
	char list[400] = "";
	size_t len = 0;

	for (size_t i = 0, n = 0; o != NULL && i < o->count && len < sizeof(list); i++)
		if (o->fields[i].key != NULL)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
				n++ > 0 ? ", " : "", o->fields[i].key);
	if (o == NULL)
		return err_hint(e, "%s has no members", at->path);
	return err_hint(
		e, "%s has the members %s", at->path[0] == '\0' ? "the file" : at->path, list);
}

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static int unknown(const struct way *w, const char *path, struct err *e)
{
	const struct spec_object *const o = doc_object(&w->at);
	const struct spec_field *const near = sibling(o, w->rest);
	struct doc_place at;
	char shown[4 * TEXT_SHOWN];
	struct guess g = { .distance = SIZE_MAX };

	(void)err_set(e, ENOENT, POS_NONE, "%s: the configuration has no such member",
		text_escape(shown, sizeof(shown), path, strlen(path)));
	set_typed(&g, path);
	if (spec_doc_visit(w->arena, look, &g) < 0)
		return no_memory(e);
	if (g.distance > 0 && w->at.holder != NULL && is_last_key(w->rest)) {
		g.best = NULL; /* all but the last word is right */
		if (near != NULL) {
			if (doc_below(w->arena, &w->at, (size_t)(near - o->fields), &at) < 0)
				return no_memory(e);
			g.best = at.path;
		}
	}
	if (g.best == NULL)
		g.best = g.same_key;
	if (g.best != NULL)
		return err_hint(e, "did you mean %s?", g.best);
	return hint_members(&w->at, e);
}

int spec_doc_find(const char *path, struct arena *arena, const struct spec_doc **ret, struct err *e)
{
	struct way w = { .arena = arena, .at = { .path = "" }, .rest = path };
	struct spec_doc *const doc = arena_alloc(arena, sizeof(*doc));

	if (doc == NULL)
		return no_memory(e);
	w.rest += w.rest[0] == '.';
	while (!is_end(w.rest[0])) {
		const int rc = step(&w);

		if (rc < 0)
			return no_memory(e);
		if (rc == 0)
			return unknown(&w, path, e);
	}
	if (doc_make(arena, &w.at, true, doc) < 0)
		return no_memory(e);
	*ret = doc;
	return 0;
}
