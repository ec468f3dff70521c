/* The root as an overlay: its layers, where writes go, and the options that are safe for the case.
 *
 * Names never reach the kernel as text: each layer is a descriptor, named by its number, so that a
 * colon, a comma or a backslash is nothing special.  A layer that is a mount of our making (an
 * image, one with ids mapped) is put on the container's state directory first, for until Linux 6.15
 * overlay takes only layers that are mounted where it is made. */
#include "plan/overlay.h"

#include "plan/build.h"
#include "plan/idmap.h"

#include "base/text.h"

#include <linux/capability.h>
#include <string.h>

enum {
	LAYERS_MAX = 500 /* OVL_MAX_STACK of fs/overlayfs/params.c */
};

static int no_memory(struct src_pos at, struct err *e)
{
	return err_set(e, ENOMEM, at, "out of memory");
}

/* --- the directory for writes, by the parent ----------------------------------------------------
 */

/* Whose it shall be: the container's root's, as the caller sees that; -1: not known. */
static int64_t owner(const struct plan *p, const struct plan_id_map *map, uint64_t own)
{
	if (!p->user_ns)
		return (int64_t)own;
	for (size_t i = 0; i < map->count; i++)
		if (map->ranges[i].inside == 0)
			return (int64_t)map->ranges[i].outside;
	return -1;
}

int plan_overlay_dirs(struct plan *p, struct err *e)
{
	const struct spec_str *const root = &p->config->root->path;
	struct plan_overlay_wish *const w = arena_alloc(p->arena, sizeof(*w));
	struct plan_op *op;

	if (w == NULL)
		return no_memory(POS_NONE, e);
	TRY(plan_overlay_wish(p->config, p->options, p->arena, w, e));
	p->overlay = w;
	TRY(plan_overlay_choose(p, w, e));
	if (w->dir.value == NULL)
		return 0;
	op = plan_append(p, PLAN_overlay_dirs, w->dir.at, e, "%s", w->dir.where);
	if (op == NULL)
		return -ENOMEM;
	op->overlay_dirs.path = w->dir.value;
	op->overlay_dirs.like = plan_bundle_path(p, root->value, strlen(root->value));
	op->overlay_dirs.uid = owner(p, &p->uids, p->host->uid);
	op->overlay_dirs.gid = owner(p, &p->gids, p->host->gid);
	op->overlay_dirs.fuse = p->overlay_fuse;
	if (!p->overlay_fuse) /* which does without */
		op->overlay_dirs.attribute =
			p->in_user_ns ? "user.overlay.opaque" : "trusted.overlay.opaque";
	return op->overlay_dirs.like != NULL ? 0 : no_memory(w->at, e);
}

/* --- the lower layers ---------------------------------------------------------------------------
 */

static int check_idmap(const struct plan *p, const struct plan_overlay_wish *w, struct err *e)
{
	if (!p->user_ns)
		return err_set(e, EINVAL, w->idmap.at,
			"%s: needs a user namespace of the container, whose ids the layers get",
			w->idmap.where);
	if (p->host->kernel < 5019) {
		(void)err_set(e, ENOSYS, w->idmap.at,
			"%s: this kernel has no overlay of layers with mapped ids: Function not "
			"implemented",
			w->idmap.where);
		return err_hint(e, "it came with Linux 5.19");
	}
	if (!p->host->user_namespace && plan_host_can(p, CAP_SYS_ADMIN))
		return 0;
	(void)err_set(e, EPERM, w->idmap.at,
		"%s: mapping the layers' ids is not possible without root's rights: Operation not "
		"permitted",
		w->idmap.where);
	return err_hint(e, "run it as root, or give layers that belong to the container's ids");
}

static int check_possible(const struct plan *p, const struct plan_overlay_wish *w, struct err *e)
{
	if (w->count + 1 > LAYERS_MAX)
		return err_set(e, E2BIG, w->layers[0].at,
			"%s: %zu layers are more than the kernel stacks, %d: Argument list too long",
			w->layers[0].where, w->count + 1, LAYERS_MAX);
	if (w->idmap.value == NULL)
		return 0;
	return check_idmap(p, w, e);
}

