/* Which devices the container may use: linux.resources.devices as an operation of the plan.
 * Decides whether a program is needed and what its rules are; device_program.c writes it. */
#include "plan/build.h"
#include "plan/device_program.h"

#include <linux/capability.h>
#include <string.h>

#ifndef CAP_BPF
#define CAP_BPF 39 /* Linux 5.8 */
#endif

#define ALLOW(access, type, major, minor)        \
	{                                        \
		true, access, type, major, minor \
	}
#define CHAR(major, minor) ALLOW(DEVICE_ACCESS_ALL, BPF_DEVCG_DEV_CHAR, major, minor)

/* Making any node is harmless, opening it is not; and what each container finds in /dev:
 * null, zero, full, random, urandom; tty, ptmx; the pseudo-terminals. */
static const struct device_rule always[] = {
	CHAR(1, 3),
	CHAR(1, 5),
	CHAR(1, 7),
	CHAR(1, 8),
	CHAR(1, 9),
	CHAR(5, 0),
	CHAR(5, 2),
	CHAR(136, DEVICE_ANY),
	ALLOW(BPF_DEVCG_ACC_MKNOD, DEVICE_ANY, DEVICE_ANY, DEVICE_ANY),
};

/* Loading and attaching need rights in the first user namespace; without them mknod(2) is not
 * possible either, and the container sees no more devices than its caller may open. */
static bool can_attach(const struct plan *p)
{
	const struct host_facts *const h = p->host;

	if (p->cgroup == NULL || h->uid != 0 || h->user_namespace)
		return false;
	return plan_host_can(p, CAP_SYS_ADMIN) ||
	       (plan_host_can(p, CAP_BPF) && plan_host_can(p, CAP_NET_ADMIN));
}

static int read_access(const struct spec_str *text, size_t index, unsigned *ret, struct err *e)
{
	unsigned access = 0;

	for (const char *c = text->value == NULL ? "" : text->value; *c != '\0'; c++) {
		if (*c == 'r')
			access |= BPF_DEVCG_ACC_READ;
		else if (*c == 'w')
			access |= BPF_DEVCG_ACC_WRITE;
		else if (*c == 'm')
			access |= BPF_DEVCG_ACC_MKNOD;
		else
			return err_set(e, EINVAL, text->at,
				"linux.resources.devices[%zu].access: only r, w and m are possible",
				index);
	}
	*ret = access == 0 ? DEVICE_ACCESS_ALL : access;
	return 0;
}

static int64_t read_number(const struct spec_int *n)
{
	return GIVEN(*n) && n->value >= 0 ? n->value : DEVICE_ANY;
}

static int read_type(const struct spec_enum *type)
{
	if (!GIVEN(*type) || type->value == 'a')
		return DEVICE_ANY;
	return type->value == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
}

static int read_rules(
	const struct spec_device_rule_list *list, struct device_rule *ret, struct err *e)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct spec_device_rule *const r = &list->items[i];

		ret[i].allow = r->allow.value;
		ret[i].type = read_type(&r->type);
		ret[i].major = read_number(&r->major);
		ret[i].minor = read_number(&r->minor);
		TRY(read_access(&r->access, i, &ret[i].access, e));
	}
	memcpy(ret + list->count, always, sizeof(always));
	return 0;
}

static int compile(struct plan *p, const struct spec_device_rule_list *list,
	struct device_program *ret, struct err *e)
{
	const size_t count = list->count + ARRAY_LEN(always);
	struct device_rule *rules;

	if (count > DEVICE_RULES_MAX)
		return err_set(e, E2BIG, list->at,
			"linux.resources.devices: %zu rules are given, at most %zu are possible",
			list->count, DEVICE_RULES_MAX - ARRAY_LEN(always));
	rules = arena_array(p->arena, count, sizeof(*rules));
	if (rules == NULL)
		return err_set(e, ENOMEM, list->at, "out of memory");
	TRY(read_rules(list, rules, e));
	if (device_program_make(rules, count, p->arena, ret) < 0)
		return err_set(e, ENOMEM, list->at, "out of memory");
	return 0;
}

static const struct spec_device_rule_list *rules_of(const struct plan *p)
{
	static const struct spec_device_rule_list none = { 0 };
	const struct spec_linux *const l = p->config->os;

	return l == NULL || l->resources == NULL ? &none : &l->resources->devices;
}

static int append(struct plan *p, const struct device_program *program, struct err *e)
{
	struct plan_op *const op =
		plan_append(p, PLAN_device_filter, rules_of(p)->at, e, "linux.resources.devices");

	if (op == NULL)
		return -ENOMEM;
	op->device_filter.count = program->count;
	op->device_filter.insns = program->insns;
	return 0;
}

int plan_device_filter(struct plan *p, struct err *e)
{
	struct device_program program = { 0 };

	if (!can_attach(p))
		return 0;
	TRY(compile(p, rules_of(p), &program, e));
	return program.insns == NULL ? 0 : append(p, &program, e);
}

int plan_device_change(struct plan *p, struct err *e)
{
	struct device_program program = { 0 };

	if (!can_attach(p))
		return 0;
	TRY(compile(p, rules_of(p), &program, e));
	return append(p, &program, e);
}
