/* What is left to be known of a record that is damaged or of another version. */
#include "state/salvage.h"

#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define HEAD  "crun-lite-state=99\nid=box\nphase=running\n"
#define PROC  "pid=12\nstart=345\nboot=b\n"
#define FIRST "id=box\npid=0\ncgroup=/c/first\ncgroup_inode=0\ncgroup_levels=2\n"

static const struct {
	const char *label, *state, *first; /* NULL: none */
	uint64_t pid, start;
	const char *boot, *cgroup;
	uint64_t inode, levels;
} rows[] = {
	{ "nothing", NULL, NULL, 0, 0, "", "", 0, 0 },
	{ "of another version", HEAD PROC "new=1\ncgroup=/c\ncgroup_inode=7\ncgroup_levels=1\n",
		FIRST, 12, 345, "b", "/c", 7, 1 },
	{ "cut in a number", HEAD "pid=12\nstart=34", NULL, 12, 0, "", "", 0, 0 },
	{ "cut in a path", HEAD PROC "cgroup_inode=7\ncgroup=/c/lo", NULL, 12, 345, "b", "", 7, 0 },
	{ "no inode, the first says", HEAD PROC "cgroup=/c\n", FIRST, 12, 345, "b", "/c/first", 0,
		2 },
	{ "the first alone", NULL, FIRST, 0, 0, "", "/c/first", 0, 2 },
	{ "of another container", "id=fox\n" PROC "cgroup=/c\ncgroup_inode=7\n", "id=fox\n" FIRST,
		0, 0, "", "", 0, 0 },
	{ "an id that goes on", "id=boxer\n" PROC, NULL, 0, 0, "", "", 0, 0 },
	{ "no number", HEAD "pid=1x\nstart=18446744073709551616\nboot=b\n", NULL, 0, 0, "b", "", 0,
		0 },
	{ "too large a number", HEAD "pid=2147483648\n", NULL, 0, 0, "", "", 0, 0 },
	{ "a relative path", HEAD "cgroup=c\ncgroup_inode=7\n", NULL, 0, 0, "", "", 7, 0 },
	{ "a path that leads up", HEAD "cgroup=/c/../d\ncgroup_inode=7\n", NULL, 0, 0, "", "", 7,
		0 },
	{ "an escape", HEAD "cgroup=/c\\0ad\ncgroup_inode=7\n", NULL, 0, 0, "", "", 7, 0 },
	{ "in an annotation", HEAD "annotation=pid=9\n", NULL, 0, 0, "", "", 0, 0 },
};

Test(state_salvage, each_row)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_SCRATCH s = scratch_new();
		AUTO_STATE_DIR d = STATE_DIR_NONE;
		AUTO_ARENA a = { 0 };
		struct state_record r;
		struct err e = { 0 };

		must(mkdirat(s.fd, "box", 0700) == 0);
		if (rows[i].state != NULL)
			write_text(&s, "box/state", rows[i].state);
		if (rows[i].first != NULL)
			write_text(&s, "box/state.first", rows[i].first);
		cr_assert(eq(int, state_open(s.fd, "box", 0, &d, &e), 0), "%s", e.text);
		state_salvage(&d, &a, &r);
		cr_expect(eq(str, (char *)r.id, "box"), "%s", rows[i].label);
		cr_expect(eq(u64, r.pid, rows[i].pid), "%s", rows[i].label);
		cr_expect(eq(u64, r.start, rows[i].start), "%s", rows[i].label);
		cr_expect(eq(str, (char *)r.boot, (char *)rows[i].boot), "%s", rows[i].label);
		cr_expect(eq(str, (char *)r.cgroup, (char *)rows[i].cgroup), "%s", rows[i].label);
		cr_expect(eq(u64, r.cgroup_inode, rows[i].inode), "%s", rows[i].label);
		cr_expect(eq(u64, r.cgroup_levels, rows[i].levels), "%s", rows[i].label);
	}
}
