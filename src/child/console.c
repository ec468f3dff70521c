/* The container's terminal: a pair of the container's own devpts, its slave in the place of
 * descriptors 0 to 2 and on /dev/console, its master sent to the parent. */
#include "child/ops.h"

#include "base/sys.h"
#include "child/look.h"
#include "proto/proto.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>

int do_session(struct child *c, const struct plan_session *op)
{
	(void)c;
	(void)op;
	return setsid() < 0 ? -errno : 0;
}

/* The master, opened by way of the file system that was made, not by a name in the container. */
static int open_master(int pts)
{
	AUTO_FD fd = FD_NONE;
	struct statfs fs;
	int unlock = 0;

	if (fstatfs(pts, &fs) < 0)
		return -errno;
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return -ENODEV;
	fd = sys_openat2(pts, "ptmx", O_RDWR | O_NOCTTY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return fd;
	if (ioctl(fd, TIOCSPTLCK, &unlock) < 0)
		return -errno;
	return fd_take(&fd);
}

/* Binds the slave on /dev/console, which is made when missing but never through a link. */
static int put_on_dev(struct child *c, int slave)
{
	struct look_made made = LOOK_MADE_NONE;
	AUTO_FD target = look_or_make(c->slots[SLOT_ROOT], "/dev/console", LOOK_FILE, true, &made);
	AUTO_FD tree = FD_NONE;

	if (!child_owns_dev(c))
		child_made(c, &made);
	fd_close(&made.dir);
	if (target < 0)
		return target;
	tree = sys_clone_tree(slave, "", false);
	if (tree < 0)
		return tree;
	return sys_move_mount(tree, target);
}

static int set_size(int master, uint64_t rows, uint64_t columns)
{
	const struct winsize size = { .ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)columns };

	if (rows == 0 && columns == 0)
		return 0;
	return ioctl(master, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

/* The other side, the user's. */
static int open_slave(int master, uint64_t uid)
{
	AUTO_FD slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (slave < 0 || (uid != 0 && fchown(slave, (uid_t)uid, (gid_t)-1) < 0))
		return -errno;
	return fd_take(&slave);
}

/* A new terminal of this file system. */
static int open_pair(int pts, uint64_t uid, int *ret_master, int *ret_slave)
{
	*ret_master = open_master(pts);
	if (*ret_master < 0)
		return *ret_master;
	*ret_slave = open_slave(*ret_master, uid);
	return *ret_slave < 0 ? *ret_slave : 0;
}

/* The slave in the place of descriptors 0 to 2, the master to the parent. */
static int use_terminal(struct child *c, int slave, int master)
{
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(slave, fd) < 0)
			return -errno;
	return proto_send(
		c->sock, &(struct proto_msg){ .kind = PROTO_MASTER, .op = c->at }, master);
}

int do_console(struct child *c, const struct plan_console *op)
{
	AUTO_FD master = FD_NONE;
	AUTO_FD slave = FD_NONE;

	TRY(open_pair(c->slots[op->pts], op->uid, &master, &slave));
	TRY(set_size(master, op->rows, op->columns));
	TRY(put_on_dev(c, slave));
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return -errno;
	return use_terminal(c, slave, master);
}

/* In a container that is there /dev/pts is what its processes have made of it: no link is followed
 * to it, and it must be the kernel's. */
int do_terminal(struct child *c, const struct plan_terminal *op)
{
	AUTO_FD pts =
		sys_openat2(AT_FDCWD, "/dev/pts", O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
	AUTO_FD master = FD_NONE;
	AUTO_FD slave = FD_NONE;

	if (pts < 0)
		return pts;
	TRY(open_pair(pts, op->uid, &master, &slave));
	TRY(set_size(master, op->rows, op->columns));
	return use_terminal(c, slave, master);
}

int do_terminal_take(struct child *c, const struct plan_terminal_take *op)
{
	(void)c;
	(void)op;
	return ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

int do_stdio_own(struct child *c, const struct plan_stdio_own *op)
{
	(void)c;
	for (int fd = 0; fd <= 2; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode)) ||
			st.st_uid == op->uid)
			continue;
		/* so that /dev/stdout can be opened again; EPERM, EROFS: the caller's matter */
		(void)!fchown(fd, (uid_t)op->uid, (gid_t)-1);
	}
	return 0;
}
