/* Objects of the configuration as JSON, by the tables, and their places in its text. */
#include "spec/change.h"

#include "spec/fields.h"

#include <string.h>

static void put_object(struct json_out *j, const char *key, const struct spec_object *o,
	const char *object, const struct spec_field *without);

static bool is_given(const char *value, size_t size)
{
	struct src_pos at;

	memcpy(&at, value + size - sizeof(at), sizeof(at));
	return at.line != 0;
}

/* The key of an element of NAMED: its member without a key. */
static const struct spec_field *name_field(const struct spec_object *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->fields[i].key == NULL)
			return &o->fields[i];
	return NULL;
}

static void put_items(struct json_out *j, const struct spec_field *f, const struct spec_array *a)
{
	const struct spec_object *const o = f->type();
	const struct spec_field *const named = f->kind == SPEC_NAMED ? name_field(o) : NULL;

	for (size_t i = 0; i < a->count; i++) {
		const char *const item = (const char *)a->items + i * o->size;
		struct spec_str name = { 0 };

		if (named != NULL)
			memcpy(&name, item + named->offset, sizeof(name));
		put_object(j, name.value, o, item, named);
	}
}

static void put_plain_items(
	struct json_out *j, const struct spec_field *f, const struct spec_array *a)
{
	const struct spec_str *const texts = a->items;
	const struct spec_uint *const numbers = a->items;
	const struct spec_enum *const words = a->items;

	for (size_t i = 0; i < a->count; i++) {
		if (f->kind == SPEC_STRINGS)
			json_text(j, NULL, texts[i].value);
		else if (f->kind == SPEC_UINTS)
			json_uint(j, NULL, numbers[i].value);
		else
			json_text(j, NULL, spec_word_text(f->words, words[i].value));
	}
}

static void put_array(struct json_out *j, const struct spec_field *f, const char *value)
{
	struct spec_array a;

	memcpy(&a, value, sizeof(a));
	if (a.at.line == 0)
		return;
	if (f->kind == SPEC_MAP || f->kind == SPEC_NAMED)
		json_object(j, f->key);
	else
		json_array(j, f->key);
	if (f->kind == SPEC_MAP) {
		const struct spec_pair *const pairs = a.items;

		for (size_t i = 0; i < a.count; i++)
			json_text(j, pairs[i].key.value, pairs[i].value.value);
	} else if (f->kind == SPEC_LIST || f->kind == SPEC_NAMED) {
		put_items(j, f, &a);
	} else {
		put_plain_items(j, f, &a);
	}
	json_end(j);
}

static void put_number(struct json_out *j, const struct spec_field *f, const char *value)
{
	struct spec_int n;

	memcpy(&n, value, sizeof(n)); /* the other kinds look the same */
	if (n.at.line == 0)
		return;
	if (f->kind == SPEC_INT)
		json_int(j, f->key, n.value);
	else if (f->kind == SPEC_UINT)
		json_uint(j, f->key, (uint64_t)n.value);
	else
		json_text(j, f->key, spec_word_text(f->words, n.value));
}

static void put_text(struct json_out *j, const struct spec_field *f, const char *value)
{
	struct spec_str text;

	memcpy(&text, value, sizeof(text));
	if (text.at.line != 0)
		json_text(j, f->key, text.value != NULL ? text.value : "");
}

static void put_inner(struct json_out *j, const struct spec_field *f, const char *value)
{
	const char *object;

	memcpy(&object, value, sizeof(object));
	if (object != NULL)
		put_object(j, f->key, f->type(), object, NULL);
}

static void put_member(struct json_out *j, const struct spec_field *f, const char *value)
{
	switch (f->kind) {
	case SPEC_STRING:
		put_text(j, f, value);
		break;
	case SPEC_BOOL:
		if (is_given(value, sizeof(struct spec_bool)))
			json_bool(
				j, f->key, ((const struct spec_bool *)(const void *)value)->value);
		break;
	case SPEC_INT:
	case SPEC_UINT:
	case SPEC_ENUM:
		put_number(j, f, value);
		break;
	case SPEC_OBJECT:
		put_inner(j, f, value);
		break;
	case SPEC_STRINGS:
	case SPEC_UINTS:
	case SPEC_ENUMS:
	case SPEC_LIST:
	case SPEC_NAMED:
	case SPEC_MAP:
		put_array(j, f, value);
		break;
	case SPEC_FOREIGN_STRING:
	case SPEC_FOREIGN_OBJECT:
	case SPEC_ANY:
	case SPEC_KINDS:
		break;
	}
}

