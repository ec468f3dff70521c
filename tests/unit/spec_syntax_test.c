/* What is no JSON: what is said of it, where, and what is proposed instead. */
#include "spec_case.h"

#define SYNTAX  "syntax error: "
#define NUMBERS "numbers are like 12, -3 or 0.5"
#define QUOTES  SYNTAX "a string stands in double quotes"
#define BOTH    "write '\"' on both sides of it"
#define KEY     SYNTAX "expected a key, which is a string"
#define ESCAPE  SYNTAX "a string with \\u0000 or a lone surrogate"
#define LINE    "put '\"' at its end; a line break inside of one is written \\n"

static const struct {
	const char *json, *text, *hint;
} cases[] = {
	/* the end */
	{ "@", SYNTAX "there is nothing in it",
		"crun-lite spec writes a configuration to begin with" },
	{ " \n @", SYNTAX "there is nothing in it",
		"crun-lite spec writes a configuration to begin with" },
	{ "{'root':{@", SYNTAX "the text ends too early",
		"the object that begins at 1:9 has no '}'" },
	{ "{\n'x':[1,@", SYNTAX "the text ends too early",
		"the list that begins at 2:5 has no ']'" },
	{ "{'x':1@", SYNTAX "the text ends too early", "the object that begins at 1:1 has no '}'" },
	{ "{'x':@", SYNTAX "the text ends too early", "the object that begins at 1:1 has no '}'" },
	{ BASE "}\n @x", SYNTAX "something follows the configuration",
		"a file holds a single object" },
	{ BASE "}@{}", SYNTAX "something follows the configuration",
		"a file holds a single object" },
	{ BASE "}@}", SYNTAX "a '}' too many", "take it away" },
	{ "[1@}", SYNTAX "'}' cannot end the list that begins at 1:1", "write ']' first" },
	{ "{'x':{'y':1@]}", SYNTAX "']' cannot end the object that begins at 1:6",
		"write '}' first" },
	{ "{'x':[@}}", SYNTAX "'}' cannot end the list that begins at 1:6", "write ']' first" },
	{ "{@]", SYNTAX "']' cannot end the object that begins at 1:1", "write '}' first" },
	/* no JSON file at all */
	{ "@\xef\xbb\xbf{}", SYNTAX "a byte-order mark", "save the file as UTF-8 without one" },
	{ "@\xff\xfe{", SYNTAX "the file is UTF-16", "save it as UTF-8 without byte-order mark" },
	{ "@\xfe\xff", SYNTAX "the file is UTF-16", "save it as UTF-8 without byte-order mark" },
	{ "{'x':'a@\x01'}", SYNTAX "the control character \\x01", "" },
	{ "{@\x0b'x':1}", SYNTAX "the control character \\x0b", "" },
	{ "{@\x0c'x':1}", SYNTAX "the control character \\x0c", "" },
	{ "{'x':'\n@\xff'}", SYNTAX "the byte \\xff is not UTF-8", "" },
	{ "{'x':'@\xc0\x80'}", SYNTAX "the byte \\xc0 is not UTF-8", "" },
	{ "{'x':'@\xed\xa0\x80'}", SYNTAX "the byte \\xed is not UTF-8", "" },
	/* comments */
	{ "{\n@//c\n}", SYNTAX "JSON has no comments", "take it out" },
	{ "{\n'x':@/*c*/1}", SYNTAX "JSON has no comments", "take it out" },
	{ "{'x':1, @# c\n}", SYNTAX "JSON has no comments", "take it out" },
	{ "@# c\n{}", SYNTAX "JSON has no comments", "take it out" },
	{ BASE "}\n@// end", SYNTAX "JSON has no comments", "take it out" },
	/* commas and colons */
	{ "{'x':1 @'y':2}", SYNTAX "expected ',' or '}'", "put a ',' before it" },
	{ "{'x':[1 @2]}", SYNTAX "expected ',' or ']'", "put a ',' before it" },
	{ "{'x':1@; 'y':2}", SYNTAX "expected ',' or '}'", "write ',' instead of ';'" },
	{ "{'x':['y'@:1]}", SYNTAX "expected ',' or ']'",
		"keys and values stand between '{' and '}'" },
	{ "{'x':1@:1}", SYNTAX "expected ',' or '}'", "" },
	{ "{'x':'a'@b'}", SYNTAX "expected ',' or '}'",
		"the string ends before it: its last quote is missing, or one inside of it is to "
		"be written \\\"" },
	{ "{'x':[1,@]}", SYNTAX "a comma before ']'", "take the comma away" },
	{ "{'x':1,\n@}", SYNTAX "a comma before '}'", "take the comma away" },
	{ "{'x':[1,@}", SYNTAX "'}' cannot end the list that begins at 1:6", "write ']' first" },
	{ "{'x':[1,@,2]}", SYNTAX "a value is missing before ','", "take one comma away" },
	{ "{'x':@,}", SYNTAX "a value is missing before ','", "" },
	{ "{'x':@}", SYNTAX "a value is missing before '}'", "" },
	{ "{'x':@:1}", SYNTAX "a value is missing before ':'", "" },
	{ "@}", SYNTAX "a value is missing before '}'", "" },
	{ "{'x':1,@,'y':1}", KEY, "take the comma away" },
	{ "{'x'\n@1}", SYNTAX "expected ':' and a value", "put a ':' before it" },
	{ "{'x' @= 1}", SYNTAX "expected ':' and a value", "write ':' instead of '='" },
	{ "{'x'@}", SYNTAX "expected ':' and a value", "" },
	{ "{'x'@,'y':1}", SYNTAX "expected ':' and a value", "" },
	/* keys and quotes */
	{ "{@1:2}", KEY, "a string stands in double quotes: \"1\"" },
	{ "{@root: 2}", KEY, "a string stands in double quotes: \"root\"" },
	{ "{@{}:2}", KEY, "" },
	{ "{@\x60x\x60:2}", QUOTES, BOTH },
	{ "{'x':@\xe2\x80\x9c"
	  "1\xe2\x80\x9d}",
		QUOTES, BOTH },
	{ "{'x':@abc}", SYNTAX "abc is no value", "a string stands in double quotes: \"abc\"" },
	{ "@ociVersion: 1", SYNTAX "ociVersion is no value",
		"a string stands in double quotes: \"ociVersion\"" },
	{ "{'x':@/bin/sh}", SYNTAX "no value begins with '/'", "" },
	{ "{'x':@\x7f}", SYNTAX "no value begins with '\\x7f'", "" },
	{ "{'x':@(1)}", SYNTAX "no value begins with '('", "" },
	{ "{'x':@\xe2\x80\xae"
	  "abc}",
		SYNTAX "\\u202eabc is no value",
		"a string stands in double quotes: \"\\u202eabc\"" },
	/* words */
	{ "{'x':@True}", SYNTAX "True is no value", "write true" },
	{ "{'x':@FALSE}", SYNTAX "FALSE is no value", "write false" },
	{ "{'x':@yes}", SYNTAX "yes is no value", "write true" },
	{ "{'x':@off}", SYNTAX "off is no value", "write false" },
	{ "{'x':@None}", SYNTAX "None is no value", "write null, or leave the member out" },
	{ "{'x':@undefined}", SYNTAX "undefined is no value",
		"write null, or leave the member out" },
	{ "{'x':@tru}", SYNTAX "tru is no value", "write true" },
	{ "{'x':@tru", SYNTAX "tru is no value", "write true" },
	{ "{'x':@NaN}", SYNTAX "JSON has no NaN", NUMBERS },
	{ "{'x':@Infinity}", SYNTAX "JSON has no Infinity", NUMBERS },
	{ "{'x':@-inf}", SYNTAX "JSON has no -inf", NUMBERS },
	/* numbers */
	{ "{'x':@+1}", SYNTAX "+1 is no number", NUMBERS },
	{ "{'x':@.5}", SYNTAX ".5 is no number", NUMBERS },
	{ "{'x':@1.}", SYNTAX "1. is no number", NUMBERS },
	{ "{'x':@1e}", SYNTAX "1e is no number", NUMBERS },
	{ "{'x':@-}", SYNTAX "- is no number", NUMBERS },
	{ "{'x':@1_000}", SYNTAX "1_000 is no number", NUMBERS },
	{ "{'x':@1M}", SYNTAX "1M is no number", NUMBERS },
	{ "{'x':@0x1F}", SYNTAX "0x1F is no number", "numbers are decimal: write 31" },
	{ "{'x':@0755,", SYNTAX "0755 is no number",
		"numbers are decimal: write 493 for the octal 0755, or leave the 0 out" },
	{ "{'x':@08}", SYNTAX "08 is no number", NUMBERS },
	{ "{'ociVersion':@0x1F}", SYNTAX "0x1F is no number", "numbers are decimal: write 31" },
	/* strings */
	{ "{'root':{@'path", SYNTAX "a string that does not end", "put '\"' at its end" },
	{ "{'x':@'abc\\", SYNTAX "a string that does not end", "put '\"' at its end" },
	{ "{'x':@'abc,\n'y':1}", SYNTAX "a string that does not end on its line", LINE },
	{ "{'x':@'a\r\n'}", SYNTAX "a string that does not end on its line", LINE },
	{ "{@'x:1,\n'y':1}", SYNTAX "a string that does not end on its line", LINE },
	{ "{'x':@'a\tb'}", SYNTAX "a tab in a string", "write \\t" },
	{ "{'x':@'C:\\x'}", SYNTAX "\\x is not known in a string", "write \\\\ for a backslash" },
	{ "{'x':@'\\\xe2\x80\xae'}", SYNTAX "\\\\xe2 is not known in a string",
		"write \\\\ for a backslash" },
	{ "{'x':@'\\u12g4'}", SYNTAX "\\u without four hexadecimal digits behind it",
		"write \\\\u for a backslash and a u" },
	{ "{'x':@'\\u0000'}", ESCAPE, "" },
	{ "{'x':@'\\ud800'}", ESCAPE, "" },
	{ "{'x':@'\\ud800\\ud800'}", ESCAPE, "" },
	{ "{'x':@'\\ud800\\ue000'}", ESCAPE, "" },
	{ "{'x':@'\\udc00\\udc00'}", ESCAPE, "" },
	{ "{'x':@'\\udc00'}", ESCAPE, "" },
	{ "{@'\\u0000':1}", ESCAPE, "" },
	{ "{'x':{@'a\\udbff':1}}", ESCAPE, "" },
	/* JSON, but no object */
	{ "@[]", "expected an object, found a list", "" },
	{ "@null", "expected an object, found null", "" },
	{ "@'x'", "expected an object, found \"x\"", "" },
	{ "@12", "expected an object, found 12", "" },
	{ "  @-0.5e3 ", "expected an object, found -0.5e3", "" },
	{ "@{}", "ociVersion: missing", "" },
};

