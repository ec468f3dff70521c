/* The maps of an option "idmap=...": what is read, what is refused. */
#include "plan/idmap.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum {
	TEXT = 256
};

/* The container's own map, in which "@" counts. */
static const struct plan_id_range own[] = { { 0, 1000, 1 }, { 1, 100000, 9 }, { 20, 5000, 10 } };

static const struct {
	const char *text;
	const char *uids, *gids; /* "inside outside count", blanks between */
	const char *why;         /* what is wrong with it; NULL: nothing */
} rows[] = {
	{ "uids=0-1-2;gids=3-4-5", "0 1 2", "3 4 5", NULL },
	{ "gids=3-4-5;uids=0-1-2", "0 1 2", "3 4 5", NULL },
	{ "uids=0-1-2;gids=3-4-5;", "0 1 2", "3 4 5", NULL },
	{ "uids=0-1-2#2-9-1#3-7-1;gids=0-0-4294967295", "0 1 2 2 9 1 3 7 1", "0 0 4294967295",
		NULL },
	/* "@": the host's ids are looked up in the container's map, a range becomes its pieces */
	{ "uids=@5-0-1;gids=@5-1-9", "5 1000 1", "5 100000 9", NULL },
	{ "uids=@5-0-3;gids=0-0-1", "5 1000 1 6 100000 2", "0 0 1", NULL },
	{ "uids=0-0-1#@7-22-2;gids=@0-9-1", "0 0 1 7 5002 2", "0 100008 1", NULL },
	{ "uids=@0-9-2;gids=0-0-1", NULL, NULL, "ids that are not mapped in the container" },
	{ "uids=0-0-1;gids=@0-30-1", NULL, NULL, "ids that are not mapped in the container" },

	{ "uids=0-1-2", NULL, NULL, "both uids= and gids= are needed" },
	{ "gids=0-1-2", NULL, NULL, "both uids= and gids= are needed" },
	{ "uids=0-1-2;uids=0-1-2", NULL, NULL, "the same list twice" },
	{ "users=0-1-2", NULL, NULL, "the lists are uids= and gids=, with \";\" between" },
	{ ";uids=0-1-2", NULL, NULL, "the lists are uids= and gids=, with \";\" between" },
	{ "uids=0-1-2;gids", NULL, NULL, "the lists are uids= and gids=, with \";\" between" },
	{ "uids=", NULL, NULL, "a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=0-1", NULL, NULL, "a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=0-1-2-3", NULL, NULL, "a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=0-1-2#", NULL, NULL, "a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=-0-1-2", NULL, NULL, "a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=0- 1-2", NULL, NULL, "a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=0-1-0x2", NULL, NULL, "a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=@@0-1-2", NULL, NULL, "a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=0-4294967296-1", NULL, NULL,
		"a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=0-99999999999999999999-1", NULL, NULL,
		"a range is three numbers below 2^32, FILE-HOST-COUNT" },
	{ "uids=0-1-0;gids=0-0-1", NULL, NULL, "a range of no ids" },
	{ "uids=@0-1-0;gids=0-0-1", NULL, NULL, "a range of no ids" },
	{ "uids=1-0-4294967295", NULL, NULL, "a range that ends above 4294967294" },
	{ "uids=0-1-4294967295", NULL, NULL, "a range that ends above 4294967294" },
	{ "uids=0-1-2#1-9-1", NULL, NULL, "ranges that overlap" },
	{ "uids=0-1-2#2-2-1", NULL, NULL, "ranges that overlap" },
	{ "uids=9-1000-1#@5-0-1", NULL, NULL, "ranges that overlap" },
};

static void shown(char text[TEXT], const struct plan_id_map *m)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < m->count; i++)
		len += (size_t)snprintf(text + len, TEXT - len, "%s%llu %llu %llu",
			i == 0 ? "" : " ", (unsigned long long)m->ranges[i].inside,
			(unsigned long long)m->ranges[i].outside,
			(unsigned long long)m->ranges[i].count);
}

static const char *parse(
	struct arena *arena, const char *text, bool with_own, struct plan_id_map ret[2])
{
	struct plan p = { .arena = arena };

	if (with_own)
		p.uids = p.gids = (struct plan_id_map){ own, ARRAY_LEN(own) };
	return plan_idmap_option(&p, text, ret);
}

Test(idmap_option, each_row)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_id_map maps[2] = { 0 };
		struct arena arena = { 0 };
		const char *const why = parse(&arena, rows[i].text, true, maps);
		char uids[TEXT], gids[TEXT];

		shown(uids, &maps[0]);
		shown(gids, &maps[1]);
		cr_expect(eq(str, why == NULL ? "" : (char *)why,
				  rows[i].why == NULL ? "" : (char *)rows[i].why),
			"%s", rows[i].text);
		cr_expect(eq(str, uids, rows[i].uids == NULL ? "" : (char *)rows[i].uids), "%s",
			rows[i].text);
		cr_expect(eq(str, gids, rows[i].gids == NULL ? "" : (char *)rows[i].gids), "%s",
			rows[i].text);
		arena_done(&arena);
	}
}

Test(idmap_option, relative_without_a_map)
{
	struct plan_id_map maps[2];
	struct arena arena = { 0 };
	const char *const why = parse(&arena, "uids=@0-0-1;gids=@0-0-1", false, maps);

	cr_expect(eq(str, (char *)why,
		"\"@\" counts in the id map of a user namespace made for the container, and there "
		"is none"));
	arena_done(&arena);
}

/* The kernel takes 340 lines. */
Test(idmap_option, too_many)
{
	char text[341 * 16 + 16] = "uids=";
	struct plan_id_map maps[2];
	struct arena arena = { 0 };
	size_t len = strlen(text);

	for (unsigned i = 0; i < 340; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%u-%u-1", i == 0 ? "" : "#", i, i);
	cr_expect(eq(
		str, (char *)parse(&arena, text, false, maps), "both uids= and gids= are needed"));
	(void)snprintf(text + len, sizeof(text) - len, "#340-340-1");
	cr_expect(eq(str, (char *)parse(&arena, text, false, maps), "more than 340 ranges"));
	arena_done(&arena);
}
