/* Asking the kernel for the facts of spec/host.def.  Changes nothing. */
#include "host/host.h"

#include "base/sys.h"
#include "host/layers.h"
#include "host/lsm.h"
#include "host/subid.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#ifndef RDTGROUP_SUPER_MAGIC
#define RDTGROUP_SUPER_MAGIC 0x7655821
#endif

enum {
	SMALL_FILE = 4096
};

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static int probe_identity(struct host_facts *h, struct err *e)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };
	struct utsname uts;
	char *dot;

	h->uid = sys_euid();
	h->gid = sys_egid();
	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, errno, POS_NONE, "cannot read the caller's capabilities");
	h->capabilities = (uint64_t)data[1].effective << 32 | data[0].effective;
	if (uname(&uts) < 0)
		return err_sys(e, errno, POS_NONE, "cannot read the kernel's version");
	h->kernel = strtoul(uts.release, &dot, 10) * 1000;
	if (*dot == '.')
		h->kernel += strtoul(dot + 1, NULL, 10);
	return 0;
}

/* The highest capability that the bounding set knows.  All those of our headers are older than the
 * oldest kernel that we run on (CAP_CHECKPOINT_RESTORE: Linux 5.9). */
static void probe_cap_last(struct host_facts *h)
{
	h->cap_last = CAP_LAST_CAP;
	while (h->cap_last < 63 && prctl(PR_CAPBSET_READ, h->cap_last + 1, 0, 0, 0) >= 0)
		h->cap_last++;
}

int host_in_user_namespace(bool *ret, struct err *e)
{
	struct stat st;

	if (stat("/proc/self/ns/user", &st) < 0) {
		if (errno != ENOENT)
			return err_sys(e, errno, POS_NONE, "cannot look at /proc/self/ns/user");
		*ret = false; /* a kernel without user namespaces */
		return 0;
	}
	/* the kernel gives the initial one this number (include/linux/proc_ns.h) */
	*ret = st.st_ino != 0xEFFFFFFDu;
	return 0;
}

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* The caller's own cgroup of version 2: the line "0::/path" of /proc/self/cgroup. */
static int probe_own_cgroup(struct arena *arena, struct host_facts *h, struct err *e)
{
	char text[SMALL_FILE];
	const ssize_t rc = sys_read_text(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
	const char *line;

	if (rc < 0)
		return err_sys(e, (int)-rc, POS_NONE, "cannot read /proc/self/cgroup");
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (line == NULL) {
		h->cgroup_root = "";
		return 0;
	}
	line = strchr(line, '/');
	if (line == NULL)
		return err_set(e, EPROTO, POS_NONE, "/proc/self/cgroup has no path");
	h->cgroup_own = arena_text(arena, line, strcspn(line, "\n"));
	return h->cgroup_own != NULL ? 0 : no_memory(e);
}

/* dir: the group whose controllers can be handed down to the container's. */
static int probe_controllers(
	const char *dir, struct arena *arena, struct host_facts *h, struct err *e)
{
	char text[SMALL_FILE];
	const char *const path = arena_printf(arena, "%s/cgroup.controllers", dir);
	ssize_t rc;

	if (path == NULL)
		return no_memory(e);
	rc = sys_read_text(AT_FDCWD, path, text, sizeof(text));
	if (rc < 0)
		return err_sys(e, (int)-rc, POS_NONE, "cannot read %s", path);
	h->cgroup_controllers = arena_text(arena, text, strcspn(text, "\n"));
	return h->cgroup_controllers != NULL ? 0 : no_memory(e);
}

static bool is_writable(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

/* Cuts the path at the topmost group on the way that is the caller's: what it has, and no more, is
 * the caller's to hand down. */
static void cut_at_delegation(char *path, size_t root_len)
{
	for (char *slash = path + root_len; slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (is_writable(path))
			return;
		*slash = '/';
	}
}

/* Can the caller make a directory at the nearest existing one above the wanted path, and what can
 * it have there? */
static int probe_delegation(
	const char *wanted, struct arena *arena, struct host_facts *h, struct err *e)
{
	const char *const below = host_cgroup_path(h, wanted, "x", arena);
	char *path = below == NULL ? NULL : arena_printf(arena, "%s%s", h->cgroup_root, below);
	char *slash;

	if (path == NULL)
		return no_memory(e);
	do {
		slash = strrchr(path, '/');
		if (slash == NULL || slash == path)
			return 0;
		*slash = '\0';
	} while (faccessat(AT_FDCWD, path, F_OK, 0) < 0);
	/* entering it needs the right to move a process from here to there (cgroups(7)) */
	h->cgroup_writable = is_writable(path);
	if (!h->cgroup_writable)
		return 0;
	cut_at_delegation(path, strlen(h->cgroup_root));
	return probe_controllers(path, arena, h, e);
}

static int probe_cgroup(
	const struct host_wish *wish, struct arena *arena, struct host_facts *h, struct err *e)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < ARRAY_LEN(mounts) && h->cgroup_root[0] == '\0'; i++)
		if (is_cgroup2(mounts[i]))
			h->cgroup_root = mounts[i];
	if (h->cgroup_root[0] == '\0')
		return 0;
	TRY(probe_own_cgroup(arena, h, e));
	if (h->cgroup_root[0] == '\0')
		return 0;
	if (h->uid != 0 || h->user_namespace)
		return probe_delegation(wish->cgroup_path, arena, h, e);
	h->cgroup_writable = true; /* to be found out by trying */
	return probe_controllers(h->cgroup_root, arena, h, e);
}

