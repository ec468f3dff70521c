/* A temporary file beside it, renamed.  That would put a file in the place of /dev/stdout, too. */
#include "lib/pid_file.h"

#include "base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int pid_file_write(const char *path, pid_t pid, struct err *e)
{
	char temporary[PATH_MAX], text[16];
	AUTO_FD fd = FD_NONE;
	struct stat st;
	int rc;

	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return err_sys(e, EEXIST, POS_NONE,
			"cannot write pid file \"%s\": what is there is no regular file", path);

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)pid) >=
		sizeof(temporary))
		return err_sys(e, ENAMETOOLONG, POS_NONE, "cannot write pid file \"%s\"", path);
	fd = openat(
		AT_FDCWD, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, errno, POS_NONE, "cannot write pid file \"%s\"", path);
	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	rc = sys_write_once(fd, text, strlen(text));
	if (rc == 0 && rename(temporary, path) < 0)
		rc = -errno;
	if (rc == 0)
		return 0;
	(void)unlink(temporary);
	return err_sys(e, -rc, POS_NONE, "cannot write pid file \"%s\"", path);
}
