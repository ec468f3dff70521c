/* Rules of linux.resources that hold on every host.  Knows no cgroup file. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "spec/validate.h"

static int check_memory(const struct spec_memory *m, struct err *e)
{
	const int64_t limit = m->limit.value, swap = m->swap.value;

	if (!GIVEN(m->swap) || swap <= 0)
		return 0;
	if (limit == 0) /* also when absent */
		return err_set(e, EINVAL, m->swap.at,
			"linux.resources.memory.swap: cannot set swap limit without the memory "
			"limit");
	if (limit > 0 && swap < limit)
		return err_set(e, EINVAL, m->swap.at,
			"linux.resources.memory.swap: %" PRId64 " is below the limit %" PRId64
			": swap counts memory and swap together",
			swap, limit);
	return 0;
}

static int check_device_rule(const struct spec_device_rule *d, struct err *e)
{
	const char *const access = d->access.value != NULL ? d->access.value : "";
	char shown[TEXT_SHOWN];

	if (access[strspn(access, "rwm")] != '\0')
		return err_set(e, EINVAL, d->access.at,
			"access: expected some of the letters r, w and m, found \"%s\"",
			text_escape(shown, sizeof(shown), access, strlen(access)));
	return 0;
}

static int check_weight(const struct spec_uint *weight, const char *name, struct err *e)
{
	if (weight->value > 0 && weight->value < 10)
		return err_set(e, EINVAL, weight->at,
			"%s: expected 0 or a number from 10 to 1000, found %" PRIu64, name,
			weight->value);
	return 0;
}

static int check_block_io(const struct spec_block_io *b, struct err *e)
{
	if (check_weight(&b->weight, "weight", e) < 0 ||
		check_weight(&b->leafWeight, "leafWeight", e) < 0)
		return validate_in(e, "linux.resources.blockIO");
	for (size_t i = 0; i < b->weightDevice.count; i++) {
		const struct spec_weight_device *const d = &b->weightDevice.items[i];

		if (check_weight(&d->weight, "weight", e) < 0 ||
			check_weight(&d->leafWeight, "leafWeight", e) < 0)
			return validate_in(e, "linux.resources.blockIO.weightDevice[%zu]", i);
	}
	return 0;
}

/* [1-9][0-9]*[KMG]B: the names of the kernel's hugetlb files. */
static bool is_page_size(const char *text)
{
	const size_t digits = strspn(text, "0123456789");

	return digits > 0 && text[0] != '0' && text[digits] != '\0' &&
	       strchr("KMG", text[digits]) != NULL && strcmp(text + digits + 1, "B") == 0;
}

static int check_hugepages(const struct spec_hugepage_limit_list *list, struct err *e)
{
	char shown[TEXT_SHOWN];

	for (size_t i = 0; i < list->count; i++) {
		const struct spec_str *const size = &list->items[i].pageSize;

		if (!is_page_size(size->value))
			return err_set(e, EINVAL, size->at,
				"linux.resources.hugepageLimits[%zu].pageSize: expected a size "
				"like 2MB or 1GB, found \"%s\"",
				i,
				text_escape(
					shown, sizeof(shown), size->value, strlen(size->value)));
	}
	return 0;
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

static int check_unified(const struct spec_map *map, struct err *e)
{
	char shown[TEXT_SHOWN];

	for (size_t i = 0; i < map->count; i++) {
		const struct spec_str *const key = &map->items[i].key;

		if (!is_cgroup_file(key->value))
			return err_set(e, EINVAL, key->at,
				"linux.resources.unified[\"%s\"]: not a cgroup file that a "
				"container may set",
				text_escape(shown, sizeof(shown), key->value, strlen(key->value)));
	}
	return 0;
}

static int check_rdma(const struct spec_rdma_list *list, struct err *e)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *const name = list->items[i].name.value;

		if (name[0] == '\0' || strpbrk(name, " \t\r\n") != NULL)
			return err_set(e, EINVAL, list->items[i].name.at,
				"linux.resources.rdma: the name of a device is empty or has a "
				"space");
	}
	return 0;
}

int validate_resources(const struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < r->devices.count; i++)
		if (check_device_rule(&r->devices.items[i], e) < 0)
			return validate_in(e, "linux.resources.devices[%zu]", i);
	if (r->memory != NULL)
		TRY(check_memory(r->memory, e));
	if (r->blockIO != NULL)
		TRY(check_block_io(r->blockIO, e));
	TRY(check_hugepages(&r->hugepageLimits, e));
	TRY(check_rdma(&r->rdma, e));
	return check_unified(&r->unified, e);
}
