/* Users and groups of a user namespace: which ids are mapped, and who writes the maps.
 *
 * user_namespaces(7): a process with CAP_SETUID and CAP_SETGID in the parent namespace writes any
 * map; without, it may map its own id alone, after setgroups is denied; for more the set-uid
 * helpers newuidmap(1) and newgidmap(1) write what /etc/subuid and /etc/subgid grant. */
#include "plan/build.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool can_map_all(const struct plan *p)
{
	return plan_host_can(p, CAP_SETUID) && plan_host_can(p, CAP_SETGID);
}

/* The helpers can be used: both are there and grant a range. */
static bool have_helpers(const struct host_facts *h)
{
	return h->newuidmap[0] != '\0' && h->newgidmap[0] != '\0' && h->subuid_count > 0 &&
	       h->subgid_count > 0;
}

int plan_id_map_from(
	struct plan *p, const struct spec_id_map_list *list, struct plan_id_map *ret, struct err *e)
{
	struct plan_id_range *const r = arena_array(p->arena, list->count, sizeof(*r));

	if (r == NULL)
		return err_set(e, ENOMEM, list->at, "out of memory");
	for (size_t i = 0; i < list->count; i++)
		r[i] = (struct plan_id_range){ list->items[i].containerID.value,
			list->items[i].hostID.value, list->items[i].size.value };
	ret->ranges = r;
	ret->count = list->count;
	return 0;
}

/* Root is the caller; all other ids come from the subordinate range, where there is one. */
static int automatic(struct plan *p, uint64_t own, const struct plan_id_range *sub,
	struct plan_id_map *ret, struct err *e)
{
	struct plan_id_range *const r = arena_array(p->arena, 2, sizeof(*r));

