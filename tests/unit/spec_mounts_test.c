/* A file that is a list of mounts: read and judged as mounts of a configuration, and by no other
 * rule. */
#include "spec/change.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *label, *text;
	size_t count;
	const char *error; /* "line:column: ..."; NULL: none */
} cases[] = {
	{ "one", "[{\"destination\": \"/a\"}]", 1, NULL },
	{ "two",
		" [\n{\"destination\": \"/a\", \"type\": \"tmpfs\", \"options\": [\"ro\"]},\n"
		"{\"destination\": \"b\", \"x\": [1]}]\n",
		2, NULL },
	{ "none", "[]", 0, NULL },
	{ "an object", "{\"mounts\": []}", 0,
		"1:1: mounts: expected a list of objects, found an object" },
	{ "a string", "\"/a\"", 0, "1:1: mounts: expected a list of objects, found \"/a\"" },
	{ "nothing", "", 0, "1:1: syntax error: there is nothing in it" },
	{ "two lists", "[] []", 0, "1:4: syntax error: something follows the configuration" },
	{ "no end", "[{\"destination\": \"/a\"}", 0,
		"1:23: syntax error: the text ends too early" },
	{ "no destination", "[{\"destination\": \"/a\"},\n {\"source\": \"/b\"}]", 0,
		"2:2: mounts[1].destination: missing" },
	{ "a number", "[\n 5]", 0, "2:2: mounts[0]: expected an object, found 5" },
	{ "a wrong member", "[{\"destination\": \"/a\", \"options\": 5}]", 0,
		"1:35: mounts[0].options: expected a list of strings, found 5" },
	{ "twice", "[{\"destination\": \"/a\", \"destination\": \"/b\"}]", 0,
		"1:24: mounts[0].destination: given twice" },
	{ "a rule of options", "[{\"destination\": \"/a\", \"options\": [\"bind\", \"size=1\"]}]",
		0,
		"1:44: mounts[0].options[1]: bind mounts cannot have any filesystem-specific "
		"options applied: \"size=1\"" },
	{ "a rule of id maps",
		"[{\"destination\": \"/a\", \"uidMappings\": [{\"containerID\": 0, \"hostID\": 0, "
		"\"size\": 1}]}]",
		0, "1:39: mounts[0].gidMappings: missing, though there are uidMappings" },
};

Test(spec_mounts, each_case)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA arena = { 0 };
		struct spec_report report = { .arena = &arena };
		const struct spec_config *config = NULL;
		struct err e = { 0 };
		char found[sizeof(e.text) + 24] = "";
		int rc = spec_read_mounts(cases[i].text, strlen(cases[i].text), &report, &config);

		cr_expect(eq(int, rc < 0, cases[i].error != NULL), "%s", cases[i].label);
		if (rc == 0) {
			cr_expect(
				eq(sz, config->mounts.count, cases[i].count), "%s", cases[i].label);
			continue;
		}
		(void)!spec_report_err(&report, &e);
		(void)snprintf(found, sizeof(found), "%u:%u: %s", e.at.line, e.at.column, e.text);
		cr_expect(eq(str, found, (char *)(cases[i].error != NULL ? cases[i].error : "")),
			"%s", cases[i].label);
	}
}

Test(spec_mounts, places_are_kept)
{
	static const char text[] = "[{\"destination\": \"/a\"},\n {\"destination\": \"/b\"}]";
	AUTO_ARENA arena = { 0 };
	struct spec_report report = { .arena = &arena };
	const struct spec_config *config = NULL;

	cr_assert(eq(int, spec_read_mounts(text, strlen(text), &report, &config), 0));
	cr_expect(eq(str, (char *)config->mounts.items[1].destination.value, "/b"));
	cr_expect(eq(u32, config->mounts.items[1].at.line, 2));
	cr_expect(eq(u32, config->mounts.items[1].destination.at.column, 18));
}
