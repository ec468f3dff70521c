/* process.rlimits: set by the child last of all; where it has lost the right to raise a hard limit
 * by then, the parent raises that one beforehand. */
#include "plan/build.h"

#include <inttypes.h>
#include <linux/capability.h>

int plan_rlimits_raise(struct plan *p, struct err *e)
{
	const struct spec_rlimit_list *const list = &p->config->process->rlimits;

	for (size_t i = 0; i < list->count; i++) {
		const struct spec_rlimit *const r = &list->items[i];
		const char *const name = spec_word_text(&spec_rlimit_type, r->type.value);
		const uint64_t now = host_hard_limit(p->host, r->type.value);
		struct plan_op *op;

		if (r->hard.value <= now)
			continue;
		if (!plan_host_can(p, CAP_SYS_RESOURCE) || p->host->user_namespace) {
			(void)err_set(e, EPERM, r->hard.at,
				"process.rlimits[%zu].hard: cannot raise %s from %" PRIu64
				" to %" PRIu64 ": Operation not permitted",
				i, name, now, r->hard.value);
			return err_hint(e, "it needs CAP_SYS_RESOURCE, or a higher limit where "
					   "crun-lite is started (ulimit -H, systemd's Limit*=)");
		}
		op = plan_append(p, PLAN_rlimit_raise, r->hard.at, e, "process.rlimits[%zu]", i);
		if (op == NULL)
			return -ENOMEM;
		op->rlimit_raise.name = name;
		op->rlimit_raise.resource = (uint64_t)r->type.value;
		op->rlimit_raise.hard = r->hard.value;
	}
	return 0;
}

int plan_rlimits(struct plan *p, struct err *e)
{
	const struct spec_rlimit_list *const list = &p->config->process->rlimits;

	for (size_t i = 0; i < list->count; i++) {
		const struct spec_rlimit *const r = &list->items[i];
		struct plan_op *const op =
			plan_append(p, PLAN_rlimit, r->at, e, "process.rlimits[%zu]", i);

		if (op == NULL)
			return -ENOMEM;
		op->rlimit.name = spec_word_text(&spec_rlimit_type, r->type.value);
		op->rlimit.resource = (uint64_t)r->type.value;
		op->rlimit.soft = r->soft.value;
		op->rlimit.hard = r->hard.value;
	}
	return 0;
}
