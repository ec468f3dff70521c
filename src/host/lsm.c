/* Asking for the security modules that give labels.  Reads the caller's own labels, which are there
 * exactly when the module is at work; what is mounted below /sys does not matter.  Knows nothing of
 * configurations. */
#include "host/lsm.h"

#include "base/sys.h"

#include <fcntl.h>
#include <string.h>

enum {
	LABEL_SIZE = 8192 /* the kernel gives a page at most */
};

/* 1 and the text, 0 when no module at work has such a file. */
static int read_own(const char *path, char *text, struct err *e)
{
	const ssize_t rc = sys_read_text(AT_FDCWD, path, text, LABEL_SIZE);

	if (rc >= 0)
		return 1;
	/* EINVAL: the files are there with each module that the kernel was built with */
	if (rc == -ENOENT || rc == -EINVAL || rc == -EOPNOTSUPP)
		return 0;
	return err_sys(e, (int)-rc, POS_NONE, "cannot read %s", path);
}

bool host_apparmor_confines(const char *label)
{
	static const char mode[] = " (unconfined)";
	const size_t len = strcspn(label, "\n");

	if (len == strlen("unconfined") && strncmp(label, "unconfined", len) == 0)
		return false;
	return len < strlen(mode) || strncmp(label + len - strlen(mode), mode, strlen(mode)) != 0;
}

static int probe_apparmor(struct host_facts *h, struct err *e)
{
	char label[LABEL_SIZE];
	const int rc = read_own("/proc/self/attr/apparmor/current", label, e);

	if (rc <= 0)
		return rc;
	h->apparmor = true;
	h->apparmor_confined = host_apparmor_confines(label);
	return 0;
}

/* Of all modules only SELinux labels keys.  Until it has a policy it takes any label for the
 * kernel's own, which has no colons. */
static int probe_selinux(struct host_facts *h, struct err *e)
{
	char label[LABEL_SIZE];
	int rc = read_own("/proc/self/attr/keycreate", label, e);

	if (rc > 0)
		rc = read_own("/proc/self/attr/current", label, e);
	if (rc > 0)
		h->selinux = strchr(label, ':') != NULL;
	return rc < 0 ? rc : 0;
}

int host_probe_lsm(const struct host_wish *wish, struct host_facts *h, struct err *e)
{
	if (wish->apparmor)
		TRY(probe_apparmor(h, e));
	return wish->selinux ? probe_selinux(h, e) : 0;
}
