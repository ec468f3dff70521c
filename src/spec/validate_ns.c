/* Rules of linux.namespaces and of the id maps.  Joins and makes none. */
#include <inttypes.h>
#include <sched.h>

#include "spec/validate.h"

enum {
	MAP_LINES = 340
}; /* user_namespaces(7), Linux 4.15 */

const struct spec_namespace *spec_namespace_find(const struct spec_config *c, int64_t clone_flag)
{
	for (size_t i = 0; c->os != NULL && i < c->os->namespaces.count; i++)
		if (c->os->namespaces.items[i].type.value == clone_flag)
			return &c->os->namespaces.items[i];
	return NULL;
}

static bool is_joined(const struct spec_namespace *n)
{
	return n->path.value != NULL && n->path.value[0] != '\0';
}

static int check_namespace(
	const struct spec_config *c, const struct spec_namespace *n, struct err *e)
{
	if (spec_namespace_find(c, n->type.value) != n)
		return err_set(e, EINVAL, n->type.at, "type: \"%s\" is listed twice",
			spec_word_text(&spec_namespace_type, n->type.value));
	if (is_joined(n) && n->path.value[0] != '/')
		return err_set(e, EINVAL, n->path.at, "path: must be absolute");
	return 0;
}

int validate_namespaces(const struct spec_config *c, struct err *e)
{
	struct src_pos at = c->at;

	if (c->os != NULL) {
		for (size_t i = 0; i < c->os->namespaces.count; i++)
			if (check_namespace(c, &c->os->namespaces.items[i], e) < 0)
				return validate_in(e, "linux.namespaces[%zu]", i);
		at = GIVEN(c->os->namespaces) ? c->os->namespaces.at : c->os->at;
	}
	if (spec_namespace_find(c, CLONE_NEWNS) == NULL)
		return err_set(e, EINVAL, at, "linux.namespaces: a mount namespace is required");
	return 0;
}

static bool overlap(
	const struct spec_uint *a, uint64_t a_size, const struct spec_uint *b, uint64_t b_size)
{
	return a->value < b->value + b_size && b->value < a->value + a_size;
}

static int check_row(const struct spec_id_map_list *map, size_t i, struct err *e)
{
	const struct spec_id_map *const m = &map->items[i];
	const uint64_t size = m->size.value;

	if (size == 0)
		return err_set(e, EINVAL, m->size.at, "size: must not be 0");
	if (m->containerID.value + size > UINT32_MAX)
		return err_set(e, EINVAL, m->containerID.at,
			"containerID: with size %" PRIu64 ", goes beyond the id 4294967294", size);
	if (m->hostID.value + size > UINT32_MAX)
		return err_set(e, EINVAL, m->hostID.at,
			"hostID: with size %" PRIu64 ", goes beyond the id 4294967294", size);
	for (size_t j = 0; j < i; j++) {
		const struct spec_id_map *const o = &map->items[j];

		if (overlap(&m->containerID, size, &o->containerID, o->size.value))
			return err_set(e, EINVAL, m->containerID.at,
				"containerID: overlaps with entry %zu", j);
		if (overlap(&m->hostID, size, &o->hostID, o->size.value))
			return err_set(
				e, EINVAL, m->hostID.at, "hostID: overlaps with entry %zu", j);
	}
	return 0;
}

/* With a user namespace that is joined the map says nothing new: engines give one all the same. */
static int check_map(const struct spec_config *c, const struct spec_id_map_list *map, struct err *e)
{
	const struct spec_namespace *const user = spec_namespace_find(c, CLONE_NEWUSER);

	if (map->count == 0)
		return 0;
	if (user == NULL)
		return err_set(e, EINVAL, map->at, "needs a user namespace in linux.namespaces");
	if (map->count > MAP_LINES)
		return err_set(e, EINVAL, map->at, "more than %d entries", MAP_LINES);
	return 0;
}

static int check_rows(const struct spec_id_map_list *map, const char *name, struct err *e)
{
	for (size_t i = 0; i < map->count; i++)
		if (check_row(map, i, e) < 0)
			return validate_in(e, "linux.%s[%zu]", name, i);
	return 0;
}

int validate_ids(const struct spec_config *c, struct err *e)
{
	const struct spec_id_map_list *const uids = &c->os->uidMappings;
	const struct spec_id_map_list *const gids = &c->os->gidMappings;

	if (check_map(c, uids, e) < 0)
		return err_add(e, "linux.uidMappings");
	if (check_map(c, gids, e) < 0)
		return err_add(e, "linux.gidMappings");
	TRY(check_rows(uids, "uidMappings", e));
	TRY(check_rows(gids, "gidMappings", e));
	if (uids->count > 0 && gids->count == 0)
		return err_set(e, EINVAL, uids->at,
			"linux.gidMappings: missing, though there are linux.uidMappings");
	if (gids->count > 0 && uids->count == 0)
		return err_set(e, EINVAL, gids->at,
			"linux.uidMappings: missing, though there are linux.gidMappings");
	return 0;
}
