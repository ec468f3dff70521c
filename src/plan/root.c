/* The container's root: the bundle's rootfs itself, or an overlay over it, put in place on the
 * container's state directory, finished and made the root.
 *
 * The state directory is the one place that is sure to exist, is nobody else's and lies outside of
 * all that the configuration names; in the child's own mount namespace nothing of this is seen. */
#include "plan/root.h"

#include "plan/build.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#define ANNOTATION       "org.crun-lite.overlay"
#define ANNOTATION_LOWER "org.crun-lite.overlay.lower"

/* What the root shall be, from the command line or, weaker, from annotations. */
struct overlay {
	bool wanted;
	const char *dir;   /* writes are kept there; NULL: in a tmpfs */
	const char *lower; /* more layers, "a:b"; NULL: none */
	struct src_pos at;
	const char *path; /* config path that asked for it */
};

static struct overlay overlay_wanted(const struct plan *p)
{
	const struct spec_pair *const own = spec_annotation(p->config, ANNOTATION);
	const struct spec_pair *const lower = spec_annotation(p->config, ANNOTATION_LOWER);
	struct overlay o = { .path = "--overlay", .at = p->config->root->path.at };

	if (own != NULL || lower != NULL) {
		o.wanted = true;
		o.path = own != NULL ? "annotations[\"" ANNOTATION "\"]"
				     : "annotations[\"" ANNOTATION_LOWER "\"]";
		o.at = own != NULL ? own->value.at : lower->value.at;
		o.lower = lower != NULL ? lower->value.value : NULL;
		if (own != NULL && own->value.value[0] != '\0' &&
			strcmp(own->value.value, "tmpfs") != 0)
			o.dir = own->value.value;
	}
	if (p->options->overlay) {
		o.wanted = true;
		o.path = "--overlay";
		o.dir = p->options->overlay_dir;
	}
	return o;
}

const char *plan_bundle_path(struct plan *p, const char *path, size_t len)
{
	if (len > 0 && path[0] == '/')
		return arena_text(p->arena, path, len);
	return arena_printf(p->arena, "%s/%.*s", p->options->bundle, (int)len, path);
}

static int append_tree(struct plan *p, struct err *e)
{
	const struct spec_str *const path = &p->config->root->path;
	struct plan_op *const op = plan_append(p, PLAN_clone_tree, path->at, e, "root.path");

	if (op == NULL)
		return -ENOMEM;
	op->clone_tree.path = plan_bundle_path(p, path->value, strlen(path->value));
	if (op->clone_tree.path != NULL) /* a slash behind: it must be a directory */
		op->clone_tree.path = arena_printf(p->arena, "%s/", op->clone_tree.path);
	op->clone_tree.recursive = 1;
	op->clone_tree.into = SLOT_ROOT;
	return op->clone_tree.path != NULL ? 0 : err_set(e, ENOMEM, path->at, "out of memory");
}

/* A root that hears of the host's mounts, and tells the host nothing of its own. */
static int append_slave_tree(struct plan *p, struct err *e)
{
	struct plan_op *op;

	TRY(append_tree(p, e));
	op = plan_append(p, PLAN_set_attr, p->config->os->rootfsPropagation.at, e,
		"linux.rootfsPropagation");
	if (op == NULL)
		return -ENOMEM;
	op->set_attr.tree = SLOT_ROOT;
	op->set_attr.words = "rslave";
	op->set_attr.recursive = 1;
	op->set_attr.propagation = MS_SLAVE;
	return 0;
}

static int append_stage(
	struct plan *p, struct src_pos at, const char *path, int tree, struct err *e)
{
	struct plan_op *const op = plan_append(p, PLAN_stage, at, e, "%s", path);

	if (op == NULL)
		return -ENOMEM;
	op->stage.tree = tree;
	return 0;
}

/* Where the layer of writes lives: a tmpfs, which overlay wants to see mounted, or a directory. */
static int append_tmpfs(struct plan *p, const struct overlay *o, struct err *e)
{
	static const char *const data[] = { "mode=0755", NULL };
	struct plan_op *const op = plan_append(p, PLAN_new_fs, o->at, e, "%s", o->path);

	if (op == NULL)
		return -ENOMEM;
	op->new_fs.type = "tmpfs";
	op->new_fs.source = "overlay";
	op->new_fs.data = plan_label_data(p, data);
	op->new_fs.into = SLOT_TREE;
	if (op->new_fs.data == NULL)
		return err_set(e, ENOMEM, o->at, "out of memory");
	return append_stage(p, o->at, o->path, SLOT_TREE, e);
}

static int append_layer(
	struct plan *p, const struct overlay *o, const char *name, int slot, struct err *e)
{
	struct plan_op *op;