static bool is_initial_cgroup_ns(const char *path)
{
	struct stat st;

	/* the number that the kernel gives it (include/linux/proc_ns.h); joining tells what is
	 * wrong with the path */
	return path != NULL && stat(path, &st) == 0 && st.st_ino == 0xEFFFFFFBu;
}

static void probe_rlimits(uint64_t wanted, struct host_facts *h)
{
	struct rlimit limit;

	/* getrlimit(2) fails only for a resource that does not exist */
#define LIMIT(member, name, resource)                                          \
	if ((wanted >> (resource)&1) != 0 && getrlimit(resource, &limit) == 0) \
		h->member = limit.rlim_max;
#define NUMBER(member, name)
#define FLAG(member, name)
#define TEXT(member, name)
#include "spec/host.def"
#undef LIMIT
#undef NUMBER
#undef FLAG
#undef TEXT
}

/* The kernel makes the directory where its processor can do something of it. */
static void probe_resctrl(struct host_facts *h)
{
	static const char path[] = "/sys/fs/resctrl";
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return;
	h->resctrl_possible = true;
	if (fs.f_type == RDTGROUP_SUPER_MAGIC)
		h->resctrl = path;
}

bool host_setgroups_denied(int dir)
{
	char word[16];

	return sys_read_text(dir, "setgroups", word, sizeof(word)) > 0 &&
	       strncmp(word, "deny", 4) == 0;
}

static bool own_setgroups_denied(void)
{
	AUTO_FD self = openat(AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return self >= 0 && host_setgroups_denied(self);
}

int host_probe(
	const struct host_wish *wish, struct arena *arena, struct host_facts *ret, struct err *e)
{
	struct host_facts h;

	host_facts_empty(&h);
	TRY(probe_identity(&h, e));
	probe_cap_last(&h);
	TRY(host_in_user_namespace(&h.user_namespace, e));
	h.no_setgroups = h.user_namespace && own_setgroups_denied();
	if (!wish->no_cgroup)
		TRY(probe_cgroup(wish, arena, &h, e));
	h.cgroup_ns_initial = is_initial_cgroup_ns(wish->cgroup_ns);
	if (wish->rlimits != 0)
		probe_rlimits(wish->rlimits, &h);
	TRY(host_probe_lsm(wish, &h, e));
	if (wish->resctrl)
		probe_resctrl(&h);
	if (wish->layer_count != 0)
		TRY(host_probe_layers(wish, arena, &h, e));
	/* before Linux 5.11 there was no overlay in a user namespace */
	if (wish->fuse || (wish->overlay && h.kernel < 5011))
		h.fuse_overlayfs = host_find_fuse_overlayfs(getenv("PATH"), arena);
	if (h.fuse_overlayfs == NULL)
		return no_memory(e);
	/* who may write any id map needs no helper */
	if ((h.capabilities >> CAP_SETUID & h.capabilities >> CAP_SETGID & 1) == 0)
		TRY(host_probe_subids(&h, arena, e));
	*ret = h;
	return 0;
}
