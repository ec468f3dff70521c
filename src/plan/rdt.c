/* linux.intelRdt: which resctrl group the container is in, and whether it is made for it.
 * Touches no group.
 *
 * Without a closID the group is named after the container and always made; a closID names one that
 * others may share, so one that is there is used when it has what is asked for, and without
 * schemata it has to be there.  Source: runtime-spec 1.3, config-linux.md, "IntelRdt"; kernel:
 * Documentation/filesystems/resctrl.rst */
#include "plan/build.h"

#include <string.h>

/* enableCMT and enableMBM are what 1.3 calls enableMonitoring: who asks for one of them gets it. */
static bool wants_monitor(const struct spec_intel_rdt *r)
{
	return r->enableMonitoring.value || r->enableCMT.value || r->enableMBM.value;
}

static int check(const struct plan *p, const struct spec_intel_rdt *r, struct err *e)
{
	const char *const id = r->closID.value;

	if (p->host->resctrl[0] == '\0' && !p->host->resctrl_possible) {
		(void)err_set(e, ENODEV, r->at,
			"linux.intelRdt: this kernel or processor has no resctrl: No such device");
		return err_hint(e,
			"grep -wE 'rdt_a|cat_l3|mba|cqm' /proc/cpuinfo shows what the processor has; "
			"the kernel needs CONFIG_X86_CPU_RESCTRL");
	}
	if (p->host->resctrl[0] == '\0') {
		(void)err_set(
			e, ENODEV, r->at, "linux.intelRdt: resctrl is not mounted: No such device");
		return err_hint(e, "mount -t resctrl resctrl /sys/fs/resctrl");
	}
	/* whatever the reader lets through: it becomes a part of a path */
	if (id != NULL && strcmp(id, "/") != 0 &&
		(strchr(id, '/') != NULL || strcmp(id, ".") == 0 || strcmp(id, "..") == 0))
		return err_set(e, EINVAL, r->closID.at,
			"linux.intelRdt.closID: expected the name of a group, or \"/\"");
	return 0;
}

/* Memory bandwidth is not l3CacheSchema's, whatever it says: the specification has those lines
 * left out. */
static size_t put_lines(char *out, const char *text, bool without_mb)
{
	size_t size = 0;

	for (const char *c = text; c != NULL && *c != '\0';) {
		const size_t len = strcspn(c, "\n");
		const size_t blank = strspn(c, " ");

		if (len > blank && !(without_mb && strncmp(c + blank, "MB:", 3) == 0)) {
			memcpy(out + size, c, len);
			out[size + len] = '\n';
			size += len + 1;
		}
		c += len + (c[len] == '\n');
	}
	return size;
}

/* All that shall be in `schemata`, in the order in which it is written; "" for nothing. */
static const char *schemata(struct plan *p, const struct spec_intel_rdt *r)
{
	const struct spec_strings *const list = &r->schemata;
	size_t size = 3, used = 0;
	char *text;

	size += r->l3CacheSchema.value != NULL ? strlen(r->l3CacheSchema.value) : 0;
	size += r->memBwSchema.value != NULL ? strlen(r->memBwSchema.value) : 0;
	for (size_t i = 0; i < list->count; i++)
		size += strlen(list->items[i].value) + 1;
	text = arena_alloc(p->arena, size);
	if (text == NULL)
		return NULL;
	used += put_lines(text, r->l3CacheSchema.value, true);
	used += put_lines(text + used, r->memBwSchema.value, false);
	for (size_t i = 0; i < list->count; i++)
		used += put_lines(text + used, list->items[i].value, false);
	text[used] = '\0';
	return text;
}

/* Who gave them there alone does not get them, and should know. */
static int warn_of_mb(struct plan *p, const struct spec_intel_rdt *r, struct err *e)
{
	const char *const l3 = r->l3CacheSchema.value;

	if (l3 == NULL || spec_is_text(&r->memBwSchema) ||
		(strncmp(l3, "MB:", 3) != 0 && strstr(l3, "\nMB:") == NULL))
		return 0;
	return plan_warn(p, r->l3CacheSchema.at, e,
		"linux.intelRdt.l3CacheSchema: its lines of memory bandwidth are left out: they belong "
		"into memBwSchema");
}

static struct src_pos schemata_at(const struct spec_intel_rdt *r)
{
	if (GIVEN(r->schemata))
		return r->schemata.at;
	return GIVEN(r->l3CacheSchema) ? r->l3CacheSchema.at : r->memBwSchema.at;
}

static int append_group(struct plan *p, const struct spec_intel_rdt *r, bool keep, struct err *e)
{
	const struct src_pos at = GIVEN(r->closID) ? r->closID.at : r->at;
	struct plan_op *const op = plan_append(
		p, p->rdt_make ? PLAN_rdt_make : PLAN_rdt_use, at, e, "linux.intelRdt.closID");

	if (op == NULL)
		return -ENOMEM;
	p->rdt_slot = plan_slot_new(p);
	if (p->rdt_make) {
		op->rdt_make.path = p->rdt_group;
		op->rdt_make.keep = keep;
		op->rdt_make.into = p->rdt_slot;
	} else {
		op->rdt_use.path = p->rdt_group;
		op->rdt_use.into = p->rdt_slot;
	}
	return 0;
}

