/* Which root is chosen, which directory is believed, which ids are fit. */
#include "state/state.h"

#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* In all texts "@" stands for the scratch directory. */
static const char *fill(const char *text, const struct scratch *s, char *buf, size_t size)
{
	size_t len = 0;

	for (; *text != '\0' && len + sizeof(s->path) < size; text++) {
		if (*text == '@')
			len += (size_t)snprintf(buf + len, size - len, "%s", s->path);
		else
			buf[len++] = *text;
	}
	buf[len] = '\0';
	return buf;
}

#define UNSET "cannot tell where to keep the state of containers: XDG_RUNTIME_DIR is not set"

/* @/user/<own id> and @/xdg exist, mode 0700; @/link leads to @/xdg; @/wide has mode 0777. */
static const struct {
	const char *label, *option, *runtime_dir;
	bool plain, user_namespace; /* plain: not uid 0, as far as the choice knows */
	int rc;
	const char *path; /* or the error */
	mode_t mode;
} choices[] = {
	{ "root", NULL, NULL, false, false, 0, "@/crun-lite", 0700 },
	{ "root ignores the session", NULL, "@/xdg", false, false, 0, "@/crun-lite", 0700 },
	{ "root of a namespace", NULL, "@/xdg", false, true, 0, "@/xdg/crun-lite", 01700 },
	{ "root of a namespace, no session", NULL, NULL, false, true, 0, "@/crun-lite", 0700 },
	{ "root of a namespace, empty", NULL, "", false, true, 0, "@/crun-lite", 0700 },
	{ "absolute", "/a/b", NULL, false, false, 0, "/a/b", 0700 },
	{ "option wins", "/a/b", "@/xdg", true, false, 0, "/a/b", 0700 },
	{ "cleaned", "//a/./b//../c/", NULL, false, false, 0, "/a/c", 0700 },
	{ "above the top", "/../../a", NULL, false, false, 0, "/a", 0700 },
	{ "dots in a name", "/..a/b../...", NULL, false, false, 0, "/..a/b../...", 0700 },
	{ "relative", "a/../b", NULL, false, false, 0, "@/b", 0700 },
	{ "top", "/", NULL, false, false, -EINVAL, "--root \"/\" is the root of the file system",
		0 },
	{ "top, hidden", "/a/../.", NULL, false, false, -EINVAL,
		"--root \"/a/../.\" is the root of the file system", 0 },
	{ "empty", "", NULL, false, false, -EINVAL, "--root is empty", 0 },
	{ "session is relative", NULL, "xdg", false, true, -EINVAL,
		"XDG_RUNTIME_DIR is not an absolute path", 0 },
	{ "session is missing", NULL, "@/none", false, true, -ENOENT,
		"XDG_RUNTIME_DIR: cannot open \"@/none\": No such file or directory", 0 },
	{ "session is a link", NULL, "@/link", false, true, -ENOTDIR,
		"XDG_RUNTIME_DIR: \"@/link\" is a link or no directory", 0 },
	{ "session is open to all", NULL, "@/wide", false, true, -EPERM,
		"XDG_RUNTIME_DIR: \"@/wide\" may be written to by others: its mode is 0777", 0 },
	{ "user without a session", NULL, NULL, true, false, -ENOENT, UNSET, 0 },
	{ "user with an empty one", NULL, "", true, false, -ENOENT, UNSET, 0 },
};

static void make_places(const struct scratch *s)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "user/%u", geteuid());
	must(mkdirat(s->fd, "user", 0755) == 0 && mkdirat(s->fd, name, 0700) == 0);
	must(mkdirat(s->fd, "xdg", 0700) == 0 && symlinkat("xdg", s->fd, "link") == 0);
	must(mkdirat(s->fd, "wide", 0777) == 0 && fchmodat(s->fd, "wide", 0777, 0) == 0);
	must(chdir(s->path) == 0);
}

