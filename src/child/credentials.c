/* User, groups, capabilities, keyring, limits of the process.  Straight system calls: the C
 * library's wrappers would look for threads. */
#include "child/ops.h"

#include "base/sys.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int set_ids(uint64_t uid, uint64_t gid)
{
	if (syscall(SYS_setresgid, (gid_t)gid, (gid_t)gid, (gid_t)gid) < 0 ||
		syscall(SYS_setresuid, (uid_t)uid, (uid_t)uid, (uid_t)uid) < 0)
		return -errno;
	return 0;
}

static int set_groups(size_t count, const uint32_t *gids)
{
	return syscall(SYS_setgroups, count, gids) < 0 ? -errno : 0;
}

int do_become_root(struct child *c, const struct plan_become_root *op)
{
	/* A namespace that others made may deny setgroups for good, as one with a single id must.
	 */
	if (op->groups != 0) {
		const int rc = set_groups(0, NULL);

		if (rc < 0 && (rc != -EPERM || (c->plan->joined_ns & CLONE_NEWUSER) == 0))
			return rc;
	}
	return set_ids(op->uid != 0 ? 0 : (uint64_t)-1, op->gid != 0 ? 0 : (uint64_t)-1);
}

int do_groups(struct child *c, const struct plan_groups *op)
{
	const int rc = set_groups(op->count, op->gids);

	return rc == -EPERM && op->count == 0 && (c->plan->joined_ns & CLONE_NEWUSER) != 0 ? 0 : rc;
}

int do_keep_caps(struct child *c, const struct plan_keep_caps *op)
{
	(void)c;
	(void)op;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int do_user(struct child *c, const struct plan_user *op)
{
	(void)c;
	return set_ids(op->uid, op->gid);
}

int do_bounding(struct child *c, const struct plan_bounding *op)
{
	(void)c;
	for (uint64_t cap = 0; cap <= op->last; cap++)
		if ((op->keep >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
	return 0;
}

int do_capabilities(struct child *c, const struct plan_capabilities *op)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	(void)c;
	for (unsigned i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			(uint32_t)(op->effective >> 32 * i),
			(uint32_t)(op->permitted >> 32 * i),
			(uint32_t)(op->inheritable >> 32 * i),
		};
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

int do_ambient(struct child *c, const struct plan_ambient *op)
{
	(void)c;
	for (unsigned long cap = 0; cap < 64; cap++)
		if ((op->set >> cap & 1) != 0 &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	return 0;
}

int do_no_new_privs(struct child *c, const struct plan_no_new_privs *op)
{
	(void)c;
	(void)op;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* Without a name: by one, the kernel joins the keyring of anybody, of whatever user of the host or
 * container of root's, who made one of that name before and lets it be searched. */
static int new_keyring(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
		return 0;
	return errno == ENOSYS ? 0 : -errno; /* a kernel without keyrings has none to leak */
}

int do_keyring(struct child *c, const struct plan_keyring *op)
{
	(void)c;
	(void)op;
	return new_keyring();
}

/* Of an exec: where keyrings are forbidden nobody inside has any. */
int do_keyring_own(struct child *c, const struct plan_keyring_own *op)
{
	const int rc = new_keyring();

	(void)c;
	(void)op;
	return rc == -EPERM ? 0 : rc;
}

int do_umask(struct child *c, const struct plan_umask *op)
{
	(void)c;
	(void)umask((mode_t)op->mask);
	return 0;
}

int do_rlimit(struct child *c, const struct plan_rlimit *op)
{
	const struct rlimit limit = { op->soft, op->hard };

	(void)c;
	return sys_prlimit(0, op->resource, &limit, NULL);
}