	if (o->dir == NULL) {
		op = plan_append(p, PLAN_new_dir, o->at, e, "%s", o->path);
		if (op == NULL)
			return -ENOMEM;
		op->new_dir.at = SLOT_TREE;
		op->new_dir.name = name;
		op->new_dir.mode = 0755;
		op->new_dir.into = slot;
		return 0;
	}
	op = plan_append(p, PLAN_open_dir, o->at, e, "%s", o->path);
	if (op == NULL)
		return -ENOMEM;
	op->open_dir.path = plan_bundle_path(p, o->dir, strlen(o->dir));
	op->open_dir.name = name;
	op->open_dir.mode = 0755;
	op->open_dir.into = slot;
	return op->open_dir.path != NULL ? 0 : err_set(e, ENOMEM, o->at, "out of memory");
}

static int append_lower(struct plan *p, const char *path, size_t len, int slot, struct err *e)
{
	struct plan_op *const op =
		plan_append(p, PLAN_open_host, p->config->root->path.at, e, "root.path");

	if (op == NULL)
		return -ENOMEM;
	op->open_host.path = plan_bundle_path(p, path, len);
	op->open_host.into = slot;
	return op->open_host.path != NULL ? 0 : err_set(e, ENOMEM, op->at, "out of memory");
}

/* Opens root.path and the further layers; the slots, topmost first. */
static int append_lowers(
	struct plan *p, const struct overlay *o, int **ret, size_t *ret_count, struct err *e)
{
	const struct spec_str *const root = &p->config->root->path;
	size_t count = 1, i = 0;
	int *slots;

	for (const char *c = o->lower; c != NULL && *c != '\0'; c++)
		count += *c == ':' || c == o->lower;
	slots = arena_array(p->arena, count, sizeof(*slots));
	if (slots == NULL)
		return err_set(e, ENOMEM, o->at, "out of memory");
	slots[i] = plan_slot_new(p);
	TRY(append_lower(p, root->value, strlen(root->value), slots[i++], e));
	for (const char *c = o->lower; c != NULL && *c != '\0';) {
		const size_t len = strcspn(c, ":");

		if (len == 0)
			return err_set(
				e, EINVAL, o->at, "%s: an empty layer name", ANNOTATION_LOWER);
		slots[i] = plan_slot_new(p);
		TRY(append_lower(p, c, len, slots[i++], e));
		c += len + (c[len] == ':');
	}
	*ret = slots;
	*ret_count = i;
	return 0;
}

static int append_overlay(
	struct plan *p, const struct overlay *o, const int *lower, size_t count, struct err *e)
{
	static const char *const rootless[] = { "userxattr", NULL }, *const plain[] = { NULL };
	struct plan_op *op;

	if (p->in_user_ns && p->host->kernel < 5011) {
		(void)err_set(e, EPERM, o->at,
			"%s: this kernel has no overlay in a user namespace: Operation not permitted",
			o->path);
		return err_hint(
			e, "it came with Linux 5.11; run it as root, or without an overlay");
	}
	if (o->dir == NULL)
		TRY(append_tmpfs(p, o, e));
	TRY(append_layer(p, o, "upper", SLOT_UPPER, e));
	TRY(append_layer(p, o, "work", SLOT_WORK, e));
	op = plan_append(p, PLAN_overlay, o->at, e, "%s", o->path);
	if (op == NULL)
		return -ENOMEM;
	op->overlay.data = plan_label_data(p, p->in_user_ns ? rootless : plain);
	op->overlay.lower = lower;
	op->overlay.lower_count = count;
	op->overlay.append = p->host->kernel >= 6008; /* lowerdir+ */
	op->overlay.upper = SLOT_UPPER;
	op->overlay.work = SLOT_WORK;
	op->overlay.into = SLOT_ROOT;
	return op->overlay.data != NULL ? 0 : err_set(e, ENOMEM, o->at, "out of memory");
}

/* From here on root's rights of the user namespace are needed: file systems made later belong to
 * it.  What the host guards from that root was opened before. */
static int append_become_root(struct plan *p, struct err *e)
{
	const struct src_pos at = p->config->os->uidMappings.at;
	struct plan_op *op;

	if (!p->user_ns)
		return 0;
	op = plan_append(p, PLAN_become_root, at, e, "linux.namespaces");
	if (op == NULL)
		return -ENOMEM;
	op->become_root.uid = plan_uid_mapped(p, 0);
	op->become_root.gid = plan_gid_mapped(p, 0);
	op->become_root.groups = p->setgroups;
	return 0;
}

static int append_propagate(struct plan *p, struct err *e)
{
	struct plan_op *const op =
		plan_append(p, PLAN_propagate, POS_NONE, e, "linux.rootfsPropagation");

	if (op == NULL)
		return -ENOMEM;
	op->propagate.word = "rprivate";
	op->propagate.flags = MS_PRIVATE | MS_REC;
	return 0;
}

