/* At least 2,000 bad inputs, made of the field tables: every member with each wrong type, null, out
 * of its range on both sides, of another form, missing, given twice, misspelt.  Each is refused, or
 * warned of where the specification says that it is to be ignored, at the right place. */
#include "spec_way.h"

#include <inttypes.h>
#include <stdio.h>

static size_t inputs; /* how many were made: each test runs in a process of its own */

static void refused(const struct way *w, const char *value)
{
	way_expect_refused(w, value, "%s", "");
	inputs++;
}

static const char *const no_numbers[] = { "@null", "@true", "@'1'", "@''", "@[1]", "@{}", "@1.0",
	"@1e0", "@1E2", "@-0", "@-0.0", "@0.5", "@18446744073709551616", "@-9223372036854775809",
	"@99999999999999999999999999999999", "@1e400" };

static void refused_uint(const struct way *w, uint64_t n)
{
	char value[40];

	(void)snprintf(value, sizeof(value), "@%" PRIu64, n);
	refused(w, value);
}

static void mutate_number(const struct way *w, const struct spec_field *f)
{
	for (size_t i = 0; i < ARRAY_LEN(no_numbers); i++)
		refused(w, no_numbers[i]);
	if (f->kind == SPEC_UINT) {
		refused(w, "@-1");
		refused(w, "@-9223372036854775808");
	}
	if (f->max < (f->kind == SPEC_UINT ? UINT64_MAX : (uint64_t)INT64_MAX))
		refused_uint(w, f->max + 1);
	else
		refused(w, f->kind == SPEC_UINT ? "@18446744073709551617" : "@9223372036854775808");
	if (f->kind == SPEC_INT && f->min > INT64_MIN) {
		char value[40];

		(void)snprintf(value, sizeof(value), "@%" PRId64, f->min - 1);
		refused(w, value);
	}
}

static void accept_limits(const struct way *w, const struct spec_field *f)
{
	char value[40];

	(void)snprintf(value, sizeof(value), "%" PRIu64, f->max);
	way_expect_accepted(w, value);
	(void)snprintf(value, sizeof(value), "%" PRId64, f->kind == SPEC_INT ? f->min : 0);
	way_expect_accepted(w, value);
}

/* Strings that are none, whatever they should look like. */
static const char *const no_strings[] = { "@null", "@false", "@0", "@1.5", "@['x']", "@{}" };

/* Broken wherever they stand: the mark is the place of the whole string. */
static const char *const broken_strings[] = { "@'\\u0000'", "@'a\\u0000b'", "@'\\ud800'",
	"@'\\udc00x'", "@'\\ud800\\u0041'" };

static const struct {
	enum spec_format format;
	const char *value;
} bad_forms[] = {
	{ SPEC_FORMAT_path, "@'x'" },
	{ SPEC_FORMAT_path, "@'./x'" },
	{ SPEC_FORMAT_path, "@' /x'" },
	{ SPEC_FORMAT_version, "@'x'" },
	{ SPEC_FORMAT_version, "@'1.3.0.1'" },
	{ SPEC_FORMAT_version, "@'1.'" },
	{ SPEC_FORMAT_version, "@'v1.3.0'" },
	{ SPEC_FORMAT_version, "@''" },
	{ SPEC_FORMAT_uts_name,
		"@'12345678901234567890123456789012345678901234567890123456789012345'" },
	{ SPEC_FORMAT_ids, "@'x'" },
	{ SPEC_FORMAT_ids, "@'0-'" },
	{ SPEC_FORMAT_ids, "@'-1'" },
	{ SPEC_FORMAT_ids, "@'0,,1'" },
	{ SPEC_FORMAT_ids, "@'0-1-2'" },
	{ SPEC_FORMAT_ids, "@','" },
	{ SPEC_FORMAT_ids, "@'0x1'" },
	{ SPEC_FORMAT_page_size, "@'2'" },
	{ SPEC_FORMAT_page_size, "@'2M'" },
	{ SPEC_FORMAT_page_size, "@'02MB'" },
	{ SPEC_FORMAT_page_size, "@'2mb'" },
	{ SPEC_FORMAT_page_size, "@'MB'" },
	{ SPEC_FORMAT_page_size, "@'2MBx'" },
	{ SPEC_FORMAT_page_size, "@'../2MB'" },
	{ SPEC_FORMAT_access, "@'x'" },
	{ SPEC_FORMAT_access, "@'rw '" },
	{ SPEC_FORMAT_access, "@'RW'" },
	{ SPEC_FORMAT_closid, "@'.'" },
	{ SPEC_FORMAT_closid, "@'..'" },
	{ SPEC_FORMAT_closid, "@'a/b'" },
	{ SPEC_FORMAT_closid, "@'/a'" },
	{ SPEC_FORMAT_line, "@'a\\nb'" },
	{ SPEC_FORMAT_ifname, "@'.'" },
	{ SPEC_FORMAT_ifname, "@'..'" },
	{ SPEC_FORMAT_ifname, "@'a/b'" },
	{ SPEC_FORMAT_ifname, "@'a:b'" },
	{ SPEC_FORMAT_ifname, "@'a b'" },
	{ SPEC_FORMAT_ifname, "@'1234567890123456'" },
};

