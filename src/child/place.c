/* Putting things below the container's root: mounts, masks, nodes, links, directories.  All by way
 * of look.h; a path of the container is never used otherwise. */
#include "child/ops.h"

#include "base/sys.h"
#include "child/look.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/* A file system whose root directory comes in the place of another takes that one's mode. */
static int take_mode(int tree, int target)
{
	AUTO_FD dir = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (dir < 0 || fstat(target, &st) < 0 || fchmod(dir, st.st_mode & 07777) < 0)
		return -errno;
	return 0;
}

static int on_proc(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return fs.f_type == PROC_SUPER_MAGIC;
}

/* The mount point: as it is, or made of the same kind as what comes onto it.
 * made      what was not there
 * ret_link  a link led there */
static int open_target(
	struct child *c, const struct plan_attach *op, struct look_made *made, bool *ret_link)
{
	const int root = c->slots[SLOT_ROOT];
	const bool plain = (op->how & ATTACH_PLAIN_DIR) != 0;
	struct stat st;
	int fd = look_up(root, op->path, true);

	*ret_link = fd == -ELOOP && !plain;
	if (*ret_link)
		fd = (op->how & ATTACH_NOFOLLOW) != 0 ? look_up_nofollow(root, op->path)
						      : look_up(root, op->path, false);
	if (fd != -ENOENT)
		return fd;
	if (fstat(c->slots[op->tree], &st) < 0)
		return -errno;
	return look_or_make(root, op->path, S_ISDIR(st.st_mode) ? LOOK_DIR : LOOK_FILE,
		plain || !*ret_link, made);
}

/* The same link as the one that was cloned, which need not lead to anything. */
static int copy_link(int root, int tree, const char *path, struct look_made *made)
{
	char text[PATH_MAX], there[PATH_MAX];
	const ssize_t len = readlinkat(tree, "", text, sizeof(text) - 1);
	const char *name;
	AUTO_FD dir = len < 0 ? -errno : look_parent(root, path, &name, made);
	ssize_t there_len;

	if (dir < 0)
		return dir;
	text[len] = '\0';
	if (symlinkat(text, dir, name) == 0) {
		look_note(made, &dir, (size_t)(name - path), S_IFLNK);
		return 0;
	}
	if (errno != EEXIST)
		return -errno;
	there_len = readlinkat(dir, name, there, sizeof(there));
	return there_len == len && memcmp(text, there, (size_t)len) == 0 ? 0 : -EEXIST;
}

