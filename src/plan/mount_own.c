/* Bind mounts within the container: a source below root.path.
 *
 * The new root is staged elsewhere, so what is mounted in it is not to be seen by the host's path.
 * The other runtimes mount in place, where it is, and engines rely on it: a mount may show again
 * what an earlier one has mounted. */
#include "plan/mount_own.h"

#include "plan/build.h"
#include "plan/overlay.h"
#include "plan/paths.h"

#include <string.h>

/* The path in the container of one of the host's; NULL: it lies elsewhere. */
static const char *path_inside(const struct plan *p, const char *path)
{
	const char *dir = p->config->root->path.value;

	/* The host's whole root has mounts below it that the container's has not. */
	if (plan_path_climbs(path) || plan_path_climbs(dir) ||
		(dir[0] == '/' && plan_path_is(dir, "")))
		return NULL;
	/* relative ones begin at the bundle */
	if (path[0] == '/' && dir[0] != '/')
		path = plan_path_below(path, p->options->bundle);
	else if (path[0] != '/' && dir[0] == '/')
		dir = plan_path_below(dir, p->options->bundle);
	return path != NULL && dir != NULL ? plan_path_below(path, dir) : NULL;
}

bool mount_is_own(
	const struct plan *p, const struct spec_mount *m, const struct plan_mount_options *o)
{
	/* below an overlay lies what the path names, in it what the container sees: as it is named
	 */
	return o->bind && (o->special & (MOUNT_SOURCE_NOFOLLOW | MOUNT_COPY_LINK)) == 0 &&
	       GIVEN(m->source) && m->source.value[0] != '\0' && !p->overlay->wanted &&
	       path_inside(p, m->source.value) != NULL;
}

int mount_append_own(struct plan *p, const struct mount_job *j, struct err *e)
{
	struct plan_op *const op = mount_append(p, j, PLAN_clone_own, e);
	const char *const path = path_inside(p, j->m->source.value);

	if (op == NULL)
		return -ENOMEM;
	must(path != NULL); /* mount_is_own */
	op->at = j->m->source.at;
	op->clone_own.path = path[0] != '\0' ? path : ".";
	op->clone_own.recursive = j->o.recursive;
	op->clone_own.into = j->tree;
	return 0;
}

/* As the other runtimes have it: where mounts go by the host's path of the root, as they may do
 * where roots are mounted in place, that part is not a part of the container's path. */
static const char *destination_inside(const struct plan *p, const struct spec_mount *m)
{
	const char *const path = m->destination.value;
	const char *const inside = path[0] == '/' ? path_inside(p, path) : NULL;

	return inside != NULL && inside != path ? inside : NULL;
}

int plan_mounts_inside(struct plan *p, struct err *e)
{
	const struct spec_mount_list *const list = &p->config->mounts;
	struct spec_config *config = NULL;
	struct spec_mount *items = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const char *const inside = destination_inside(p, &list->items[i]);

		if (inside == NULL)
			continue;
		if (items == NULL) {
			config = arena_alloc(p->arena, sizeof(*config));
			items = arena_array(p->arena, list->count, sizeof(*items));
			if (config == NULL || items == NULL)
				return err_set(e, ENOMEM, list->at, "out of memory");
			*config = *p->config;
			memcpy(items, list->items, list->count * sizeof(*items));
			config->mounts.items = items;
		}
		items[i].destination.value = arena_printf(p->arena, "/%s", inside);
		if (items[i].destination.value == NULL)
			return err_set(e, ENOMEM, list->at, "out of memory");
	}
	if (config != NULL)
		p->config = config;
	return 0;
}