static void put_object(struct json_out *j, const char *key, const struct spec_object *o,
	const char *object, const struct spec_field *without)
{
	json_object(j, key);
	for (size_t i = 0; i < o->count; i++)
		if (&o->fields[i] != without)
			put_member(j, &o->fields[i], object + o->fields[i].offset);
	json_end(j);
}

/* --- into the text --------------------------------------------------------------------------- */

/* The byte at a place; size of the text when it has no such place. */
static size_t offset_of(struct spec_text t, struct src_pos at)
{
	size_t i = 0;

	for (uint32_t line = 1; line < at.line; line++) {
		const char *const end = memchr(t.bytes + i, '\n', t.size - i);

		if (end == NULL)
			return t.size;
		i = (size_t)(end - t.bytes) + 1;
	}
	return at.line == 0 || at.column > t.size - i ? t.size : i + at.column - 1;
}

/* Where the object ends that begins at `begin`; 0: nowhere. */
static size_t end_of(struct spec_text t, size_t begin)
{
	size_t depth = 0;
	bool text = false;

	for (size_t i = begin; i < t.size; i++) {
		const char c = t.bytes[i];

		if (text) {
			i += c == '\\';
			text = c != '"';
			continue;
		}
		text = c == '"';
		depth += c == '{' || c == '[';
		if ((c == '}' || c == ']') && --depth == 0)
			return i + 1;
	}
	return 0;
}

static size_t count_lines(const char *text, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += text[i] == '\n';
	return count;
}

/* Bytes of a text that give place to others. */
struct cut {
	size_t begin, end;
	const char *key, *value, *behind; /* what comes there */
};

/* The text with the new value, and as many line breaks as were in the old one. */
static int splice(struct spec_text t, const struct cut *c, struct arena *a, struct spec_text *ret)
{
	const char *const parts[] = { c->key, c->value, c->behind };
	const size_t lines = count_lines(t.bytes + c->begin, c->end - c->begin);
	size_t size = t.size - (c->end - c->begin) + lines;
	char *text, *to;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		size += strlen(parts[i]);
	text = to = arena_alloc(a, size + 1);
	if (text == NULL)
		return -ENOMEM;
	memcpy(to, t.bytes, c->begin);
	to += c->begin;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		memcpy(to, parts[i], strlen(parts[i]));
		to += strlen(parts[i]);
	}
	memset(to, '\n', lines);
	memcpy(to + lines, t.bytes + c->end, t.size - c->end);
	*ret = (struct spec_text){ text, size };
	return 0;
}

struct place {
	struct spec_text text;
	const char *key;
	struct src_pos at; /* of the object; line 0: it is not there yet */
	struct src_pos linux_at;
};

static int put_at(const struct place *p, const char *value, struct arena *a, struct spec_text *ret)
{
	const struct spec_text t = p->text;
	const size_t begin = offset_of(t, p->at.line != 0 ? p->at : p->linux_at);
	const size_t end = begin < t.size && t.bytes[begin] == '{' ? end_of(t, begin) : 0;
	struct cut c = { begin, end, "", value, "" };
	size_t next = begin + 1;

	if (end == 0)
		return -EINVAL;
	if (p->at.line != 0)
		return splice(t, &c, a, ret);
	while (strchr(" \t\r\n", t.bytes[next]) != NULL)
		next++;
	c.begin = c.end = begin + 1;
	c.key = arena_printf(a, "\"%s\":", p->key);
	c.behind = t.bytes[next] == '}' ? "" : ",";
	return c.key == NULL ? -ENOMEM : splice(t, &c, a, ret);
}

static int put_json(const struct place *p, const struct spec_object *o, const void *object,
	struct arena *a, struct spec_text *ret)
{
	AUTO_JSON j = { 0 };
	struct err e = { 0 };
	const char *value;
	size_t len;

	put_object(&j, NULL, o, object, NULL);
	TRY(json_finish(&j, &value, &len, &e));
	return put_at(p, value, a, ret);
}

int spec_put_resources(struct spec_text text, const struct spec_config *config,
	const struct spec_resources *r, struct arena *a, struct spec_text *ret)
{
	const struct spec_resources *const old = config->os->resources;
	const struct place p = { text, "resources", old == NULL ? POS_NONE : old->at,
		config->os->at };

	return put_json(&p, spec_object_resources(), r, a, ret);
}

int spec_put_rdt(struct spec_text text, const struct spec_config *config,
	const struct spec_intel_rdt *r, struct arena *a, struct spec_text *ret)
{
	const struct spec_intel_rdt *const old = config->os->intelRdt;
	const struct place p = { text, "intelRdt", old == NULL ? POS_NONE : old->at,
		config->os->at };

	return put_json(&p, spec_object_intel_rdt(), r, a, ret);
}
