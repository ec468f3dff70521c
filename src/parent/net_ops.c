/* The operations of linux.netDevices, and their undoing.
 *
 * Both namespaces are held by a socket and a descriptor from net_open on: so the container's lives
 * until parent_net_close, even when all its processes have ended, and a start that fails can bring
 * the devices back before the kernel would delete the virtual ones with their namespace. */
#include "parent/ops.h"

#include "base/proc.h"
#include "parent/net_device.h"
#include "parent/spawn.h"
#include "plan/explain.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A device that was moved. */
struct moved {
	struct moved *before;
	struct net_device host;   /* as it was there */
	struct net_device inside; /* as it is now; index 0: whether it is there is not known */
	const char *wanted;       /* the name that it shall get there */
};

struct side {
	int ns;
	struct netlink link;
};

struct parent_net {
	struct side host, inside;
	struct moved *moved; /* the last one first */
};

#define SIDE_NONE ((struct side){ .ns = FD_NONE, .link = NETLINK_NONE })

static int own_namespace(void)
{
	AUTO_FD proc = proc_open();
	int fd;

	if (proc < 0)
		return proc;
	fd = openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Of the network namespace that we are in. */
static int side_open(struct side *ret)
{
	const int fd = own_namespace();

	if (fd < 0)
		return fd;
	ret->ns = fd;
	return netlink_open(&ret->link);
}

static void side_close(struct side *s)
{
	fd_close(&s->ns);
	netlink_close(&s->link);
}

static bool same_namespace(const struct parent_net *net)
{
	struct stat a, b;

	return fstat(net->host.ns, &a) == 0 && fstat(net->inside.ns, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* A socket belongs to the namespace where it was made: so we go there, and come back. */
int do_net_open(struct parent *p, const struct plan_net_open *op, struct err *e)
{
	struct parent_net *const net = arena_alloc(p->plan->arena, sizeof(*net));
	int rc;

	if (net == NULL)
		return -ENOMEM;
	*net = (struct parent_net){ .host = SIDE_NONE, .inside = SIDE_NONE };
	p->net = net;
	TRY(side_open(&net->host));
	p->host_net = own_namespace();
	if (p->host_net < 0)
		return p->host_net;
	if (setns(p->host_net, CLONE_NEWNET) < 0)
		return -errno; /* there would be no way back */
	if (setns(op->joined == SLOT_NONE ? p->pidfd : p->slots[op->joined], CLONE_NEWNET) < 0)
		return errno == ESRCH ? -EPIPE : -errno; /* a child that has ended said why */
	rc = side_open(&net->inside);
	TRY(parent_net_restore(p)); /* on failure the undoing tries it once more */
	TRY(rc);
	if (!same_namespace(net))
		return 0;
	(void)err_set(e, EINVAL, POS_NONE,
		"linux.netDevices: the network namespace that is joined is the host's, where the "
		"devices are already");
	return err_hint(e, "linux.namespaces: give the path of another one, or none");
}

/* What the kernel said about it goes along. */
static int tell(struct parent *p, const struct netlink *n, int rc, struct err *e)
{
	return rc < 0 && n->said[0] != '\0' ? plan_explain(p->plan, p->next, -rc, n->said, e) : rc;
}

/* Noted before it is moved: an answer that does not come says nothing of where the device is. */
static int move(struct parent_net *net, struct moved *m, const char *name)
{
	m->wanted = name;
	m->before = net->moved;
	net->moved = m;
	TRY(net_device_move(&net->host.link, m->host.index, net->inside.ns,
		strcmp(name, m->host.name) != 0 ? name : NULL));
	return net_device_find(&net->inside.link, name, &m->inside);
}

int do_net_move(struct parent *p, const struct plan_net_move *op, struct err *e)
{
	struct parent_net *const net = p->net;
	struct moved *const m = arena_alloc(p->plan->arena, sizeof(*m));
	struct net_device taken;
	const char *name = op->name;
	int rc;

	if (m == NULL)
		return -ENOMEM;
	rc = net_device_find(&net->host.link, op->host, &m->host);
	if (rc == 0)
		rc = net_device_addresses(&net->host.link, p->plan->arena, &m->host);
	TRY(tell(p, &net->host.link, rc, e));
	if (strcmp(name, op->host) == 0)
		name = m->host.name; /* it was called by another of its names */
	rc = net_device_find(&net->inside.link, name, &taken);
	if (rc != -ENODEV)
		return rc < 0 ? rc : -EEXIST;
	return tell(p, &net->host.link, move(net, m, name), e);
}

int do_net_setup(struct parent *p, const struct plan_net_setup *op, struct err *e)
{
	struct netlink *const n = &p->net->inside.link;
	const struct moved *const m = p->net->moved;
	char which[NET_ADDRESS_SAY], said[sizeof(which) + NETLINK_SAID_SIZE + 2];
	int rc;

	(void)op;
	rc = net_device_give(n, &m->inside, &m->host, which);
	if (rc == 0)
		return tell(p, n, net_device_up(n, m->inside.index), e);
	(void)snprintf(
		said, sizeof(said), "%s%s%s", which, n->said[0] != '\0' ? ": " : "", n->said);
	return plan_explain(p->plan, p->next, -rc, said, e);
}

/* One whose move was not confirmed, or which has gone under its own name though it could not be
 * renamed.  Returns 0 when it is inside. */
static int look_inside(struct parent_net *net, struct moved *m)
{
	struct net_device still;

	if (m->inside.index != 0)
		return 0;
	if (net_device_find(&net->host.link, m->host.name, &still) != -ENODEV)
		return -EEXIST;
	if (net_device_find(&net->inside.link, m->wanted, &m->inside) == 0)
		return 0;
	return net_device_find(&net->inside.link, m->host.name, &m->inside);
}

/* All of it is tried, for the first failure is the one that is told. */
static void bring_back(struct parent_net *net, struct moved *m)
{
	struct netlink *const n = &net->host.link;
	struct net_device back;
	char which[NET_ADDRESS_SAY];
	bool rename;

	if (look_inside(net, m) < 0)
		return;
	rename = strcmp(m->inside.name, m->host.name) != 0;
	if (net_device_move(&net->inside.link, m->inside.index, net->host.ns,
		    rename ? m->host.name : NULL) < 0 ||
		net_device_find(n, m->host.name, &back) < 0)
		return;
	(void)!net_device_enslave(n, back.index, m->host.master);
	(void)!net_device_give(n, &back, &m->host, which);
	if (m->host.up)
		(void)!net_device_up(n, back.index);
}

void parent_net_undo(struct parent *p)
{
	for (; p->net != NULL && p->net->moved != NULL; p->net->moved = p->net->moved->before)
		bring_back(p->net, p->net->moved);
	parent_net_close(p);
}

void parent_net_close(struct parent *p)
{
	if (p->net == NULL)
		return;
	side_close(&p->net->host);
	side_close(&p->net->inside);
	p->net = NULL;
}