static int refuse(const struct host_layer *l, int code, const char *why, struct err *e)
{
	char shown[TEXT_PATH_SHOWN];

	return err_sys(e, code, l->at, "%s: layer \"%s\" %s", l->where,
		text_escape(shown, sizeof(shown), l->path, strlen(l->path)), why);
}

/* An image is read by the kernel itself, with all its rights: only who has them may ask for it. */
static int check_image(
	const struct plan *p, const struct host_layer *l, const char *type, struct err *e)
{
	if (strcmp(type, "special") == 0)
		return refuse(l, ENOTDIR, "is neither a directory nor an image file", e);
	if (strcmp(type, "unknown") == 0) {
		(void)refuse(l, EINVAL, "is a file of no known type", e);
		return err_hint(e,
			"images of erofs, squashfs and ext4 are known by their first bytes; "
			"tar archives are to be unpacked");
	}
	if (!p->host->user_namespace && plan_host_can(p, CAP_SYS_ADMIN))
		return 0;
	(void)refuse(l, EPERM, "is an image, which only root may mount", e);
	return err_hint(e, "unpack it and give the directory (fsck.erofs --extract=DIR, unsquashfs "
			   "-d DIR, debugfs -R 'rdump / DIR'), or run it as root");
}

/* The next word of the facts; "dir" where they say nothing. */
static const char *next_type(struct plan *p, const char **words)
{
	const char *const word = *words;
	const size_t len = strcspn(word, " ");

	*words += len + (word[len] == ' ');
	return len == 0 ? "dir" : arena_text(p->arena, word, len);
}

static int append_image(
	struct plan *p, const struct host_layer *l, const char *type, int slot, struct err *e)
{
	struct plan_op *op;

	TRY(check_image(p, l, type, e));
	op = plan_append(p, PLAN_image, l->at, e, "%s", l->where);
	if (op == NULL)
		return -ENOMEM;
	op->image.path = l->path;
	op->image.type = type;
	op->image.direct = p->host->kernel >= 6012 && strcmp(type, "erofs") == 0;
	op->image.into = slot;
	return 0;
}

static int append_dir(
	struct plan *p, const struct host_layer *l, bool clone, int slot, struct err *e)
{
	struct plan_op *const op =
		plan_append(p, clone ? PLAN_clone_tree : PLAN_open_host, l->at, e, "%s", l->where);

	if (op == NULL)
		return -ENOMEM;
	if (clone) {
		op->clone_tree.path = l->path;
		op->clone_tree.into = slot;
	} else {
		op->open_host.path = l->path;
		op->open_host.into = slot;
	}
	return 0;
}

static int append_layer(struct plan *p, struct plan_layers *l, const struct host_layer *layer,
	const char *type, struct err *e)
{
	const bool mapped = l->wish->idmap.value != NULL, is_dir = strcmp(type, "dir") == 0;
	const int slot = plan_slot_new(p);

	if (is_dir)
		TRY(append_dir(p, layer, mapped, slot, e));
	else
		TRY(append_image(p, layer, type, slot, e));
	if (mapped)
		TRY(plan_idmap_own(p, layer->at, layer->where, slot, e));
	l->slots[l->count] = slot;
	l->detached[l->count++] = mapped || !is_dir;
	return 0;
}

/* By their paths, in the child, as the layers are: see append_open_stage of root.c. */
static int append_writes(struct plan *p, const struct plan_overlay_text *dir, struct err *e)
{
	static const char *const names[] = { "upper", "work" };
	static const int slots[] = { SLOT_UPPER, SLOT_WORK };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct plan_op *const op =
			plan_append(p, PLAN_open_dir, dir->at, e, "%s", dir->where);

		if (op == NULL)
			return -ENOMEM;
		op->open_dir.path = dir->value;
		op->open_dir.name = names[i];
		op->open_dir.into = slots[i];
	}
	return 0;
}

