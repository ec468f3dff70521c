/* The read-only clone of ourselves: a detached read-only mount of the very file where we may mount
 * (0.3 ms), else a sealed copy in memory.  Facts are read from the kernel, never from the
 * environment, which anyone may set. */
#include "base/self.h"

#include "base/sys.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#define SELF "/proc/self/exe"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010u
#endif

enum {
	SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
};

/* The mount's flag: the clone's own, or that of a file system that is mounted read-only. */
static int is_read_only(void)
{
	struct statfs fs;

	if (statfs(SELF, &fs) < 0)
		return -errno;
	return (fs.f_flags & ST_RDONLY) != 0;
}

static bool is_sealed(void)
{
	AUTO_FD fd = openat(AT_FDCWD, SELF, O_RDONLY | O_CLOEXEC);

	const int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS;
}

/* A mount of its own is gone with its descriptor: nobody can make it writable again. */
static int exec_clone(char *const argv[], char *const envp[])
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO_FD tree = sys_clone_tree(AT_FDCWD, SELF, false);

	if (tree < 0)
		return tree;
	TRY(sys_mount_setattr(tree, false, &attr));
	return sys_execfd(tree, argv, envp);
}

static int copy_all(int from, int to)
{
	struct stat st;
	off_t done = 0;

	if (fstat(from, &st) < 0)
		return -errno;
	while (done < st.st_size) {
		const ssize_t rc = sendfile(to, from, &done, (size_t)(st.st_size - done));

		if (rc < 0 && errno != EINTR)
			return -errno;
		if (rc == 0)
			return -EIO;
	}
	return 0;
}

/* Executable even where the kernel makes others not so (vm.memfd_noexec, Linux 6.3). */
static int new_memfd(void)
{
	const int fd = memfd_create("crun-lite", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd >= 0 || errno != EINVAL)
		return fd;
	return memfd_create("crun-lite", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* The kernel refuses while anybody holds one of the pages, if only for a moment: a daemon that
 * looks at what memory is used for, say.  It waits for that itself, but not for long. */
static int seal(int fd)
{
	enum {
		TRIES = 20
	};

	for (int i = 0; i < TRIES; i++) {
		if (fcntl(fd, F_ADD_SEALS, SEALS) == 0)
			return 0;
		if (errno != EBUSY)
			break;
	}
	return -errno;
}

static int exec_copy(char *const argv[], char *const envp[])
{
	AUTO_FD self = openat(AT_FDCWD, SELF, O_RDONLY | O_CLOEXEC);
	AUTO_FD copy = new_memfd();

	if (self < 0 || copy < 0)
		return -errno;
	TRY(copy_all(self, copy));
	if (fchmod(copy, 0555) < 0)
		return -errno;
	TRY(seal(copy));
	return sys_execfd(copy, argv, envp);
}

void self_rest(void)
{
	extern const char __executable_start[], etext[]; /* ld(1) */
	const uintptr_t in_page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	const uintptr_t from = ((uintptr_t)__executable_start + in_page) & ~in_page;

	/* where the kernel does not do it, nothing is lost */
	(void)madvise((void *)from, ((uintptr_t)etext & ~in_page) - from, MADV_DONTNEED);
}

int self_protect(char *const argv[], char *const envp[], struct err *e)
{
	int rc = is_read_only();

	if (rc > 0)
		return 0;
	if (rc == 0)
		(void)!exec_clone(argv, envp); /* without the right to mount: the other way */
	if (is_sealed())
		return 0;
	rc = exec_copy(argv, envp);
	(void)err_sys(e, -rc, POS_NONE, "cannot run from a protected copy of the program");
	return err_hint(e, "/proc must be mounted, and memfd_create(2) be allowed to make what can "
			   "be executed (sysctl vm.memfd_noexec)");
}
