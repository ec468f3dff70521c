/* The change of root without pivot_root(2), for a root that is an initramfs: the old root stays
 * below the new one, out of sight of paths.
 *
 * The kernel lets a user namespace mount a proc or sysfs of its own where a whole one is in its
 * mount namespace already, in sight or not (mount_namespaces(7), "Restrictions on mount
 * namespaces"): the host's, left below, would let a program have one without the container's masks.
 */
#include "child/ops.h"

#include "base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum {
	LINE_SIZE = 8192, /* two paths, and what else a line has */
	PATH_FIELD = 4    /* of a line, from 0: proc_pid_mountinfo(5) */
};

/* What is read of /proc/self/mountinfo, a line at a time. */
struct lines {
	int fd;
	char buf[LINE_SIZE];
	size_t have, used;
};

/* The next line; NULL at the end.  A line that is too long is an error in *ret. */
static char *next_line(struct lines *l, int *ret)
{
	for (;;) {
		char *const start = l->buf + l->used;
		char *const end = memchr(start, '\n', l->have - l->used);
		ssize_t rc;

		if (end != NULL) {
			*end = '\0';
			l->used = (size_t)(end - l->buf) + 1;
			return start;
		}
		memmove(l->buf, start, l->have - l->used);
		l->have -= l->used;
		l->used = 0;
		rc = l->have == sizeof(l->buf)
			     ? -1
			     : read(l->fd, l->buf + l->have, sizeof(l->buf) - l->have);
		if (rc <= 0) {
			*ret = rc == 0 ? 0 : (l->have == sizeof(l->buf) ? -E2BIG : -errno);
			return NULL;
		}
		l->have += (size_t)rc;
	}
}

static char octal(const char digits[3])
{
	const int code = (digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0');

	return (char)code;
}

/* "\040" and the like: octal numbers of three digits. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *c = text; *c != '\0';) {
		const bool escaped = c[0] == '\\' && strspn(c + 1, "01234567") >= 3;

		*out++ = escaped ? octal(c + 1) : *c;
		c += escaped ? 4 : 1;
	}
	*out = '\0';
}

/* Where a proc or sysfs is mounted, by a line of mountinfo; NULL: it is something else. */
static char *kernel_mount(char *line)
{
	const char *const rest = strstr(line, " - ");
	char *path = line;

	if (rest == NULL ||
		(strncmp(rest + 3, "proc ", 5) != 0 && strncmp(rest + 3, "sysfs ", 6) != 0))
		return NULL;
	for (int i = 0; i < PATH_FIELD && path != NULL; i++)
		path = strchr(path, ' ') != NULL ? strchr(path, ' ') + 1 : NULL;
	if (path == NULL)
		return NULL;
	path[strcspn(path, " ")] = '\0';
	unescape(path);
	return path;
}

static bool is_below(const char *path, const char *dir)
{
	const size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* One that is covered serves as well as one that is gone. */
static int hide(const char *path, bool cover)
{
	const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	const int rc = cover ? mount("none", path, "tmpfs", flags, "size=0")
			     : umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);

	return rc < 0 ? -errno : 0;
}

/* Hides the first of the host's but for `skip` of them.  Returns 1 when there was one, 0, or
 * -errno. */
static int hide_next(int proc, const char *root, size_t skip, bool cover)
{
	struct lines l = { .fd = FD_NONE };
	AUTO_FD fd = openat(proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t seen = 0;
	char *line;
	int rc = 0;

	if (fd < 0)
		return -errno;
	l.fd = fd;
	while ((line = next_line(&l, &rc)) != NULL) {
		const char *const path = kernel_mount(line);

		if (path == NULL || is_below(path, root) || seen++ < skip)
			continue;
		rc = hide(path, cover);
		return rc < 0 ? rc : 1;
	}
	return rc;
}

/* All proc and sysfs but those below the new root. */
static int hide_all(struct child *c, bool cover)
{
	AUTO_FD proc = child_open_proc(c);
	char name[32], root[PATH_MAX];
	ssize_t len;
	int rc = 1;

	if (proc < 0)
		return proc;
	(void)snprintf(name, sizeof(name), "self/fd/%d", c->slots[SLOT_ROOT]);
	len = readlinkat(proc, name, root, sizeof(root) - 1);
	if (len < 0)
		return -errno;
	root[len] = '\0';
	for (size_t done = 0; rc == 1; done++) /* what is covered is still in the list */
		rc = hide_next(proc, root, cover ? done : 0, cover);
	return rc;
}

int do_move_root(struct child *c, const struct plan_move_root *op)
{
	TRY(hide_all(c, op->cover != 0));
	if (fchdir(c->slots[SLOT_ROOT]) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
		chroot(".") < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}
