/* Scoped look-ups and making of mount points.  Uses no path but below the root's descriptor. */
#include "child/look.h"

#include "base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t scope(bool plain)
{
	return RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (plain ? RESOLVE_NO_SYMLINKS : 0);
}

int look_up(int root, const char *path, bool plain)
{
	return sys_openat2(root, path, O_PATH, 0, scope(plain));
}

int look_up_nofollow(int root, const char *path)
{
	return sys_openat2(root, path, O_PATH | O_NOFOLLOW, 0, scope(false));
}

void look_note(struct look_made *made, int *dir, size_t from, mode_t leaf)
{
	made->leaf = leaf;
	if (made->dir != FD_NONE)
		return;
	made->dir = fd_take(dir);
	made->from = from;
}

/* Opens the directory named by the first len bytes of path, made when missing. */
static int open_or_make_dir(
	int root, const char *path, size_t len, bool plain, struct look_made *made)
{
	char prefix[PATH_MAX];
	AUTO_FD parent = FD_NONE;
	size_t end, start;
	int rc;

	if (len >= sizeof(prefix))
		return -ENAMETOOLONG;
	memcpy(prefix, path, len);
	prefix[len] = '\0';
	rc = sys_openat2(root, len == 0 ? "." : prefix, O_PATH | O_DIRECTORY, 0, scope(plain));
	if (rc != -ENOENT)
		return rc;
	/* Walk down: what is there is opened, what is missing is made in what was opened. */
	parent = look_up(root, ".", true);
	for (start = 0; parent >= 0 && start < len; start = end) {
		const char kept = prefix[(end = start + strcspn(prefix + start, "/"))];

		if (end == start) {
			end++;
			continue;
		}
		prefix[end] = '\0';
		rc = sys_openat2(root, prefix, O_PATH | O_DIRECTORY, 0, scope(plain));
		if (rc == -ENOENT) {
			if (mkdirat(parent, prefix + start, 0755) == 0)
				look_note(made, &parent, start, 0);
			else if (errno != EEXIST)
				return -errno;
			rc = sys_openat2(root, prefix, O_PATH | O_DIRECTORY, 0, scope(plain));
		}
		fd_close(&parent);
		parent = rc;
		prefix[end] = kept;
	}
	return fd_take(&parent);
}

/* A path that is made of components without links. */
struct plain_path {
	char *text; /* PATH_MAX bytes */
	size_t len;
};

static int add_component(struct plain_path *p, const char *name, size_t len)
{
	if (p->len + 1 + len >= PATH_MAX)
		return -ENAMETOOLONG;
	p->text[p->len++] = '/';
	memcpy(p->text + p->len, name, len);
	p->len += len;
	p->text[p->len] = '\0';
	return 0;
}

static void cut_component(struct plain_path *p)
{
	while (p->len > 0 && p->text[--p->len] != '/')
		;
	p->text[p->len] = '\0';
}

/* The link that the path ends in; its length, 0: it is none, or nothing is there. */
static ssize_t read_link(int root, const char *path, char *text, size_t size)
{
	AUTO_FD fd = sys_openat2(root, path, O_PATH | O_NOFOLLOW, 0, scope(true));
	const ssize_t len = fd < 0 ? 0 : readlinkat(fd, "", text, size);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (len < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : -errno;
	return (size_t)len < size ? len : -ENAMETOOLONG;
}

/* Puts a link's text in front of what is left of a path. */
static int put_in_front(char *rest, const char **at, const char *text, size_t len)
{
	const size_t left = strlen(*at);

	if (len + 1 + left >= PATH_MAX)
		return -ENAMETOOLONG;
	memmove(rest + len + 1, *at, left + 1);
	memcpy(rest, text, len);
	rest[len] = '/';
	*at = rest;
	return 0;
}

/* Follows the links of a path that leads to nothing as the kernel would (path_resolution(7)); what
 * is missing stays in it as it is. */
static int follow(int root, const char *path, char text[PATH_MAX])
{
	enum {
		LINKS_MAX = 40
	};
	struct plain_path p = { .text = text };
	char rest[PATH_MAX], link[PATH_MAX];
	const char *at = path;

	text[0] = '\0';
	for (int links = 0; *(at += strspn(at, "/")) != '\0';) {
		const char *const name = at;
		const size_t len = strcspn(at, "/");
		ssize_t target;

		at += len;
		if (len == 1 && name[0] == '.')
			continue;
		if (len == 2 && name[0] == '.' && name[1] == '.') {
			cut_component(&p);
			continue;
		}
		TRY(add_component(&p, name, len));
		target = read_link(root, text, link, sizeof(link));
		if (target < 0)
			return (int)target;
		if (target == 0)
			continue;
		if (++links > LINKS_MAX)
			return -ELOOP;
		cut_component(&p);
		if (link[0] == '/')
			text[p.len = 0] = '\0';
		TRY(put_in_front(rest, &at, link, (size_t)target));
	}
	return p.len > 0 ? 0 : -ENOENT;
}

/* Where the last component of a path begins and how long it is without slashes behind. */
static size_t last_component(const char *path, size_t *ret_start)
{
	size_t end = strlen(path), start;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	*ret_start = start;
	return end - start;
}

static int make(int root, const char *path, enum look_kind kind, bool plain, struct look_made *made)
{
	char name[NAME_MAX + 1];
	AUTO_FD parent = FD_NONE;
	AUTO_FD file = FD_NONE;
	size_t start;
	const size_t len = last_component(path, &start);
	int rc;

	if (len == 0 || len > NAME_MAX)
		return len == 0 ? -ENOENT : -ENAMETOOLONG;
	memcpy(name, path + start, len);
	name[len] = '\0';
	parent = open_or_make_dir(root, path, start, plain, made);
	if (parent < 0)
		return parent;
	if (kind == LOOK_DIR)
		rc = mkdirat(parent, name, 0755);
	else
		rc = file = openat(
			parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (rc < 0 && errno != EEXIST)
		return -errno;
	if (rc >= 0)
		look_note(made, &parent, start, kind == LOOK_DIR ? S_IFDIR : S_IFREG);
	return look_up(root, path, plain);
}

/* The same where links may be on the way, which may have been swapped since: what is made is made
 * without following any. */
static int make_behind_links(
	int root, const char *path, enum look_kind kind, struct look_made *made)
{
	char text[PATH_MAX];
	int rc = follow(root, path, text);

	if (rc < 0)
		return rc;
	rc = make(root, text, kind, true, made);
	if (made->dir != FD_NONE && strlen(text + made->from) < sizeof(made->path))
		memcpy(made->path, text + made->from, strlen(text + made->from) + 1);
	else
		fd_close(&made->dir); /* too long to be told: it stays */
	made->from = 0;
	return rc;
}

int look_or_make(
	int root, const char *path, enum look_kind kind, bool plain, struct look_made *made)
{
	const int rc = look_up(root, path, plain);

	if (rc != -ENOENT)
		return rc;
	return plain ? make(root, path, kind, true, made)
		     : make_behind_links(root, path, kind, made);
}

int look_parent(int root, const char *path, const char **ret_name, struct look_made *made)
{
	size_t start;

	if (last_component(path, &start) == 0)
		return -EINVAL;
	*ret_name = path + start;
	return open_or_make_dir(root, path, start, false, made);
}
