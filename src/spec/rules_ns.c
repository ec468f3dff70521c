/* Rules of namespaces, of what belongs to one, and of id maps.  Joins and makes none. */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spec/rules.h"

enum {
	MAP_LINES = 340
}; /* user_namespaces(7), Linux 4.15 */

bool spec_is_text(const struct spec_str *s)
{
	return s->value != NULL && s->value[0] != '\0';
}

const struct spec_namespace *spec_namespace_find(const struct spec_config *c, int64_t clone_flag)
{
	for (size_t i = 0; c->os != NULL && i < c->os->namespaces.count; i++)
		if (GIVEN(c->os->namespaces.items[i].type) &&
			c->os->namespaces.items[i].type.value == clone_flag)
			return &c->os->namespaces.items[i];
	return NULL;
}

void rule_namespace_twice(struct judge *j)
{
	uint64_t seen = 0;

	for (size_t i = 0; j->os != NULL && i < j->os->namespaces.count; i++) {
		const struct spec_namespace *const n = &j->os->namespaces.items[i];
		const uint64_t flag = (uint64_t)n->type.value; /* 0 when it is none */

		if ((seen & flag) != 0)
			judge_broken(j, n->type.at, judge_path(j, "linux.namespaces[%zu].type", i),
				"\"%s\" is listed twice",
				spec_word_text(&spec_namespace_type, n->type.value));
		seen |= flag;
	}
}

void rule_namespace_mount(struct judge *j)
{
	struct src_pos at = j->config->at;

	if (!judge_lacks_namespace(j, CLONE_NEWNS))
		return;
	if (j->os != NULL)
		at = GIVEN(j->os->namespaces) ? j->os->namespaces.at : j->os->at;
	judge_broken(j, at, "linux.namespaces", "a mount namespace is required");
	spec_report_hint(j->report, "add { \"type\": \"mount\" }");
}

static void check_uts(struct judge *j, const struct spec_str *name, const char *path)
{
	if (!judge_given(name) || !judge_lacks_namespace(j, CLONE_NEWUTS))
		return;
	judge_broken(j, name->at, path, "needs a uts namespace in linux.namespaces");
	spec_report_hint(j->report, "add { \"type\": \"uts\" }");
}

void rule_uts_names(struct judge *j)
{
	check_uts(j, &j->config->hostname, "hostname");
	check_uts(j, &j->config->domainname, "domainname");
}

void rule_time_offsets(struct judge *j)
{
	const struct spec_time_offsets *const t = j->os == NULL ? NULL : j->os->timeOffsets;
	const struct spec_namespace *const time = spec_namespace_find(j->config, CLONE_NEWTIME);

	if (t == NULL || (t->monotonic == NULL && t->boottime == NULL))
		return;
	if (time != NULL && judge_given(&time->path))
		judge_broken(j, t->at, "linux.timeOffsets",
			"the time namespace is joined by its path: it has its offsets already");
	if (!judge_lacks_namespace(j, CLONE_NEWTIME))
		return;
	judge_broken(j, t->at, "linux.timeOffsets", "needs a time namespace in linux.namespaces");
	spec_report_hint(j->report, "add { \"type\": \"time\" }");
}

static bool overlap(
	const struct spec_uint *a, uint64_t a_size, const struct spec_uint *b, uint64_t b_size)
{
	return a->value < b->value + b_size && b->value < a->value + a_size;
}

/* One member of a range against the ranges before it. */
static void check_id(
	struct judge *j, const struct spec_id_map_list *map, size_t i, bool host, const char *path)
{
	const struct spec_id_map *const m = &map->items[i];
	const struct spec_uint *const id = host ? &m->hostID : &m->containerID;

	(void)judge_path(j, "%s[%zu].%s", path, i, host ? "hostID" : "containerID");
	if (id->value + m->size.value > UINT32_MAX) {
		judge_broken(j, id->at, j->path,
			"with size %" PRIu64 ", goes beyond the id 4294967294", m->size.value);
		return;
	}
	for (size_t k = 0; k < i; k++) {
		const struct spec_id_map *const o = &map->items[k];

		if (overlap(id, m->size.value, host ? &o->hostID : &o->containerID,
			    o->size.value)) {
			judge_broken(j, id->at, j->path, "overlaps with entry %zu", k);
			return;
		}
	}
}

