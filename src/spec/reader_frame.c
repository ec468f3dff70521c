/* Frames of the reader: keys, room for elements, the end of objects and lists.
 * Looks at no value. */
#include "spec/format.h"
#include "spec/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_ROOM = 4
};

int reader_push(struct reader *r, const struct frame *f)
{
	if (r->depth == SPEC_DEPTH_MAX) {
		char text[64];

		(void)snprintf(text, sizeof(text), "nested deeper than %u objects and lists",
			SPEC_DEPTH_MAX);
		spec_report_add(r->report, &(struct spec_finding){ .rule = "limit",
						   .at = f->at,
						   .path = "",
						   .text = text,
						   .code = E2BIG });
		return -E2BIG;
	}
	r->frames[r->depth++] = *f;
	return 0;
}

void reader_frame_done(struct frame *f)
{
	free(f->items);
	f->items = NULL;
	keyset_done(&f->keys);
}

static size_t element_size(const struct spec_field *f)
{
	switch ((int)f->kind) {
	case SPEC_STRINGS:
		return sizeof(struct spec_str);
	case SPEC_UINTS:
		return sizeof(struct spec_uint);
	case SPEC_ENUMS:
		return sizeof(struct spec_enum);
	case SPEC_MAP:
		return sizeof(struct spec_pair);
	default: /* LIST, NAMED */
		return f->type()->size;
	}
}

static int close_list(struct reader *r, struct frame *f)
{
	struct spec_array array = { .count = f->stored, .at = f->at };
	const size_t size = element_size(f->field);

	if (f->stored > 0) {
		void *const items = arena_array(r->arena, f->stored, size);

		if (items == NULL)
			return -ENOMEM;
		memcpy(items, f->items, f->stored * size);
		array.items = items;
	}
	memcpy(f->target, &array, sizeof(array));
	if (f->count == 0 && f->field->presence == SPEC_NONEMPTY)
		reader_refuse(r, "empty", r->depth - 1, f->at, "must not be empty");
	return 0;
}

static void close_object(struct reader *r, struct frame *f)
{
	for (size_t i = 0; i < f->type->count; i++) {
		const struct spec_field *const field = &f->type->fields[i];

		if (field->presence != SPEC_OPTIONAL && (f->seen >> i & 1) == 0) {
			f->field = field;
			reader_refuse(r, "missing", r->depth, f->at, "missing");
		}
	}
	memcpy((char *)f->target + f->type->at_offset, &f->at, sizeof(f->at));
}

int reader_pop(struct reader *r)
{
	struct frame *const f = &r->frames[r->depth - 1];

	must(r->depth > 0);
	if (f->kind == FRAME_OBJECT)
		close_object(r, f);
	if (f->kind == FRAME_LIST || f->kind == FRAME_MAP)
		TRY(close_list(r, f));
	reader_frame_done(f);
	r->depth--;
	return 0;
}

static void duplicate(const struct reader *r)
{
	reader_refuse(r, "duplicate", r->depth, lex_pos(&r->lex), "given twice");
}

/* Returns 0; 1: the object had it before, which is said; -ENOMEM. */
static int add_key(struct reader *r, struct frame *f, const char *key, size_t len)
{
	const int rc = keyset_add(&f->keys, &r->lex, key, len);

	if (rc != -EEXIST)
		return rc;
	duplicate(r);
	return 1;
}

static int unknown_key(struct reader *r, struct frame *f, const char *key, size_t len)
{
	const int rc = add_key(r, f, key, len);

	if (rc == 0)
		reader_unknown(r, f->type, key, len);
	return rc < 0 ? rc : 0;
}

static int object_key(struct reader *r, struct frame *f, const char *key, size_t len)
{
	uint64_t bit;

	f->field = spec_field_find(f->type, key, len);
	if (f->field == NULL)
		return unknown_key(r, f, key, len);
	bit = UINT64_C(1) << (f->field - f->type->fields);
	if ((f->seen & bit) != 0) {
		duplicate(r);
		f->field = NULL; /* the first value stays */
	} else if (f->field->kind == SPEC_FOREIGN_STRING || f->field->kind == SPEC_FOREIGN_OBJECT) {
		reader_foreign(r);
	}
	f->seen |= bit;
	return 0;
}

