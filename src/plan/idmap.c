/* Which mounts have their ids mapped, and by which user namespace.
 *
 * The kernel takes a map from a user namespace: the container's own, or one that is made for
 * nothing else.  The one who maps needs CAP_SYS_ADMIN in the namespace that the file system belongs
 * to, which a container's first process has not when it lives in one of its own; so it is always
 * the parent who does it, on a mount that the child has made: one way for all, and flags that the
 * kernel locked when the child's mount namespace was made stay locked. */
#include "plan/idmap.h"

#include "plan/build.h"

#include "base/text.h"

#include <linux/capability.h>
#include <sched.h>
#include <string.h>

/* What is wanted: the texts of the map files. */
struct wish {
	const struct plan_idmap_job *m;
	const struct spec_mount *mount;
	struct src_pos at;
	const char *uids, *gids; /* NULL: as the container's own */
};

static int refuse(const struct wish *w, int code, const char *why, struct err *e)
{
	const char *const destination = w->mount->destination.value;
	char where[TEXT_PATH_SHOWN];

	return err_set(e, code, w->at, "mounts[%zu] (%s): %s", w->m->index,
		text_escape(where, sizeof(where), destination, strlen(destination)), why);
}

static int texts(struct plan *p, struct wish *w, const struct plan_id_map maps[2], struct err *e)
{
	w->uids = plan_id_map_text(p, &maps[0]);
	w->gids = plan_id_map_text(p, &maps[1]);
	if (w->uids == NULL || w->gids == NULL)
		return err_set(e, ENOMEM, w->at, "out of memory");
	return 0;
}

/* uidMappings and gidMappings of the mount: both are there or none (spec/). */
static int from_lists(struct plan *p, struct wish *w, struct err *e)
{
	const struct spec_id_map_list *const uids = &w->mount->uidMappings;
	const struct spec_id_map_list *const gids = &w->mount->gidMappings;
	struct plan_id_map maps[2];

	w->at = uids->at;
	TRY(plan_id_map_from(p, uids, &maps[0], e));
	TRY(plan_id_map_from(p, gids, &maps[1], e));
	return texts(p, w, maps, e);
}

/* The maps in the option; they may repeat what the lists say. */
static int from_option(struct plan *p, struct wish *w, struct err *e)
{
	const struct spec_str *const word = &w->mount->options.items[w->m->options->idmap_index];
	struct wish said = { .m = w->m, .mount = w->mount, .at = word->at };
	struct plan_id_map maps[2];
	const char *const why = plan_idmap_option(p, w->m->options->idmap, maps);
	char shown[TEXT_SHOWN];

	if (why != NULL)
		return err_set(e, EINVAL, word->at, "mounts[%zu].options[%zu]: %s: \"%s\"",
			w->m->index, w->m->options->idmap_index, why,
			text_escape(shown, sizeof(shown), word->value, strlen(word->value)));
	TRY(texts(p, &said, maps, e));
	if (w->uids != NULL && (strcmp(w->uids, said.uids) != 0 || strcmp(w->gids, said.gids) != 0))
		return refuse(&said, EINVAL,
			"uidMappings and gidMappings say another map than the option idmap", e);
	*w = said;
	return 0;
}

/* The same map as the container's: then its own namespace serves. */
static int forget_own(struct plan *p, struct wish *w, struct err *e)
{
	const struct plan_id_map maps[2] = { p->uids, p->gids };
	struct wish own = *w;

	if (w->uids == NULL || (p->new_ns & CLONE_NEWUSER) == 0)
		return 0;
	TRY(texts(p, &own, maps, e));
	if (strcmp(own.uids, w->uids) == 0 && strcmp(own.gids, w->gids) == 0)
		w->uids = w->gids = NULL;
	return 0;
}

static int check_rights(const struct plan *p, const struct wish *w, struct err *e)
{
	if (p->host->kernel < 5012) {
		(void)refuse(w, ENOSYS, "this kernel cannot map the ids of a mount", e);
		return err_hint(e, "it came with Linux 5.12");
	}
	if (plan_host_can(p, CAP_SYS_ADMIN) &&
		(w->uids == NULL || (plan_host_can(p, CAP_SETUID) && plan_host_can(p, CAP_SETGID))))
		return 0;
	(void)refuse(w, EPERM,
		"an id-mapped mount is not possible without root's rights: "
		"Operation not permitted",
		e);
	return err_hint(e, "mapping needs CAP_SYS_ADMIN over the file system, and CAP_SETUID and "
			   "CAP_SETGID for maps of its own: run it as root");
}

