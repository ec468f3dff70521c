/* What can still be read of a record that is damaged or of another version: see salvage.h.  Rows
 * that are cut, escaped or no numbers are as if they were not there. */
#include "state/salvage.h"

#include "state/dir.h"

#include <string.h>

/* The value of the first whole line "KEY=VALUE"; none is empty. */
static struct state_bytes value_of(struct state_bytes in, const char *key)
{
	const size_t len = strlen(key);
	const char *at = in.text, *const end = in.text + in.size;
	const char *stop;

	for (; (stop = memchr(at, '\n', (size_t)(end - at))) != NULL; at = stop + 1)
		if ((size_t)(stop - at) > len && memcmp(at, key, len) == 0 && at[len] == '=')
			return (struct state_bytes){ at + len + 1, (size_t)(stop - at) - len - 1 };
	return (struct state_bytes){ NULL, 0 };
}

static uint64_t number(struct state_bytes in, const char *key, uint64_t max)
{
	const struct state_bytes value = value_of(in, key);
	uint64_t found = 0;

	for (size_t i = 0; i < value.size; i++) {
		const unsigned digit = (unsigned)(value.text[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(found, 10, &found) ||
			__builtin_add_overflow(found, digit, &found) || found > max)
			return 0;
	}
	return found;
}

/* "" where there is none, or no memory. */
static const char *text(struct state_bytes in, const char *key, struct arena *a)
{
	const struct state_bytes value = value_of(in, key);
	const char *copy;

	if (value.size == 0 || memchr(value.text, '\\', value.size) != NULL ||
		memchr(value.text, '\0', value.size) != NULL)
		return "";
	copy = arena_text(a, value.text, value.size);
	return copy != NULL ? copy : "";
}

static const char *path(struct state_bytes in, const char *key, struct arena *a)
{
	const char *const found = text(in, key, a);

	return found[0] == '/' && strstr(found, "/../") == NULL ? found : "";
}

static void take(struct state_bytes in, struct arena *a, struct state_record *r)
{
	r->boot = text(in, "boot", a);
	r->pid = number(in, "pid", INT32_MAX);
	r->start = number(in, "start", UINT64_MAX);
	r->cgroup = path(in, "cgroup", a);
	r->cgroup_inode = number(in, "cgroup_inode", UINT64_MAX);
	r->cgroup_levels = number(in, "cgroup_levels", UINT8_MAX);
	r->rdt_group = path(in, "rdt_group", a);
	r->rdt_made = number(in, "rdt_made", 1) == 1 && r->rdt_group[0] != '\0';
	r->rdt_monitor = path(in, "rdt_monitor", a);
	/* without its inode, what has this name may be another's by now */
	if (r->cgroup_inode == 0)
		r->cgroup = "";
}

/* A copy of another's record is about that one. */
static bool read_own(
	const struct state_dir *d, const char *name, struct arena *a, struct state_bytes *ret)
{
	struct err ignored = { 0 }; /* it is like an empty one */

	return state_get(d, name, a, ret, &ignored) == 0 && strcmp(text(*ret, "id", a), d->id) == 0;
}

void state_salvage(const struct state_dir *d, struct arena *a, struct state_record *ret)
{
	static const struct state_bytes none = { "", 0 };
	struct state_bytes in;

	*ret = (struct state_record){ .id = d->id, .phase = STATE_RUNNING };
	take(read_own(d, "state", a, &in) ? in : none, a, ret);
	if (ret->cgroup[0] != '\0' || !read_own(d, STATE_FIRST, a, &in))
		return;
	/* It knows the name alone, and that nothing of the name was there before. */
	ret->cgroup = path(in, "cgroup", a);
	ret->cgroup_levels = number(in, "cgroup_levels", UINT8_MAX);
}