Test(state_root, choice)
{
	AUTO_SCRATCH s = scratch_new();

	make_places(&s);
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		AUTO_ARENA a = { 0 };
		char session[300], want[300];
		const struct state_where where = {
			.option = choices[i].option,
			.runtime_dir = choices[i].runtime_dir == NULL
					       ? NULL
					       : fill(choices[i].runtime_dir, &s, session,
							 sizeof(session)),
			.run = s.path,
			.uid = choices[i].plain ? 4242 : 0,
			.user_namespace = choices[i].user_namespace,
		};
		struct state_root root = { "", 0 };
		struct err e = { 0 };
		int rc;

		if (geteuid() != 0 && where.user_namespace && where.runtime_dir != NULL)
			continue; /* whose directories are not of the user that these rows claim */
		rc = state_root(&where, &a, &root, &e);
		cr_expect(eq(int, rc, choices[i].rc), "%s", choices[i].label);
		cr_expect(eq(str, rc < 0 ? e.text : (char *)root.path,
				  (char *)fill(choices[i].path, &s, want, sizeof(want))),
			"%s", choices[i].label);
		cr_expect(eq(uint, root.mode, choices[i].mode), "%s", choices[i].label);
	}
}

Test(state_root, session_of_the_user)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_ARENA a = { 0 };
	/* uid 0 never looks there; a user finds the directory where systemd makes it. */
	const struct state_where where = { .run = s.path, .uid = 4242 };
	struct state_root root = { 0 };
	struct err e = { 0 };
	char want[200];

	must(mkdirat(s.fd, "user", 0755) == 0 && mkdirat(s.fd, "user/4242", 0700) == 0);
	if (geteuid() != 0)
		return; /* cannot make another user's directory */
	must(fchownat(s.fd, "user/4242", 4242, 4242, 0) == 0);
	cr_assert(eq(int, state_root(&where, &a, &root, &e), 0), "%s", e.text);
	(void)snprintf(want, sizeof(want), "%s/user/4242/crun-lite", s.path);
	cr_expect(eq(str, (char *)root.path, want));
	cr_expect(eq(uint, root.mode, 01700));
}

Test(state_root, hint_says_what_to_set)
{
	AUTO_ARENA a = { 0 };
	const struct state_where where = { .run = "/nowhere", .uid = 4242 };
	struct state_root root;
	struct err e = { 0 };

	cr_expect(eq(int, state_root(&where, &a, &root, &e), -ENOENT));
	cr_expect(eq(str, e.hint,
		"set XDG_RUNTIME_DIR to a directory that only you may write to, or give --root DIR"));
}

/* --- opening ------------------------------------------------------------------------------ */

enum kind {
	DIRECTORY,
	FILE_,
	LINK,
	FIFO,
	ABSENT
};

static const struct {
	const char *label;
	enum kind kind;
	mode_t mode;
	bool foreign;
	int rc;
	const char *text;
} roots[] = {
	{ "ours alone", DIRECTORY, 0700, false, 0, "" },
	{ "sticky", DIRECTORY, 01700, false, 0, "" },
	{ "may be read", DIRECTORY, 0755, false, 0, "" },
	{ "as engines make it", DIRECTORY, 0711, false, 0, "" },
	{ "group may write", DIRECTORY, 0770, false, -EPERM,
		"state root: \"@/r\" may be written to by others: its mode is 0770" },
	{ "others may write", DIRECTORY, 0702, false, -EPERM,
		"state root: \"@/r\" may be written to by others: its mode is 0702" },
	{ "shared temporary", DIRECTORY, 01777, false, -EPERM,
		"state root: \"@/r\" may be written to by others: its mode is 1777" },
	{ "another's", DIRECTORY, 0700, true, -EPERM,
		"state root: \"@/r\" belongs to user 4242, not to user 0" },
	{ "a file", FILE_, 0700, false, -ENOTDIR, "state root: \"@/r\" is a link or no directory" },
	{ "a FIFO", FIFO, 0700, false, -ENOTDIR, "state root: \"@/r\" is a link or no directory" },
	{ "a link to ours", LINK, 0700, false, -ENOTDIR,
		"state root: \"@/r\" is a link or no directory" },
	{ "missing", ABSENT, 0, false, 0, "" },
};

static void make_root(const struct scratch *s, enum kind kind, mode_t mode)
{
	if (kind == DIRECTORY)
		must(mkdirat(s->fd, "r", 0700) == 0 && fchmodat(s->fd, "r", mode, 0) == 0);
	if (kind == FILE_)
		must(mknodat(s->fd, "r", S_IFREG | mode, 0) == 0);
	if (kind == FIFO)
		must(mkfifoat(s->fd, "r", mode) == 0);
	if (kind == LINK)
		must(mkdirat(s->fd, "to", 0700) == 0 && symlinkat("to", s->fd, "r") == 0);
}

