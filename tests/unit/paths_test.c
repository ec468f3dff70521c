/* Comparing paths of the container. */
#include "plan/paths.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const struct {
	const char *path, *dir;
	const char *below; /* NULL: not there */
} rows[] = {
	{ "/dev", "dev", "" },
	{ "/dev/", "dev", "" },
	{ "//dev//", "dev", "" },
	{ "dev", "dev", "" },
	{ "/./dev/.", "dev", "" },
	{ "/dev/pts", "dev", "pts" },
	{ "/dev//./pts/", "dev", "pts/" },
	{ "/dev/pts", "dev/pts", "" },
	{ "/dev/./pts", "dev/pts", "" },
	{ "/dev/.hidden", "dev", ".hidden" },
	{ "/a/b/c", "/a//b/", "c" },
	{ "/a/b", "/./a/b/.", "" },
	{ "/dev/..", "dev", ".." },
	{ "/proc/sys/kernel", "proc", "sys/kernel" },
	{ "/", "", "" },
	{ "", "", "" },
	{ "/./.", "", "" },
	{ "/x", "", "x" },
	{ "/device", "dev", NULL },
	{ "/de", "dev", NULL },
	{ "/", "dev", NULL },
	{ "", "dev", NULL },
	{ "/srv/dev", "dev", NULL },
	{ "/dev", "dev/pts", NULL },
};

Test(plan_paths, each_row)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const below = plan_path_below(rows[i].path, rows[i].dir);
		const bool is = rows[i].below != NULL && rows[i].below[0] == '\0';

		cr_expect(eq(int, below == NULL, rows[i].below == NULL), "%s in %s", rows[i].path,
			rows[i].dir);
		if (below != NULL && rows[i].below != NULL)
			cr_expect(eq(str, (char *)below, (char *)rows[i].below), "%s in %s",
				rows[i].path, rows[i].dir);
		cr_expect(eq(int, plan_path_is(rows[i].path, rows[i].dir), is), "%s", rows[i].path);
	}
}

Test(plan_paths, cover_proc)
{
	static const struct {
		const char *below;
		bool may;
	} cases[] = { { NULL, false }, { "", false }, { "meminfo", true }, { "stat", true },
		{ "sys/kernel/ns_last_pid", true }, { "sys", false }, { "sys/kernel", false },
		{ "meminfo/", false }, { "1/stat", false } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_expect(eq(int, plan_may_cover_proc(cases[i].below), cases[i].may), "%s",
			cases[i].below);
}

static const struct {
	const char *path;
	bool climbs;
} climbing[] = {
	{ "/a/../b", true },
	{ "..", true },
	{ "/proc/..", true },
	{ "/./../x", true },
	{ "/a", false },
	{ "", false },
	{ "/", false },
	{ "/..a/b..", false },
	{ "/.../a", false },
	{ "/a/./b/", false },
};

Test(plan_paths, climbs)
{
	for (size_t i = 0; i < ARRAY_LEN(climbing); i++)
		cr_expect(eq(int, plan_path_climbs(climbing[i].path), climbing[i].climbs), "%s",
			climbing[i].path);
}
