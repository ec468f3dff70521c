/* JSON text: layout, escapes, numbers, growth. */
#include "base/json_out.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const struct {
	const char *label, *value, *text;
} strings[] = {
	{ "plain", "a/b c", "\"a/b c\"" },
	{ "empty", "", "\"\"" },
	{ "quote and backslash", "\"\\", "\"\\\"\\\\\"" },
	{ "controls with a letter", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
	{ "controls without", "\x01\x1b\x1f", "\"\\u0001\\u001b\\u001f\"" },
	{ "DEL", "\x7f", "\"\\u007f\"" },
	{ "C1", "\xc2\x9b", "\"\\u009b\"" },
	{ "turned text", "\xe2\x80\xae", "\"\\u202e\"" },
	{ "tags", "\xf3\xa0\x81\xa1", "\"\\udb40\\udc61\"" },
	{ "UTF-8 stays", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ "lone byte",
		"a\xff"
		"b",
		"\"a\\ufffdb\"" },
	{ "cut character", "\xe2\x82", "\"\\ufffd\\ufffd\"" },
	{ "overlong", "\xc0\xaf", "\"\\ufffd\\ufffd\"" },
	{ "surrogate", "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
};

Test(json_out, strings)
{
	for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
		AUTO_JSON j = { 0 };
		struct err e = { 0 };
		const char *text = "";
		size_t len = 0;

		json_text(&j, NULL, strings[i].value);
		cr_expect(eq(int, json_finish(&j, &text, &len, &e), 0), "%s", strings[i].label);
		cr_expect(eq(str, (char *)text, (char *)strings[i].text), "%s", strings[i].label);
		cr_expect(eq(sz, len, strlen(strings[i].text)), "%s", strings[i].label);
	}
}

static void fill(struct json_out *j)
{
	json_object(j, NULL);
	json_text(j, "status", "running");
	json_int(j, "low", INT64_MIN);
	json_uint(j, "high", UINT64_MAX);
	json_array(j, "list");
	json_bool(j, NULL, true);
	json_null(j, NULL);
	json_object(j, NULL);
	json_end(j);
	json_array(j, NULL);
	json_end(j);
	json_end(j);
	json_object(j, "in\n");
	json_bool(j, "no", false);
	json_end(j);
	json_end(j);
}

static const struct {
	bool pretty;
	const char *text;
} layouts[] = {
	{ false,
		"{\"status\":\"running\",\"low\":-9223372036854775808,\"high\":18446744073709551615,"
		"\"list\":[true,null,{},[]],\"in\\n\":{\"no\":false}}" },
	{ true, "{\n  \"status\": \"running\",\n  \"low\": -9223372036854775808,\n"
		"  \"high\": 18446744073709551615,\n  \"list\": [\n    true,\n    null,\n    {},\n"
		"    []\n  ],\n  \"in\\n\": {\n    \"no\": false\n  }\n}" },
};

Test(json_out, layout)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		AUTO_JSON j = { .pretty = layouts[i].pretty };
		struct err e = { 0 };
		const char *text = "";
		size_t len = 0;

		fill(&j);
		cr_expect(eq(int, json_finish(&j, &text, &len, &e), 0));
		cr_expect(eq(str, (char *)text, (char *)layouts[i].text));
	}
}

Test(json_out, grows)
{
	AUTO_JSON j = { 0 };
	struct err e = { 0 };
	const char *text = "";
	size_t len = 0;

	json_array(&j, NULL);
	for (int i = 0; i < 100000; i++)
		json_int(&j, NULL, 1234567);
	json_end(&j);
	cr_expect(eq(int, json_finish(&j, &text, &len, &e), 0));
	cr_expect(eq(sz, len, 100000 * 8 + 1));
	cr_expect(eq(sz, strlen(text), len));
	cr_expect(eq(int, strcmp(text + len - 9, ",1234567]"), 0));
}

Test(json_out, short_memory_is_told)
{
	AUTO_JSON j = { .failed = true }; /* as an allocation that failed leaves it */
	struct err e = { 0 };
	const char *text = "";
	size_t len = 0;

	json_text(&j, NULL, "x");
	cr_expect(eq(int, json_finish(&j, &text, &len, &e), -ENOMEM));
	cr_expect(eq(str, e.text, "out of memory"));
}

Test(json_out, fixed)
{
	static const struct {
		uint64_t value;
		unsigned digits;
		const char *text;
	} rows[] = { { 0, 1, "0.0" }, { 7, 3, "0.007" }, { 12345, 3, "12.345" },
		{ 1000, 3, "1.000" }, { UINT64_MAX, 9, "18446744073.709551615" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_JSON j = { 0 };
		struct err e = { 0 };
		const char *text = "";
		size_t len = 0;

		json_fixed(&j, NULL, rows[i].value, rows[i].digits);
		cr_expect(eq(int, json_finish(&j, &text, &len, &e), 0));
		cr_expect(eq(str, (char *)text, (char *)rows[i].text));
	}
}