Test(spec_syntax, each_case)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		spec_case_expect(cases[i].json, -EINVAL, cases[i].text, cases[i].hint);
}

/* spec_case writes ' for ". */
Test(spec_syntax, single_quotes)
{
	static const struct {
		const char *json;
		uint32_t column;
	} rows[] = { { "{'x':1}", 2 }, { "{\"x\":'y'}", 6 }, { "{\"x\":1, 'y':2}", 9 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_ARENA a = { 0 };
		const struct spec_config *c = NULL;
		struct err e = { 0 };

		cr_expect(eq(
			int, spec_load(rows[i].json, strlen(rows[i].json), &a, &c, &e), -EINVAL));
		cr_expect(eq(str, e.text, QUOTES));
		cr_expect(eq(str, e.hint, BOTH));
		cr_expect(eq(u32, e.at.line, 1));
		cr_expect(eq(u32, e.at.column, rows[i].column));
	}
}

Test(spec_syntax, nul_byte)
{
	static const char json[] = "{\n\"x\":\"a\0b\"}";
	AUTO_ARENA a = { 0 };
	const struct spec_config *c = NULL;
	struct err e = { 0 };

	cr_expect(eq(int, spec_load(json, sizeof(json) - 1, &a, &c, &e), -EINVAL));
	cr_expect(eq(str, e.text, SYNTAX "a NUL byte"));
	cr_expect(eq(u32, e.at.line, 2));
	cr_expect(eq(u32, e.at.column, 7));
}

/* Every text that is cut off is refused at a place within it. */
Test(spec_syntax, cut_anywhere)
{
	static const char json[] =
		"{\"ociVersion\": \"1.0.0\", \"x\": [1, -2.5e3, true, null, {\"a\\u00e4\": \"b\"}]}";

	for (size_t len = 0; len + 1 < sizeof(json) - 1; len++) {
		AUTO_ARENA a = { 0 };
		const struct spec_config *c = NULL;
		struct err e = { 0 };

		cr_expect(eq(int, spec_load(json, len, &a, &c, &e), -EINVAL));
		cr_expect(eq(int, strncmp(e.text, SYNTAX, strlen(SYNTAX)), 0), "%zu: %s", len,
			e.text);
		cr_expect(eq(u32, e.at.line, 1));
		cr_expect(le(u32, e.at.column, (uint32_t)len + 1));
	}
}
