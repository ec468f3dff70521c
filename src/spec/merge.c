/* One object of the configuration put over another, by the tables.  Knows no member by name but
 * those that name an element of a list. */
#include "spec/change.h"

#include "spec/fields.h"

#include <string.h>

struct merge {
	struct arena *arena;
	struct src_pos at; /* what stays gets this place */
};

static int merge_object(const struct merge *m, const struct spec_object *o, const char *base,
	const char *change, char *ret);

/* Is this one of the members that say which element it is? */
static bool names_element(const struct spec_field *f)
{
	static const char *const keys[] = { "major", "minor", "pageSize", "name" };

	for (size_t i = 0; f->key != NULL && i < ARRAY_LEN(keys); i++)
		if (strcmp(f->key, keys[i]) == 0)
			return true;
	return f->key == NULL;
}

static bool same_text(const struct spec_str *a, const struct spec_str *b)
{
	return a->value != NULL && b->value != NULL && strcmp(a->value, b->value) == 0;
}

static bool same_member(const struct spec_field *f, const char *a, const char *b)
{
	struct spec_str text, other;

	if (f->kind != SPEC_STRING) /* a number, whose value stands first */
		return memcmp(a + f->offset, b + f->offset, sizeof(int64_t)) == 0;
	memcpy(&text, a + f->offset, sizeof(text));
	memcpy(&other, b + f->offset, sizeof(other));
	return same_text(&text, &other);
}

/* The element of the same name; NULL: there is none. */
static const char *find_same(
	const struct spec_object *o, const struct spec_array *in, const char *item)
{
	for (size_t i = 0; i < in->count; i++) {
		const char *const other = (const char *)in->items + i * o->size;
		bool same = true;

		for (size_t k = 0; same && k < o->count; k++)
			same = !names_element(&o->fields[k]) ||
			       same_member(&o->fields[k], other, item);
		if (same)
			return other;
	}
	return NULL;
}

static int merge_list(const struct merge *m, const struct spec_object *o,
	const struct spec_array *base, const struct spec_array *change, struct spec_array *ret)
{
	char *const items = arena_array(m->arena, base->count + change->count + 1, o->size);
	size_t count = 0;

	if (items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < base->count; i++) {
		const char *const item = (const char *)base->items + i * o->size;

		TRY(merge_object(
			m, o, item, find_same(o, change, item), items + count++ * o->size));
	}
	for (size_t i = 0; i < change->count; i++) {
		const char *const item = (const char *)change->items + i * o->size;

		if (find_same(o, base, item) == NULL)
			memcpy(items + count++ * o->size, item, o->size);
	}
	*ret = (struct spec_array){ items, count, change->at };
	return 0;
}

static bool has_key(const struct spec_array *map, const struct spec_str *key)
{
	const struct spec_pair *const pairs = map->items;

	for (size_t i = 0; i < map->count; i++)
		if (same_text(&pairs[i].key, key))
			return true;
	return false;
}

/* What changes comes last: it has the last word. */
static int merge_map(const struct merge *m, const struct spec_array *base,
	const struct spec_array *change, struct spec_array *ret)
{
	struct spec_pair *const items =
		arena_array(m->arena, base->count + change->count + 1, sizeof(*items));
	const struct spec_pair *const old = base->items, *const new = change->items;
	size_t count = 0;

	if (items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < base->count; i++)
		if (!has_key(change, &old[i].key))
			items[count++] = old[i];
	for (size_t i = 0; i < change->count; i++)
		items[count++] = new[i];
	*ret = (struct spec_array){ items, count, change->at };
	return 0;
}

/* Lists of which the order decides, and of things without a name, are taken as a whole. */
static bool has_names(const struct spec_field *f)
{
	return f->kind == SPEC_MAP || f->kind == SPEC_NAMED ||
	       (f->kind == SPEC_LIST && f->type() != spec_object_device_rule());
}

static int merge_array(const struct merge *m, const struct spec_field *f, const char *base,
	const char *change, char *ret)
{
	struct spec_array old, new, both;

	memcpy(&old, base, sizeof(old));
	memcpy(&new, change, sizeof(new));
	both = new.at.line != 0 ? new : old;
	if (new.at.line != 0 && old.at.line != 0 && f->kind == SPEC_MAP)
		TRY(merge_map(m, &old, &new, &both));
	else if (new.at.line != 0 && old.at.line != 0 && has_names(f))
		TRY(merge_list(m, f->type(), &old, &new, &both));
	memcpy(ret, &both, sizeof(both));
	return 0;
}