int reader_key(struct reader *r, const char *key, size_t len)
{
	struct frame *const f = &r->frames[r->depth - 1];

	must(r->depth > 0);
	f->key = r->lex.start;
	f->key_size = r->lex.end - r->lex.start;
	if (f->kind == FRAME_OBJECT)
		return object_key(r, f, key, len);
	TRY(add_key(r, f, key, len));
	if (f->kind == FRAME_MAP) {
		f->name.at = lex_pos(&r->lex);
		f->name.value = arena_text(r->arena, key, len);
		if (f->name.value == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* Room for one more element, zeroed.  Behind so many errors that no more are told nothing comes of
 * the file: one element's room then does for the rest of the list. */
static int add_element(const struct reader *r, struct frame *f, void **ret)
{
	const size_t size = element_size(f->field);

	if (f->stored > 0 && !spec_report_keeps(r->report, SPEC_ERROR))
		f->stored--;
	if (f->stored == f->room) {
		const size_t room = f->room == 0 ? FIRST_ROOM : f->room * 2;
		void *const items = realloc(f->items, room * size);

		if (items == NULL)
			return -ENOMEM;
		f->items = items;
		f->room = room;
	}
	*ret = f->items + f->stored * size;
	memset(*ret, 0, size);
	f->stored++;
	f->count++;
	return 0;
}

static const enum spec_kind kind_of_element[SPEC_KINDS] = {
	[SPEC_STRINGS] = SPEC_STRING,
	[SPEC_UINTS] = SPEC_UINT,
	[SPEC_ENUMS] = SPEC_ENUM,
	[SPEC_LIST] = SPEC_OBJECT,
	[SPEC_NAMED] = SPEC_OBJECT,
	[SPEC_MAP] = SPEC_STRING,
};

/* The name of a NAMED object goes into the row that has no key. */
static void set_name(
	struct reader *r, const struct spec_object *o, char *element, const struct spec_str *name)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct spec_field *const field = &o->fields[i];
		const struct slot slot = { .kind = SPEC_STRING, .field = field };
		const struct token key = { .kind = TOKEN_STRING,
			.at = name->at,
			.text = name->value,
			.len = strlen(name->value) };

		if (field->key != NULL)
			continue;
		memcpy(element + field->offset, name, sizeof(*name));
		if (!spec_format_is(field->format, name->value))
			reader_wrong(r, &slot, &key);
	}
}

/* One more than a list may have: said once, passed over from there on. */
static void overflow(struct reader *r, struct frame *f)
{
	char text[64];

	if (f->full)
		return;
	f->full = true;
	(void)snprintf(text, sizeof(text), "more than %d elements", SPEC_LIST_MAX);
	reader_refuse(r, "limit", r->depth - 1, f->at, text);
}

static int element_slot(struct reader *r, struct frame *f, struct slot *ret)
{
	const struct spec_field *const field = f->field;
	void *element = NULL;

	if (f->count == SPEC_LIST_MAX) {
		overflow(r, f);
		*ret = (struct slot){ .kind = SPEC_ANY };
		return 0;
	}
	TRY(add_element(r, f, &element));
	*ret = (struct slot){
		.kind = kind_of_element[field->kind], .field = field, .target = element
	};
	if (field->kind == SPEC_MAP) {
		struct spec_pair *const pair = element;

		pair->key = f->name;
		ret->target = &pair->value;
	}
	if (ret->kind == SPEC_OBJECT) {
		ret->type = field->type();
		ret->in_place = true;
	}
	if (field->kind == SPEC_NAMED)
		set_name(r, ret->type, element, &f->name);
	return 0;
}

static void member_slot(const struct frame *f, struct slot *ret)
{
	*ret = (struct slot){ .kind = SPEC_ANY };
	if (f->field == NULL)
		return;
	ret->kind = f->field->kind;
	ret->field = f->field;
	ret->target = (char *)f->target + f->field->offset;
	if (ret->kind == SPEC_OBJECT)
		ret->type = f->field->type();
}

int reader_slot(struct reader *r, struct slot *ret)
{
	struct frame *f;

	if (r->depth == 0 && r->list != NULL) {
		*ret = (struct slot){ .kind = r->list->kind,
			.field = r->list,
			.target = (char *)r->target + r->list->offset };
		return 0;
	}
	if (r->depth == 0) {
		*ret = (struct slot){
			.kind = SPEC_OBJECT, .type = r->type, .target = r->target, .in_place = true
		};
		return 0;
	}
	f = &r->frames[r->depth - 1];
	switch (f->kind) {
	case FRAME_OBJECT:
		member_slot(f, ret);
		return 0;
	case FRAME_LIST:
	case FRAME_MAP:
		return element_slot(r, f, ret);
	case FRAME_ANY_LIST:
		f->count++;
		break;
	case FRAME_ANY_OBJECT:
		break;
	}
	*ret = (struct slot){ .kind = SPEC_ANY };
	return 0;
}
