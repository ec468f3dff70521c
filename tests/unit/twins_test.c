/* Equal texts in a list: which is the first, and whether one more comes. */
#include "base/twins.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/* A letter a text, '-' none; the index of the first that is equal; '>' where one comes behind. */
static const struct {
	const char *texts, *firsts, *later;
} cases[] = {
	{ "", "", "" },
	{ "a", "0", "." },
	{ "ab", "01", ".." },
	{ "aa", "00", ">." },
	{ "abab", "0101", ">>.." },
	{ "aaaa", "0000", ">>>." },
	{ "--", "01", ".." },
	{ "-a-a", "0121", ".>.." },
	{ "cbabc", "01210", ">>..." },
};

Test(twins, which_are_equal)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct twin list[8];
		const size_t count = strlen(cases[i].texts);

		for (size_t k = 0; k < count; k++) {
			list[k].text = cases[i].texts[k] == '-' ? NULL : cases[i].texts + k;
			list[k].len = 1;
		}
		twins_find(list, count);
		for (size_t k = 0; k < count; k++) {
			cr_expect(eq(sz, list[k].index, k), "%s", cases[i].texts);
			cr_expect(eq(sz, list[k].first, (size_t)(cases[i].firsts[k] - '0')), "%s",
				cases[i].texts);
			cr_expect(eq(int, list[k].later, cases[i].later[k] == '>'), "%s",
				cases[i].texts);
		}
	}
}

/* A text that begins another is not equal to it. */
Test(twins, lengths_count)
{
	struct twin list[] = { { .text = "ab", .len = 2 }, { .text = "ab", .len = 1 } };

	twins_find(list, 2);
	cr_expect(eq(int, list[0].later, 0));
	cr_expect(eq(sz, list[1].first, 1));
}
