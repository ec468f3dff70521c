/* Layers as text, "/a:/b\:c": see layers.h.  Looks at no file. */
#include "lib/layers.h"

#include "plan/build.h"

#include <sched.h>
#include <string.h>

static int out_of_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

/* The host's directory that is opened into a slot; "" for what comes there otherwise. */
static const char *path_of(const struct plan *p, int slot)
{
	for (size_t i = p->count; i-- > 0;) {
		const struct plan_op *const op = &p->ops[i];

		if (op->kind == PLAN_open_host && op->open_host.into == slot)
			return op->open_host.path;
		if (op->kind == PLAN_clone_tree && op->clone_tree.into == slot)
			return op->clone_tree.path;
	}
	return "";
}

static size_t put_path(char *text, size_t len, const char *path)
{
	if (len > 0)
		text[len++] = ':';
	for (const char *c = path; *c != '\0'; c++) {
		if (*c == ':' || *c == '\\')
			text[len++] = '\\';
		text[len++] = *c;
	}
	return len;
}

/* NULL-terminated paths, the topmost first, which is never empty. */
static const char *join(struct plan *p, const char *const *paths)
{
	size_t size = 1, len = 0;
	char *text;

	for (size_t i = 0; paths[i] != NULL; i++)
		size += 2 * strlen(paths[i]) + 1;
	text = arena_alloc(p->arena, size);
	for (size_t i = 0; text != NULL && paths[i] != NULL; i++)
		len = put_path(text, len, paths[i]);
	return text;
}

static const char *join_slots(struct plan *p, const struct plan_overlay *op)
{
	const char **const paths = arena_array(p->arena, op->lower_count + 1, sizeof(*paths));
	const int *const slots = op->lower;

	if (paths == NULL)
		return NULL;
	for (size_t i = 0; i < op->lower_count; i++)
		paths[i] = path_of(p, slots[i]);
	return join(p, paths);
}

static int note_users(struct plan *p, struct state_record *r, struct err *e)
{
	r->uids = r->gids = "joined";
	if ((p->new_ns & CLONE_NEWUSER) == 0)
		return 0;
	r->uids = plan_id_map_text(p, &p->uids);
	r->gids = plan_id_map_text(p, &p->gids);
	return r->uids != NULL && r->gids != NULL ? 0 : out_of_memory(e);
}

static void note_upper(struct plan *p, const struct plan_op *op, struct state_record *r)
{
	if (op->kind == PLAN_open_dir && op->open_dir.into == SLOT_UPPER)
		r->upper = arena_printf(p->arena, "%s/%s", op->open_dir.path, op->open_dir.name);
	else if (op->kind == PLAN_fuse_serve && op->fuse_serve.dir != NULL)
		r->upper = arena_printf(p->arena, "%s/upper", op->fuse_serve.dir);
	else if (op->kind == PLAN_fuse_serve ||
		 (op->kind == PLAN_new_dir && op->new_dir.into == SLOT_UPPER))
		r->upper = "tmpfs";
}

int layers_note(struct plan *p, struct state_record *r, struct err *e)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_op *const op = &p->ops[i];

		note_upper(p, op, r);
		if (op->kind != PLAN_overlay && op->kind != PLAN_fuse_serve)
			continue;
		r->lower = op->kind == PLAN_overlay ? join_slots(p, &op->overlay)
						    : join(p, op->fuse_serve.lower);
		r->userxattr = op->kind == PLAN_overlay && p->in_user_ns;
		if (r->lower == NULL || r->upper == NULL)
			return out_of_memory(e);
		return p->user_ns ? note_users(p, r, e) : 0;
	}
	return 0;
}

int layers_read(struct arena *a, const char *lower, const char *first, const char *const **ret,
	size_t *ret_count)
{
	const char **const list = arena_array(a, strlen(lower) + 2, sizeof(*list));
	size_t count = 0;

	if (list == NULL)
		return -ENOMEM;
	if (first != NULL)
		list[count++] = first;
	for (const char *c = lower;; c++) {
		char *const path = arena_alloc(a, strlen(c) + 1);
		size_t len = 0;

		if (path == NULL)
			return -ENOMEM;
		for (; *c != '\0' && *c != ':'; c++) {
			c += *c == '\\' && c[1] != '\0';
			path[len++] = *c;
		}
		list[count++] = path;
		if (*c == '\0')
			break;
	}
	*ret = list;
	*ret_count = count;
	return 0;
}
