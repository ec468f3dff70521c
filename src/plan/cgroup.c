/* The container's cgroup and its limits: linux.resources as files of cgroup v2.
 * The rows are spec/cgroup.def; here is one function a conversion.  Devices are not here: cgroup v2
 * has no file for them (device_filter.c). */
#include "base/text.h"
#include "plan/build.h"
#include "plan/cgroup_values.h"
#include "plan/limit_writer.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* 0 would forbid the container's own first process, and engines mean nothing by it. */
static int write_PIDS(struct limit_writer *w, const struct spec_int *v)
{
	w->at = v->at;
	return GIVEN(*v) ? limit_put_signed(w, v->value == 0 ? 1 : v->value) : 0;
}

static int write_BYTES(struct limit_writer *w, const struct spec_int *v)
{
	w->at = v->at;
	return GIVEN(*v) && v->value != 0 ? limit_put_signed(w, v->value) : 0;
}

/* The configuration counts memory and swap together, cgroup v2 swap alone.  Without swap in the
 * kernel the file is missing, and none is used. */
static int write_SWAP(struct limit_writer *w, const struct spec_int *v)
{
	const struct spec_int *const limit = &w->r->memory->limit;

	w->at = GIVEN(*v) ? v->at : limit->at;
	if (v->value == 0 && limit->value >= 0)
		return 0;
	if (v->value <= 0)
		return limit_put(w, w->file, "max", true);
	if (limit->value == 0)
		return limit_bad(w, "a limit of swap needs one of memory");
	if (limit->value < 0)
		return limit_put_number(w, (uint64_t)v->value, false);
	if (v->value < limit->value)
		return limit_bad(w, "it includes memory, so it must not be below memory.limit");
	return limit_put_number(w, (uint64_t)(v->value - limit->value), v->value == limit->value);
}

static int check_io_weight(struct limit_writer *w, uint64_t weight)
{
	return weight >= 10 && weight <= 1000 ? 0 : limit_bad(w, "a weight is between 10 and 1000");
}

/* Two schedulers divide the disk's time; each has its file, which is there when the kernel has it.
 */
static int write_IO_WEIGHT(struct limit_writer *w, const struct spec_uint *v)
{
	w->at = v->at;
	if (v->value == 0)
		return 0;
	TRY(check_io_weight(w, v->value));
	return limit_put_any(w, v->value, "io.weight", plan_io_weight(v->value));
}

static int write_IO_WEIGHT_DEVICE(
	struct limit_writer *w, const struct spec_weight_device_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct spec_weight_device *const d = &list->items[i];

		w->at = d->at;
		w->index = (int)i;
		if (d->weight.value == 0)
			continue;
		TRY(check_io_weight(w, d->weight.value));
		TRY(limit_put(w, w->file,
			arena_printf(w->p->arena, "%" PRIu64 ":%" PRIu64 " %" PRIu64,
				d->major.value, d->minor.value, d->weight.value),
			false));
	}
	return 0;
}

static int write_IO_MAX(struct limit_writer *w, const struct spec_throttle_device_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct spec_throttle_device *const d = &list->items[i];

		w->at = d->at;
		w->index = (int)i;
		TRY(limit_put(w, "io.max",
			arena_printf(w->p->arena, "%" PRIu64 ":%" PRIu64 " %s=%" PRIu64,
				d->major.value, d->minor.value, w->file, d->rate.value),
			false));
	}
	return 0;
}

static int write_CPU_IDLE(struct limit_writer *w, const struct spec_int *v)
{
	w->at = v->at;
	return GIVEN(*v) ? limit_put_number(w, (uint64_t)v->value, v->value == 0) : 0;
}

static int write_CPU_WEIGHT(struct limit_writer *w, const struct spec_uint *v)
{
	w->at = v->at;
	if (v->value == 0 || w->r->cpu->idle.value == 1)
		return 0;
	return limit_put_number(w, plan_cpu_weight(v->value), false);
}

