/* The files of one container's directory: written under another name and renamed, read as a whole,
 * and the FIFO that a created container waits at.  Does not know what is in a file. */
#include "state/state.h"

#include "base/sys.h"
#include "state/dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* Both in one call, where the file system takes them. */
static int write_both(int fd, struct state_bytes first, struct state_bytes second)
{
	const struct iovec parts[] = { { (void *)(uintptr_t)first.text, first.size },
		{ (void *)(uintptr_t)second.text, second.size } };
	const ssize_t rc = writev(fd, parts, second.size > 0 ? 2 : 1);
	const size_t done = rc < 0 ? 0 : (size_t)rc;
	const size_t of_first = done < first.size ? done : first.size;

	if (rc < 0 && errno != EINTR)
		return -errno;
	TRY(sys_write_all(fd, first.text + of_first, first.size - of_first));
	if (done - of_first == second.size)
		return 0;
	return sys_write_all(fd, second.text + (done - of_first), second.size - (done - of_first));
}

/* Not flushed to the disk: no container outlives a loss of power, and then the boot id differs. */
static int write_new(int dir, const char *name, struct state_bytes bytes, struct state_bytes behind)
{
	AUTO_FD fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	TRY(write_both(fd, bytes, behind));
	return close(fd_take(&fd)) < 0 ? -errno : 0; /* where a full remote disk is told */
}

int state_add(const struct state_dir *d, const char *name, struct state_bytes bytes, struct err *e)
{
	int rc;

	must(d->locked);
	rc = write_new(d->fd, name, bytes, (struct state_bytes){ 0 });
	if (rc == 0)
		return 0;
	return err_sys(e, -rc, POS_NONE, "cannot write %s of container \"%s\"", name, d->id);
}

int state_put(const struct state_dir *d, const char *name, struct state_bytes bytes, struct err *e)
{
	char temporary[64];
	int rc;

	must(d->locked && strlen(name) < 32);
	(void)snprintf(temporary, sizeof(temporary), "%s.new", name);
	rc = write_new(d->fd, temporary, bytes, (struct state_bytes){ 0 });
	if (rc == 0 && renameat(d->fd, temporary, d->fd, name) < 0)
		rc = -errno;
	if (rc == 0)
		return 0;
	(void)unlinkat(d->fd, temporary, 0); /* may not be there */
	return err_sys(e, -rc, POS_NONE, "cannot write %s of container \"%s\"", name, d->id);
}

/* Up to size bytes; less when the file ends before. */
static int read_all(int fd, char *text, size_t size, size_t *ret_have)
{
	size_t have = 0;

	while (have < size) {
		const ssize_t rc = read(fd, text + have, size - have);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return -errno;
		if (rc == 0)
			break;
		have += (size_t)rc;
	}
	*ret_have = have;
	return 0;
}

static int read_file(int dir, const char *name, struct arena *a, struct state_bytes *ret)
{
	AUTO_FD fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	size_t size = 0;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > STATE_SIZE_MAX)
		return -EFBIG;
	text = arena_alloc(a, (size_t)st.st_size + 1);
	if (text == NULL)
		return -ENOMEM;
	TRY(read_all(fd, text, (size_t)st.st_size, &size));
	text[size] = '\0';
	*ret = (struct state_bytes){ text, size };
	return 0;
}

int state_get(const struct state_dir *d, const char *name, struct arena *a, struct state_bytes *ret,
	struct err *e)
{
	const int rc = read_file(d->fd, name, a, ret);

	if (rc == 0)
		return 0;
	return err_sys(e, -rc, POS_NONE, "cannot read %s of container \"%s\"", name, d->id);
}

/* Never over another: two who make a container of one name may come to write into one directory,
 * where a `delete` has removed that of the first in between. */