Test(state_root, what_is_opened)
{
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		AUTO_SCRATCH s = scratch_new();
		char path[100], want[300];
		const struct state_root root = { path, 0700 };
		struct err e = { 0 };
		AUTO_FD fd = FD_NONE;

		if (roots[i].foreign && geteuid() != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/r", s.path);
		make_root(&s, roots[i].kind, roots[i].mode);
		if (roots[i].foreign)
			must(fchownat(s.fd, "r", 4242, 4242, 0) == 0);
		cr_expect(eq(int, state_root_open(&root, false, &fd, &e), roots[i].rc), "%s",
			roots[i].label);
		cr_expect(eq(str, e.text, (char *)fill(roots[i].text, &s, want, sizeof(want))),
			"%s", roots[i].label);
		cr_expect(eq(int, fd >= 0, roots[i].rc == 0 && roots[i].kind == DIRECTORY), "%s",
			roots[i].label);
	}
}

Test(state_root, is_made_with_what_is_above)
{
	AUTO_SCRATCH s = scratch_new();
	char path[100];
	const struct state_root root = { path, 01700 };
	struct err e = { 0 };
	struct stat st;
	AUTO_FD fd = FD_NONE;

	(void)umask(0);
	(void)snprintf(path, sizeof(path), "%s/a/b/c", s.path);
	cr_assert(eq(int, state_root_open(&root, true, &fd, &e), 0), "%s", e.text);
	cr_expect(eq(int, fcntl(fd, F_GETFD), FD_CLOEXEC));
	cr_assert(eq(int, fstatat(s.fd, "a", &st, 0), 0));
	cr_expect(eq(uint, st.st_mode & 07777, 0700));
	cr_assert(eq(int, fstatat(s.fd, "a/b/c", &st, 0), 0));
	cr_expect(eq(uint, st.st_mode & 07777, 01700));
}

/* --- ids ---------------------------------------------------------------------------------- */

#define TEN(x) x x x x x x x x x x

static const struct {
	const char *id;
	int rc;
	const char *text;
} ids[] = {
	{ "a", 0, "" },
	{ "0123456789abcdef", 0, "" },
	{ "A_b+c-d.e", 0, "" },
	{ "-x", 0, "" },
	{ "+", 0, "" },
	{ "a..b", 0, "" },
	{ TEN(TEN("ab")) "12345678901234567890123456789012345678901234567890"
			 "12345",
		0, "" },
	{ "", -EINVAL, "the container id is empty" },
	{ ".", -EINVAL, "container id \".\" is not allowed" },
	{ "..", -EINVAL, "container id \"..\" is not allowed" },
	{ ".a", -EINVAL, "container id \".a\" is not allowed" },
	{ "a/b", -EINVAL, "container id \"a/b\" is not allowed" },
	{ "/a", -EINVAL, "container id \"/a\" is not allowed" },
	{ "a b", -EINVAL, "container id \"a b\" is not allowed" },
	{ "a\n", -EINVAL, "container id \"a\\n\" is not allowed" },
	{ "a\x1b[31m", -EINVAL, "container id \"a\\x1b[31m\" is not allowed" },
	{ "\xc3\xa9", -EINVAL, "container id \"\xc3\xa9\" is not allowed" },
	{ "a\xff", -EINVAL, "container id \"a\\xff\" is not allowed" },
	{ TEN(TEN("ab")) TEN("12345") "123456", -EINVAL,
		"container id \"abababababababababababababababababababababababababababababababab...\" "
		"is longer than 255 bytes" },
};

Test(state_root, ids)
{
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct err e = { 0 };

		cr_expect(eq(int, state_check_id(ids[i].id, &e), ids[i].rc), "row %zu", i);
		cr_expect(eq(str, e.text, (char *)ids[i].text), "row %zu", i);
		cr_expect(
			eq(str, e.hint,
				ids[i].rc == 0 || ids[i].id[0] == '\0'
					? ""
					: "use letters, digits and _ + - . and no . at the beginning"),
			"row %zu", i);
	}
}
