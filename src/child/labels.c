/* Labels of security modules.  Writes them by the host's /proc, which is proven to be one; nothing
 * of the container's is on the way (CVE-2019-16884, CVE-2025-52881). */
#include "child/ops.h"

#include "base/sys.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/xattr.h>

/* file is one of this thread's own: the kernel takes attributes from nobody else.
 * Returns -ESRCH when this /proc does not show us, which -ENOENT of a write does not mean. */
static int write_attribute(const struct child *c, const char *file, const char *text)
{
	AUTO_FD proc = child_open_proc(c);
	AUTO_FD fd = FD_NONE;

	if (proc < 0)
		return proc;
	fd = sys_openat2(
		proc, file, O_WRONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	return sys_write_once(fd, text, strlen(text));
}

int do_apparmor(struct child *c, const struct plan_apparmor *op)
{
	return write_attribute(c, "thread-self/attr/apparmor/exec", op->text);
}

int do_selinux(struct child *c, const struct plan_selinux *op)
{
	return write_attribute(c, op->file, op->label[0] == '\0' ? "\n" : op->label);
}

int do_label(struct child *c, const struct plan_label *op)
{
	AUTO_FD dir = openat(c->slots[op->tree], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	/* as SELinux's own tools write it: with the NUL */
	return fsetxattr(dir, "security.selinux", op->label, strlen(op->label) + 1, 0) < 0 ? -errno
											   : 0;
}
