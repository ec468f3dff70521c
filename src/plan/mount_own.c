/* Bind mounts within the container: a source below root.path.
 *
 * The new root is staged elsewhere, so what is mounted in it is not to be seen by the host's path.
 * The other runtimes mount in place, where it is, and engines rely on it: a mount may show again
 * what an earlier one has mounted. */
#include "plan/mount_own.h"

#include "plan/build.h"
#include "plan/overlay.h"
#include "plan/paths.h"

/* The source's path in the container; NULL: it lies elsewhere. */
static const char *path_inside(const struct plan *p, const struct spec_mount *m)
{
	const char *source = m->source.value;
	const char *dir = p->config->root->path.value;

	/* The host's whole root has mounts below it that the container's has not. */
	if (plan_path_climbs(source) || plan_path_climbs(dir) ||
		(dir[0] == '/' && plan_path_is(dir, "")))
		return NULL;
	/* relative ones begin at the bundle */
	if (source[0] == '/' && dir[0] != '/')
		source = plan_path_below(source, p->options->bundle);
	else if (source[0] != '/' && dir[0] == '/')
		dir = plan_path_below(dir, p->options->bundle);
	return source != NULL && dir != NULL ? plan_path_below(source, dir) : NULL;
}

bool mount_is_own(
	const struct plan *p, const struct spec_mount *m, const struct plan_mount_options *o)
{
	/* below an overlay lies what the path names, in it what the container sees: as it is named
	 */
	return o->bind && (o->special & (MOUNT_SOURCE_NOFOLLOW | MOUNT_COPY_LINK)) == 0 &&
	       GIVEN(m->source) && m->source.value[0] != '\0' && !p->overlay->wanted &&
	       path_inside(p, m) != NULL;
}

int mount_append_own(struct plan *p, const struct mount_job *j, struct err *e)
{
	struct plan_op *const op = mount_append(p, j, PLAN_clone_own, e);
	const char *const path = path_inside(p, j->m);

	if (op == NULL)
		return -ENOMEM;
	must(path != NULL); /* mount_is_own */
	op->at = j->m->source.at;
	op->clone_own.path = path[0] != '\0' ? path : ".";
	op->clone_own.recursive = j->o.recursive;
	op->clone_own.into = j->tree;
	return 0;
}
