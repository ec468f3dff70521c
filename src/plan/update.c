/* What a change of limits means, where it does not say all of it.
 *
 * The others' rules, as far as they agree: a limit of memory leaves swap as it is, none leaves
 * swap without one too; quota and period are one file; shares end idleness. */
#include "plan/update.h"

#include "plan/build.h"

#include <string.h>

/* Copies of what changes, and what was before (zeroed where it was not). */
struct completion {
	struct spec_memory memory, old_memory;
	struct spec_cpu cpu, old_cpu;
	struct spec_block_io io;
};

/* Not given, with a value all the same. */
static struct spec_int known_int(int64_t value)
{
	return (struct spec_int){ .value = value };
}

static struct spec_uint known_uint(uint64_t value)
{
	return (struct spec_uint){ .value = value };
}

static void drop_zero_int(struct spec_int *n)
{
	if (n->value == 0)
		*n = known_int(0);
}

static void drop_zero_uint(struct spec_uint *n)
{
	if (n->value == 0)
		*n = known_uint(0);
}

/* The swap beside the memory stays what it is, so that the sum moves with the limit. */
static int64_t moved_swap(const struct spec_memory *old, int64_t limit)
{
	const int64_t before = old->limit.value > 0 ? old->limit.value : 0;
	int64_t sum;

	if (__builtin_add_overflow(old->swap.value - before, limit, &sum))
		return -1;
	return sum;
}

static void complete_memory(struct completion *c)
{
	struct spec_memory *const m = &c->memory;

	drop_zero_int(&m->limit);
	drop_zero_int(&m->reservation);
	drop_zero_int(&m->swap);
	if (GIVEN(m->limit) && !GIVEN(m->swap)) {
		if (m->limit.value < 0)
			m->swap = (struct spec_int){ -1, m->limit.at };
		else if (c->old_memory.swap.value > 0)
			m->swap = (struct spec_int){ moved_swap(&c->old_memory, m->limit.value),
				m->limit.at };
	}
	if (GIVEN(m->swap) && !GIVEN(m->limit))
		m->limit = known_int(c->old_memory.limit.value);
}

static void complete_cpu_max(struct completion *c)
{
	struct spec_int *const quota = &c->cpu.quota;
	struct spec_uint *const period = &c->cpu.period;

	if (GIVEN(*quota) && GIVEN(*period) && quota->value == 0 && period->value == 0) {
		quota->value = -1; /* back to how it was at first */
		period->value = 100000;
		return;
	}
	drop_zero_int(quota);
	drop_zero_uint(period);
	if (GIVEN(*quota) && !GIVEN(*period))
		*period = known_uint(c->old_cpu.period.value);
	if (GIVEN(*period) && !GIVEN(*quota))
		*quota = known_int(c->old_cpu.quota.value);
}

/* The kernel forgets the weight of a group that becomes idle, and takes none of one that is. */
static void complete_cpu_weight(struct completion *c)
{
	struct spec_int *const idle = &c->cpu.idle;
	struct spec_uint *const shares = &c->cpu.shares;

	drop_zero_uint(shares);
	if (GIVEN(*shares) && !GIVEN(*idle) && c->old_cpu.idle.value == 1)
		*idle = (struct spec_int){ 0, shares->at };
	if (GIVEN(*idle) && idle->value == 0 && !GIVEN(*shares) && c->old_cpu.shares.value != 0)
		*shares = (struct spec_uint){ c->old_cpu.shares.value, idle->at };
}

int plan_update_complete(const struct spec_resources *base, const struct spec_resources *change,
	struct arena *a, const struct spec_resources **ret)
{
	struct spec_resources *const r = arena_alloc(a, sizeof(*r));
	struct completion *const c = arena_alloc(a, sizeof(*c));

	if (r == NULL || c == NULL)
		return -ENOMEM;
	*r = *change;
	if (base != NULL && base->memory != NULL)
		c->old_memory = *base->memory;
	if (base != NULL && base->cpu != NULL)
		c->old_cpu = *base->cpu;
	if (change->memory != NULL) {
		c->memory = *change->memory;
		complete_memory(c);
		r->memory = &c->memory;
	}
	if (change->cpu != NULL) {
		c->cpu = *change->cpu;
		complete_cpu_max(c);
		complete_cpu_weight(c);
		r->cpu = &c->cpu;
	}
	if (change->blockIO != NULL) {
		c->io = *change->blockIO;
		drop_zero_uint(&c->io.weight);
		r->blockIO = &c->io;
	}
	*ret = r;
	return 0;
}

int plan_update(struct plan *ret, const struct spec_resources *change,
	const struct spec_intel_rdt *rdt, struct err *e)
{
	if (change != NULL)
		TRY(plan_limits(ret, change, e));
	if (change != NULL && GIVEN(change->devices))
		TRY(plan_device_change(ret, e));
	return rdt == NULL ? 0 : plan_rdt_change(ret, rdt, e);
}
