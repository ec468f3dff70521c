/* Limits written to a group in use.  A value that cannot be set before another one is (a burst
 * above the quota of now) is tried again when all others are set. */
#include "parent/update.h"

#include "base/sys.h"
#include "parent/bpf.h"
#include "parent/limit_file.h"
#include "plan/explain.h"

#include <stdio.h>
#include <string.h>

enum {
	TEXT_SIZE = 8 * 1024,
	STEPS_PER_OP = 3
};

void update_done(struct update *u)
{
	fd_close(&u->filter);
	fd_close(&u->old_filter);
}

/* Notes what is in a file before value is written to it.  One that cannot be read cannot be had
 * back: a few of them only take orders. */
static int note(struct update *u, int dir, const char *file, const char *value)
{
	char text[TEXT_SIZE];
	const char *undo;

	if (sys_read_text(dir, file, text, sizeof(text)) < 0)
		return 0;
	undo = limit_file_undo(file, value, text, u->arena);
	if (undo == NULL)
		return -ENOMEM;
	if (undo[0] == '\0')
		return 0;
	u->done[u->count++] = (struct update_step){ dir, file, undo };
	return 0;
}

static int write_file(struct update *u, const char *file, const char *value)
{
	const size_t before = u->count;
	int rc;

	/* the kernel forgets the weight of a group that becomes idle */
	if (strcmp(file, "cpu.idle") == 0)
		TRY(note(u, u->cgroup, "cpu.weight", "1"));
	TRY(note(u, u->cgroup, file, value));
	rc = sys_write_file(u->cgroup, file, value);
	if (rc < 0)
		u->count = before; /* nothing was changed */
	return rc;
}

static int write_any(struct update *u, const struct plan_cgroup_write_any *op)
{
	const int first = write_file(u, op->file, op->value);
	int second;

	if (first < 0 && first != -ENOENT)
		return first;
	second = write_file(u, op->other, op->other_value);
	return second == -ENOENT ? first : second;
}

static int change_filter(struct update *u, const struct plan_device_filter *op)
{
	TRY(bpf_device_find(u->cgroup, &u->old_filter));
	if (op->insns != NULL)
		TRY(bpf_device_load(op->insns, op->count, &u->filter));
	TRY(bpf_device_put(u->cgroup, u->filter, u->old_filter));
	u->filter_changed = true;
	return 0;
}

/* The text is all lines that shall change; each is written for itself, as they are read. */
static int write_schemata(struct update *u, const struct plan_rdt_schemata *op)
{
	char text[TEXT_SIZE];
	const char *undo;
	int rc;

	rc = (int)sys_read_text(u->rdt, "schemata", text, sizeof(text));
	if (rc < 0)
		return rc;
	undo = arena_text(u->arena, text, strlen(text));
	if (undo == NULL)
		return -ENOMEM;
	rc = sys_write_file(u->rdt, "schemata", op->text);
	if (rc == 0)
		u->done[u->count++] = (struct update_step){ u->rdt, "schemata", undo };
	return rc;
}

static int carry_out(struct update *u, const struct plan_op *op)
{
	int rc;

	if (op->kind == PLAN_cgroup_write) {
		rc = write_file(u, op->cgroup_write.file, op->cgroup_write.value);
		return rc == -ENOENT && op->cgroup_write.optional != 0 ? 0 : rc;
	}
	if (op->kind == PLAN_cgroup_write_any)
		return write_any(u, &op->cgroup_write_any);
	if (op->kind == PLAN_device_filter)
		return change_filter(u, &op->device_filter);
	if (op->kind == PLAN_rdt_schemata)
		return write_schemata(u, &op->rdt_schemata);
	return -ENOSYS; /* no operation of a change */
}

/* What the kernel has now, on one line; "" when it cannot be read, as it may be. */
static const char *read_now(int dir, const char *file, char *text)
{
	if (sys_read_text(dir, file, text, TEXT_SIZE) < 0)
		text[0] = '\0';
	return text;
}

static int verify_file(
	struct update *u, size_t index, const char *file, const char *value, struct err *e)
{
	char text[TEXT_SIZE];

	if (read_now(u->cgroup, file, text)[0] == '\0' || limit_file_holds(file, value, text))
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return plan_explain(u->plan, index, EIO, text, e);
}

/* A later operation may have written the same file again: unified has the last word. */
static bool is_last(const struct plan *p, size_t index)
{
	const struct plan_op *const op = &p->ops[index];

	for (size_t i = index + 1; i < p->count; i++)
		if (p->ops[i].kind == PLAN_cgroup_write &&
			strcmp(p->ops[i].cgroup_write.file, op->cgroup_write.file) == 0)
			return false;
	return true;
}

static int verify(struct update *u, struct err *e)
{
	for (size_t i = 0; i < u->plan->count; i++) {
		const struct plan_op *const op = &u->plan->ops[i];

		if (op->kind == PLAN_cgroup_write && is_last(u->plan, i))
			TRY(verify_file(u, i, op->cgroup_write.file, op->cgroup_write.value, e));
	}
	return 0;
}

/* Would it help to set the others first? */
static bool may_come_later(int rc)
{
	return rc == -EINVAL || rc == -EBUSY || rc == -ERANGE;
}

static int run(struct update *u, struct err *e)
{
	const struct plan *const p = u->plan;
	bool *const later = arena_array(u->arena, p->count + 1, sizeof(*later));

	u->done = arena_array(u->arena, p->count * STEPS_PER_OP + 1, sizeof(*u->done));
	if (later == NULL || u->done == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < p->count; i++) {
			int rc = 0;

			if (round == 0 || later[i])
				rc = carry_out(u, &p->ops[i]);
			later[i] = round == 0 && may_come_later(rc);
			if (rc < 0 && !later[i])
				return plan_explain(p, i, -rc, "", e);
		}
	return verify(u, e);
}

int update_run(struct update *u, struct err *e)
{
	const int rc = run(u, e);

	if (rc < 0)
		update_undo(u);
	return rc;
}

void update_undo(struct update *u)
{
	if (u->filter_changed)
		(void)!bpf_device_put(u->cgroup, u->old_filter, u->filter);
	u->filter_changed = false;
	/* twice, for the same reason as above: what is written again changes nothing */
	for (int round = 0; round < 2; round++)
		for (size_t i = u->count; i-- > 0;)
			(void)!sys_write_file(u->done[i].dir, u->done[i].file, u->done[i].text);
	u->count = 0;
}
