/* The cgroup's operations: made level by level, controllers handed down, limits written. */
#include "parent/ops.h"

#include "base/sys.h"
#include "parent/bpf.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "+cpu +memory" of "cpu memory"; false when it is too long, or nothing. */
static bool put_signs(const char *controllers, char *text, size_t size)
{
	size_t len = 0;

	for (const char *c = controllers; *c != '\0';) {
		const size_t word = strcspn(c, " ");

		len += (size_t)snprintf(
			text + len, size - len, "%s+%.*s", len == 0 ? "" : " ", (int)word, c);
		if (len >= size)
			return false;
		c += word + (c[word] == ' ');
	}
	return len > 0;
}

/* Is there a controller that no group with processes hands down?  The others it does, and becomes
 * a threaded domain by it: no process can be put into a group below any more.
 * Source: cgroups(7), "Thread mode" */
static bool has_domain_controller(const char *signs)
{
	static const char *const domain[] = { "+memory", "+io", "+hugetlb", "+rdma", "+misc" };

	for (size_t i = 0; i < ARRAY_LEN(domain); i++)
		if (strstr(signs, domain[i]) != NULL)
			return true;
	return false;
}

/* Would it become a threaded domain?  Not the root of all, which has no cgroup.type. */
static bool has_processes(const char *dir)
{
	char file[PATH_MAX], first;
	AUTO_FD fd = FD_NONE;

	(void)snprintf(file, sizeof(file), "%s/cgroup.type", dir);
	if (faccessat(AT_FDCWD, file, F_OK, 0) < 0)
		return false;
	(void)snprintf(file, sizeof(file), "%s/cgroup.procs", dir);
	fd = openat(AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &first, 1) == 1;
}

/* Hands controllers down to the groups below dir.  Best effort: a limit whose controller is missing
 * in the end fails by name when it is written; asking for all keeps statistics of all. */
static void enable(const char *dir, const char *controllers)
{
	char file[PATH_MAX], text[256];

	(void)snprintf(file, sizeof(file), "%s/cgroup.subtree_control", dir);
	if (!put_signs(controllers, text, sizeof(text)))
		return;
	if (has_domain_controller(text) && sys_write_file(AT_FDCWD, file, text) == 0)
		return;
	if (has_processes(dir))
		return;
	/* one that cannot be had keeps the others from being had together */
	for (char *rest = text, *word; (word = strsep(&rest, " ")) != NULL;)
		(void)!sys_write_file(AT_FDCWD, file, word);
}

/* A cgroup of that name that is there already must be empty and not frozen. */
static int check_existing(int dir, struct err *e)
{
	char events[256];
	const ssize_t rc = sys_read_text(dir, "cgroup.events", events, sizeof(events));

	if (rc < 0)
		return (int)rc;
	if (strstr(events, "populated 1") != NULL)
		return -EBUSY;
	if (strstr(events, "frozen 1") != NULL)
		return err_set(e, EBUSY, POS_NONE,
			"linux.cgroupsPath: container's cgroup unexpectedly frozen");
	return 0;
}

/* Removes what was made before a failure: the last `made` levels of the path. */
static void remove_made(struct parent *p, char *path)
{
	for (; p->cgroup_made > 0; p->cgroup_made--) {
		(void)rmdir(path);
		*strrchr(path, '/') = '\0';
	}
}

/* Makes the levels of op->path, below path, which holds the root at first and grows to the whole.
 * Links cannot lie on the way: the file system has none. */
static int make_levels(struct parent *p, const struct plan_cgroup_make *op, char *path)
{
	size_t len = strlen(path);

	for (const char *c = op->path; *c != '\0';) {
		const size_t word = strcspn(c, "/");
		const char *const name = c;

		c += word + strspn(c + word, "/");
		if (word == 0 || (word == 1 && name[0] == '.'))
			continue;
		if (word == 2 && strncmp(name, "..", 2) == 0)
			return -EINVAL;
		if (len + word + 2 > PATH_MAX)
			return -ENAMETOOLONG;
		enable(path, op->controllers);
		len += (size_t)snprintf(path + len, PATH_MAX - len, "/%.*s", (int)word, name);
		if (mkdir(path, 0755) == 0)
			p->cgroup_made++;
		else if (errno != EEXIST)
			return -errno;
		else
			p->cgroup_made = 0; /* what is above was there too */
	}
	return 0;
}

int do_cgroup_make(struct parent *p, const struct plan_cgroup_make *op, struct err *e)
{
	char path[PATH_MAX];
	AUTO_FD dir = FD_NONE;
	struct stat st;
	int rc;

	(void)snprintf(path, sizeof(path), "%s", op->root);
	rc = make_levels(p, op, path);
	if (rc == 0) {
		dir = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		rc = dir < 0 || fstat(dir, &st) < 0 ? -errno : 0;
	}
	if (rc == 0 && p->cgroup_made == 0)
		rc = check_existing(dir, e);
	if (rc < 0) {
		remove_made(p, path);
		return rc;
	}
	p->cgroup_inode = st.st_ino;
	p->slots[SLOT_CGROUP] = fd_take(&dir);
	return 0;
}

int do_cgroup_write(struct parent *p, const struct plan_cgroup_write *op, struct err *e)
{
	const int rc = sys_write_file(p->slots[SLOT_CGROUP], op->file, op->value);

	(void)e;
	return rc == -ENOENT && op->optional != 0 ? 0 : rc;
}

int do_cgroup_write_any(struct parent *p, const struct plan_cgroup_write_any *op, struct err *e)
{
	const int dir = p->slots[SLOT_CGROUP];
	const int first = sys_write_file(dir, op->file, op->value);
	int second;

	(void)e;
	if (first < 0 && first != -ENOENT)
		return first;
	second = sys_write_file(dir, op->other, op->other_value);
	return second == -ENOENT ? first : second;
}

int do_device_filter(struct parent *p, const struct plan_device_filter *op, struct err *e)
{
	(void)e;
	return bpf_device_attach(p->slots[SLOT_CGROUP], op->insns, op->count);
}
