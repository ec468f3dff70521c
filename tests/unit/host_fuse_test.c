/* Where fuse-overlayfs is looked for: absolute directories of PATH alone, programs alone. */
#include "state_case.h"

#include "host/host.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* What lies in the scratch directory. */
static void fill(const struct scratch *s)
{
	static const struct {
		const char *dir;
		mode_t mode;
	} rows[] = { { "good", 0755 }, { "second", 0700 }, { "plain", 0644 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char path[64];
		int fd;

		cr_assert(eq(int, mkdirat(s->fd, rows[i].dir, 0700), 0));
		(void)snprintf(path, sizeof(path), "%s/fuse-overlayfs", rows[i].dir);
		fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, rows[i].mode);
		cr_assert(ge(int, fd, 0));
		fd_close(&fd);
	}
	cr_assert(eq(int, mkdirat(s->fd, "dir", 0700), 0));
	cr_assert(eq(int, mkdirat(s->fd, "dir/fuse-overlayfs", 0755), 0));
}

static const struct {
	const char *label, *path; /* @ is the scratch directory */
	const char *found;        /* in it; NULL: whatever the host has */
} cases[] = {
	{ "the only one", "@/good", "good" },
	{ "the first of two", "@/second:@/good", "second" },
	{ "behind what is missing", "@/none:@/good", "good" },
	{ "a file that is no program", "@/plain:@/good", "good" },
	{ "a directory of that name", "@/dir:@/good", "good" },
	{ "relative and empty ones", "good:.::@/second", "second" },
	{ "a slash behind", "@/good/:@/second", "good/" },
	{ "none of ours", "@/none:good", NULL },
	{ "empty", "", NULL },
	{ "no PATH", NULL, NULL },
};

static void expand(const char *text, const char *dir, char *ret, size_t size)
{
	size_t len = 0;

	for (; *text != '\0' && len + strlen(dir) + 1 < size; text++)
		if (*text == '@')
			len += (size_t)snprintf(ret + len, size - len, "%s", dir);
		else
			ret[len++] = *text;
	ret[len] = '\0';
}

Test(host_fuse, find)
{
	AUTO_SCRATCH s = scratch_new();
	const int here = openat(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fill(&s);
	cr_assert(eq(int, fchdir(s.fd), 0)); /* a relative name would be found */
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = { 0 };
		char path[512] = "", want[512];
		const char *found;

		if (cases[i].path != NULL)
			expand(cases[i].path, s.path, path, sizeof(path));
		found = host_find_fuse_overlayfs(cases[i].path != NULL ? path : NULL, &a);
		cr_assert(found != NULL, "%s", cases[i].label);
		(void)snprintf(want, sizeof(want), "%s/%s/fuse-overlayfs", s.path,
			cases[i].found != NULL ? cases[i].found : "");
		if (cases[i].found != NULL)
			cr_expect(eq(str, (char *)found, want), "%s", cases[i].label);
		else
			cr_expect(strncmp(found, s.path, strlen(s.path)) != 0 &&
					  (found[0] == '/' || found[0] == '\0'),
				"%s: %s", cases[i].label, found);
	}
	cr_assert(eq(int, fchdir(here), 0));
	(void)close(here);
}