static void check_rows(struct judge *j, const struct spec_id_map_list *map, const char *path)
{
	if (map->count > MAP_LINES) {
		judge_broken(j, map->at, path, "more than %d entries", MAP_LINES);
		return;
	}
	for (size_t i = 0; i < map->count; i++) {
		const struct spec_id_map *const m = &map->items[i];

		if (!GIVEN(m->containerID) || !GIVEN(m->hostID) || !GIVEN(m->size))
			continue;
		if (m->size.value == 0) {
			judge_broken(j, m->size.at, judge_path(j, "%s[%zu].size", path, i),
				"must not be 0");
			continue;
		}
		check_id(j, map, i, false, path);
		check_id(j, map, i, true, path);
	}
}

/* Maps of user and group ids, of the container or of one mount. */
static void check_pair(struct judge *j, const struct spec_id_map_list *uids,
	const struct spec_id_map_list *gids, const char *outer)
{
	char uid_path[64], gid_path[64];

	(void)snprintf(uid_path, sizeof(uid_path), "%s.uidMappings", outer);
	(void)snprintf(gid_path, sizeof(gid_path), "%s.gidMappings", outer);
	check_rows(j, uids, uid_path);
	check_rows(j, gids, gid_path);
	if (uids->count > 0 && gids->count == 0 && !judge_refused(j, gid_path))
		judge_broken(j, uids->at, gid_path, "missing, though there are uidMappings");
	if (gids->count > 0 && uids->count == 0 && !judge_refused(j, uid_path))
		judge_broken(j, gids->at, uid_path, "missing, though there are gidMappings");
}

/* With a user namespace that is joined the map says nothing new: engines give one all the same. */
static void check_user_namespace(
	struct judge *j, const struct spec_id_map_list *map, const char *path)
{
	if (map->count == 0 || !judge_lacks_namespace(j, CLONE_NEWUSER))
		return;
	judge_broken(j, map->at, path, "needs a user namespace in linux.namespaces");
	spec_report_hint(j->report, "add { \"type\": \"user\" }");
}

void rule_id_map(struct judge *j)
{
	if (j->os == NULL)
		return;
	check_user_namespace(j, &j->os->uidMappings, "linux.uidMappings");
	check_user_namespace(j, &j->os->gidMappings, "linux.gidMappings");
	check_pair(j, &j->os->uidMappings, &j->os->gidMappings, "linux");
}

void rule_mount_id_map(struct judge *j)
{
	for (size_t i = 0; i < j->config->mounts.count; i++) {
		const struct spec_mount *const m = &j->config->mounts.items[i];
		char outer[40];

		(void)snprintf(outer, sizeof(outer), "mounts[%zu]", i);
		check_pair(j, &m->uidMappings, &m->gidMappings, outer);
	}
}

/* What a device is called inside. */
static const char *inner_name(const struct spec_net_device *d)
{
	return judge_given(&d->name) ? d->name.value : d->host.value;
}

static void check_names(struct judge *j, const struct spec_net_device_list *list)
{
	struct twin *const names = judge_twins(j, list->count);

	for (size_t i = 0; names != NULL && i < list->count; i++) {
		names[i].text = inner_name(&list->items[i]);
		names[i].len = strlen(names[i].text);
	}
	if (names != NULL)
		twins_find(names, list->count);
	for (size_t i = 0; names != NULL && i < list->count; i++) {
		const struct spec_net_device *const d = &list->items[i];
		char shown[TEXT_SHOWN];

		if (names[i].first == i)
			continue;
		(void)judge_text(shown, d->host.value);
		judge_broken(j, GIVEN(d->name) ? d->name.at : d->host.at,
			judge_path(j, "linux.netDevices[\"%s\"].name", shown),
			"another device has the same name in the container");
	}
}

void rule_net_device(struct judge *j)
{
	const struct spec_net_device_list *const list = j->os == NULL ? NULL : &j->os->netDevices;

	if (list == NULL || list->count == 0)
		return;
	if (judge_lacks_namespace(j, CLONE_NEWNET)) {
		judge_broken(j, list->at, "linux.netDevices",
			"needs a network namespace in linux.namespaces");
		spec_report_hint(j->report, "add { \"type\": \"network\" }");
	}
	check_names(j, list);
}
