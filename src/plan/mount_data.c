/* Flags and data of a file system in one list.  Knows no mount points. */
#include "plan/mount_data.h"

#include "plan/build.h"

#include <stdlib.h>
#include <string.h>

static size_t count_of(const char *const *list)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	return count;
}

static const char *const *default_data(
	const struct spec_mount *m, const struct plan_mount_options *o)
{
	static const char *const devpts[] = { "ptmxmode=0666", "mode=0620", NULL };

	if (m->type.value != NULL && strcmp(m->type.value, "devpts") == 0 && o->data[0] == NULL)
		return devpts;
	return o->data;
}

/* In a user namespace that we made ourselves, data that names an id which is not mapped there is
 * left out: the same bundle shall run as root and as a plain user. */
static bool is_left_out(const struct plan *p, const char *word)
{
	const bool gid = strncmp(word, "gid=", 4) == 0, uid = strncmp(word, "uid=", 4) == 0;
	const uint64_t id = gid || uid ? strtoul(word + 4, NULL, 10) : 0;

	return p->auto_user_ns &&
	       ((gid && !plan_gid_mapped(p, id)) || (uid && !plan_uid_mapped(p, id)));
}

/* The kernel makes these once for all mounts of a namespace, without labels; those of a message
 * queue come afterwards (plan/lsm.c).  What the mount itself asks for comes before
 * linux.mountLabel.
 */
static bool takes_label(const struct spec_mount *m, const char *const *data)
{
	static const char *const shared[] = { "proc", "sysfs", "cgroup", "cgroup2", "mqueue" };
	static const char *const own[] = {
		"context=", "fscontext=", "defcontext=", "rootcontext="
	};

	for (size_t i = 0; i < ARRAY_LEN(shared); i++)
		if (m->type.value != NULL && strcmp(m->type.value, shared[i]) == 0)
			return false;
	for (size_t i = 0; data[i] != NULL; i++)
		for (size_t k = 0; k < ARRAY_LEN(own); k++)
			if (strncmp(data[i], own[k], strlen(own[k])) == 0)
				return false;
	return true;
}

const char *const *plan_mount_data(
	struct plan *p, const struct spec_mount *m, const struct plan_mount_options *o)
{
	const char *const *const data = default_data(m, o);
	const size_t most = count_of(o->super) + count_of(data);
	const char **const ret = arena_array(p->arena, most + 1, sizeof(*ret));
	size_t n = 0;

	if (ret == NULL)
		return NULL;
	for (size_t i = 0; o->super[i] != NULL; i++)
		ret[n++] = o->super[i];
	for (size_t i = 0; data[i] != NULL; i++)
		if (!is_left_out(p, data[i]))
			ret[n++] = data[i];
	return takes_label(m, data) ? plan_label_data(p, ret) : ret;
}