static int write_CPU_MAX(struct limit_writer *w, const struct spec_int *quota)
{
	const struct spec_uint *const period = &w->r->cpu->period;
	const uint64_t span = period->value == 0 ? 100000 : period->value;

	if (quota->value == 0 && period->value == 0)
		return 0;
	w->at = quota->at;
	if (!GIVEN(*quota)) {
		w->path = "cpu.period";
		w->at = period->at;
	}
	if (quota->value > 0)
		return limit_put(w, w->file,
			arena_printf(w->p->arena, "%" PRIi64 " %" PRIu64, quota->value, span),
			false);
	return limit_put(w, w->file, arena_printf(w->p->arena, "max %" PRIu64, span), false);
}

static int write_CPU_BURST(struct limit_writer *w, const struct spec_uint *v)
{
	w->at = v->at;
	return GIVEN(*v) ? limit_put_number(w, v->value, v->value == 0) : 0;
}

static int write_CPUSET(struct limit_writer *w, const struct spec_str *v)
{
	w->at = v->at;
	if (v->value == NULL || v->value[0] == '\0')
		return 0;
	TRY(limit_check_text(w, v->value, strlen(v->value)));
	return limit_put(w, w->file, v->value, false);
}

/* As the kernel names the files: "64KB", "2MB", "1GB". */
static bool is_page_size(const char *text)
{
	const size_t digits = strspn(text, "0123456789");

	return text[0] != '0' && digits > 0 && digits < 10 && text[digits] != '\0' &&
	       strchr("KMG", text[digits]) != NULL && strcmp(text + digits + 1, "B") == 0;
}

/* Pages that are reserved but not yet used have a limit of their own since Linux 5.7. */
static int write_HUGETLB(struct limit_writer *w, const struct spec_hugepage_limit_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct spec_hugepage_limit *const h = &list->items[i];
		const char *const size = h->pageSize.value;
		const char *value;

		w->at = h->at;
		w->index = (int)i;
		if (!is_page_size(size))
			return limit_bad(w, "pageSize must be a number and KB, MB or GB, like 2MB");
		value = arena_printf(w->p->arena, "%" PRIu64, h->limit.value);
		TRY(limit_put(
			w, arena_printf(w->p->arena, "%s%s.max", w->file, size), value, false));
		TRY(limit_put(
			w, arena_printf(w->p->arena, "%s%s.rsvd.max", w->file, size), value, true));
	}
	return 0;
}

static int write_RDMA(struct limit_writer *w, const struct spec_rdma_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct spec_rdma *const d = &list->items[i];
		const bool handles = GIVEN(d->hcaHandles), objects = GIVEN(d->hcaObjects);
		char h[32] = "", o[32] = "";

		w->at = d->at;
		w->index = (int)i;
		if (!handles && !objects)
			continue;
		TRY(limit_check_text(w, d->name.value, strlen(d->name.value)));
		if (handles)
			(void)snprintf(h, sizeof(h), " hca_handle=%" PRIu64, d->hcaHandles.value);
		if (objects)
			(void)snprintf(o, sizeof(o), " hca_object=%" PRIu64, d->hcaObjects.value);
		TRY(limit_put(w, w->file, arena_printf(w->p->arena, "%s%s%s", d->name.value, h, o),
			false));
	}
	return 0;
}

/* A file in the container's own group, and nowhere else. */
static int check_file_name(struct limit_writer *w, const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	char shown[TEXT_SHOWN];

	if (name[0] != '\0' && name[0] != '.' && name[strspn(name, letters)] == '\0')
		return 0;
	return err_set(w->e, EINVAL, w->at,
		"linux.resources.%s: \"%s\" is not the name of a cgroup file", w->path,
		text_escape(shown, sizeof(shown), name, strlen(name)));
}

enum {
	UNIFIED_LINES_MAX = 65536 /* each is an operation */
};

