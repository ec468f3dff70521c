/* Network devices by rtnetlink(7).  The kernel takes a device's addresses away when it is moved,
 * sets it down and takes it out of its bridge: what shall stay is noted before, and given back
 * after. */
#include "parent/net_device.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

enum {
	TRIES = 5
}; /* to read a list that changes meanwhile */

static int take_link(void *data, const struct nlmsghdr *h)
{
	struct net_device *const d = data;
	const struct ifinfomsg *const info = netlink_body(h, sizeof(*info));
	const char *name;
	const uint32_t *master;
	size_t size;

	if (h->nlmsg_type != RTM_NEWLINK || info == NULL || info->ifi_index <= 0)
		return -EPROTO;
	name = netlink_find(h, sizeof(*info), IFLA_IFNAME, &size);
	if (name == NULL || size == 0 || size > sizeof(d->name) || name[size - 1] != '\0')
		return -EPROTO;
	memcpy(d->name, name, size);
	d->index = (uint32_t)info->ifi_index;
	d->up = (info->ifi_flags & IFF_UP) != 0;
	master = netlink_find(h, sizeof(*info), IFLA_MASTER, &size);
	d->master = master != NULL && size == sizeof(*master) ? *master : 0;
	return 0;
}

int net_device_find(struct netlink *n, const char *name, struct net_device *ret)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct net_device found = { .index = 0 };
	struct netlink_message m;

	netlink_begin(&m, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_put_text(&m, IFLA_IFNAME, name);
	netlink_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	TRY(netlink_call(n, &m, take_link, &found));
	if (found.index == 0)
		return -EPROTO;
	*ret = found;
	return 0;
}

/* --- addresses ------------------------------------------------------------------------------- */

static uint32_t address_flags(const struct nlmsghdr *seen, const struct ifaddrmsg *info)
{
	size_t size;
	const uint32_t *const flags = netlink_find(seen, sizeof(*info), IFA_FLAGS, &size);

	return flags != NULL && size == sizeof(*flags) ? *flags : info->ifa_flags;
}

bool net_address_is_kept(const struct nlmsghdr *seen, uint32_t index)
{
	const struct ifaddrmsg *const info = netlink_body(seen, sizeof(*info));

	return seen->nlmsg_type == RTM_NEWADDR && info != NULL && info->ifa_index == index &&
	       (info->ifa_family == AF_INET || info->ifa_family == AF_INET6) &&
	       info->ifa_scope == RT_SCOPE_UNIVERSE &&
	       (address_flags(seen, info) & IFA_F_PERMANENT) != 0;
}

/* NULL: none, or none that fits. */
static const char *new_label(const char *label, const char *had, const char *name, char *buf)
{
	const size_t len = strlen(had);

	if (strncmp(label, had, len) != 0 || (label[len] != '\0' && label[len] != ':'))
		return label; /* somebody's own idea of a name */
	if (label[len] == '\0')
		return NULL; /* the kernel takes the device's name */
	return snprintf(buf, IF_NAMESIZE, "%s%s", name, label + len) < IF_NAMESIZE ? buf : NULL;
}

void net_address_message(const struct nlmsghdr *seen, const char *had, const struct net_device *d,
	struct netlink_message *ret)
{
	static const uint16_t copied[] = { IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST, IFA_RT_PRIORITY };
	struct ifaddrmsg info;
	char buf[IF_NAMESIZE];
	const char *label;
	size_t size;