int plan_overlay_open(struct plan *p, struct plan_layers *ret, struct err *e)
{
	const struct spec_str *const root = &p->config->root->path;
	const struct plan_overlay_wish *const w = p->overlay;
	const struct host_layer top = { plan_bundle_path(p, root->value, strlen(root->value)),
		"root.path", root->at };
	const char *words = p->host->layers;

	if (p->overlay_fuse)
		return 0;
	TRY(check_possible(p, w, e));
	ret->wish = w;
	ret->slots = arena_array(p->arena, w->count + 1, sizeof(*ret->slots));
	ret->detached = arena_array(p->arena, w->count + 1, sizeof(*ret->detached));
	if (top.path == NULL || ret->slots == NULL || ret->detached == NULL)
		return no_memory(w->at, e);
	TRY(append_layer(p, ret, &top, "dir", e));
	for (size_t i = 0; i < w->count; i++) {
		const char *const type = next_type(p, &words);

		if (type == NULL)
			return no_memory(w->at, e);
		TRY(append_layer(p, ret, &w->layers[i], type, e));
	}
	return w->dir.value != NULL ? append_writes(p, &w->dir, e) : 0;
}

/* --- the mount ----------------------------------------------------------------------------------
 */

/* A tmpfs, which overlay wants to see mounted, with the two directories. */
static int append_memory(struct plan *p, const struct plan_layers *l, struct err *e)
{
	const struct plan_overlay_wish *const w = l->wish;
	static const char *const names[] = { "upper", "work" };
	static const int slots[] = { SLOT_UPPER, SLOT_WORK };
	const char **const data = arena_array(p->arena, 3, sizeof(*data));
	struct plan_op *op = plan_append(p, PLAN_new_fs, w->at, e, "%s", w->where);

	if (op == NULL || data == NULL)
		return no_memory(w->at, e);
	data[0] = "mode=0755";
	if (w->size.value != NULL)
		data[1] = arena_printf(p->arena, "size=%s", w->size.value);
	op->new_fs.type = "tmpfs";
	op->new_fs.source = "overlay";
	op->new_fs.data = plan_label_data(p, data);
	op->new_fs.into = SLOT_TREE;
	if (op->new_fs.data == NULL || (w->size.value != NULL && data[1] == NULL))
		return no_memory(w->at, e);
	TRY(plan_stage(p, w->at, w->where, SLOT_TREE, e));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		op = plan_append(p, PLAN_new_dir, w->at, e, "%s", w->where);
		if (op == NULL)
			return -ENOMEM;
		op->new_dir.at = SLOT_TREE;
		op->new_dir.name = names[i];
		op->new_dir.like = l->slots[0];
		op->new_dir.into = slots[i];
	}
	return 0;
}

/* docs/architecture.md has the reasons. */
static const char *const *options(const struct plan *p, const struct plan_overlay_wish *w)
{
	static const char *const user_memory[] = { "userxattr", "volatile", NULL };
	static const char *const user_kept[] = { "userxattr", "index=off", NULL };
	static const char *const memory[] = { "volatile", "metacopy=on", NULL };
	static const char *const kept[] = { "redirect_dir=off", "metacopy=off", "index=off", NULL };

	if (p->in_user_ns)
		return w->dir.value != NULL ? user_kept : user_memory;
	return w->dir.value != NULL ? kept : memory;
}

int plan_overlay_mount(struct plan *p, const struct plan_layers *l, struct err *e)
{
	const struct plan_overlay_wish *const w = l->wish;
	struct plan_op *op;

	if (p->overlay_fuse)
		return plan_overlay_fuse_ready(p, e);
	for (size_t i = 0; i < l->count; i++)
		if (l->detached[i])
			TRY(plan_stage(p, w->at, i == 0 ? "root.path" : w->layers[i - 1].where,
				l->slots[i], e));
	if (w->dir.value == NULL)
		TRY(append_memory(p, l, e));
	op = plan_append(p, PLAN_overlay, w->at, e, "%s", w->where);
	if (op == NULL)
		return -ENOMEM;
	op->overlay.data = plan_label_data(p, options(p, w));
	op->overlay.lower = l->slots;
	op->overlay.lower_count = l->count;
	op->overlay.append = p->host->kernel >= 6008; /* lowerdir+ */
	op->overlay.upper = SLOT_UPPER;
	op->overlay.work = SLOT_WORK;
	op->overlay.into = SLOT_ROOT;
	return op->overlay.data != NULL ? 0 : no_memory(w->at, e);
}