static int append_schemata(
	struct plan *p, const struct spec_intel_rdt *r, const char *text, struct err *e)
{
	struct plan_op *const op =
		plan_append(p, PLAN_rdt_schemata, schemata_at(r), e, "linux.intelRdt.schemata");

	if (op == NULL)
		return -ENOMEM;
	op->rdt_schemata.text = text;
	op->rdt_schemata.root = p->host->resctrl;
	op->rdt_schemata.group = p->rdt_slot;
	return 0;
}

static int append_monitor(struct plan *p, const struct spec_intel_rdt *r, struct err *e)
{
	const struct src_pos at = GIVEN(r->enableMonitoring) ? r->enableMonitoring.at : r->at;
	struct plan_op *const op =
		plan_append(p, PLAN_rdt_monitor, at, e, "linux.intelRdt.enableMonitoring");

	if (op == NULL)
		return -ENOMEM;
	p->rdt_monitor_slot = plan_slot_new(p);
	op->rdt_monitor.path = p->rdt_monitor;
	op->rdt_monitor.into = p->rdt_monitor_slot;
	return 0;
}

/* Names of the groups. */
static int decide(struct plan *p, const struct spec_intel_rdt *r, const char *text, struct err *e)
{
	const bool named = spec_is_text(&r->closID);
	const bool root = named && strcmp(r->closID.value, "/") == 0;

	p->rdt_group = root ? p->host->resctrl
			    : arena_printf(p->arena, "%s/%s", p->host->resctrl,
				      named ? r->closID.value : p->options->id);
	p->rdt_make = !named || (!root && text[0] != '\0');
	if (p->rdt_group != NULL && wants_monitor(r)) {
		p->rdt_monitor =
			arena_printf(p->arena, "%s/mon_groups/%s", p->rdt_group, p->options->id);
		if (p->rdt_monitor == NULL)
			return err_set(e, ENOMEM, r->at, "out of memory");
	}
	return p->rdt_group != NULL ? 0 : err_set(e, ENOMEM, r->at, "out of memory");
}

int plan_rdt(struct plan *p, struct err *e)
{
	const struct spec_intel_rdt *const r = p->config->os->intelRdt;
	const char *text;

	if (r == NULL)
		return 0;
	TRY(check(p, r, e));
	TRY(warn_of_mb(p, r, e));
	text = schemata(p, r);
	if (text == NULL)
		return err_set(e, ENOMEM, r->at, "out of memory");
	TRY(decide(p, r, text, e));
	TRY(append_group(p, r, text[0] != '\0', e));
	if (text[0] != '\0')
		TRY(append_schemata(p, r, text, e));
	return p->rdt_monitor != NULL ? append_monitor(p, r, e) : 0;
}

static int append_use(struct plan *p, const char *path, int *ret_slot, struct err *e)
{
	struct plan_op *const op =
		plan_append(p, PLAN_rdt_use, p->config->os->intelRdt->at, e, "linux.intelRdt");

	if (op == NULL)
		return -ENOMEM;
	*ret_slot = plan_slot_new(p);
	op->rdt_use.path = path;
	op->rdt_use.into = *ret_slot;
	return 0;
}

int plan_rdt_use(struct plan *p, struct err *e)
{
	const struct spec_intel_rdt *const r = p->config->os->intelRdt;
	const char *text;

	if (r == NULL)
		return 0;
	TRY(check(p, r, e));
	text = schemata(p, r);
	if (text == NULL)
		return err_set(e, ENOMEM, r->at, "out of memory");
	TRY(decide(p, r, text, e));
	p->rdt_make = false;
	TRY(append_use(p, p->rdt_group, &p->rdt_slot, e));
	return p->rdt_monitor != NULL ? append_use(p, p->rdt_monitor, &p->rdt_monitor_slot, e) : 0;
}

static int append_join(struct plan *p, const char *path, int slot, struct err *e)
{
	struct plan_op *const op =
		plan_append(p, PLAN_rdt_join, p->config->os->intelRdt->at, e, "linux.intelRdt");

	if (op == NULL)
		return -ENOMEM;
	op->rdt_join.path = path;
	op->rdt_join.group = slot;
	return 0;
}

int plan_rdt_join(struct plan *p, struct err *e)
{
	if (p->rdt_group == NULL)
		return 0;
	/* The kernel takes nobody into a monitoring group who is not in the group above. */
	TRY(append_join(p, p->rdt_group, p->rdt_slot, e));
	return p->rdt_monitor != NULL ? append_join(p, p->rdt_monitor, p->rdt_monitor_slot, e) : 0;
}

int plan_rdt_change(struct plan *p, const struct spec_intel_rdt *r, struct err *e)
{
	const char *text;

	TRY(warn_of_mb(p, r, e));
	text = schemata(p, r);
	if (text == NULL)
		return err_set(e, ENOMEM, r->at, "out of memory");
	p->rdt_slot = plan_slot_new(p);
	return text[0] == '\0' ? 0 : append_schemata(p, r, text, e);
}
