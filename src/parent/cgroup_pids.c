/* Who is in a cgroup.  Signals nobody. */
#include "parent/cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

struct pids {
	struct arena *arena;
	int *list;
	size_t count, room;
};

static int add(void *data, pid_t pid)
{
	struct pids *const p = data;

	if (p->count == p->room) {
		const size_t room = p->room == 0 ? 64 : p->room * 2;

		p->list = arena_grow(
			p->arena, p->list, p->room * sizeof(*p->list), room * sizeof(*p->list));
		if (p->list == NULL)
			return -ENOMEM;
		p->room = room;
	}
	p->list[p->count++] = pid;
	return 0;
}

int cgroup_each_pid(int dir, cgroup_pid_fn each, void *data)
{
	AUTO_FD fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *const file = fd < 0 ? NULL : fdopen(fd, "r");
	int pid, rc = 0;

	if (file == NULL)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	(void)fd_take(&fd); /* fclose closes it */
	/* one of a threaded group is in the list of the domain above it */
	while (rc == 0 && fscanf(file, "%d", &pid) == 1)
		if (pid > 0) /* 0: of a pid namespace that is none of ours */
			rc = each(data, pid);
	(void)fclose(file); /* only read */
	return rc;
}

static int add_group(void *data, int dir)
{
	return cgroup_each_pid(dir, add, data);
}

static int compare(const void *a, const void *b)
{
	const int *const left = a, *const right = b;

	return (*left > *right) - (*left < *right);
}

/* One that moves within the container meanwhile may be seen twice. */
static size_t drop_twins(int *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || list[kept - 1] != list[i])
			list[kept++] = list[i];
	return kept;
}

int cgroup_pids(int dir, struct arena *a, const int **ret, size_t *ret_count)
{
	struct pids p = { .arena = a };

	TRY(cgroup_walk(dir, add_group, &p));
	if (p.count > 0)
		qsort(p.list, p.count, sizeof(*p.list), compare);
	*ret = p.list;
	*ret_count = drop_twins(p.list, p.count);
	return 0;
}
