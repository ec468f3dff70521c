/* Lists like "0-3,7": which bits they are, and what is wrong with those that are none. */
#include "plan/id_list.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* The bits as a list again, each number for itself. */
static void show(const struct id_list *set, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ID_LIST_MAX; i++)
		if ((set->bits[i / (8 * sizeof(long))] >> i % (8 * sizeof(long)) & 1) != 0 &&
			len < size)
			len += (size_t)snprintf(
				ret + len, size - len, "%s%zu", len == 0 ? "" : " ", i);
}

Test(id_list, good)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "0", "0" },
		{ "0-3,7", "0 1 2 3 7" },
		{ "7,0-3", "0 1 2 3 7" },
		{ "5-5", "5" },
		{ "1,1,0-1", "0 1" },
		{ "62-65", "62 63 64 65" },
		{ "1023", "1023" },
		{ "007", "7" },
		{ " 1 ,\t3 - 4\n", "1 3 4" },
		{ "0-9:1/4", "0 4 8" },
		{ "1-9:2/4,9", "1 2 5 6 9" },
		{ "3-5:3/3", "3 4 5" },
		{ "0-1:1/2000", "0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct id_list set;
		struct err e = { 0 };
		char got[256];

		cr_expect(eq(int, id_list_parse(cases[i].text, POS_NONE, "x", &set, &e), 0), "%s",
			cases[i].text);
		show(&set, got, sizeof(got));
		cr_expect(eq(str, got, (char *)cases[i].want), "%s", cases[i].text);
	}
}

Test(id_list, whole_range)
{
	struct id_list set, all;
	struct err e = { 0 };

	memset(&all, 0xff, sizeof(all));
	cr_assert(eq(int, id_list_parse("0-1023", POS_NONE, "x", &set, &e), 0));
	cr_expect(eq(int, memcmp(&set, &all, sizeof(all)), 0));
}

Test(id_list, bad)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "\"\" is no number and no range like 0-3" },
		{ " ,, ", "\"\" is no number and no range like 0-3" },
		{ "1,", "\"\" is no number and no range like 0-3" },
		{ "0-3:0/4", "\"0-3:0/4\" names none" },
		{ "\n0-3:0/4", "\"\\n0-3:0/4\" names none" },
		{ "0-3:1/0", "\"0-3:1/0\" takes more of each group than there is" },
		{ "0-3:3/2", "\"0-3:3/2\" takes more of each group than there is" },
		{ "0-3:1", "\"0-3:1\" is no number and no range like 0-3" },
		{ "0-3:/2", "\"0-3:/2\" is no number and no range like 0-3" },
		{ "0:1/2", "\"0:1/2\" is no number and no range like 0-3" },
		{ "3-1", "\"3-1\" ends below where it begins" },
		{ "0,7-6", "\"7-6\" ends below where it begins" },
		{ "1024", "\"1024\" is above 1023, the highest that Linux can have" },
		{ "0-1024", "\"0-1024\" is above 1023, the highest that Linux can have" },
		{ "99999999999999999999", "\"99999999999999999999\" is above 1023, the highest "
					  "that Linux can have" },
		{ "18446744073709551616-1", "\"18446744073709551616-1\" is above 1023, the "
					    "highest that Linux can have" },
		{ "a", "\"a\" is no number and no range like 0-3" },
		{ "-1", "\"-1\" is no number and no range like 0-3" },
		{ "1-", "\"1-\" is no number and no range like 0-3" },
		{ "1-2-3", "\"1-2-3\" is no number and no range like 0-3" },
		{ "1 2", "\"1 2\" is no number and no range like 0-3" },
		{ "0x1", "\"0x1\" is no number and no range like 0-3" },
		{ "1:2", "\"1:2\" is no number and no range like 0-3" },
		{ "all\n", "\"all\\n\" is no number and no range like 0-3" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct id_list set = { { 42 } };
		struct err e = { 0 };
		char want[160];

		(void)snprintf(want, sizeof(want), "a.b: %s", cases[i].want);
		cr_expect(eq(int,
				  id_list_parse(cases[i].text, (struct src_pos){ 3, 14 }, "a.b",
					  &set, &e),
				  -EINVAL),
			"%s", cases[i].text);
		cr_expect(eq(str, e.text, want));
		cr_expect(eq(u32, e.at.line, 3));
		cr_expect(eq(u32, e.at.column, 14));
		cr_expect(eq(ulong, set.bits[0], 42), "%s: set on failure", cases[i].text);
	}
}
