/* The directory that holds all containers of a user.  Makes and opens it, looks at none of them. */
#include "state/state.h"

#include "base/sys.h"
#include "base/text.h"
#include "state/dir.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct shown {
	char text[300];
};

static const char *show(struct shown *s, const char *path)
{
	return text_escape(s->text, sizeof(s->text), path, strlen(path));
}

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

/* Opens a directory that must be ours alone to write to. */
static int open_own(const char *path, uid_t uid, int *ret, struct err *e)
{
	AUTO_FD fd = openat(AT_FDCWD, path, STATE_OPEN_DIR);
	struct shown s;
	struct stat st;

	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(
			e, errno, POS_NONE, "\"%s\" is a link or no directory", show(&s, path));
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, POS_NONE, "cannot open \"%s\"", show(&s, path));
	if (st.st_uid != uid)
		return err_set(e, EPERM, POS_NONE, "\"%s\" belongs to user %u, not to user %u",
			show(&s, path), st.st_uid, uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(e, EPERM, POS_NONE,
			"\"%s\" may be written to by others: its mode is %04o", show(&s, path),
			st.st_mode & 07777);
	*ret = fd_take(&fd);
	return 0;
}

/* As filepath.Clean of other runtimes does: by the words alone, never through links.
 * path is absolute; a buffer as long as it is enough. */
static void clean(const char *path, char *ret)
{
	size_t len = 0;

	while (*path != '\0') {
		const size_t word = strcspn(path, "/");

		if (word == 2 && memcmp(path, "..", 2) == 0) {
			while (len > 0 && ret[--len] != '/')
				;
		} else if (word > 0 && !(word == 1 && *path == '.')) {
			ret[len++] = '/';
			memmove(ret + len, path, word);
			len += word;
		}
		path += word + (path[word] == '/');
	}
	ret[len] = '\0';
}

static int from_option(const char *option, struct arena *a, struct state_root *ret, struct err *e)
{
	char here[PATH_MAX] = "";
	struct shown s;
	char *path;

	if (option[0] == '\0')
		return err_set(e, EINVAL, POS_NONE, "--root is empty");
	if (option[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return err_sys(e, errno, POS_NONE, "cannot tell the current directory");
	path = arena_printf(a, "%s/%s", here, option);
	if (path == NULL)
		return no_memory(e);
	clean(path, path);
	if (path[0] == '\0')
		return err_set(e, EINVAL, POS_NONE, "--root \"%s\" is the root of the file system",
			show(&s, option));
	*ret = (struct state_root){ path, 0700 };
	return 0;
}

/* The directory of a user for things that last as long as the session. */
static int session_dir(
	const struct state_where *w, struct arena *a, const char **ret, struct err *e)
{
	const bool given = w->runtime_dir != NULL && w->runtime_dir[0] != '\0';
	const char *path = given ? w->runtime_dir : arena_printf(a, "%s/user/%u", w->run, w->uid);
	AUTO_FD fd = FD_NONE;
	int rc;

	if (path == NULL)
		return no_memory(e);
	if (path[0] != '/')
		return err_set(e, EINVAL, POS_NONE, "XDG_RUNTIME_DIR is not an absolute path");
	rc = open_own(path, w->uid, &fd, e);
	if (rc < 0 && given)
		return err_add(e, "XDG_RUNTIME_DIR");
	if (rc < 0) {
		(void)err_set(e, ENOENT, POS_NONE,
			"cannot tell where to keep the state of containers: XDG_RUNTIME_DIR is not set");
		return err_hint(e,
			"set XDG_RUNTIME_DIR to a directory that only you may write to, or give --root DIR");
	}
	*ret = path;
	return 0;
}

int state_root(const struct state_where *w, struct arena *a, struct state_root *ret, struct err *e)
{
	const bool named = w->runtime_dir != NULL && w->runtime_dir[0] != '\0';
	const bool plain = w->uid != 0 || (w->user_namespace && named);
	const char *base = w->run;
	char *path;

	if (w->option != NULL)
		return from_option(w->option, a, ret, e);
	if (plain)
		TRY(session_dir(w, a, &base, e));
	path = arena_printf(a, "%s/crun-lite", base);
	if (path == NULL)
		return no_memory(e);
	clean(path, path);
	/* The sticky bit: those who clean up a user's directory leave such entries alone. */
	*ret = (struct state_root){ path, plain ? 01700 : 0700 };
	return 0;
}

/* Makes every directory of the path that is missing. */
static int make_path(const struct state_root *root, struct err *e)
{
	char path[PATH_MAX];
	struct shown s;

	if (strlen(root->path) >= sizeof(path))
		return err_sys(e, ENAMETOOLONG, POS_NONE, "cannot make the state root");
	(void)snprintf(path, sizeof(path), "%s", root->path);
	for (char *at = strchr(path + 1, '/');; at = strchr(at + 1, '/')) {
		if (at != NULL)
			*at = '\0';
		if (mkdirat(AT_FDCWD, path, at != NULL ? 0700 : root->mode) < 0 && errno != EEXIST)
			return err_sys(e, errno, POS_NONE, "cannot make the state root \"%s\"",
				show(&s, path));
		if (at == NULL)
			return 0;
		*at = '/';
	}
}

int state_root_open(const struct state_root *root, bool make, int *ret, struct err *e)
{
	int rc = open_own(root->path, sys_euid(), ret, e);

	if (rc == -ENOENT && !make) {
		*e = (struct err){ 0 };
		*ret = FD_NONE;
		return 0;
	}
	if (rc == -ENOENT) {
		*e = (struct err){ 0 };
		TRY(make_path(root, e));
		rc = open_own(root->path, sys_euid(), ret, e);
	}
	return rc < 0 ? err_add(e, "state root") : 0;
}
