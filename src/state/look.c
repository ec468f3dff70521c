/* The record, as somebody sees it who comes in the middle of another command.  Changes nothing;
 * takes the lock for a moment at most, and waits for nobody who is at work for long. */
#include "state/look.h"

#include "base/clock.h"
#include "state/dir.h"

#include <string.h>
#include <sys/file.h>
#include <time.h>

enum {
	SETTLE_MS = 20, /* from a directory to its lock */
	BUSY_MS = 1000, /* from the lock to the first record, or from the last one to the end */
	FIRST_PAUSE_US = 250
};

static bool is_busy(const struct state_dir *d)
{
	if (flock(d->fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	state_lock_drop(d->fd);
	return false;
}

/* There is no record for a moment when a `create` begins and when a `delete` ends.
 * Returns  0; -ESTALE the container is gone; -EBUSY it is still so; -ENODATA nobody will write one
 */
static int await_bytes(const struct state_dir *d, struct arena *a, struct state_bytes *ret)
{
	const int64_t begin = clock_now_ms();
	struct timespec pause = { .tv_nsec = FIRST_PAUSE_US * 1000 };

	for (;;) {
		const int rc = state_record_bytes(d, a, ret);
		const int64_t ms = clock_now_ms() - begin;

		if (rc != -ENOENT)
			return rc;
		if (!state_is_named(d))
			return -ESTALE;
		if (d->locked || (ms > SETTLE_MS && !is_busy(d)))
			return -ENODATA;
		if (ms > BUSY_MS)
			return -EBUSY;
		(void)nanosleep(&pause, NULL); /* cut short: it looks once more than needed */
		pause.tv_nsec *= ms < SETTLE_MS ? 2 : 1;
	}
}

static int damaged(const struct state_dir *d, struct err *e)
{
	(void)err_add(e, "container \"%s\"", d->id);
	return err_hint(e, "remove what is left of it: crun-lite delete --force %s", d->id);
}

static int no_bytes(const struct state_dir *d, int code, struct err *e)
{
	if (code == ESTALE)
		return state_no_container(d->id, e);
	if (code == EBUSY)
		return err_set(e, EBUSY, POS_NONE,
			"container \"%s\": no state is recorded: another command is at work on it",
			d->id);
	if (code == ENODATA)
		(void)err_set(
			e, ENODATA, POS_NONE, "no state is recorded: its creation was cut short");
	else
		(void)err_sys(e, code, POS_NONE, "cannot read its state record");
	return damaged(d, e);
}

int state_read(const struct state_dir *d, struct arena *a, struct state_record *ret, struct err *e)
{
	struct state_record found;
	struct state_bytes bytes;
	const int rc = await_bytes(d, a, &bytes);

	if (rc < 0)
		return no_bytes(d, -rc, e);
	if (state_parse(bytes.text, bytes.size, a, &found, e) < 0)
		return damaged(d, e);
	if (strcmp(found.id, d->id) != 0) {
		(void)err_set(e, EINVAL, POS_NONE, "its state record is that of \"%s\"", found.id);
		return damaged(d, e);
	}
	*ret = found;
	return 0;
}

int state_look(const struct state_dir *d, struct arena *a, struct state_record *ret,
	enum state_status *ret_status, struct err *e)
{
	TRY(state_read(d, a, ret, e));
	TRY(state_status(ret, ret_status, e));
	if (ret->phase != STATE_CREATING || *ret_status != STATE_STOPPED || d->locked)
		return 0;
	/* Its maker may have ended since we read, and then it has written another. */
	TRY(state_read(d, a, ret, e));
	return state_status(ret, ret_status, e);
}
