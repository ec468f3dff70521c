/* The clock of a plan.  The child calls what is here, too: no memory is taken, nothing can fail. */
#include "plan/times.h"

#include <sys/mman.h>
#include <time.h>

enum {
	SIDES = 2
};

#define NS_PER_S UINT64_C(1000000000)

static size_t bytes(const struct plan *p)
{
	return p->count * SIDES * sizeof(struct plan_time);
}

uint64_t plan_clock(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail: the clock is there */
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int plan_times_make(struct plan_times *ret, const struct plan *p, struct err *e)
{
	struct plan_time *const all =
		mmap(NULL, bytes(p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED)
		return err_sys(e, errno, POS_NONE, "cannot make room for a trace: mmap");
	*ret = (struct plan_times){ .parent = all, .child = all + p->count };
	return 0;
}

void plan_times_done(struct plan_times *t, const struct plan *p)
{
	if (t->parent != NULL)
		(void)munmap(t->parent, bytes(p));
	*t = (struct plan_times){ 0 };
}

void plan_time_begin(struct plan_time *side, size_t at)
{
	if (side != NULL)
		side[at].begin = plan_clock();
}

void plan_time_end(struct plan_time *side, size_t at)
{
	if (side != NULL)
		side[at].end = plan_clock();
}