static bool is_link(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Neither onto a part of /proc, nor over the root, which would not be seen. */
static int check_place(const struct child *c, const struct plan_attach *op, int target)
{
	struct stat root, st;
	const int rc = (op->how & ATTACH_OVER_PROC) != 0 ? 0 : on_proc(target);

	if (rc != 0)
		return rc < 0 ? rc : -EPERM;
	if (fstat(c->slots[SLOT_ROOT], &root) < 0 || fstat(target, &st) < 0)
		return -errno;
	return st.st_dev == root.st_dev && st.st_ino == root.st_ino ? -EBUSY : 0;
}

static bool is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Right below a /dev of ours: a plain user's devices, which are files there. */
static bool is_in_own_dev(const struct child *c, const char *path)
{
	const size_t len = strlen("/dev/");

	return child_owns_dev(c) && strncmp(path, "/dev/", len) == 0 &&
	       strchr(path + len, '/') == NULL;
}

static int put_tree(struct child *c, const struct plan_attach *op)
{
	struct look_made made = LOOK_MADE_NONE;
	bool link;
	AUTO_FD target = open_target(c, op, &made, &link);
	const bool missing = made.leaf != 0;
	int rc;

	if (!link && is_in_own_dev(c, op->path))
		fd_close(&made.dir);
	child_made(c, &made);
	if (target < 0)
		return target;
	/* The plan has looked at the path; where a link leads only this can tell. */
	if (link || (op->how & ATTACH_UNSURE) != 0)
		TRY(check_place(c, op, target));
	if ((op->how & ATTACH_TAKE_MODE) != 0 && !missing)
		TRY(take_mode(c->slots[op->tree], target));
	if ((op->how & ATTACH_READONLY) != 0)
		TRY(sys_mount_setattr(c->slots[op->tree], false,
			&(struct mount_attr){ .attr_set = MOUNT_ATTR_RDONLY }));
	rc = sys_move_mount(c->slots[op->tree], target);
	if (rc == -EINVAL && is_directory(target) != is_directory(c->slots[op->tree]))
		return -ENOTDIR; /* as mount(2) has it */
	TRY(rc);
	child_spend(c, &target);
	return 0;
}

int do_cover_root(struct child *c, const struct plan_cover_root *op)
{
	int *const tree = &c->slots[op->tree];
	const int covered = c->slots[SLOT_ROOT];
	struct stat st;

	if (fstat(*tree, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (op->take_mode != 0)
		TRY(take_mode(*tree, covered));
	TRY(sys_move_mount(*tree, covered));
	TRY(child_fill(c, SLOT_ROOT, fcntl(*tree, F_DUPFD_CLOEXEC, 0)));
	if (op->keep == 0)
		child_spend(c, tree);
	return 0;
}

static int put_link(struct child *c, const struct plan_attach *op)
{
	struct look_made made = LOOK_MADE_NONE;
	const int rc = copy_link(c->slots[SLOT_ROOT], c->slots[op->tree], op->path, &made);

	child_made(c, &made);
	return rc;
}

int do_attach(struct child *c, const struct plan_attach *op)
{
	if ((op->how & ATTACH_COPY_LINK) != 0 && is_link(c->slots[op->tree]))
		TRY(put_link(c, op));
	else
		TRY(put_tree(c, op));
	if ((op->how & ATTACH_KEEP) == 0)
		child_spend(c, &c->slots[op->tree]);
	return 0;
}

int do_attach_dev(struct child *c, const struct plan_attach_dev *op)
{
	const int at = c->slots[op->at];

	if (mkdirat(at, op->name, 0755) < 0 && errno != EEXIST)
		return -errno;
	TRY(sys_move_mount_at(c->slots[op->tree], at, op->name));
	if ((op->how & ATTACH_KEEP) == 0)
		child_spend(c, &c->slots[op->tree]);
	return 0;
}

int do_remount(struct child *c, const struct plan_remount *op)
{
	const struct mount_attr attr = { .attr_set = op->set, .attr_clr = op->clear };
	AUTO_FD target = look_up(c->slots[SLOT_ROOT], op->path, false);

	if (target < 0)
		return target;
	return (op->late != 0 ? sys_mount_change : sys_mount_setattr)(
		target, op->recursive != 0, &attr);
}

/* Mounts a clone of what `source` is on `target`, with attributes from its first moment or, late,
 * right after: nobody else sees this mount namespace. */
static int mount_clone(int source, int target, bool recursive, uint64_t set, bool late)
{
	const struct mount_attr attr = { .attr_set = set };
	AUTO_FD tree = late ? sys_clone_tree(source, "", recursive)
			    : sys_clone_tree_attr(source, "", recursive, &attr);

	if (tree < 0)
		return tree;
	TRY(sys_move_mount(tree, target));
	if (late)
		TRY(sys_mount_change(tree, false, &attr));
	return fd_take(&tree);
}

/* A detached mount of what hides a directory: the empty file system itself the first time, then
 * clones of it, which the kernel makes only of what is mounted. */
static int hide(struct child *c, int slot, int target, bool late)
{
	AUTO_FD tree = FD_NONE;

	if (slot == SLOT_EMPTY ? !c->empty_used : c->null_apart) {
		c->empty_used |= slot == SLOT_EMPTY;
		c->null_apart &= slot == SLOT_EMPTY;
		return sys_move_mount(c->slots[slot], target);
	}
	/* Read-only, or a program that owns the host's null could change its mode through the mask.
	 */
	tree = mount_clone(c->slots[slot], target, false,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, late);
	if (tree < 0)
		return tree;
	child_spend(c, &tree);
	return 0;
}

static int look_below(const struct child *c, int at, const char *below, const char *path)
{
	return below != NULL ? look_up(c->slots[at], below, false)
			     : look_up(c->slots[SLOT_ROOT], path, false);
}

int do_mask(struct child *c, const struct plan_mask *op)
{
	AUTO_FD target = look_below(c, op->at, op->below, op->path);
	struct stat st;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0; /* what is not there need not be hidden */
	if (target < 0)
		return target;
	if (fstat(target, &st) < 0)
		return -errno;
	TRY(hide(c, S_ISDIR(st.st_mode) ? op->empty : op->null, target, op->late != 0));
	child_spend(c, &target);
	return 0;
}

int do_readonly(struct child *c, const struct plan_readonly *op)
{
	AUTO_FD target = look_below(c, op->at, op->below, op->path);
	AUTO_FD tree = FD_NONE;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return target;
	tree = mount_clone(target, target, true, MOUNT_ATTR_RDONLY, op->late != 0);
	if (tree < 0)
		return tree;
	child_spend(c, &tree);
	child_spend(c, &target);
	return 0;
}

int do_open_dev(struct child *c, const struct plan_open_dev *op)
{
	struct look_made made = LOOK_MADE_NONE;
	const int fd = look_or_make(c->slots[SLOT_ROOT], op->path, LOOK_DIR, true, &made);

	child_made(c, &made);
	if (fd < 0)
		return fd;
	c->slots[op->into] = fd;
	c->image_dev |= op->into == c->plan->dev_slot;
	return 0;
}

static bool is_node(const struct stat *st, mode_t mode, dev_t dev)
{
	return (st->st_mode & S_IFMT) == (mode & S_IFMT) && (S_ISFIFO(mode) || st->st_rdev == dev);
}

/* What is there already is fine when it is the very device.  Returns 1 when it is there. */
static int make_node(int dir, const char *name, mode_t mode, dev_t dev)
{
	struct stat st;

	if (mknodat(dir, name, mode, dev) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return is_node(&st, mode, dev) ? 1 : -EEXIST;
}

bool child_owns_dev(const struct child *c)
{
	return c->plan->dev_slot != SLOT_NONE && !c->image_dev;
}

/* A name was made in /dev. */
static void made_in_dev(struct child *c, int at, mode_t type)
{
	struct look_made made = { .dir = FD_NONE, .leaf = type };

	if (child_owns_dev(c))
		return;
	made.dir = fcntl(c->slots[at], F_DUPFD_CLOEXEC, 0);
	child_made(c, &made);
}

int do_dev_node(struct child *c, const struct plan_dev_node *op)
{
	const int rc = make_node(c->slots[op->at], op->name, (mode_t)op->mode,
		makedev((unsigned)op->major, (unsigned)op->minor));

	if (rc == 0)
		made_in_dev(c, op->at, (mode_t)op->mode & S_IFMT);
	return rc;
}

/* By descriptor, after a look at it: other users of a volume can put something else there. */
static int give_node(int dir, const char *name, const struct plan_node *op, dev_t dev)
{
	AUTO_FD fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!is_node(&st, (mode_t)op->mode, dev))
		return -EEXIST;
	return fchownat(fd, "", (uid_t)op->uid, (gid_t)op->gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

int do_node(struct child *c, const struct plan_node *op)
{
	const dev_t dev = makedev((unsigned)op->major, (unsigned)op->minor);
	struct look_made made = LOOK_MADE_NONE;
	const char *name;
	AUTO_FD dir = look_parent(c->slots[SLOT_ROOT], op->path, &name, &made);
	int rc;

	if (dir < 0) {
		child_made(c, &made);
		return dir;
	}
	rc = make_node(dir, name, (mode_t)op->mode, dev);
	/* owner and mode are changed only of what was made here */
	if (rc == 0 && (op->uid != 0 || op->gid != 0))
		rc = give_node(dir, name, op, dev);
	if (rc == 0)
		look_note(&made, &dir, (size_t)(name - op->path), (mode_t)op->mode & S_IFMT);
	child_made(c, &made);
	return rc < 0 ? rc : 0;
}

int do_dev_link(struct child *c, const struct plan_dev_link *op)
{
	struct stat st;

	if (symlinkat(op->target, c->slots[op->at], op->name) == 0) {
		made_in_dev(c, op->at, S_IFLNK);
		return 0;
	}
	if (errno != EEXIST || fstatat(c->slots[op->at], op->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0; /* an image's own: nothing of the runtime goes through it */
}

int do_cwd_make(struct child *c, const struct plan_cwd_make *op)
{
	struct look_made made = LOOK_MADE_NONE;
	AUTO_FD dir = look_or_make(c->slots[SLOT_ROOT], op->path, LOOK_DIR, false, &made);

	child_made(c, &made);
	/* A link out of the root or a magic one ends at chdir, with the message that belongs to it;
	 * a read-only root that lacks the directory as well. */
	return dir == -ENOMEM ? dir : 0;
}
