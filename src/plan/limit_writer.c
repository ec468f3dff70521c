/* Errors and appending of limits; see the header. */
#include "plan/limit_writer.h"

#include "plan/build.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROOT_PATH "linux.resources"

void limit_begin(struct limit_writer *w, const char *path, const char *controller, const char *file)
{
	w->path = path;
	w->controller = controller;
	w->file = file;
	w->at = POS_NONE;
	w->index = LIMIT_NOT_LISTED;
}

/* "pids.limit", "hugepageLimits[2]" */
static const char *row_path(const struct limit_writer *w, char *buf, size_t size)
{
	if (w->index == LIMIT_NOT_LISTED)
		(void)snprintf(buf, size, ROOT_PATH ".%s", w->path);
	else
		(void)snprintf(buf, size, ROOT_PATH ".%s[%d]", w->path, w->index);
	return buf;
}

int limit_bad(const struct limit_writer *w, const char *why)
{
	char path[128];

	return err_set(w->e, EINVAL, w->at, "%s: %s", row_path(w, path, sizeof(path)), why);
}

static int no_memory(const struct limit_writer *w)
{
	return err_set(w->e, ENOMEM, w->at, "out of memory");
}

bool limit_has_word(const char *list, const char *word, size_t len)
{
	for (const char *at = list; *at != '\0'; at += strspn(at, " \n")) {
		const size_t found = strcspn(at, " \n");

		if (found == len && memcmp(at, word, len) == 0)
			return true;
		at += found;
	}
	return false;
}

static int no_cgroup(const struct limit_writer *w)
{
	char path[128];

	(void)row_path(w, path, sizeof(path));
	if (w->p->options->no_cgroup) {
		(void)err_set(w->e, EINVAL, w->at,
			"%s: no cgroup is made: --cgroup-manager is disabled", path);
		return err_hint(w->e, "leave the option out, or take out the limits");
	}
	if (!plan_is_rootless(w->p)) {
		(void)err_set(w->e, ENOTSUP, w->at,
			"%s: no cgroup can be made here: cgroup2 is not mounted", path);
		return err_hint(w->e, "mount cgroup2 on /sys/fs/cgroup, or take out the limits");
	}
	(void)err_set(w->e, EPERM, w->at,
		"%s: no cgroup can be made here: rootless needs no limits + no cgrouppath when no "
		"permission is granted for cgroups",
		path);
	return err_hint(w->e,
		"have a cgroup delegated: systemd-run --user --scope -p Delegate=yes COMMAND, or "
		"Delegate=yes in a drop-in of user@.service");
}

static int no_controller(const struct limit_writer *w, const char *name, size_t len)
{
	char path[128];

	(void)err_set(w->e, ENOTSUP, w->at, "%s: the cgroup controller \"%.*s\" is not available",
		row_path(w, path, sizeof(path)), (int)len, name);
	if (plan_is_rootless(w->p))
		return err_hint(
			w->e, "have it delegated: Delegate=yes in a drop-in of user@.service");
	return err_hint(w->e,
		"where it is bound to cgroup v1, boot with systemd.unified_cgroup_hierarchy=1");
}

/* A new group is unlimited anyway: asking for that asks for nothing. */
static bool is_no_limit(const char *value)
{
	return strncmp(value, "max", 3) == 0;
}

/* Is the group there, and has it the controller?  1; 0 when the value asks for nothing; or an
 * error.
 */
static int can_put(const struct limit_writer *w, const char *value)
{
	const size_t len = strcspn(w->controller, ".");

	if (w->p->cgroup == NULL)
		return is_no_limit(value) ? 0 : no_cgroup(w);
	if (len > 0 && !limit_has_word(w->p->host->cgroup_controllers, w->controller, len))
		return is_no_limit(value) ? 0 : no_controller(w, w->controller, len);
	return 1;
}

static struct plan_op *append(struct limit_writer *w, enum plan_kind kind)
{
	char path[128];

	return plan_append(w->p, kind, w->at, w->e, "%s", row_path(w, path, sizeof(path)));
}

int limit_put(struct limit_writer *w, const char *file, const char *value, bool optional)
{
	struct plan_op *op;
	int rc;

	if (file == NULL || value == NULL)
		return no_memory(w);
	rc = can_put(w, value);
	if (rc <= 0)
		return rc;
	op = append(w, PLAN_cgroup_write);
	if (op == NULL)
		return -ENOMEM;
	op->cgroup_write.file = file;
	op->cgroup_write.value = value;
	op->cgroup_write.optional = optional;
	return 0;
}

int limit_put_any(struct limit_writer *w, uint64_t value, const char *other, uint64_t other_value)
{
	const char *const text = arena_printf(w->p->arena, "%" PRIu64, value);
	const char *const other_text = arena_printf(w->p->arena, "%" PRIu64, other_value);
	struct plan_op *op;
	int rc;

	if (text == NULL || other_text == NULL)
		return no_memory(w);
	rc = can_put(w, text);
	if (rc <= 0)
		return rc;
	op = append(w, PLAN_cgroup_write_any);
	if (op == NULL)
		return -ENOMEM;
	op->cgroup_write_any.file = w->file;
	op->cgroup_write_any.value = text;
	op->cgroup_write_any.other = other;
	op->cgroup_write_any.other_value = other_text;
	return 0;
}

int limit_put_number(struct limit_writer *w, uint64_t value, bool optional)
{
	return limit_put(w, w->file, arena_printf(w->p->arena, "%" PRIu64, value), optional);
}

int limit_put_signed(struct limit_writer *w, int64_t value)
{
	return value < 0 ? limit_put(w, w->file, "max", false)
			 : limit_put_number(w, (uint64_t)value, false);
}

int limit_check_text(const struct limit_writer *w, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return limit_bad(w, "only printable ASCII is possible");
	return 0;
}
