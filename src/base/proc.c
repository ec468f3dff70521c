/* /proc/PID/stat, the boot id and /proc itself.  Opens nothing else. */
#include "base/proc.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum {
	FIELD_STATE = 3,
	FIELD_FLAGS = 9,
	FIELD_START = 22,
	FORK_NO_EXEC = 0x40 /* of the flags */
};

/* One read(2): these files are made whole for the first read that has room. */
static int read_proc(const char *path, char *buf, size_t size)
{
	AUTO_FD fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t rc;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	do {
		rc = read(fd, buf, size - 1);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	buf[rc] = '\0';
	return 0;
}

static int read_number(const char *text, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno != 0 || (*end != ' ' && *end != '\n' && *end != '\0') ? -EINVAL : 0;
}

int proc_stat_parse(const char *text, struct proc_stat *ret)
{
	const char *at = strrchr(text, ')'); /* the name may hold ")" too; behind it are numbers */
	struct proc_stat found = { 0 };
	uint64_t pid, flags;

	if (at == NULL || at[1] != ' ' || at[2] == '\0' || at[3] != ' ')
		return -EINVAL;
	TRY(read_number(text, &pid));
	if (pid == 0 || pid > INT32_MAX)
		return -EINVAL;
	found.pid = (pid_t)pid;
	found.state = at[2];
	at += 2;
	for (int field = FIELD_STATE; field < FIELD_START; field++) {
		at = strchr(at, ' ');
		if (at == NULL)
			return -EINVAL;
		at++;
		if (field + 1 == FIELD_FLAGS) {
			TRY(read_number(at, &flags));
			found.forked = (flags & FORK_NO_EXEC) != 0;
		}
	}
	TRY(read_number(at, &found.start));
	*ret = found;
	return 0;
}

int proc_stat(pid_t pid, struct proc_stat *ret)
{
	char path[32], text[1024]; /* fields 1 to 22 take less than 500 bytes */

	must(pid >= 0);
	if (pid == 0)
		(void)snprintf(path, sizeof(path), "/proc/self/stat");
	else
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	TRY(read_proc(path, text, sizeof(text)));
	return proc_stat_parse(text, ret);
}

int proc_is_alive(pid_t pid, uint64_t start)
{
	struct proc_stat now;
	const int rc = proc_stat(pid, &now);

	if (rc == -ESRCH)
		return 0;
	if (rc < 0)
		return rc;
	return now.start == start && now.state != 'Z' && now.state != 'X' && now.state != 'x';
}

int proc_boot_id(char ret[PROC_BOOT_ID_SIZE])
{
	char text[PROC_BOOT_ID_SIZE + 1];
	const int rc = read_proc("/proc/sys/kernel/random/boot_id", text, sizeof(text));

	if (rc < 0)
		return rc == -ESRCH ? -ENOENT : rc;
	text[strcspn(text, "\n")] = '\0';
	if (strlen(text) != PROC_BOOT_ID_SIZE - 1)
		return -EINVAL;
	memcpy(ret, text, PROC_BOOT_ID_SIZE);
	return 0;
}

int proc_open(void)
{
	AUTO_FD fd = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != 1)
		return -EXDEV;
	return fd_take(&fd);
}
