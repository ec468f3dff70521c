/* What became of a container's process, and how a container's state is told.  Ends no process. */
#include "state/record.h"

#include "base/proc.h"
#include "base/sys.h"

#include <string.h>

const char *state_status_word(enum state_status s)
{
	static const char *const words[] = {
		[STATE_CREATING] = "creating",
		[STATE_CREATED] = "created",
		[STATE_RUNNING] = "running",
		[STATE_PAUSED] = "paused",
		[STATE_STOPPED] = "stopped",
	};

	return words[s];
}

/* Is this the boot that the record's processes belong to?  1 yes, 0 no */
static int is_this_boot(const struct state_record *r)
{
	char boot[PROC_BOOT_ID_SIZE];

	TRY(proc_boot_id(boot));
	return strcmp(boot, r->boot) == 0;
}

/* The container's process; its maker's while that is at work.  1 alive, 0 not.  Most often there is
 * no such process at all, and which boot it is does not matter. */
static int is_alive(const struct state_record *r)
{
	const bool creating = r->phase == STATE_CREATING;
	const int rc = proc_is_alive((pid_t)(creating ? r->runtime_pid : r->pid),
		creating ? r->runtime_start : r->start);

	return rc <= 0 ? rc : is_this_boot(r);
}

int state_status(const struct state_record *r, enum state_status *ret, struct err *e)
{
	const int rc = is_alive(r);

	if (rc < 0)
		return err_sys(e, -rc, POS_NONE,
			"cannot tell from /proc whether container \"%s\" lives", r->id);
	*ret = rc > 0 ? r->phase : STATE_STOPPED;
	return 0;
}

/* Opened first and looked at then: while the descriptor is open, the number can be used again only
 * after the process is gone, and a new one has another start time. */
static int open_process(const struct state_record *r, int *ret)
{
	AUTO_FD fd = FD_NONE;
	int rc = is_this_boot(r);

	if (rc < 0)
		return rc;
	if (rc == 0 || r->pid == 0)
		return -ESRCH;
	fd = sys_pidfd_open((pid_t)r->pid);
	if (fd == -EINVAL || fd == -ENOENT) /* the number is a thread's by now */
		return -ESRCH;
	if (fd < 0)
		return fd;
	rc = proc_is_alive((pid_t)r->pid, r->start);
	if (rc <= 0)
		return rc < 0 ? rc : -ESRCH;
	*ret = fd_take(&fd);
	return 0;
}

int state_pidfd(const struct state_record *r, int *ret, struct err *e)
{
	const int rc = open_process(r, ret);

	if (rc == 0)
		return 0;
	if (rc == -ESRCH)
		return err_sys(e, ESRCH, POS_NONE, "container \"%s\" has no process", r->id);
	return err_sys(e, -rc, POS_NONE, "cannot open the process of container \"%s\"", r->id);
}

void state_json(
	struct json_out *j, const struct state_record *r, enum state_status s, const char *owner)
{
	json_text(j, "ociVersion", "1.3.0");
	json_text(j, "id", r->id);
	json_uint(j, "pid", s == STATE_STOPPED ? 0 : r->pid);
	json_text(j, "status", state_status_word(s));
	json_text(j, "bundle", r->bundle);
	json_text(j, "rootfs", r->rootfs != NULL ? r->rootfs : "");
	json_text(j, "created", r->created);
	if (r->annotations.count > 0)
		json_object(j, "annotations");
	for (size_t i = 0; i < r->annotations.count; i++)
		json_text(
			j, r->annotations.items[i].key.value, r->annotations.items[i].value.value);
	if (r->annotations.count > 0)
		json_end(j);
	json_text(j, "owner", owner);
}
