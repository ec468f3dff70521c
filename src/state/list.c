/* All containers of a root.  Takes no lock and changes nothing. */
#include "base/sys.h"
#include "state/dir.h"
#include "state/look.h"
#include "state/record.h"

#include <dirent.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>

/* What cannot be a container is none of ours. */
static int may_be_container(const struct dirent *entry)
{
	struct err why = { 0 };

	return (entry->d_type == DT_DIR || entry->d_type == DT_LNK ||
		       entry->d_type == DT_UNKNOWN) &&
	       state_check_id(entry->d_name, &why) == 0;
}

enum {
	RECORD_MAX = 4096
};

struct found {
	struct state_record record;
	enum state_status status;
};

/* One that has its last record, and nothing about it is odd: with half the calls.  By its name
 * twice, which is ours alone to change, as the root is. */
static int look_at_once(int root, const char *id, struct arena *a, struct found *ret)
{
	const char *const path = arena_printf(a, "%s/state", id);
	char *const text = arena_alloc(a, RECORD_MAX);
	struct err ignored = { 0 };
	AUTO_FD fd = FD_NONE;
	struct stat st;
	ssize_t size;

	if (path == NULL || text == NULL)
		return -ENOMEM;
	if (fstatat(root, id, &st, AT_SYMLINK_NOFOLLOW) < 0 || !state_is_ours(&st))
		return -EPERM;
	fd = sys_openat2(
		root, path, O_RDONLY | O_NONBLOCK, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return fd;
	size = read(fd, text, RECORD_MAX - 1);
	if (size < 0 || size == RECORD_MAX - 1)
		return -EIO; /* no file, or a long one */
	text[size] = '\0';
	TRY(state_parse(text, (size_t)size, a, &ret->record, &ignored));
	if (strcmp(ret->record.id, id) != 0)
		return -EINVAL;
	return state_status(&ret->record, &ret->status, &ignored);
}

static int look(int root, const char *id, struct arena *a, struct found *ret, struct err *e)
{
	AUTO_STATE_DIR d = STATE_DIR_NONE;

	if (look_at_once(root, id, a, ret) == 0)
		return 0;
	TRY(state_open(root, id, STATE_NO_LOCK, &d, e));
	return state_look(&d, a, &ret->record, &ret->status, e);
}

static int tell_one(int root, const char *id, state_each_fn each, void *data)
{
	AUTO_ARENA a = { 0 };
	struct found f = { .status = STATE_STOPPED };
	struct err why = { 0 };
	const int rc = look(root, id, &a, &f, &why);

	if (rc == -ENOENT)
		return 0; /* removed meanwhile */
	return each(data, id, rc < 0 ? NULL : &f.record, f.status, rc < 0 ? &why : NULL);
}

int state_list(int root, state_each_fn each, void *data, struct err *e)
{
	struct dirent **entries = NULL;
	const int count =
		root == FD_NONE ? 0 : scandirat(root, ".", &entries, may_be_container, alphasort);
	int rc = 0;

	if (count < 0)
		return err_sys(e, errno, POS_NONE, "cannot read the state root");
	for (int i = 0; i < count; i++) {
		if (rc >= 0)
			rc = tell_one(root, entries[i]->d_name, each, data);
		free(entries[i]);
	}
	free(entries);
	return rc < 0 ? rc : 0;
}
