/* What resctrl groups hold, and their end.  Makes none. */
#include "parent/resctrl.h"

#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* A piece of a text. */
struct piece {
	const char *text;
	size_t len;
};

static struct piece trim(struct piece p)
{
	while (p.len > 0 && (*p.text == ' ' || *p.text == '\t')) {
		p.text++;
		p.len--;
	}
	while (p.len > 0 && (p.text[p.len - 1] == ' ' || p.text[p.len - 1] == '\t'))
		p.len--;
	return p;
}

/* Takes what is before the separator off the front of *rest, blanks at both ends left out. */
static struct piece take(struct piece *rest, char separator)
{
	const char *const end = memchr(rest->text, separator, rest->len);
	const size_t len = end == NULL ? rest->len : (size_t)(end - rest->text);
	const struct piece first = { rest->text, len };

	rest->text += len + (end != NULL);
	rest->len -= len + (end != NULL);
	return trim(first);
}

/* Numbers of one base without their leading zeros. */
static bool same_number(struct piece a, struct piece b)
{
	while (a.len > 1 && *a.text == '0') {
		a.text++;
		a.len--;
	}
	while (b.len > 1 && *b.text == '0') {
		b.text++;
		b.len--;
	}
	return a.len == b.len && strncasecmp(a.text, b.text, a.len) == 0;
}

static bool same(struct piece a, struct piece b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

/* Is there an entry "id=value" like this one in a list of them? */
static bool has_entry(struct piece list, struct piece id, struct piece value)
{
	while (list.len > 0) {
		struct piece entry = take(&list, ';');
		const struct piece other = take(&entry, '=');

		if (same_number(other, id))
			return same_number(trim(entry), value);
	}
	return false;
}

/* Are all entries of a wanted line in the line of the same name? */
static bool has_line(struct piece wanted, struct piece have)
{
	const struct piece name = take(&wanted, ':');
	struct piece list = { NULL, 0 };

	while (have.len > 0 && list.text == NULL) {
		struct piece line = take(&have, '\n');

		if (same(take(&line, ':'), name))
			list = line;
	}
	while (list.text != NULL && wanted.len > 0) {
		struct piece entry = take(&wanted, ';');
		const struct piece id = take(&entry, '=');

		if (id.len > 0 && !has_entry(list, id, trim(entry)))
			return false;
	}
	return list.text != NULL;
}

bool resctrl_has(const char *wanted, const char *have, const char **ret, size_t *ret_len)
{
	struct piece rest = { wanted, strlen(wanted) };
	const struct piece all = { have, strlen(have) };

	while (rest.len > 0) {
		const struct piece line = take(&rest, '\n');

		if (line.len == 0 || has_line(line, all))
			continue;
		*ret = line.text;
		*ret_len = line.len;
		return false;
	}
	return true;
}

/* Does the directory hold another one? */
static bool has_directory(int dir, const char *name)
{
	AUTO_FD fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *const list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool found = false;

	if (list == NULL)
		return false;
	(void)fd_take(&fd); /* closedir closes it */
	while (!found && (entry = readdir(list)) != NULL)
		found = entry->d_type == DT_DIR && entry->d_name[0] != '.';
	(void)closedir(list);
	return found;
}

bool resctrl_is_free(int dir, uint64_t pid)
{
	char text[256], *end;
	const ssize_t rc = sys_read_text(dir, "tasks", text, sizeof(text));

	if (rc == -ENOENT)
		return true; /* the group has just gone */
	if (rc < 0 || has_directory(dir, "mon_groups"))
		return false; /* as many as do not fit are not ours alone */
	for (const char *c = text; *c != '\0'; c = end) {
		const uint64_t task = strtoull(c, &end, 10);

		if (end == c)
			break;
		if (task != 0 && task != pid)
			return false;
	}
	return true;
}

static int remove_one(const char *path, struct err *e)
{
	if (path == NULL || path[0] == '\0' || rmdir(path) == 0 || errno == ENOENT)
		return 0;
	return err_sys(e, errno, POS_NONE, "cannot remove resctrl group \"%s\"", path);
}

int resctrl_remove(const struct resctrl_made *made, struct err *e)
{
	AUTO_FD dir = FD_NONE;
	const char *name;

	TRY(remove_one(made->monitor, e));
	if (made->group == NULL || made->group[0] == '\0')
		return 0;
	name = strrchr(made->group, '/');
	if (name != NULL && strcmp(name + 1, made->id) != 0) {
		dir = openat(
			AT_FDCWD, made->group, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir >= 0 && !resctrl_is_free(dir, made->pid))
			return 0;
	}
	return remove_one(made->group, e);
}
