/* The first record of a container, written before anything else is done for it. */
#include "state/state.h"

#include "base/clock.h"
#include "base/proc.h"
#include "base/sys.h"
#include "state/dir.h"

#include <string.h>
#include <sys/stat.h>

/* Who makes the container, and when. */
static int sign(struct state_record *r, struct arena *a, struct err *e)
{
	char boot[PROC_BOOT_ID_SIZE], created[CLOCK_TEXT_SIZE];
	struct timespec now;
	struct proc_stat self;
	int rc = proc_boot_id(boot);

	if (rc < 0)
		return err_sys(e, -rc, POS_NONE, "cannot read /proc/sys/kernel/random/boot_id");
	rc = proc_stat(0, &self);
	if (rc < 0)
		return err_sys(e, -rc, POS_NONE, "cannot read /proc/self/stat");
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
	clock_text(now, created);
	r->phase = STATE_CREATING;
	r->boot = arena_text(a, boot, strlen(boot));
	r->created = arena_text(a, created, strlen(created));
	r->runtime_pid = (uint64_t)self.pid;
	r->runtime_start = self.start;
	r->uid = sys_euid();
	r->config_size = r->config.size;
	r->config_sum = state_sum_fast(r->config.text, r->config.size);
	if (r->boot == NULL || r->created == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	return 0;
}

static int exists(const char *id, struct err *e)
{
	(void)err_set(e, EEXIST, POS_NONE, "container \"%s\" already exists", id);
	return err_hint(e, "choose another id, or remove it: crun-lite delete --force %s", id);
}

/* From the empty directory to the record.  The name may be another command's meanwhile. */
static int begin(struct state_dir *d, const struct state_record *r, struct err *e)
{
	int rc;

	d->fd = openat(d->root, d->id, STATE_OPEN_DIR);
	if (d->fd < 0 && errno != ENOENT)
		return err_sys(e, errno, POS_NONE, "cannot open the new directory");
	if (d->fd >= 0) {
		/* A `delete` may have found the directory before we did. */
		TRY(state_lock_take(d->fd, STATE_LOCK_MS, e));
		d->locked = true;
		rc = state_begin(d, r, e);
		if (rc != -ENOENT)
			return rc;
	}
	/* no file can be made in a directory that was removed */
	return err_set(e, ENOENT, POS_NONE, "another command has deleted it meanwhile");
}

static int make(int root, const char *id, struct err *e)
{
	if (mkdirat(root, id, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(
			e, errno, POS_NONE, "cannot make the directory of container \"%s\"", id);
	return exists(id, e);
}

int state_create(
	int root, struct arena *a, struct state_record *r, struct state_dir *ret, struct err *e)
{
	AUTO_STATE_DIR d = { .root = root, .fd = FD_NONE, .id = r->id };
	int rc;

	TRY(state_check_id(r->id, e));
	TRY(sign(r, a, e));
	TRY(make(root, r->id, e));
	rc = begin(&d, r, e);
	if (rc == -EEXIST) {
		*e = (struct err){ 0 };
		return exists(r->id, e);
	}
	if (rc < 0) {
		/* Empty still; or gone, and then the name may be another command's by now. */
		if (rc != -ENOENT && rc != -ETIMEDOUT)
			(void)unlinkat(root, r->id, AT_REMOVEDIR);
		return err_add(e, "cannot create container \"%s\"", r->id);
	}
	*ret = d;
	d = STATE_DIR_NONE;
	return 0;
}
