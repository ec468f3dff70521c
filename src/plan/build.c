/* Building the list: the order of the subjects, and adding to it.  Decides nothing else. */
#include "plan/build.h"

#include "plan/listen.h"
#include "plan/notify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int (*const builders[])(struct plan *p, struct err *e) = {
	plan_labels,
	plan_namespaces,
	plan_listen,
	plan_ids,
	plan_cgroup_path,
	plan_seccomp,
	plan_cgroup,
	plan_rdt,
	plan_console_connect,
	plan_pidfd_connect,
	plan_overlay_dirs,
	plan_spawn,
	plan_overlay_fuse,
	plan_rdt_join,
	plan_net_devices,
	plan_device_filter,
	plan_filters,
	plan_namespaces_inside,
	plan_root,
	plan_mounts,
	plan_namespaces_settings,
	plan_devices,
	plan_masks,
	plan_hooks_before,
	plan_program_labels,
	plan_root_finish,
	plan_process,
	plan_hooks_after,
};

struct plan plan_begin(struct arena *arena, const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o)
{
	return (struct plan){ .arena = arena,
		.config = c,
		.host = h,
		.options = o,
		.slots = SLOT_FIRST_FREE,
		.dev_slot = SLOT_NONE,
		.pts_slot = SLOT_NONE,
		.tree_slots = { SLOT_NONE, SLOT_NONE },
		.shown_slot = SLOT_NONE,
		.hook_slots = { SLOT_NONE, SLOT_NONE },
		.report_slot = SLOT_NONE,
		.pidfd_slot = SLOT_NONE,
		.target_slot = SLOT_NONE };
}

int plan_build(const struct spec_config *c, const struct host_facts *h,
	const struct plan_options *o, struct plan *ret, struct err *e)
{
	struct plan p = plan_begin(ret->arena, c, h, o);

	TRY(plan_mounts_inside(&p, e));
	TRY(plan_notify(&p, e));
	for (size_t i = 0; i < ARRAY_LEN(builders); i++)
		TRY(builders[i](&p, e));
	*ret = p;
	return 0;
}

static int grow(struct plan *p)
{
	const size_t capacity = p->capacity == 0 ? 128 : p->capacity * 2;
	struct plan_op *const ops =
		arena_grow(p->arena, p->ops, p->capacity * sizeof(*ops), capacity * sizeof(*ops));

	if (ops == NULL)
		return -ENOMEM;
	p->ops = ops;
	p->capacity = capacity;
	return 0;
}

/* Formatted text that lives as long as the plan; a text without conversions is not copied. */
static PRINTF(2, 0) const char *keep_text(struct plan *p, const char *fmt, va_list ap)
{
	char buf[512];

	if (strchr(fmt, '%') == NULL)
		return fmt;
	(void)vsnprintf(buf, sizeof(buf), fmt, ap); /* cut when too long: it is for people */
	return arena_text(p->arena, buf, strlen(buf));
}

struct plan_op *plan_append(struct plan *p, enum plan_kind kind, struct src_pos at, struct err *e,
	const char *path, ...)
{
	struct plan_op *op;
	const char *text;
	va_list ap;

	va_start(ap, path);
	text = keep_text(p, path, ap);
	va_end(ap);
	if (text == NULL || (p->count == p->capacity && grow(p) < 0)) {
		(void)err_set(e, ENOMEM, at, "out of memory");
		return NULL;
	}
	op = &p->ops[p->count++];
	memset(op, 0, sizeof(*op)); /* all members of the union, not its first alone */
	op->kind = kind;
	op->at = at;
	op->path = text;
	return op;
}

int plan_slot_new(struct plan *p)
{
	return p->slots++;
}

int plan_warn(struct plan *p, struct src_pos at, struct err *e, const char *fmt, ...)
{
	struct plan_warning *const w = arena_alloc(p->arena, sizeof(*w));
	va_list ap;

	if (w == NULL)
		return err_set(e, ENOMEM, at, "out of memory");
	va_start(ap, fmt);
	w->text = keep_text(p, fmt, ap);
	va_end(ap);
	if (w->text == NULL)
		return err_set(e, ENOMEM, at, "out of memory");
	w->at = at;
	if (p->last_warning == NULL)
		p->warnings = w;
	else
		p->last_warning->next = w;
	p->last_warning = w;
	return 0;
}

bool plan_host_can(const struct plan *p, unsigned capability)
{
	return (p->host->capabilities >> capability & 1) != 0;
}