static int rename_new(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL) /* network file systems; who holds the lock is alone anyway */
		return -errno;
	if (faccessat(dir, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(dir, from, dir, to) < 0 ? -errno : 0;
}

int state_begin(const struct state_dir *d, const struct state_record *r, struct err *e)
{
	static const char temporary[] = STATE_FIRST ".new";
	AUTO_ARENA a = { 0 };
	struct state_bytes bytes;
	int rc;

	must(d->locked);
	TRY(state_format(r, &a, &bytes, e));
	rc = write_new(d->fd, temporary, bytes, r->config);
	if (rc == 0)
		rc = rename_new(d->fd, temporary, STATE_FIRST);
	if (rc == 0)
		return 0;
	(void)unlinkat(d->fd, temporary, 0); /* may not be there */
	return err_sys(e, -rc, POS_NONE, "cannot write %s of container \"%s\"", STATE_FIRST, d->id);
}

int state_prepare(const struct state_dir *d, const struct state_record *r, struct err *e)
{
	AUTO_ARENA a = { 0 };
	struct state_bytes bytes;

	TRY(state_format(r, &a, &bytes, e));
	return state_add(d, "state.new", bytes, e);
}

int state_commit(const struct state_dir *d, struct err *e)
{
	must(d->locked);
	if (renameat(d->fd, "state.new", d->fd, "state") == 0)
		return 0;
	return err_sys(e, errno, POS_NONE, "cannot write state of container \"%s\"", d->id);
}

int state_write(const struct state_dir *d, const struct state_record *r, struct err *e)
{
	AUTO_ARENA a = { 0 };
	struct state_bytes bytes;

	TRY(state_format(r, &a, &bytes, e));
	return state_put(d, "state", bytes, e);
}

/* The first record alone: what is behind it may be a thousand times as large. */
static int read_first(int dir, struct arena *a, struct state_bytes *ret)
{
	AUTO_FD fd = openat(dir, STATE_FIRST, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	size_t size = 4096, have = 0, record = 0;
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > STATE_SIZE_MAX)
		return -EFBIG;
	do {
		size = size * 2 < (size_t)st.st_size ? size * 2 : (size_t)st.st_size;
		text = arena_alloc(a, size + 1);
		if (text == NULL)
			return -ENOMEM;
		if (lseek(fd, 0, SEEK_SET) < 0)
			return -errno;
		TRY(read_all(fd, text, size, &have));
		record = state_record_size(text, have);
	} while (record == 0 && have == size && size < (size_t)st.st_size);
	/* one without an end is the parser's to refuse */
	*ret = (struct state_bytes){ text, record > 0 ? record : have };
	return 0;
}

int state_record_bytes(const struct state_dir *d, struct arena *a, struct state_bytes *ret)
{
	const int rc = read_file(d->fd, "state", a, ret);

	return rc == -ENOENT ? read_first(d->fd, a, ret) : rc;
}

int state_fifo_make(const struct state_dir *d, int *ret, struct err *e)
{
	int fd;

	if (mkfifoat(d->fd, STATE_FIFO, 0600) < 0)
		return err_sys(e, errno, POS_NONE, "cannot make the start FIFO of container \"%s\"",
			d->id);
	fd = openat(
		d->fd, STATE_FIFO, O_RDWR | O_NOFOLLOW | O_CLOEXEC); /* fifo(7): does not wait */
	if (fd < 0)
		return err_sys(e, errno, POS_NONE, "cannot open the start FIFO of container \"%s\"",
			d->id);
	*ret = fd;
	return 0;
}

int state_fifo_release(const struct state_dir *d, struct err *e)
{
	AUTO_FD fd = openat(d->fd, STATE_FIFO, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	int rc = fd < 0 ? -errno : 0;

	if (rc == 0)
		rc = sys_write_once(fd, "0", 1);
	/* Once is enough.  Where it stays, nobody reads it any more. */
	if (rc == 0)
		(void)unlinkat(d->fd, STATE_FIFO, 0);
	if (rc == -ENOENT || rc == -EPIPE)
		rc = -ENXIO;
	if (rc == 0)
		return 0;
	if (rc == -ENXIO)
		return err_set(
			e, ENXIO, POS_NONE, "container \"%s\" does not wait to be started", d->id);
	return err_sys(e, -rc, POS_NONE, "cannot start container \"%s\"", d->id);
}
