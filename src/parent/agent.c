/* The seccomp agent, who answers what a filter notifies of: connected before anything is made, its
 * message written as soon as there is a process.  The child sends it, for the listener is there. */
#include "parent/agent.h"

#include "base/json_out.h"
#include "base/sys.h"
#include "parent/console.h"
#include "parent/ops.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>

enum {
	AGENT_READ_SECONDS = 10 /* for an agent that accepts, or reads, nothing */
};

static void put_state(struct json_out *j, const struct plan *plan, const char *status, pid_t pid)
{
	const struct spec_map *const notes = &plan->config->annotations;

	json_object(j, "state");
	json_text(j, "ociVersion", "1.3.0");
	json_text(j, "id", plan->options->id);
	json_text(j, "status", status != NULL ? status : "creating");
	json_int(j, "pid", pid);
	json_text(j, "bundle", plan->options->bundle);
	if (notes->count > 0)
		json_object(j, "annotations");
	for (size_t i = 0; i < notes->count; i++)
		json_text(j, notes->items[i].key.value, notes->items[i].value.value);
	if (notes->count > 0)
		json_end(j);
	json_end(j);
}

int agent_message(const struct plan *plan, const struct plan_listener_message *op, pid_t pid,
	int fd, struct err *e)
{
	AUTO_JSON j = { 0 };
	const char *text;
	size_t len;
	int rc;

	json_object(&j, NULL);
	json_text(&j, "ociVersion", "1.3.0");
	json_array(&j, "fds");
	json_text(&j, NULL, "seccompFd");
	json_end(&j);
	json_int(&j, "pid", pid);
	if (op->metadata != NULL)
		json_text(&j, "metadata", op->metadata);
	put_state(&j, plan, op->status, pid);
	json_end(&j);
	TRY(json_finish(&j, &text, &len, e));
	rc = sys_write_once(fd, text, len);
	return rc < 0 ? rc : 0;
}

int do_listener_connect(struct parent *p, const struct plan_listener_connect *op, struct err *e)
{
	(void)e;
	TRY(console_dial(op->path, AGENT_READ_SECONDS, &p->slots[op->into]));
	p->slots[op->message] = memfd_create("seccomp-message", MFD_CLOEXEC);
	return p->slots[op->message] < 0 ? -errno : 0;
}

int do_listener_message(struct parent *p, const struct plan_listener_message *op, struct err *e)
{
	TRY(agent_message(p->plan, op, p->pid, p->slots[op->into], e));
	/* the child's alone from now on: its end shows the agent that nothing comes any more */
	fd_close(&p->slots[op->socket]);
	return 0;
}

int do_agent_limit(struct parent *p, const struct plan_agent_limit *op, struct err *e)
{
	const struct timeval limit = { .tv_sec = (time_t)op->seconds };

	(void)e;
	return setsockopt(p->sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ? -errno : 0;
}