	if (r == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	r[0] = (struct plan_id_range){ 0, own, 1 };
	r[1] = *sub;
	ret->ranges = r;
	ret->count = have_helpers(p->host) ? 2 : 1;
	return 0;
}

int plan_ids(struct plan *p, struct err *e)
{
	const struct spec_linux *const l = p->config->os;
	const struct host_facts *const h = p->host;
	const bool given = l->uidMappings.count > 0 || l->gidMappings.count > 0;

	p->setgroups = !h->no_setgroups;
	if ((p->new_ns & CLONE_NEWUSER) == 0)
		return 0;
	if (given) {
		TRY(plan_id_map_from(p, &l->uidMappings, &p->uids, e));
		TRY(plan_id_map_from(p, &l->gidMappings, &p->gids, e));
	} else {
		TRY(automatic(p, h->uid,
			&(struct plan_id_range){ 1, h->subuid_start, h->subuid_count }, &p->uids,
			e));
		TRY(automatic(p, h->gid,
			&(struct plan_id_range){ 1, h->subgid_start, h->subgid_count }, &p->gids,
			e));
	}
	return 0;
}

static bool mapped(const struct plan_id_map *m, uint64_t id)
{
	for (size_t i = 0; i < m->count; i++)
		if (id >= m->ranges[i].inside && id - m->ranges[i].inside < m->ranges[i].count)
			return true;
	return false;
}

bool plan_uid_mapped(const struct plan *p, uint64_t id)
{
	return p->uids.count == 0 || mapped(&p->uids, id);
}

bool plan_gid_mapped(const struct plan *p, uint64_t id)
{
	return p->gids.count == 0 || mapped(&p->gids, id);
}

/* A map as host/target.c has it: "0 100000 65536,65536 1 1". */
static int map_of_target(struct plan *p, const char *text, struct plan_id_map *ret, struct err *e)
{
	struct plan_id_range *r;
	size_t count = text[0] != '\0';
	char *c = (char *)(uintptr_t)text; /* strtoull(3) changes nothing there */

	for (const char *comma = text; (comma = strchr(comma, ',')) != NULL; comma++)
		count++;
	r = arena_array(p->arena, count, sizeof(*r));
	if (r == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	for (size_t i = 0; i < count; i++) {
		r[i].inside = strtoull(c, &c, 10);
		r[i].outside = strtoull(c, &c, 10);
		r[i].count = strtoull(c, &c, 10);
		c += *c == ',';
	}
	ret->ranges = r;
	ret->count = count;
	return 0;
}

int plan_ids_of_target(struct plan *p, struct err *e)
{
	p->setgroups = !p->host->target_no_setgroups;
	if ((p->joined_ns & CLONE_NEWUSER) == 0)
		return 0;
	TRY(map_of_target(p, p->host->target_uids, &p->uids, e));
	return map_of_target(p, p->host->target_gids, &p->gids, e);
}

/* Only the caller's own id, which needs no rights. */
static bool own_only(const struct plan_id_map *m, uint64_t own)
{
	return m->count == 1 && m->ranges[0].count == 1 && m->ranges[0].outside == own;
}

static int append_write(
	struct plan *p, struct src_pos at, const char *file, const char *text, struct err *e)
{
	struct plan_op *const op = plan_append(p, PLAN_map_write, at, e, "linux.%s",
		strcmp(file, "uid_map") == 0 ? "uidMappings" : "gidMappings");

	if (op == NULL)
		return -ENOMEM;
	if (text == NULL)
		return err_set(e, ENOMEM, at, "out of memory");
	op->map_write.file = file;
	op->map_write.text = text;
	return 0;
}

enum {
	RANGE_TEXT = 40
}; /* three numbers of 10 digits, blanks, newline */

const char *plan_id_map_text(struct plan *p, const struct plan_id_map *m)
{
	char *const text = arena_array(p->arena, m->count + 1, RANGE_TEXT);
	size_t len = 0;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < m->count; i++)
		len += (size_t)snprintf(text + len, RANGE_TEXT, "%u %u %u\n",
			(unsigned)m->ranges[i].inside, (unsigned)m->ranges[i].outside,
			(unsigned)m->ranges[i].count);
	return text;
}

/* The same numbers as arguments of a helper. */
static const char *const *map_args(struct plan *p, const struct plan_id_map *m)
{
	const char **const args = arena_array(p->arena, m->count * 3 + 1, sizeof(*args));

	if (args == NULL)
		return NULL;
	for (size_t i = 0; i < m->count; i++) {
		const struct plan_id_range *const r = &m->ranges[i];
		const uint64_t numbers[3] = { r->inside, r->outside, r->count };

		for (size_t n = 0; n < 3; n++) {
			args[i * 3 + n] = arena_printf(p->arena, "%u", (unsigned)numbers[n]);
			if (args[i * 3 + n] == NULL)
				return NULL;
		}
	}
	return args;
}

static int append_helper(struct plan *p, struct src_pos at, const char *program,
	const struct plan_id_map *m, struct err *e)
{
	const char *const path = m == &p->uids ? "linux.uidMappings" : "linux.gidMappings";
	struct plan_op *op;

	if (program[0] == '\0') {
		(void)err_set(e, EPERM, at,
			"%s: more ids than one's own can only be mapped by newuidmap "
			"and newgidmap, which are not installed: Operation not permitted",
			path);
		return err_hint(e,
			"install them (package uidmap or shadow-utils), or map only your "
			"own id: size 1");
	}
	op = plan_append(p, PLAN_map_helper, at, e, "%s", path);
	if (op == NULL)
		return -ENOMEM;
	op->map_helper.program = program;
	op->map_helper.args = map_args(p, m);
	if (op->map_helper.args == NULL)
		return err_set(e, ENOMEM, at, "out of memory");
	return 0;
}

static int append_maps(struct plan *p, struct err *e)
{
	const struct spec_linux *const l = p->config->os;
	const struct src_pos at = l->uidMappings.at, gid_at = l->gidMappings.at;

	if (can_map_all(p)) {
		TRY(append_write(p, at, "uid_map", plan_id_map_text(p, &p->uids), e));
		return append_write(p, gid_at, "gid_map", plan_id_map_text(p, &p->gids), e);
	}
	if (own_only(&p->uids, p->host->uid) && own_only(&p->gids, p->host->gid)) {
		p->setgroups = false;
		TRY(append_write(p, gid_at, "setgroups", "deny", e));
		TRY(append_write(p, at, "uid_map", plan_id_map_text(p, &p->uids), e));
		return append_write(p, gid_at, "gid_map", plan_id_map_text(p, &p->gids), e);
	}
	TRY(append_helper(p, at, p->host->newuidmap, &p->uids, e));
	return append_helper(p, gid_at, p->host->newgidmap, &p->gids, e);
}

int plan_id_maps(struct plan *p, struct err *e)
{
	struct plan_op *op;

	if ((p->new_ns & CLONE_NEWUSER) == 0)
		return 0;
	TRY(append_maps(p, e));
	op = plan_append(p, PLAN_parent_done, POS_NONE, e, "linux.uidMappings");
	if (op == NULL)
		return -ENOMEM;
	op->parent_done.what = "id maps";
	return 0;
}