uint64_t plan_root_propagation(const struct plan *p)
{
	const struct spec_enum *const word = &p->config->os->rootfsPropagation;

	return GIVEN(*word) && word->value != 0 ? (uint64_t)word->value : MS_PRIVATE | MS_REC;
}

/* By its path, in the child: a descriptor of the parent's would belong to the mount namespace that
 * the child has left. */
static int append_open_stage(struct plan *p, struct err *e)
{
	struct plan_op *const op = plan_append(p, PLAN_open_host, POS_NONE, e, "root.path");

	if (op == NULL)
		return -ENOMEM;
	op->open_host.path = p->options->state_dir;
	op->open_host.into = SLOT_STAGE;
	return 0;
}

/* Hooks find the new root at its path in the bundle, with all that is mounted in it. */
static int append_open_shown(struct plan *p, struct err *e)
{
	const struct spec_str *const path = &p->config->root->path;
	struct plan_op *op;

	if (!plan_hooks_see_root(p) || path->value[strspn(path->value, "/")] == '\0')
		return 0;
	p->shown_slot = plan_slot_new(p);
	op = plan_append(p, PLAN_open_host, path->at, e, "root.path");
	if (op == NULL)
		return -ENOMEM;
	op->open_host.path = plan_bundle_path(p, path->value, strlen(path->value));
	op->open_host.into = p->shown_slot;
	return op->open_host.path != NULL ? 0 : err_set(e, ENOMEM, path->at, "out of memory");
}

int plan_root(struct plan *p, struct err *e)
{
	const struct overlay o = overlay_wanted(p);
	/* A root that shall hear of the host's mounts is cloned before the host's are cut off. */
	const bool early = (plan_root_propagation(p) & (MS_SHARED | MS_SLAVE)) != 0;
	int *lower = NULL;
	size_t count = 0;

	TRY(append_open_stage(p, e));
	TRY(append_open_shown(p, e));
	if (o.wanted)
		TRY(append_lowers(p, &o, &lower, &count, e));
	else if (early)
		TRY(append_slave_tree(p, e));
	TRY(plan_mounts_early(p, e));
	TRY(append_propagate(p, e));
	if (!o.wanted && !early)
		TRY(append_tree(p, e));
	TRY(append_become_root(p, e));
	if (o.wanted)
		TRY(append_overlay(p, &o, lower, count, e));
	return append_stage(p, p->config->root->path.at, "root.path", SLOT_ROOT, e);
}

static int append_readonly_root(struct plan *p, struct err *e)
{
	const struct spec_bool *const ro = &p->config->root->readonly;
	struct plan_op *op;

	if (!ro->value)
		return 0;
	op = plan_append(p, PLAN_set_attr, ro->at, e, "root.readonly");
	if (op == NULL)
		return -ENOMEM;
	op->set_attr.tree = SLOT_ROOT;
	op->set_attr.set = MOUNT_ATTR_RDONLY;
	op->set_attr.words = "ro";
	return 0;
}

int plan_late_readonly(struct plan *p, struct src_pos at, const char *path, int tree, struct err *e)
{
	struct plan_late *const late = arena_alloc(p->arena, sizeof(*late));

	if (late == NULL)
		return err_set(e, ENOMEM, at, "out of memory");
	*late = (struct plan_late){ p->late, at, path, tree };
	p->late = late;
	return 0;
}

static int append_late_readonly(struct plan *p, struct err *e)
{
	for (const struct plan_late *l = p->late; l != NULL; l = l->next) {
		struct plan_op *const op = plan_append(p, PLAN_set_attr, l->at, e, "%s", l->path);

		if (op == NULL)
			return -ENOMEM;
		op->set_attr.tree = l->tree;
		op->set_attr.set = MOUNT_ATTR_RDONLY;
		op->set_attr.words = "ro";
	}
	return 0;
}

int plan_root_finish(struct plan *p, struct err *e)
{
	const struct spec_enum *const propagation = &p->config->os->rootfsPropagation;
	struct plan_op *op;

	TRY(plan_cwd_make(p, e));
	TRY(append_late_readonly(p, e));
	TRY(append_readonly_root(p, e));
	if (plan_append(p, p->options->no_pivot ? PLAN_move_root : PLAN_pivot,
		    p->config->root->path.at, e, "root.path") == NULL)
		return -ENOMEM;
	if (!GIVEN(*propagation) || propagation->value == 0)
		return 0;
	op = plan_append(p, PLAN_root_propagation, propagation->at, e, "linux.rootfsPropagation");
	if (op == NULL)
		return -ENOMEM;
	op->root_propagation.flags = (uint64_t)propagation->value;
	op->root_propagation.word = spec_word_text(&spec_propagation, propagation->value);
	return 0;
}
