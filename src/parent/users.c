/* Id maps of another process: see users.h. */
#include "parent/users.h"

#include "host/host.h"
#include "parent/ops.h"

#include <string.h>

/* The numbers of a map as words. */
static const char *const *words_of(struct arena *a, const char *map)
{
	const char **const words = arena_array(a, strlen(map) / 2 + 2, sizeof(*words));
	size_t count = 0;

	for (const char *at = map; words != NULL && *at != '\0';) {
		const size_t len = strcspn(at, " \n");

		if (len > 0) {
			words[count] = arena_text(a, at, len);
			if (words[count++] == NULL)
				return NULL;
		}
		at += len + (at[len] != '\0');
	}
	return words;
}

static int by_helper(pid_t pid, const char *program, const char *map, struct err *e)
{
	AUTO_ARENA arena = { 0 };
	const struct plan_map_helper op = { .program = program, .args = words_of(&arena, map) };
	char said[256];
	int rc;

	if (op.args == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	if (program[0] == '\0')
		return err_set(e, EPERM, POS_NONE,
			"cannot map the container's ids without newuidmap and newgidmap: "
			"Operation not permitted");
	rc = parent_run_helper(pid, &op, said, sizeof(said));
	if (rc < 0)
		return err_sys(e, -rc, POS_NONE, "cannot map the container's ids by %s%s%s",
			program, said[0] != '\0' ? ": " : "", said);
	return 0;
}

/* One's own id alone takes no right, but for the group this. */
static int write_group(pid_t pid, const char *gids)
{
	const int rc = parent_write_proc_of(pid, "gid_map", gids);

	if (rc != -EPERM)
		return rc;
	TRY(parent_write_proc_of(pid, "setgroups", "deny"));
	return parent_write_proc_of(pid, "gid_map", gids);
}

int users_map(pid_t pid, const char *uids, const char *gids, struct err *e)
{
	AUTO_ARENA arena = { 0 };
	const struct host_wish wish = { 0 };
	struct host_facts host;
	int rc = parent_write_proc_of(pid, "uid_map", uids);

	if (rc == -EPERM) {
		TRY(host_probe(&wish, &arena, &host, e));
		TRY(by_helper(pid, host.newuidmap, uids, e));
		return by_helper(pid, host.newgidmap, gids, e);
	}
	if (rc == 0)
		rc = write_group(pid, gids);
	return rc < 0 ? err_sys(e, -rc, POS_NONE, "cannot map the container's ids") : 0;
}
