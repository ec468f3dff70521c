/* The directories that an overlay's writes are kept in: made when missing, given to the container's
 * root, and taken away again when the start fails.
 *
 * Never follows a link below the directory that was named, and removes nothing that holds data. */
#include "parent/ops.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum {
	OPEN_DIR = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	MADE_DIR = 1, /* bits of parent.overlay_made */
	MADE_FIRST = 2,
	MADE_NOTE = 8,
	DEPTH_MAX = 64
};

static const char *const names[] = { "upper", "work" };
static const char note[] = "fuse-overlayfs"; /* in work: who has written to upper */

/* Makes the directory, unless it is there, for the given owner.  Returns 1 when made. */
static int make_dir(int at, const char *name, mode_t mode, const struct plan_overlay_dirs *op)
{
	AUTO_FD fd = FD_NONE;
	struct stat st;

	if (mkdirat(at, name, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	fd = openat(at, name, OPEN_DIR);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((op->uid < 0 || st.st_uid == (uid_t)op->uid) &&
		(op->gid < 0 || st.st_gid == (gid_t)op->gid))
		return 1;
	/* a set-group-id directory above is no reason to fail, but the owner must be right */
	if (fchown(fd, (uid_t)op->uid, (gid_t)op->gid) < 0) {
		const int error = errno;

		(void)unlinkat(at, name, AT_REMOVEDIR); /* empty: it was made above */
		return -error;
	}
	return 1;
}

/* Upper is what the container's root directory looks like. */
static mode_t mode_of(const char *like)
{
	struct stat st;

	return stat(like, &st) == 0 ? st.st_mode & 07777 : 0755;
}

/* What fuse-overlayfs has removed the kernel would show again: it marks in other ways.  The
 * directory's own note of it lies where neither of them looks.  Returns MADE_NOTE or 0. */
static int check_marks(int dir, bool fuse)
{
	AUTO_FD work = openat(dir, names[1], OPEN_DIR);

	if (work < 0)
		return 0; /* the mount's to tell */
	if (fuse)
		return mkdirat(work, note, 0700) == 0 ? MADE_NOTE : errno == EEXIST ? 0 : -errno;
	return faccessat(work, note, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? -ESTALE : 0;
}

/* Without attributes the kernel mounts the overlay all the same, and fails later, inside: to make a
 * directory where one was removed.  Other reasons why one cannot be set are the mount's to tell. */
static int check_attribute(int dir, const char *attribute)
{
	AUTO_FD fd = attribute != NULL ? openat(dir, names[1], OPEN_DIR) : FD_NONE;

	if (fd < 0)
		return 0;
	if (fsetxattr(fd, attribute, "0", 1, 0) < 0)
		return errno == EOPNOTSUPP ? -EOPNOTSUPP : 0;
	return fremovexattr(fd, attribute) < 0 ? -errno : 0;
}

int do_overlay_dirs(struct parent *p, const struct plan_overlay_dirs *op, struct err *e)
{
	struct plan_overlay_dirs inside = *op;
	AUTO_FD dir = FD_NONE;
	struct stat st;
	int rc;

	(void)e;
	rc = make_dir(AT_FDCWD, op->path, 0700, op);
	if (rc < 0)
		return rc;
	p->overlay_made = (unsigned)rc; /* MADE_DIR */
	dir = openat(AT_FDCWD, op->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0)
		return -errno;
	if (op->uid < 0) {
		inside.uid = st.st_uid;
		inside.gid = st.st_gid;
	}
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		rc = make_dir(dir, names[i], i == 0 ? mode_of(op->like) : 0700, &inside);
		if (rc < 0)
			return rc;
		p->overlay_made |= rc == 1 ? (unsigned)MADE_FIRST << i : 0;
	}
	rc = check_marks(dir, op->fuse != 0);
	TRY(rc);
	p->overlay_made |= (unsigned)rc;
	return check_attribute(dir, op->attribute);
}

/* --- undoing ------------------------------------------------------------------------------------
 */

static bool holds_data(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	       (S_ISREG(st.st_mode) && st.st_size > 0);
}

/* Removes it and what is in it: mount points and devices that the start has made. */
static void remove_empty(int dir, const char *name, unsigned depth)
{
	AUTO_FD sub = FD_NONE;
	const struct dirent *entry;
	DIR *list;
	int again;

	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || depth == DEPTH_MAX)
		return;
	if (errno == ENOTDIR) {
		if (!holds_data(dir, name))
			(void)unlinkat(dir, name, 0); /* what stays is the caller's to look at */
		return;
	}
	sub = openat(dir, name, OPEN_DIR);
	again = sub < 0 ? -1 : openat(sub, ".", OPEN_DIR);
	list = again < 0 ? NULL : fdopendir(again);
	while (list != NULL && (entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_empty(sub, entry->d_name, depth + 1);
	if (list != NULL)
		(void)closedir(list);
	else if (again >= 0)
		(void)close(again);
	(void)unlinkat(dir, name, AT_REMOVEDIR); /* not empty: there is data in it */
}

void parent_overlay_undo(struct parent *p)
{
	const struct plan_overlay_dirs *op = NULL;
	AUTO_FD dir = FD_NONE;

	for (size_t i = 0; p->overlay_made != 0 && op == NULL && i < p->plan->count; i++)
		if (p->plan->ops[i].kind == PLAN_overlay_dirs)
			op = &p->plan->ops[i].overlay_dirs;
	if (op == NULL)
		return;
	dir = openat(AT_FDCWD, op->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && (p->overlay_made & MADE_NOTE) != 0) {
		AUTO_FD work = openat(dir, names[1], OPEN_DIR);

		(void)unlinkat(work, note, AT_REMOVEDIR); /* it goes with the directory, else */
	}
	for (unsigned i = 0; dir >= 0 && i < ARRAY_LEN(names); i++)
		if ((p->overlay_made & ((unsigned)MADE_FIRST << i)) != 0)
			remove_empty(dir, names[i], 0);
	if ((p->overlay_made & MADE_DIR) != 0)
		(void)unlinkat(AT_FDCWD, op->path, AT_REMOVEDIR); /* not empty: as above */
	p->overlay_made = 0;
}
