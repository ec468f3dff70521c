/* Every member of every object, with a value of every wrong type: the rows come from the field
 * tables, so a new row of spec/config.def is tested the day it is written. */
#include "spec_way.h"

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
	[SPEC_FOREIGN_STRING] = { STRING, TYPES, NULL, NULL },
	[SPEC_FOREIGN_OBJECT] = { OBJECT, TYPES, NULL, NULL },
	[SPEC_MAP] = { OBJECT, STRING, "{'k':'',' ':%s}", "[\" \"]" },
};

static void each_type(const struct way *w)
{
	const enum spec_kind kind = w->steps[w->count - 1]->kind;

	for (int t = 0; t < TYPES; t++) {
		/* an empty object lacks its required members; that has tests of its own */
		if (t != (int)kinds[kind].takes)
			way_expect_refused(w, wrong_values[t], "%s", "");
		if (kinds[kind].value != NULL && t != (int)kinds[kind].inside)
			way_expect_refused(w, wrong_values[t], kinds[kind].value, kinds[kind].path);
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
	struct way w = { { NULL }, 0, SPEC_CONFIG };

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
			way_put(&value, "@{");
			for (size_t k = 0; k < f->type()->count; k++)
				if (f->type()->fields[k].presence != SPEC_OPTIONAL && k != j) {
					way_put(&value, "'%s':", f->type()->fields[k].key);
					way_put_good(&value, &f->type()->fields[k]);
					way_put(&value, ",");
				}
			way_put(&value, "'x':0}");
			way_put(&path, "%s.%s",
				f->kind == SPEC_LIST    ? "[0]"
				: f->kind == SPEC_NAMED ? "[\"k\"]"
							: "",
				lacks->key);
			way_expect_refused(w, value.json,
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
	struct way w = { { NULL }, 0, SPEC_CONFIG };

	each_missing(spec_object_config(), &w);
}

Test(spec_types, good_values)
{
	struct way w = { { NULL }, 0, SPEC_CONFIG };
	const struct spec_object *const config = spec_object_config();

	w.count = 1;
	for (size_t i = 0; i < config->count; i++) {
		struct out value = { "", 0 };

		w.steps[0] = &config->fields[i];
		way_put_good(&value, w.steps[0]);
		way_expect_accepted(&w, value.json);
	}
}
