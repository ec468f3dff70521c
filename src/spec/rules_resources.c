/* Rules of linux.resources that hold on every host.  Knows no cgroup file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spec/rules.h"

enum {
	PERIOD_MIN = 1000,    /* kernel/sched/core.c: min_cfs_quota_period, 1 ms */
	PERIOD_MAX = 1000000, /* max_cfs_quota_period, 1 s */
	QUOTA_MIN = 1000,
	WEIGHT_MIN = 10
};

void rule_memory_swap(struct judge *j)
{
	const struct spec_memory *const m = j->resources->memory;

	if (m == NULL || m->swap.value <= 0 || judge_refused(j, "linux.resources.memory.limit"))
		return;
	if (m->limit.value == 0) /* also when absent */
		judge_broken(j, m->swap.at, "linux.resources.memory.swap",
			"cannot set swap limit without the memory limit");
	if (m->limit.value > 0 && m->swap.value < m->limit.value)
		judge_broken(j, m->swap.at, "linux.resources.memory.swap",
			"%" PRId64 " is below the limit %" PRId64
			": swap counts memory and swap together",
			m->swap.value, m->limit.value);
}

void rule_cpu_max(struct judge *j)
{
	const struct spec_cpu *const c = j->resources->cpu;

	if (c == NULL)
		return;
	if (c->period.value != 0 && (c->period.value < PERIOD_MIN || c->period.value > PERIOD_MAX))
		judge_broken(j, c->period.at, "linux.resources.cpu.period",
			"expected 0 or 1000 to 1000000 microseconds, found %" PRIu64,
			c->period.value);
	if (c->quota.value > 0 && c->quota.value < QUOTA_MIN)
		judge_broken(j, c->quota.at, "linux.resources.cpu.quota",
			"expected at least 1000 microseconds, found %" PRId64, c->quota.value);
	else if (c->quota.value > 0 && c->burst.value > (uint64_t)c->quota.value)
		judge_broken(j, c->burst.at, "linux.resources.cpu.burst",
			"%" PRIu64 " is above the quota %" PRId64, c->burst.value, c->quota.value);
}

static void check_weight(struct judge *j, const struct spec_uint *weight, const char *path)
{
	if (weight->value > 0 && weight->value < WEIGHT_MIN)
		judge_broken(j, weight->at, path,
			"expected 0 or a number from 10 to 1000, found %" PRIu64, weight->value);
}

void rule_io_weight(struct judge *j)
{
	const struct spec_block_io *const b = j->resources->blockIO;
	const char *const list = "linux.resources.blockIO.weightDevice";

	if (b == NULL)
		return;
	check_weight(j, &b->weight, "linux.resources.blockIO.weight");
	check_weight(j, &b->leafWeight, "linux.resources.blockIO.leafWeight");
	for (size_t i = 0; i < b->weightDevice.count; i++) {
		const struct spec_weight_device *const d = &b->weightDevice.items[i];

		check_weight(j, &d->weight, judge_path(j, "%s[%zu].weight", list, i));
		check_weight(j, &d->leafWeight, judge_path(j, "%s[%zu].leafWeight", list, i));
	}
}

static bool is_either(struct judge *j, bool given, const char *path, const char *a, const char *b)
{
	char one[128], other[128];

	(void)snprintf(one, sizeof(one), "%s.%s", path, a);
	(void)snprintf(other, sizeof(other), "%s.%s", path, b);
	return given || judge_refused(j, one) || judge_refused(j, other);
}

void rule_io_weight_device(struct judge *j)
{
	const struct spec_block_io *const b = j->resources->blockIO;

	for (size_t i = 0; b != NULL && i < b->weightDevice.count; i++) {
		const struct spec_weight_device *const d = &b->weightDevice.items[i];
		const char *const path =
			judge_path(j, "linux.resources.blockIO.weightDevice[%zu]", i);

		if (!is_either(j, GIVEN(d->weight) || GIVEN(d->leafWeight), path, "weight",
			    "leafWeight"))
			judge_broken(j, d->at, path, "neither weight nor leafWeight is there");
	}
}

void rule_rdma_limit(struct judge *j)
{
	const struct spec_rdma_list *const list = &j->resources->rdma;

	for (size_t i = 0; i < list->count; i++) {
		const struct spec_rdma *const d = &list->items[i];
		char shown[TEXT_SHOWN];
		const char *const path = judge_path(
			j, "linux.resources.rdma[\"%s\"]", judge_text(shown, d->name.value));

		if (!is_either(j, GIVEN(d->hcaHandles) || GIVEN(d->hcaObjects), path, "hcaHandles",
			    "hcaObjects"))
			judge_broken(
				j, d->name.at, path, "neither hcaHandles nor hcaObjects is there");
	}
}

void rule_rdma_name(struct judge *j)
{
	const struct spec_rdma_list *const list = &j->resources->rdma;

	for (size_t i = 0; i < list->count; i++) {
		const char *const name = list->items[i].name.value;
		char shown[TEXT_SHOWN];

		if (name[0] != '\0' && strpbrk(name, " \t\r\n") == NULL)
			continue;
		(void)judge_text(shown, name);
		judge_broken(j, list->items[i].name.at,
			judge_path(j, "linux.resources.rdma[\"%s\"]", shown),
			"the name of a device is empty or has a space");
	}
}

/* A file of one controller in the container's own cgroup; never one that moves processes. */
static bool is_cgroup_file(const char *name)
{
	const char *const dot = strchr(name, '.');

	if (dot == NULL || dot == name || name[strlen(name) - 1] == '.' ||
		strchr(name, '/') != NULL)
		return false;
	if (strncmp(name, "cgroup.", 7) == 0)
		return strcmp(name, "cgroup.max.depth") == 0 ||
		       strcmp(name, "cgroup.max.descendants") == 0;
	return true;
}

void rule_unified_file(struct judge *j)
{
	const struct spec_map *const map = &j->resources->unified;

	for (size_t i = 0; i < map->count; i++) {
		const struct spec_str *const key = &map->items[i].key;
		char shown[TEXT_SHOWN];

		if (is_cgroup_file(key->value))
			continue;
		(void)judge_text(shown, key->value);
		judge_broken(j, key->at, judge_path(j, "linux.resources.unified[\"%s\"]", shown),
			"not a cgroup file that a container may set");
	}
}

static void check_old(struct judge *j, bool given, struct src_pos at, const char *path)
{
	if (given)
		judge_broken(j, at, path, "ignored: cgroup v2 has nothing like it");
}

void rule_cgroup_v1(struct judge *j)
{
	const struct spec_resources *const r = j->resources;
	const struct spec_memory *const m = r->memory;

#define OLD(object, member)                                            \
	check_old(j, (object)->member.value != 0, (object)->member.at, \
		"linux.resources." #object "." #member)
	if (m != NULL) {
		const struct spec_memory *const memory = m;

		OLD(memory, kernel);
		OLD(memory, kernelTCP);
		OLD(memory, swappiness);
		OLD(memory, disableOOMKiller);
		OLD(memory, useHierarchy);
	}
	if (r->cpu != NULL) {
		const struct spec_cpu *const cpu = r->cpu;

		OLD(cpu, realtimeRuntime);
		OLD(cpu, realtimePeriod);
	}
	if (r->blockIO != NULL) {
		const struct spec_block_io *const blockIO = r->blockIO;

		OLD(blockIO, leafWeight);
	}
	if (r->network != NULL) {
		const struct spec_network *const network = r->network;

		OLD(network, classID);
		check_old(j, network->priorities.count > 0, network->priorities.at,
			"linux.resources.network.priorities");
	}
#undef OLD
}