	memcpy(&info, netlink_body(seen, sizeof(info)), sizeof(info));
	const uint32_t flags = address_flags(seen, &info) &
			       (IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
				       IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN);
	info.ifa_index = d->index;
	info.ifa_flags = (uint8_t)flags;
	netlink_begin(ret, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	for (size_t i = 0; i < ARRAY_LEN(copied); i++) {
		const void *const attr = netlink_find(seen, sizeof(info), copied[i], &size);

		if (attr != NULL && size <= sizeof(struct in6_addr))
			netlink_put(ret, copied[i], attr, size);
	}
	netlink_put_u32(ret, IFA_FLAGS, flags);
	label = netlink_find(seen, sizeof(info), IFA_LABEL, &size);
	if (label != NULL && size > 0 && size <= IF_NAMESIZE && label[size - 1] == '\0')
		label = new_label(label, had, d->name, buf);
	else
		label = NULL;
	if (label != NULL)
		netlink_put_text(ret, IFA_LABEL, label);
}

void net_address_say(const struct nlmsghdr *seen, char *ret)
{
	const struct ifaddrmsg *const info = netlink_body(seen, sizeof(*info));
	const size_t want =
		info->ifa_family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
	char text[INET6_ADDRSTRLEN];
	size_t size = 0;
	const void *address = netlink_find(seen, sizeof(*info), IFA_LOCAL, &size);

	if (address == NULL)
		address = netlink_find(seen, sizeof(*info), IFA_ADDRESS, &size);
	if (address == NULL || size != want ||
		inet_ntop(info->ifa_family, address, text, sizeof(text)) == NULL)
		(void)snprintf(text, sizeof(text), "?");
	(void)snprintf(ret, NET_ADDRESS_SAY, "address %s/%u", text, (unsigned)info->ifa_prefixlen);
}

struct taking {
	struct arena *arena;
	struct net_device *d;
};

static int take_address(void *data, const struct nlmsghdr *h)
{
	const struct taking *const t = data;
	const struct ifaddrmsg *const info = netlink_body(h, sizeof(*info));
	struct net_address *a;
	struct nlmsghdr *copy;

	if (!net_address_is_kept(h, t->d->index))
		return 0;
	a = arena_alloc(t->arena, sizeof(*a));
	copy = arena_alloc(t->arena, h->nlmsg_len);
	if (a == NULL || copy == NULL)
		return -ENOMEM;
	memcpy(copy, h, h->nlmsg_len);
	a->seen = copy;
	a->before = info->ifa_family == AF_INET ? t->d->v4 : t->d->v6;
	if (info->ifa_family == AF_INET)
		t->d->v4 = a;
	else
		t->d->v6 = a;
	return 0;
}

int net_device_addresses(struct netlink *n, struct arena *arena, struct net_device *d)
{
	const struct ifaddrmsg info = { .ifa_family = AF_UNSPEC, .ifa_index = d->index };
	struct taking t = { arena, d };
	struct netlink_message m;
	int rc = -EAGAIN;

	for (int i = 0; i < TRIES && rc == -EAGAIN; i++) {
		d->v4 = NULL;
		d->v6 = NULL;
		netlink_begin(&m, RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info));
		rc = netlink_call(n, &m, take_address, &t);
	}
	return rc;
}

static int give_one(struct netlink *n, const struct net_device *d, const char *had,
	const struct nlmsghdr *seen, char *ret_which)
{
	struct netlink_message m;
	int rc;

	net_address_message(seen, had, d, &m);
	rc = netlink_call(n, &m, NULL, NULL);
	if (rc == 0 || rc == -EEXIST) /* it has it already */
		return 0;
	net_address_say(seen, ret_which);
	return rc;
}

/* In the order of the list. */
static int give_v4(struct netlink *n, const struct net_device *d, const char *had,
	const struct net_address *last, char *ret_which)
{
	const struct net_address *first = last, *until = NULL;

	while (until != last) {
		for (first = last; first->before != until; first = first->before)
			;
		TRY(give_one(n, d, had, first->seen, ret_which));
		until = first;
	}
	return 0;
}

int net_device_give(struct netlink *n, const struct net_device *d, const struct net_device *had,
	char *ret_which)
{
	/* Of those of one network the first is the primary one. */
	if (had->v4 != NULL)
		TRY(give_v4(n, d, had->name, had->v4, ret_which));
	/* The kernel puts a new one before the others. */
	for (const struct net_address *a = had->v6; a != NULL; a = a->before)
		TRY(give_one(n, d, had->name, a->seen, ret_which));
	return 0;
}

/* --- the device ------------------------------------------------------------------------------ */

int net_device_move(struct netlink *from, uint32_t index, int to, const char *name)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };
	struct netlink_message m;

	netlink_begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_put_u32(&m, IFLA_NET_NS_FD, (uint32_t)to);
	if (name != NULL)
		netlink_put_text(&m, IFLA_IFNAME, name);
	return netlink_call(from, &m, NULL, NULL);
}

int net_device_up(struct netlink *n, uint32_t index)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC,
		.ifi_index = (int)index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP };
	struct netlink_message m;

	netlink_begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	return netlink_call(n, &m, NULL, NULL);
}

int net_device_enslave(struct netlink *n, uint32_t index, uint32_t master)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };
	struct netlink_message m;

	if (master == 0)
		return 0;
	netlink_begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_put_u32(&m, IFLA_MASTER, master);
	return netlink_call(n, &m, NULL, NULL);
}
