/* All containers of a root.  Takes no lock and changes nothing. */
#include "state/state.h"

#include "state/dir.h"
#include "state/look.h"

#include <dirent.h>
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

static int tell_one(int root, const char *id, state_each_fn each, void *data)
{
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r;
	enum state_status status = STATE_STOPPED;
	struct err why = { 0 };
	int rc = state_open(root, id, STATE_NO_LOCK, &d, &why);

	if (rc == 0)
		rc = state_look(&d, &a, &r, &status, &why);
	if (rc == -ENOENT)
		return 0; /* removed meanwhile */
	return each(data, id, rc < 0 ? NULL : &r, status, rc < 0 ? &why : NULL);
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