/* Some files take a line a device, and each write(2) is one line. */
static int write_lines(struct limit_writer *w, const char *file, const char *text, size_t *lines)
{
	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		TRY(limit_check_text(w, text, len));
		if (len > 0 && ++*lines > UNIFIED_LINES_MAX)
			return limit_bad(w, "more than 65536 lines in all");
		if (len > 0)
			TRY(limit_put(w, file, arena_text(w->p->arena, text, len), false));
		text += len + (text[len] != '\0');
	}
	return 0;
}

static int write_UNIFIED(struct limit_writer *w, const struct spec_map *map)
{
	size_t lines = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct spec_pair *const pair = &map->items[i];
		const char *const file = pair->key.value;

		w->at = pair->key.at;
		TRY(check_file_name(w, file));
		w->controller = strncmp(file, "cgroup.", 7) == 0 ? "" : file;
		w->path = arena_printf(w->p->arena, "unified.%s", file);
		if (w->path == NULL)
			return err_set(w->e, ENOMEM, w->at, "out of memory");
		TRY(write_lines(w, file, pair->value.value, &lines));
		w->path = "unified";
	}
	return 0;
}

static int write_limits(struct limit_writer *w)
{
	const struct spec_resources *const r = w->r;

#define CGROUP(object, member, path, controller, file, conversion) \
	if (r->object != NULL) {                                   \
		limit_begin(w, path, controller, file);            \
		TRY(write_##conversion(w, &r->object->member));    \
	}
#define CGROUP_TOP(member, path, controller, file, conversion) \
	limit_begin(w, path, controller, file);                \
	TRY(write_##conversion(w, &r->member));
#include "spec/cgroup.def"
#undef CGROUP
#undef CGROUP_TOP
	return 0;
}

/* Those that can be enabled for the group, whether a limit asks for them or not: what the container
 * uses can then be read, and a later update can limit it. */
static const char *controllers(struct plan *p)
{
	static const char *const known[] = { "cpu", "cpuset", "io", "memory", "pids", "hugetlb",
		"rdma", "misc" };
	const char *list = "";

	for (size_t i = 0; i < ARRAY_LEN(known) && list != NULL; i++)
		if (limit_has_word(p->host->cgroup_controllers, known[i], strlen(known[i])))
			list = arena_printf(
				p->arena, "%s%s%s", list, list[0] == '\0' ? "" : " ", known[i]);
	return list;
}

static int make_group(struct plan *p, struct src_pos at, struct err *e)
{
	const char *const list = controllers(p);
	struct plan_op *const op = plan_append(p, PLAN_cgroup_make, at, e, "linux.cgroupsPath");

	if (op == NULL)
		return -ENOMEM;
	if (list == NULL)
		return err_set(e, ENOMEM, at, "out of memory");
	op->cgroup_make.path = p->cgroup;
	op->cgroup_make.root = p->host->cgroup_root;
	op->cgroup_make.controllers = list;
	return 0;
}

int plan_cgroup(struct plan *p, struct err *e)
{
	const struct spec_linux *const l = p->config->os;
	struct limit_writer w = { .p = p, .e = e, .r = l == NULL ? NULL : l->resources };

	if (p->cgroup != NULL)
		TRY(make_group(p, l == NULL ? POS_NONE : l->cgroupsPath.at, e));
	else if ((p->new_ns & CLONE_NEWPID) == 0)
		TRY(plan_warn(p, POS_NONE, e,
			"linux.namespaces: no pid namespace of its own and no cgroup: what the "
			"program leaves behind cannot be found and killed. Such configuration is "
			"strongly discouraged"));
	return w.r == NULL ? 0 : write_limits(&w);
}

int plan_limits(struct plan *p, const struct spec_resources *r, struct err *e)
{
	struct limit_writer w = { .p = p, .e = e, .r = r };

	return write_limits(&w);
}