static struct plan_op *append(
	struct plan *p, const struct wish *w, enum plan_kind kind, struct err *e)
{
	return plan_append(
		p, kind, w->at, e, "mounts[%zu] (%s)", w->m->index, w->mount->destination.value);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The user namespace of this map; equal maps share one.  NULL: there is none yet. */
static const struct plan_userns *find_users(
	const struct plan *p, const char *uids, const char *gids)
{
	const struct plan_userns *u = p->idmaps;

	while (u != NULL && (!same_text(u->uids, uids) || !same_text(u->gids, gids)))
		u = u->next;
	return u;
}

static const struct plan_userns *add_users(struct plan *p, const char *uids, const char *gids)
{
	struct plan_userns *const made = arena_alloc(p->arena, sizeof(*made));

	if (made == NULL)
		return NULL;
	*made = (struct plan_userns){ p->idmaps, uids, gids, plan_slot_new(p) };
	p->idmaps = made;
	return made;
}

/* The slot of a user namespace of this map. */
static int user_namespace(struct plan *p, const struct wish *w, int *ret, struct err *e)
{
	const struct plan_userns *made = find_users(p, w->uids, w->gids);
	struct plan_op *op;

	if (made != NULL) {
		*ret = made->slot;
		return 0;
	}
	made = add_users(p, w->uids, w->gids);
	op = append(p, w, w->uids == NULL ? PLAN_userns_open : PLAN_userns_make, e);
	if (made == NULL || op == NULL)
		return err_set(e, ENOMEM, w->at, "out of memory");
	*ret = made->slot;
	if (w->uids == NULL) {
		op->userns_open.into = made->slot;
		return 0;
	}
	op->userns_make.uids = w->uids;
	op->userns_make.gids = w->gids;
	op->userns_make.into = made->slot;
	return 0;
}

static int append_idmap(struct plan *p, const struct wish *w, struct err *e)
{
	struct plan_op *op;
	int users = SLOT_NONE;

	TRY(user_namespace(p, w, &users, e));
	op = append(p, w, PLAN_map_ids, e);
	if (op == NULL)
		return -ENOMEM;
	op->map_ids.tree = w->m->tree;
	op->map_ids.users = users;
	op->map_ids.recursive = (w->m->options->special & MOUNT_IDMAP_BELOW) != 0;
	op->map_ids.type = w->m->type;
	return 0;
}

int plan_idmap(struct plan *p, const struct plan_idmap_job *m, struct err *e)
{
	const struct spec_mount *const mount = &p->config->mounts.items[m->index];
	const bool listed = mount->uidMappings.count > 0;
	struct wish w = { .m = m, .mount = mount };

	if (!listed && (m->options->special & MOUNT_IDMAP) == 0)
		return 0;
	if (!listed)
		w.at = mount->options.items[m->options->idmap_index].at;
	if (listed)
		TRY(from_lists(p, &w, e));
	if (m->options->idmap != NULL && m->options->idmap[0] != '\0')
		TRY(from_option(p, &w, e));
	if (w.uids == NULL && !p->user_ns)
		return refuse(&w, EINVAL,
			"idmap without ids needs a user namespace of the container: give "
			"uidMappings and gidMappings",
			e);
	TRY(forget_own(p, &w, e));
	if (w.uids == NULL && m->type != NULL)
		return 0; /* made in that namespace: its ids are the container's */
	TRY(check_rights(p, &w, e));
	return append_idmap(p, &w, e);
}

int plan_idmap_own(struct plan *p, struct src_pos at, const char *path, int tree, struct err *e)
{
	const struct plan_userns *users = find_users(p, NULL, NULL);
	struct plan_op *op;

	if (users == NULL) {
		users = add_users(p, NULL, NULL);
		op = plan_append(p, PLAN_userns_open, at, e, "%s", path);
		if (users == NULL || op == NULL)
			return err_set(e, ENOMEM, at, "out of memory");
		op->userns_open.into = users->slot;
	}
	op = plan_append(p, PLAN_map_ids, at, e, "%s", path);
	if (op == NULL)
		return -ENOMEM;
	op->map_ids.tree = tree;
	op->map_ids.users = users->slot;
	return 0;
}
