/* linux.netDevices: devices of the host that become the container's.  Moves none.
 *
 * They are moved before the child sets its sysctls, which may be theirs, and before anything of the
 * container runs. */
#include "plan/build.h"

#include <linux/capability.h>
#include <sched.h>
#include <string.h>

/* Where an empty name counts as not given, the device keeps the one it has. */
static const char *name_inside(const struct spec_net_device *d)
{
	return d->name.value != NULL && d->name.value[0] != '\0' ? d->name.value : d->host.value;
}

/* Whatever the reader lets through: a name with a '%' would be a pattern to the kernel, and the
 * host's namespace would lose the device to itself. */
static int check_device(const struct spec_net_device *d, struct err *e)
{
	const char *const name = name_inside(d);

	if (strlen(name) < 16 && strchr(name, '%') == NULL)
		return 0;
	return err_set(e, EINVAL, GIVEN(d->name) ? d->name.at : d->at,
		"linux.netDevices[\"%s\"].name: expected at most 15 bytes without \"%%\"",
		d->host.value);
}

static int check(const struct plan *p, struct err *e)
{
	const struct spec_net_device_list *const list = &p->config->os->netDevices;

	if (((p->new_ns | p->joined_ns) & CLONE_NEWNET) == 0) {
		(void)err_set(e, EINVAL, list->at,
			"linux.netDevices: the container has the host's network namespace, where "
			"the devices are already");
		return err_hint(e, "add { \"type\": \"network\" } to linux.namespaces");
	}
	if (!plan_host_can(p, CAP_NET_ADMIN) || !plan_host_can(p, CAP_SYS_ADMIN)) {
		(void)err_set(e, EPERM, list->at,
			"linux.netDevices: a plain user may not move the host's network devices: "
			"Operation not permitted");
		return err_hint(e, "run it as root, with CAP_NET_ADMIN and CAP_SYS_ADMIN");
	}
	for (size_t i = 0; i < list->count; i++)
		TRY(check_device(&list->items[i], e));
	return 0;
}

/* The slot of the network namespace that is joined. */
static int joined_slot(const struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->ops[i].kind == PLAN_ns_join && p->ops[i].ns_join.flag == CLONE_NEWNET)
			return p->ops[i].ns_join.into;
	return SLOT_NONE;
}

static int append_device(struct plan *p, const struct spec_net_device *d, struct err *e)
{
	struct plan_op *op =
		plan_append(p, PLAN_net_move, d->at, e, "linux.netDevices[\"%s\"]", d->host.value);

	if (op == NULL)
		return -ENOMEM;
	op->net_move.host = d->host.value;
	op->net_move.name = name_inside(d);
	op = plan_append(p, PLAN_net_setup, d->at, e, "linux.netDevices[\"%s\"]", d->host.value);
	if (op == NULL)
		return -ENOMEM;
	op->net_setup.name = name_inside(d);
	return 0;
}

int plan_net_devices(struct plan *p, struct err *e)
{
	const struct spec_net_device_list *const list = &p->config->os->netDevices;
	struct plan_op *op;

	if (list->count == 0)
		return 0;
	TRY(check(p, e));
	op = plan_append(p, PLAN_net_open, list->at, e, "linux.netDevices");
	if (op == NULL)
		return -ENOMEM;
	op->net_open.joined = joined_slot(p);
	for (size_t i = 0; i < list->count; i++)
		TRY(append_device(p, &list->items[i], e));
	return 0;
}

int plan_net_devices_wait(struct plan *p, struct err *e)
{
	const struct spec_net_device_list *const list = &p->config->os->netDevices;
	struct plan_op *op;

	if (list->count == 0)
		return 0;
	op = plan_append(p, PLAN_parent_done, list->at, e, "linux.netDevices");
	if (op == NULL)
		return -ENOMEM;
	op->parent_done.what = "network devices";
	return 0;
}