static void mutate_string(const struct way *w, const struct spec_field *f)
{
	for (size_t i = 0; i < ARRAY_LEN(no_strings); i++)
		refused(w, no_strings[i]);
	for (size_t i = 0; i < ARRAY_LEN(broken_strings); i++, inputs++)
		way_expect_broken(w, broken_strings[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad_forms); i++)
		if (bad_forms[i].format == f->format)
			refused(w, bad_forms[i].value);
	if (f->format != SPEC_FORMAT_any && f->presence != SPEC_OPTIONAL)
		refused(w, "@''");
}

static void mutate_word(const struct way *w, const struct spec_field *f)
{
	static const struct {
		const char *before, *after;
	} forms[] = { { " ", "" }, { "", " " }, { "", "x" }, { "", "\\n" } };
	const char *const word = f->words->words[f->words->count - 1].text;
	char value[100];

	for (size_t i = 0; i < ARRAY_LEN(no_strings); i++)
		refused(w, no_strings[i]);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		(void)snprintf(
			value, sizeof(value), "@'%s%s%s'", forms[i].before, word, forms[i].after);
		refused(w, value);
	}
	(void)snprintf(value, sizeof(value), "@'%s'", word);
	for (char *c = value; *c != '\0'; c++)
		*c ^= (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ? 0x20 : 0;
	refused(w, value);
	if (spec_word_find(f->words, "") == NULL)
		refused(w, "@''");
}

static void mutate_list(const struct way *w, const struct spec_field *f)
{
	static const char *const no_lists[] = { "@null", "@true", "@0", "@''", "@{}", "@{'0':1}" };
	static const char *const no_objects[] = { "@null", "@true", "@0", "@''", "@[]", "@[{}]" };
	const bool is_list = f->kind != SPEC_OBJECT && f->kind != SPEC_NAMED && f->kind != SPEC_MAP;

	for (size_t i = 0; i < ARRAY_LEN(no_lists); i++)
		refused(w, is_list ? no_lists[i] : no_objects[i]);
	if (f->presence == SPEC_NONEMPTY)
		refused(w, "@[]");
	if (is_list) {
		way_expect_refused(w, "@null", "[%s]", "[0]");
		way_expect_refused(w, "@[]", "[%s]", "[0]");
		inputs += 2;
	} else if (f->kind != SPEC_OBJECT) {
		way_expect_refused(w, "@null", "{'k':%s}", "[\"k\"]");
		way_expect_refused(w, "@[]", "{'k':%s}", "[\"k\"]");
		inputs += 2;
	}
}

/* Given twice, and under a name that is nearly its own. */
static void mutate_key(const struct way *w, const struct spec_field *f)
{
	struct out value = { "", 0 }, twice = { "", 0 };
	char key[64];

	way_put_good(&value, f);
	way_put(&twice, "%s,@'%s':%s", value.json, f->key, value.json);
	refused(w, twice.json);
	(void)snprintf(key, sizeof(key), "%sx", f->key);
	way_expect_unknown(w, key);
	(void)snprintf(key, sizeof(key), "%s", f->key);
	key[0] ^= 0x20;
	way_expect_unknown(w, key);
	inputs += 2;
}

static void mutate(const struct way *w)
{
	const struct spec_field *const f = w->steps[w->count - 1];

	if (f->kind == SPEC_FOREIGN_STRING || f->kind == SPEC_FOREIGN_OBJECT)
		return; /* spec_types_test.c has their types, and they have nothing more */
	mutate_key(w, f);
	if (f->kind == SPEC_BOOL) {
		static const char *const no_bools[] = { "@null", "@0", "@1", "@'true'", "@''",
			"@[]", "@{}" };

		for (size_t i = 0; i < ARRAY_LEN(no_bools); i++)
			refused(w, no_bools[i]);
	} else if (f->kind == SPEC_INT || f->kind == SPEC_UINT) {
		mutate_number(w, f);
		accept_limits(w, f);
	} else if (f->kind == SPEC_STRING) {
		mutate_string(w, f);
	} else if (f->kind == SPEC_ENUM) {
		mutate_word(w, f);
	} else {
		mutate_list(w, f);
	}
}

static void each_member(const struct spec_object *type, struct way *w)
{
	cr_assert(lt(sz, w->count, DEPTH));
	w->count++;
	for (size_t i = 0; i < type->count; i++) {
		const struct spec_field *const f = &type->fields[i];

		if (f->key == NULL)
			continue;
		w->steps[w->count - 1] = f;
		mutate(w);
		if (f->type != NULL)
			each_member(f->type(), w);
	}
	w->count--;
}

Test(spec_mutations, config, .timeout = 120)
{
	struct way w = { { NULL }, 0, SPEC_CONFIG };

	each_member(spec_object_config(), &w);
	cr_expect(ge(sz, inputs, 2000), "%zu", inputs);
}

Test(spec_mutations, process, .timeout = 120)
{
	struct way w = { { NULL }, 0, SPEC_PROCESS };

	each_member(spec_object_process(), &w);
	cr_expect(ge(sz, inputs, 300), "%zu", inputs);
}

Test(spec_mutations, resources, .timeout = 120)
{
	struct way w = { { NULL }, 0, SPEC_RESOURCES };

	each_member(spec_object_resources(), &w);
	cr_expect(ge(sz, inputs, 300), "%zu", inputs);
}
