/* The processes of a container.  Looks, and signals nobody. */
#include "crun-lite/stats.h"
#include "lib/live.h"

#include "parent/cgroup.h"

#include <stdlib.h>
#include <string.h>

/* A container that has stopped may have processes left, if it shares its pid namespace. */
static int find(
	const struct live *l, struct arena *a, const int **ret, size_t *ret_count, struct err *e)
{
	const bool over = l->status == STATE_STOPPED || l->status == STATE_CREATING;
	AUTO_FD dir = FD_NONE;
	struct err why = { 0 };
	int rc = live_cgroup(l, "list the processes of", &dir, &why);

	*ret_count = 0;
	if (rc < 0 && over)
		return 0;
	if (rc < 0) {
		*e = why;
		return rc;
	}
	rc = cgroup_pids(dir, a, ret, ret_count);
	if (rc < 0)
		return err_sys(e, -rc, POS_NONE, "cannot list the processes of container \"%s\"",
			l->record.id);
	return 0;
}

static int list(struct crl *c, const char *id, int **ret, size_t *ret_count, struct err *e)
{
	AUTO_LIVE l = LIVE_NONE;
	const int *found = NULL;
	size_t count;
	int *copy;

	TRY(live_open(c, id, STATE_NO_LOCK, &l, e));
	TRY(live_read(&l, e));
	TRY(find(&l, &l.arena, &found, &count, e));
	copy = malloc((count + 1) * sizeof(*copy));
	if (copy == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	if (count > 0)
		memcpy(copy, found, count * sizeof(*copy));
	*ret = copy;
	*ret_count = count;
	return 0;
}

int crl_pids(struct crl *c, const char *id, int **ret, size_t *ret_count, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(list(c, id, ret, ret_count, &e), &e, error);
}
