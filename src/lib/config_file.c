/* Reading a configuration file.  Understands nothing of it. */
#include "lib/config_file.h"

#include "base/sys.h"
#include "spec/spec.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int not_there(const char *path, const char *bundle, struct err *e)
{
	struct stat st;

	if (bundle != NULL && stat(bundle, &st) < 0) {
		(void)err_sys(e, ENOENT, POS_NONE, "cannot open bundle \"%s\"", bundle);
		return err_hint(
			e, "a bundle is a directory with config.json and a root file system");
	}
	(void)err_sys(e, ENOENT, POS_NONE, "cannot open \"%s\"", path);
	return bundle == NULL ? -e->code : err_hint(e, "make one: cd %s && crun-lite spec", bundle);
}

static int open_file(const char *path, const char *bundle, int *ret, struct err *e)
{
	AUTO_FD fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? not_there(path, bundle, e)
				       : err_sys(e, errno, POS_NONE, "cannot open \"%s\"", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, POS_NONE, "cannot look at \"%s\"", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, POS_NONE,
			"cannot read \"%s\": not a regular file", path);
	if (st.st_size > SPEC_SIZE_MAX)
		return err_set(e, EFBIG, POS_NONE, "cannot read \"%s\": larger than 16 MiB", path);
	*ret = fd_take(&fd);
	return (int)st.st_size;
}

int config_file_read(const char *path, const char *bundle, struct arena *arena,
	struct state_bytes *ret, struct err *e)
{
	AUTO_FD fd = FD_NONE;
	size_t have = 0, size;
	char *text;
	int rc = open_file(path, bundle, &fd, e);

	if (rc < 0)
		return rc;
	size = (size_t)rc + 1; /* one more: a file that grows is noticed */
	text = arena_alloc(arena, size + 1);
	if (text == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	while (have < size) {
		const ssize_t got = read(fd, text + have, size - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, errno, POS_NONE, "cannot read \"%s\"", path);
		have += (size_t)got;
		if (have < size)
			break; /* short: the end of a regular file */
	}
	if (have == size)
		return err_set(
			e, EAGAIN, POS_NONE, "cannot read \"%s\": it is being written", path);
	*ret = (struct state_bytes){ text, have };
	return 0;
}

int config_file_read_fd(
	int fd, const char *name, struct arena *arena, struct state_bytes *ret, struct err *e)
{
	size_t have = 0, size = 0;
	char *text = NULL;

	while (have <= SPEC_SIZE_MAX) {
		ssize_t got;

		if (have == size) {
			char *const more = arena_alloc(arena, size == 0 ? 65536 : size * 2);

			if (more == NULL)
				return err_set(e, ENOMEM, POS_NONE, "out of memory");
			if (have > 0)
				memcpy(more, text, have);
			text = more;
			size = size == 0 ? 65536 : size * 2;
		}
		got = read(fd, text + have, size - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, errno, POS_NONE, "cannot read %s", name);
		have += (size_t)got;
		*ret = (struct state_bytes){ text, have };
		if (got == 0)
			return 0;
	}
	return err_set(e, EFBIG, POS_NONE, "cannot read %s: larger than 16 MiB", name);
}

static int read_pipe(const char *path, struct arena *a, struct state_bytes *ret, struct err *e)
{
	AUTO_FD fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_sys(e, errno, POS_NONE, "cannot open \"%s\"", path);
	return config_file_read_fd(fd, path, a, ret, e);
}

int config_file_read_any(const char *path, struct arena *a, struct state_bytes *ret, struct err *e)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return config_file_read_fd(STDIN_FILENO, "standard input", a, ret, e);
	/* a shell's <(COMMAND) */
	if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
		return read_pipe(path, a, ret, e);
	return config_file_read(path, NULL, a, ret, e);
}