static int merge_inner(const struct merge *m, const struct spec_field *f, const char *base,
	const char *change, char *ret)
{
	const struct spec_object *const o = f->type();
	struct merge inner = { m->arena, m->at };
	const char *old, *new;
	char *both;

	memcpy(&old, base, sizeof(old));
	memcpy(&new, change, sizeof(new));
	if (old == NULL || new == NULL) {
		memcpy(ret, old == NULL ? &new : &old, sizeof(old));
		return 0;
	}
	both = arena_alloc(m->arena, o->size);
	if (both == NULL)
		return -ENOMEM;
	memcpy(&inner.at, new + o->at_offset, sizeof(inner.at));
	TRY(merge_object(&inner, o, old, new, both));
	memcpy(ret, &both, sizeof(both));
	return 0;
}

/* A single value, its place at its end. */
static void merge_value(
	const struct merge *m, size_t size, const char *base, const char *change, char *ret)
{
	const size_t at = size - sizeof(struct src_pos);
	struct src_pos old, new;

	memcpy(&old, base + at, sizeof(old));
	memcpy(&new, change + at, sizeof(new));
	memcpy(ret, new.line != 0 ? change : base, size);
	if (new.line == 0 && old.line != 0)
		memcpy(ret + at, &m->at, sizeof(m->at));
}

#define PLACE_LAST(type) \
	_Static_assert(  \
		offsetof(struct type, at) + sizeof(struct src_pos) == sizeof(struct type), #type)
PLACE_LAST(spec_str);
PLACE_LAST(spec_bool);
PLACE_LAST(spec_int);
PLACE_LAST(spec_uint);
PLACE_LAST(spec_enum);

static int merge_member(const struct merge *m, const struct spec_field *f, const char *base,
	const char *change, char *ret)
{
	switch (f->kind) {
	case SPEC_STRING:
		merge_value(m, sizeof(struct spec_str), base, change, ret);
		return 0;
	case SPEC_BOOL:
		merge_value(m, sizeof(struct spec_bool), base, change, ret);
		return 0;
	case SPEC_INT:
	case SPEC_UINT:
	case SPEC_ENUM:
		merge_value(m, sizeof(struct spec_int), base, change, ret);
		return 0;
	case SPEC_OBJECT:
		return merge_inner(m, f, base, change, ret);
	case SPEC_STRINGS:
	case SPEC_UINTS:
	case SPEC_ENUMS:
	case SPEC_LIST:
	case SPEC_NAMED:
	case SPEC_MAP:
		return merge_array(m, f, base, change, ret);
	case SPEC_FOREIGN_STRING: /* these have no place in the struct */
	case SPEC_FOREIGN_OBJECT:
	case SPEC_ANY:
	case SPEC_KINDS:
		break;
	}
	return 0;
}

/* change NULL: there is none. */
static int merge_object(const struct merge *m, const struct spec_object *o, const char *base,
	const char *change, char *ret)
{
	if (change == NULL) {
		memcpy(ret, base, o->size);
		return 0;
	}
	memcpy(ret + o->at_offset, change + o->at_offset, sizeof(struct src_pos));
	for (size_t i = 0; i < o->count; i++) {
		const size_t offset = o->fields[i].offset;

		TRY(merge_member(m, &o->fields[i], base + offset, change + offset, ret + offset));
	}
	return 0;
}

static int merge_both(const struct spec_object *o, const void *base, const void *change,
	struct arena *a, const void **ret)
{
	struct merge m = { .arena = a };
	char *both;

	*ret = base == NULL ? change : base;
	if (base == NULL || change == NULL)
		return 0;
	both = arena_alloc(a, o->size);
	if (both == NULL)
		return -ENOMEM;
	memcpy(&m.at, (const char *)change + o->at_offset, sizeof(m.at));
	TRY(merge_object(&m, o, base, change, both));
	*ret = both;
	return 0;
}

int spec_merge_resources(const struct spec_resources *base, const struct spec_resources *change,
	struct arena *a, const struct spec_resources **ret)
{
	const void *both = NULL;

	TRY(merge_both(spec_object_resources(), base, change, a, &both));
	*ret = both;
	return 0;
}

int spec_merge_rdt(const struct spec_intel_rdt *base, const struct spec_intel_rdt *change,
	struct arena *a, const struct spec_intel_rdt **ret)
{
	const void *both = NULL;

	TRY(merge_both(spec_object_intel_rdt(), base, change, a, &both));
	*ret = both;
	return 0;
}
