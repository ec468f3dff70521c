/* The root as an overlay of fuse-overlayfs, where the kernel's own is not to be had or not wanted.
 *
 * The child makes the mount, in its user namespace and with no path of anybody's; the program gets
 * the open device alone, and lives outside of all that the container can see or reach.  It ends
 * when the mount does.  docs/architecture.md has the reasons. */
#include "plan/overlay.h"

#include "plan/build.h"

#include "base/text.h"

#include <string.h>

enum {
	ANSWER_SECONDS = 10
};

static const char installing[] = "install it: apt-get install fuse-overlayfs";

/* The kernel does it wherever it can: it is quicker, and needs no process. */
static bool kernel_cannot(const struct plan *p)
{
	return p->in_user_ns && p->host->kernel < 5011;
}

static bool is_set(const struct plan_overlay_text *t, const char *word)
{
	return t->value != NULL && strcmp(t->value, word) == 0;
}

static int no_overlay(const struct plan_overlay_wish *w, struct err *e)
{
	(void)err_set(e, EPERM, w->at,
		"%s: this kernel has no overlay in a user namespace: Operation not permitted",
		w->where);
	if (is_set(&w->fuse, "false"))
		return err_hint(e,
			"it came with Linux 5.11; fuse-overlayfs could make it, but %s is false",
			w->fuse.where);
	return err_hint(e, "it came with Linux 5.11; fuse-overlayfs does without (apt-get install "
			   "fuse-overlayfs); or run it as root, or without an overlay");
}

static int check_layers(const struct plan *p, const struct plan_overlay_wish *w, struct err *e)
{
	const char *word = p->host->layers;
	char shown[TEXT_PATH_SHOWN];

	for (size_t i = 0; i < w->count; i++) {
		const size_t len = strcspn(word, " ");
		const struct host_layer *const l = &w->layers[i];

		if (len > 0 && strncmp(word, "dir", len) != 0)
			return err_set(e, ENOTDIR, l->at,
				"%s: layer \"%s\" is no directory, and fuse-overlayfs takes no other: "
				"Not a directory",
				l->where,
				text_escape(shown, sizeof(shown), l->path, strlen(l->path)));
		word += len + (word[len] == ' ');
	}
	return 0;
}

static int check(const struct plan *p, const struct plan_overlay_wish *w, struct err *e)
{
	if (p->host->fuse_overlayfs[0] == '\0') {
		(void)err_set(e, ENOENT, w->fuse.at,
			"%s: fuse-overlayfs is not installed: No such file or directory",
			w->fuse.where);
		return err_hint(e, installing);
	}
	if (w->idmap.value != NULL)
		return err_set(e, EINVAL, w->idmap.at,
			"%s: fuse-overlayfs cannot map the ids of layers", w->idmap.where);
	if (!plan_uid_mapped(p, 0) || !plan_gid_mapped(p, 0))
		return err_set(e, EINVAL, w->at,
			"%s: fuse-overlayfs needs user 0 and group 0 in the container's id maps",
			w->where);
	return check_layers(p, w, e);
}

int plan_overlay_choose(struct plan *p, const struct plan_overlay_wish *w, struct err *e)
{
	const bool forced = is_set(&w->fuse, "true");

	if (!w->wanted || (!forced && !kernel_cannot(p)))
		return 0;
	if (!forced && (is_set(&w->fuse, "false") || p->host->fuse_overlayfs[0] == '\0'))
		return no_overlay(w, e);
	p->overlay_fuse = true;
	return check(p, w, e);
}

/* --- the operations -----------------------------------------------------------------------------
 */

static const char *const *layers_of(struct plan *p, const struct plan_overlay_wish *w)
{
	const struct spec_str *const root = &p->config->root->path;
	const char **const list = arena_array(p->arena, w->count + 2, sizeof(*list));

	if (list == NULL)
		return NULL;
	list[0] = plan_bundle_path(p, root->value, strlen(root->value));
	for (size_t i = 0; i < w->count; i++)
		list[i + 1] = w->layers[i].path;
	return list[0] != NULL ? list : NULL;
}

/* What the program writes to memory is not the container's by the count of its cgroup: it shall not
 * be more than the container may have. */
static uint64_t most(const struct plan *p)
{
	const struct spec_resources *const r = p->config->os->resources;
	const int64_t limit = r != NULL && r->memory != NULL ? r->memory->limit.value : 0;

	return limit > 0 ? (uint64_t)limit : 0;
}

static int append_mount(
	struct plan *p, const struct plan_overlay_wish *w, int device, struct err *e)
{
	static const char *const words[] = { "subtype=fuse-overlayfs", "rootmode=40000",
		"user_id=0", "group_id=0", "default_permissions", "allow_other", NULL };
	struct plan_op *const op = plan_append(p, PLAN_fuse_mount, w->at, e, "%s", w->where);

	if (op == NULL)
		return -ENOMEM;
	op->fuse_mount.data = plan_label_data(p, words);
	op->fuse_mount.device = device;
	op->fuse_mount.into = SLOT_ROOT;
	return op->fuse_mount.data != NULL ? 0 : err_set(e, ENOMEM, w->at, "out of memory");
}

int plan_overlay_fuse(struct plan *p, struct err *e)
{
	const struct plan_overlay_wish *const w = p->overlay;
	struct plan_op *op;
	int device;

	if (!p->overlay_fuse)
		return 0;
	device = plan_slot_new(p);
	TRY(append_mount(p, w, device, e));
	op = plan_append(p, PLAN_fuse_serve, w->at, e, "%s", w->where);
	if (op == NULL)
		return -ENOMEM;
	op->fuse_serve.program = p->host->fuse_overlayfs;
	op->fuse_serve.name = p->options->id;
	op->fuse_serve.lower = layers_of(p, w);
	op->fuse_serve.dir = w->dir.value;
	op->fuse_serve.size = w->size.value;
	op->fuse_serve.most = w->dir.value == NULL && w->size.value == NULL ? most(p) : 0;
	op->fuse_serve.users = p->user_ns;
	op->fuse_serve.device = device;
	return op->fuse_serve.lower != NULL ? 0 : err_set(e, ENOMEM, w->at, "out of memory");
}

int plan_overlay_fuse_ready(struct plan *p, struct err *e)
{
	const struct plan_overlay_wish *const w = p->overlay;
	struct plan_op *const op = plan_append(p, PLAN_fuse_ready, w->at, e, "%s", w->where);

	if (op == NULL)
		return -ENOMEM;
	op->fuse_ready.program = p->host->fuse_overlayfs;
	op->fuse_ready.seconds = ANSWER_SECONDS;
	op->fuse_ready.tree = SLOT_ROOT;
	return 0;
}
