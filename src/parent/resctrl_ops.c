/* The operations of linux.intelRdt: groups made or found, what they hold, who is in them. */
#include "parent/ops.h"

#include "base/sys.h"
#include "parent/resctrl.h"
#include "plan/explain.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	TEXT_SIZE = 8192,
	SAID_SIZE = 160
};

/* Opens a group.  resctrl has no links. */
static int open_group(const char *path, int *ret)
{
	const int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

int do_rdt_make(struct parent *p, const struct plan_rdt_make *op, struct err *e)
{
	(void)e;
	if (mkdir(op->path, 0755) == 0)
		p->rdt_made = true;
	else if (errno != EEXIST || op->keep == 0)
		return -errno;
	return open_group(op->path, &p->slots[op->into]);
}

int do_rdt_use(struct parent *p, const struct plan_rdt_use *op, struct err *e)
{
	(void)e;
	return open_group(op->path, &p->slots[op->into]);
}

/* A write that is refused is explained in a file of its own. */
static int explain_write(
	struct parent *p, const struct plan_rdt_schemata *op, int error, struct err *e)
{
	char path[4096], said[SAID_SIZE] = "";

	(void)snprintf(path, sizeof(path), "%s/info/last_cmd_status", op->root);
	if (sys_read_text(AT_FDCWD, path, said, sizeof(said)) < 0)
		said[0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return plan_explain(p->plan, p->next, error, said, e);
}

/* A group that was there must be as asked: others may be in it. */
static int compare(struct parent *p, const struct plan_rdt_schemata *op, struct err *e)
{
	char have[TEXT_SIZE], said[SAID_SIZE];
	const char *line;
	size_t len;
	const ssize_t rc = sys_read_text(p->slots[op->group], "schemata", have, sizeof(have));

	if (rc < 0)
		return (int)rc;
	if (resctrl_has(op->text, have, &line, &len))
		return 0;
	(void)snprintf(said, sizeof(said), "it has no %.*s", (int)(len < 120 ? len : 120), line);
	return plan_explain(p->plan, p->next, EEXIST, said, e);
}

int do_rdt_schemata(struct parent *p, const struct plan_rdt_schemata *op, struct err *e)
{
	int rc;

	if (!p->rdt_made)
		return compare(p, op, e);
	rc = sys_write_file(p->slots[op->group], "schemata", op->text);
	return rc < 0 ? explain_write(p, op, -rc, e) : 0;
}

int do_rdt_monitor(struct parent *p, const struct plan_rdt_monitor *op, struct err *e)
{
	(void)e;
	if (mkdir(op->path, 0755) < 0)
		return -errno;
	p->rdt_monitor_made = true;
	return open_group(op->path, &p->slots[op->into]);
}

int do_rdt_join(struct parent *p, const struct plan_rdt_join *op, struct err *e)
{
	char pid[16];

	(void)e;
	(void)snprintf(pid, sizeof(pid), "%d", (int)p->pid);
	return sys_write_file(p->slots[op->group], "tasks", pid);
}

void parent_rdt_undo(struct parent *p)
{
	struct err ignored = { 0 }; /* the first failure is the one that is told */
	const struct resctrl_made made = { .group = p->rdt_made ? p->plan->rdt_group : NULL,
		.monitor = p->rdt_monitor_made ? p->plan->rdt_monitor : NULL,
		.id = p->plan->options->id };

	(void)!resctrl_remove(&made, &ignored);
	p->rdt_made = false;
	p->rdt_monitor_made = false;
}
