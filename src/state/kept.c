/* The configuration behind the first record, the FIFO of the report and the directory of the notify
 * socket: see kept.h. */
#include "state/kept.h"

#include "state/dir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The last size bytes of the file. */
static int read_tail(int fd, char *text, size_t size)
{
	struct stat st;
	size_t have = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < size)
		return -EINVAL;
	while (have < size) {
		const ssize_t rc =
			pread(fd, text + have, size - have, st.st_size - (off_t)(size - have));

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			return rc < 0 ? -errno : -EINVAL;
		have += (size_t)rc;
	}
	return 0;
}

static int damaged(const struct state_dir *d, struct err *e)
{
	return err_set(e, EINVAL, POS_NONE,
		"the kept configuration of container \"%s\" is cut short or damaged", d->id);
}

static int read_first(const struct state_dir *d, const struct state_record *r, struct arena *a,
	struct state_bytes *ret, struct err *e)
{
	AUTO_FD fd = openat(d->fd, STATE_FIRST, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *text;
	int rc;

	if (fd < 0 && errno == ENOENT && !state_is_named(d))
		return state_no_container(d->id, e); /* deleted since its record was read */
	if (fd < 0)
		return err_sys(e, errno, POS_NONE,
			"cannot read the configuration of container \"%s\"", d->id);
	text = arena_alloc(a, (size_t)r->config_size + 1);
	if (text == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	rc = read_tail(fd, text, (size_t)r->config_size);
	if (rc == 0 && state_sum_fast(text, (size_t)r->config_size) != r->config_sum)
		rc = -EINVAL;
	if (rc == -EINVAL)
		return damaged(d, e);
	if (rc < 0)
		return err_sys(e, -rc, POS_NONE,
			"cannot read the configuration of container \"%s\"", d->id);
	*ret = (struct state_bytes){ text, (size_t)r->config_size };
	return 0;
}

/* The sum as 16 digits and a newline, then the configuration. */
enum {
	SUM_SIZE = 17
};

static int read_changed(
	const struct state_dir *d, struct arena *a, struct state_bytes *ret, struct err *e)
{
	struct state_bytes all;
	char sum[SUM_SIZE + 1];

	TRY(state_get(d, STATE_CONFIG, a, &all, e));
	if (all.size < SUM_SIZE)
		return damaged(d, e);
	(void)snprintf(sum, sizeof(sum), "%016" PRIx64 "\n",
		state_sum_fast(all.text + SUM_SIZE, all.size - SUM_SIZE));
	if (memcmp(sum, all.text, SUM_SIZE) != 0)
		return damaged(d, e);
	*ret = (struct state_bytes){ all.text + SUM_SIZE, all.size - SUM_SIZE };
	return 0;
}

int state_config(const struct state_dir *d, const struct state_record *r, struct arena *a,
	struct state_bytes *ret, struct err *e)
{
	if (r->config_size == 0)
		return err_set(e, ENODATA, POS_NONE, "no configuration of container \"%s\" is kept",
			d->id);
	if (faccessat(d->fd, STATE_CONFIG, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return read_changed(d, a, ret, e);
	return read_first(d, r, a, ret, e);
}

int state_config_prepare(const struct state_dir *d, struct state_bytes config, struct err *e)
{
	AUTO_ARENA a = { 0 };
	char *const text = arena_alloc(&a, SUM_SIZE + config.size + 1);

	if (text == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	(void)snprintf(
		text, SUM_SIZE + 1, "%016" PRIx64 "\n", state_sum_fast(config.text, config.size));
	memcpy(text + SUM_SIZE, config.text, config.size);
	return state_add(
		d, STATE_CONFIG_NEW, (struct state_bytes){ text, SUM_SIZE + config.size }, e);
}

int state_config_commit(const struct state_dir *d, struct err *e)
{
	must(d->locked);
	if (renameat(d->fd, STATE_CONFIG_NEW, d->fd, STATE_CONFIG) == 0)
		return 0;
	return err_sys(
		e, errno, POS_NONE, "cannot write the configuration of container \"%s\"", d->id);
}

void state_config_drop(const struct state_dir *d)
{
	(void)unlinkat(d->fd, STATE_CONFIG_NEW, 0); /* may not be there */
}

int state_report_make(const struct state_dir *d, int *ret, struct err *e)
{
	int fd = -1;

	/* fifo(7): opened for both, it waits for nobody */
	if (mkfifoat(d->fd, STATE_REPORT, 0600) == 0)
		fd = openat(d->fd, STATE_REPORT, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, POS_NONE,
			"cannot make the report FIFO of container \"%s\"", d->id);
	*ret = fd;
	return 0;
}

int state_report_open(const struct state_dir *d, int *ret, struct err *e)
{
	const int fd = openat(d->fd, STATE_REPORT, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return err_sys(e, errno, POS_NONE,
			"cannot open the report FIFO of container \"%s\"", d->id);
	*ret = fd < 0 ? FD_NONE : fd;
	return 0;
}

int state_notify_open(const struct state_dir *d, int *ret, struct err *e)
{
	const int fd = openat(d->fd, STATE_NOTIFY, STATE_OPEN_DIR);

	if (fd < 0 && errno != ENOENT)
		return err_sys(e, errno, POS_NONE,
			"cannot open the notify directory of container \"%s\"", d->id);
	*ret = fd < 0 ? FD_NONE : fd;
	return 0;
}

int state_notify_make(const struct state_dir *d, int *ret, struct err *e)
{
	if (mkdirat(d->fd, STATE_NOTIFY, 0755) == 0)
		*ret = openat(d->fd, STATE_NOTIFY, STATE_OPEN_DIR);
	/* the umask has its say before */
	if (*ret >= 0 && fchmod(*ret, 0755) == 0)
		return 0;
	return err_sys(
		e, errno, POS_NONE, "cannot make the notify directory of container \"%s\"", d->id);
}
