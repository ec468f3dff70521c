/* Scoped look-ups and making of mount points.  Uses no path but below the root's descriptor. */
#include "child/look.h"

#include "base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

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

int look_or_make(
	int root, const char *path, enum look_kind kind, bool plain, struct look_made *made)
{
	char name[NAME_MAX + 1];
	AUTO_FD parent = FD_NONE;
	AUTO_FD file = FD_NONE;
	size_t start, len;
	int rc = look_up(root, path, plain);

	if (rc != -ENOENT)
		return rc;
	len = last_component(path, &start);
	if (len == 0 || len > NAME_MAX)
		return len == 0 ? rc : -ENAMETOOLONG;
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

int look_parent(int root, const char *path, const char **ret_name, struct look_made *made)
{
	size_t start;

	if (last_component(path, &start) == 0)
		return -EINVAL;
	*ret_name = path + start;
	return open_or_make_dir(root, path, start, false, made);
}
