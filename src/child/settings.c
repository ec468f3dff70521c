/* What is set in the new namespaces: names, sysctls, loopback, time, network; and how the kernel
 * treats the process there. */
#include "child/ops.h"

#include "base/proc.h"
#include "base/sys.h"
#include "plan/id_list.h"
#include "proto/proto.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

int child_open_proc(const struct child *c)
{
	int fd;

	if (c->slots[SLOT_PROC] == FD_NONE)
		return proc_open();
	fd = fcntl(c->slots[SLOT_PROC], F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

int child_write_proc(const struct child *c, const char *file, const char *text)
{
	AUTO_FD proc = child_open_proc(c);
	AUTO_FD fd = FD_NONE;

	if (proc < 0)
		return proc;
	fd = sys_openat2(
		proc, file, O_WRONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return fd;
	return sys_write_once(fd, text, strlen(text));
}

int do_unshare(struct child *c, const struct plan_unshare *op)
{
	(void)c;
	return unshare((int)op->flags) < 0 ? -errno : 0;
}

int do_net_join(struct child *c, const struct plan_net_join *op)
{
	struct proto_msg m;
	AUTO_FD fd = FD_NONE;

	(void)op;
	/* the parent says when it is in the new namespace */
	if (!c->net_made)
		TRY(proto_recv(c->sock, &m, &fd));
	if (!c->net_made && m.kind != PROTO_DONE)
		return -EPROTO;
	return setns(c->parent_pidfd, CLONE_NEWNET) < 0 ? -errno : 0;
}

int do_time_offset(struct child *c, const struct plan_time_offset *op)
{
	char line[96];

	(void)c;
	(void)snprintf(line, sizeof(line), "%s %lld %lld\n", op->clock, (long long)op->secs,
		(long long)op->nanosecs);
	return child_write_proc(c, "self/timens_offsets", line);
}

int do_ns_enter(struct child *c, const struct plan_ns_enter *op)
{
	if (setns(c->slots[op->from], (int)op->flag) < 0)
		return -errno;
	child_spend(c, &c->slots[op->from]);
	return 0;
}

int do_time_enter(struct child *c, const struct plan_time_enter *op)
{
	AUTO_FD fd = openat(AT_FDCWD, "/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);

	(void)c;
	(void)op;
	return fd < 0 || setns(fd, CLONE_NEWTIME) < 0 ? -errno : 0;
}

int do_loopback_up(struct child *c, const struct plan_loopback_up *op)
{
	AUTO_FD sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { .ifr_name = "lo" };

	(void)op;
	if (sock < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno; /* a kernel without IPv4 */
	req.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(sock, SIOCSIFFLAGS, &req) < 0)
		return -errno;
	child_spend(c, &sock);
	return 0;
}

int do_hostname(struct child *c, const struct plan_hostname *op)
{
	(void)c;
	return sethostname(op->name, strlen(op->name)) < 0 ? -errno : 0;
}

int do_domainname(struct child *c, const struct plan_domainname *op)
{
	(void)c;
	return setdomainname(op->name, strlen(op->name)) < 0 ? -errno : 0;
}

int do_sysctl(struct child *c, const struct plan_sysctl *op)
{
	(void)c;
	return child_write_proc(c, op->file, op->value);
}

int do_personality(struct child *c, const struct plan_personality *op)
{
	(void)c;
	return personality((unsigned long)op->value) < 0 ? -errno : 0;
}

int do_memory_policy(struct child *c, const struct plan_memory_policy *op)
{
	const struct id_list *const nodes = op->nodes;

	(void)c;
	/* the kernel reads one bit less than it is told there are (mm/mempolicy.c, get_nodes) */
	return syscall(SYS_set_mempolicy, op->mode, nodes != NULL ? nodes->bits : NULL,
		       nodes != NULL ? ID_LIST_MAX + 1ul : 0ul) < 0
		       ? -errno
		       : 0;
}

int do_scheduler(struct child *c, const struct plan_scheduler *op)
{
	(void)c;
	return sys_sched_setattr(0, op->attr);
}

int do_io_priority(struct child *c, const struct plan_io_priority *op)
{
	(void)c;
	return sys_ioprio_set(0, op->value);
}
