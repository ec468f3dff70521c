/* subuid(5), subgid(5) and the helpers of shadow-utils.  The user's name comes from /etc/passwd
 * itself: name services would load foreign code into a static program. */
#include "host/subid.h"

#include "base/sys.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 256 * 1024
};

/* A whole small file of the host; "" when it cannot be read. */
static char *read_file(const char *path, struct arena *arena)
{
	char *const text = arena_alloc(arena, FILE_MAX);

	if (text != NULL && sys_read_text(AT_FDCWD, path, text, FILE_MAX) < 0)
		text[0] = '\0';
	return text;
}

/* Cuts the next line off *rest; NULL at the end. */
static char *next_line(char **rest)
{
	return *rest == NULL ? NULL : strsep(rest, "\n");
}

static const char *user_name(char *passwd, uint64_t uid)
{
	for (char *line; (line = next_line(&passwd)) != NULL;) {
		const char *const name = strsep(&line, ":");
		const char *const password = strsep(&line, ":");
		const char *const id = strsep(&line, ":");
		char *end;

		(void)password;
		if (id != NULL && id[0] != '\0' && strtoull(id, &end, 10) == uid && *end == '\0')
			return name;
	}
	return NULL;
}

/* Does the line's first field name the caller, by name or number? */
static bool names_caller(const char *field, const char *user, uint64_t id)
{
	char *end;

	if (user != NULL && strcmp(field, user) == 0)
		return true;
	return field[0] >= '0' && field[0] <= '9' && strtoull(field, &end, 10) == id &&
	       *end == '\0';
}

static bool take_line(
	const char *line, const char *user, uint64_t id, uint64_t *ret_start, uint64_t *ret_count)
{
	char name[256];
	const size_t len = strcspn(line, ":");
	char *end;

	if (line[len] != ':' || len >= sizeof(name))
		return false;
	memcpy(name, line, len);
	name[len] = '\0';
	if (!names_caller(name, user, id))
		return false;
	*ret_start = strtoull(line + len + 1, &end, 10);
	if (*end != ':')
		return false;
	*ret_count = strtoull(end + 1, &end, 10);
	return *ret_count > 0 && *ret_start <= UINT32_MAX && *ret_count <= UINT32_MAX - *ret_start;
}

bool host_subid_find(
	const char *text, const char *user, uint64_t id, uint64_t *ret_start, uint64_t *ret_count)
{
	uint64_t start, count;

	for (const char *line = text; line != NULL && *line != '\0';) {
		if (take_line(line, user, id, &start, &count)) {
			*ret_start = start;
			*ret_count = count;
			return true;
		}
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return false;
}

static const char *find_helper(const char *const paths[2])
{
	for (size_t i = 0; i < 2; i++)
		if (faccessat(AT_FDCWD, paths[i], X_OK, 0) == 0)
			return paths[i];
	return "";
}

int host_probe_subids(struct host_facts *h, struct arena *arena, struct err *e)
{
	static const char *const uid_helper[2] = { "/usr/bin/newuidmap", "/bin/newuidmap" };
	static const char *const gid_helper[2] = { "/usr/bin/newgidmap", "/bin/newgidmap" };
	char *const passwd = read_file("/etc/passwd", arena);
	const char *const subuid = read_file("/etc/subuid", arena);
	const char *const subgid = read_file("/etc/subgid", arena);
	const char *user;

	if (passwd == NULL || subuid == NULL || subgid == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	user = user_name(passwd, h->uid);
	h->newuidmap = find_helper(uid_helper);
	h->newgidmap = find_helper(gid_helper);
	/* both files are keyed by the user, subgid too */
	(void)host_subid_find(subuid, user, h->uid, &h->subuid_start, &h->subuid_count);
	(void)host_subid_find(subgid, user, h->uid, &h->subgid_start, &h->subgid_count);
	return 0;
}
