/* rtnetlink messages: how they are built and taken apart, what is cut or forged, and which of a
 * device's addresses go with it, as what. */
#include "parent/net_device.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

Test(netlink, a_message_as_the_kernel_wants_it)
{
	static const unsigned char want[] = { /* length 36, type 16, flags */ 36, 0, 0, 0, 16, 0, 0,
		0,
		/* sequence, port */ 0, 0, 0, 0, 0, 0, 0, 0,
		/* body */ 1, 2, 3, 4,
		/* a text of 3 bytes with its NUL, filled up */ 7, 0, 3, 0, 'a', 'b', 0, 0,
		/* a number */ 8, 0, 10, 0, 5, 0, 0, 0 };
	struct netlink_message m;

	netlink_begin(&m, RTM_NEWLINK, 0, (const char[]){ 1, 2, 3, 4 }, 4);
	netlink_put_text(&m, IFLA_IFNAME, "ab");
	netlink_put_u32(&m, IFLA_MASTER, 5);
	cr_assert(eq(u32, m.head.nlmsg_len, sizeof(want)));
	if (htonl(1) != 1) /* the bytes above are those of little endian */
		cr_expect(memcmp(m.bytes, want, sizeof(want)) == 0);
}

/* A link's message whose name has this length, in a message cut to that length. */
static const struct {
	const char *label;
	uint16_t attr_len; /* 0: as it is */
	uint32_t cut;      /* bytes less */
	const char *found;
} finds[] = {
	{ "whole", 0, 0, "w0" },
	{ "cut message", 0, 3, NULL },
	{ "cut head", 0, 8, NULL },
	{ "longer than the message", 9, 2, NULL },
	{ "shorter than its head", 3, 0, NULL },
	{ "of no length", 0xffff, 0, NULL },
};

Test(netlink, attributes_are_found_within_the_message)
{
	for (size_t i = 0; i < ARRAY_LEN(finds); i++) {
		const struct ifinfomsg info = { .ifi_index = 7 };
		const size_t at = sizeof(struct nlmsghdr) + sizeof(info);
		struct netlink_message m;
		const char *found;
		size_t size = 0;

		netlink_begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
		netlink_put_text(&m, IFLA_IFNAME, "w0");
		if (finds[i].attr_len != 0)
			memcpy(m.bytes + at, &finds[i].attr_len, 2);
		m.head.nlmsg_len -= finds[i].cut;
		found = netlink_find(&m.head, sizeof(info), IFLA_IFNAME, &size);
		cr_expect(eq(int, found != NULL, finds[i].found != NULL), "%s", finds[i].label);
		if (found != NULL)
			cr_expect(eq(str, (char *)found, (char *)finds[i].found));
		cr_expect(netlink_find(&m.head, sizeof(info), IFLA_MASTER, &size) == NULL);
	}
}

Test(netlink, a_body_is_as_long_as_it_must_be)
{
	struct netlink_message m;

	netlink_begin(&m, NLMSG_ERROR, 0, "abc", 3);
	cr_expect(netlink_body(&m.head, 3) != NULL);
	cr_expect(netlink_body(&m.head, 4) == NULL);
}

Test(netlink, the_kernel_answers_with_errno_and_words)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct net_device d = { .index = 5 };
	struct netlink_message m;
	struct netlink n = NETLINK_NONE;

	cr_assert(eq(int, netlink_open(&n), 0));
	cr_expect(eq(int, net_device_find(&n, "none0", &d), -ENODEV));
	cr_expect(eq(u32, d.index, 5), "an output is written on success only");
	cr_expect(eq(int, net_device_find(&n, "lo", &d), 0));
	cr_expect(eq(u32, d.index, 1));
	cr_expect(eq(str, d.name, "lo"));
	netlink_begin(&m, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_put_u32(&m, IFLA_MTU, 1);
	cr_expect(eq(int, netlink_call(&n, &m, NULL, NULL), -EINVAL));
	cr_expect(n.said[0] != '\0', "a strict kernel says what is too much");
	netlink_close(&n);
}

/* --- addresses ------------------------------------------------------------------------------- */

struct address {
	unsigned char family, scope, header_flags;
	uint32_t flags; /* 0: no such attribute */
	uint32_t index;
	const char *local, *peer, *broadcast, *label;
};

static void put_ip(struct netlink_message *m, int family, uint16_t type, const char *text)
{
	unsigned char ip[16];

	if (text == NULL)
		return;
	must(inet_pton(family, text, ip) == 1);
	netlink_put(m, type, ip, family == AF_INET ? 4 : 16);
}

static void make_address(const struct address *a, struct netlink_message *m)
{
	const struct ifaddrmsg info = { .ifa_family = a->family,
		.ifa_prefixlen = 24,
		.ifa_scope = a->scope,
		.ifa_flags = a->header_flags,
		.ifa_index = a->index };
	const struct ifa_cacheinfo cache = { .ifa_valid = 7 };

	netlink_begin(m, RTM_NEWADDR, NLM_F_MULTI, &info, sizeof(info));
	put_ip(m, a->family, IFA_ADDRESS, a->peer);
	put_ip(m, a->family, IFA_LOCAL, a->local);
	put_ip(m, a->family, IFA_BROADCAST, a->broadcast);
	if (a->label != NULL)
		netlink_put_text(m, IFA_LABEL, a->label);
	netlink_put(m, IFA_CACHEINFO, &cache, sizeof(cache));
	if (a->flags != 0)
		netlink_put_u32(m, IFA_FLAGS, a->flags);
}

#define PERM IFA_F_PERMANENT

static const struct {
	const char *label;
	struct address in;
	bool kept;
} keeps[] = {
	{ "v4", { AF_INET, 0, PERM, PERM, 7, .local = "192.0.2.1" }, true },
	{ "v6", { AF_INET6, 0, PERM, PERM, 7, .peer = "2001:db8::1" }, true },
	{ "flags of an old kernel", { AF_INET, 0, PERM, 0, 7, .local = "192.0.2.1" }, true },
	{ "with a lifetime", { AF_INET, 0, PERM, IFA_F_NOPREFIXROUTE, 7, .local = NULL }, false },
	{ "with a lifetime, v6", { AF_INET6, 0, 0, 0, 7, .local = NULL }, false },
	{ "another device's", { AF_INET, 0, PERM, PERM, 8, .local = NULL }, false },
	{ "of the link", { AF_INET6, RT_SCOPE_LINK, PERM, PERM, 7, .local = NULL }, false },
	{ "of the host", { AF_INET, RT_SCOPE_HOST, PERM, PERM, 7, .local = NULL }, false },
	{ "of another family", { AF_PHONET, 0, PERM, PERM, 7, .local = NULL }, false },
};

Test(net_address, permanent_global_ones_go_along)
{
	for (size_t i = 0; i < ARRAY_LEN(keeps); i++) {
		struct netlink_message m;

		make_address(&keeps[i].in, &m);
		cr_expect(eq(int, net_address_is_kept(&m.head, 7), keeps[i].kept), "%s",
			keeps[i].label);
		m.head.nlmsg_len = sizeof(struct nlmsghdr) + 4;
		cr_expect(
			eq(int, net_address_is_kept(&m.head, 7), false), "%s, cut", keeps[i].label);
	}
}

/* What has become of an address, as text. */
static const char *show(const struct nlmsghdr *h, char *buf, size_t size)
{
	const struct ifaddrmsg *const info = netlink_body(h, sizeof(*info));
	static const struct {
		uint16_t type;
		const char *name;
	} ips[] = { { IFA_LOCAL, "local" }, { IFA_ADDRESS, "peer" }, { IFA_BROADCAST, "brd" } };
	const uint32_t *const flags = netlink_find(h, sizeof(*info), IFA_FLAGS, &(size_t){ 0 });
	const char *const label = netlink_find(h, sizeof(*info), IFA_LABEL, &(size_t){ 0 });
	size_t len = (size_t)snprintf(buf, size, "dev %u /%u flags %x", (unsigned)info->ifa_index,
		(unsigned)info->ifa_prefixlen, (unsigned)*flags);

	for (size_t i = 0; i < ARRAY_LEN(ips); i++) {
		char ip[INET6_ADDRSTRLEN];
		const void *const attr =
			netlink_find(h, sizeof(*info), ips[i].type, &(size_t){ 0 });

		if (attr != NULL)
			len += (size_t)snprintf(buf + len, size - len, " %s %s", ips[i].name,
				inet_ntop(info->ifa_family, attr, ip, sizeof(ip)));
	}
	if (label != NULL)
		(void)snprintf(buf + len, size - len, " label %s", label);
	if (netlink_find(h, sizeof(*info), IFA_CACHEINFO, &(size_t){ 0 }) != NULL)
		return "lifetimes are not to be set";
	return buf;
}

static const struct {
	const char *label;
	struct address in;
	const char *name; /* of the device now; it was w0 */
	const char *out, *said;
} messages[] = {
	{ "v4", { AF_INET, 0, PERM, PERM, 7, "192.0.2.1", "192.0.2.1", "192.0.2.255", "w0" }, "w0",
		"dev 9 /24 flags 0 local 192.0.2.1 peer 192.0.2.1 brd 192.0.2.255",
		"address 192.0.2.1/24" },
	{ "point to point",
		{ AF_INET, 0, PERM, PERM | IFA_F_NOPREFIXROUTE, 7, "192.0.2.1", "192.0.2.2", NULL,
			"w0" },
		"eth0", "dev 9 /24 flags 200 local 192.0.2.1 peer 192.0.2.2",
		"address 192.0.2.1/24" },
	{ "v6, of an old kernel", { AF_INET6, 0, PERM | IFA_F_NODAD, 0, 7, .peer = "2001:db8::1" },
		"eth0", "dev 9 /24 flags 2 peer 2001:db8::1", "address 2001:db8::1/24" },
	{ "what the kernel found out",
		{ AF_INET6, 0, 0xff, PERM | IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_SECONDARY, 7,
			.peer = "2001:db8::1" },
		"w0", "dev 9 /24 flags 0 peer 2001:db8::1", "address 2001:db8::1/24" },
	{ "label stays", { AF_INET, 0, PERM, PERM, 7, "192.0.2.1", .label = "w0:x" }, "w0",
		"dev 9 /24 flags 0 local 192.0.2.1 label w0:x", "address 192.0.2.1/24" },
	{ "label follows", { AF_INET, 0, PERM, PERM, 7, "192.0.2.1", .label = "w0:x" }, "eth0",
		"dev 9 /24 flags 0 local 192.0.2.1 label eth0:x", "address 192.0.2.1/24" },
	{ "label would be too long", { AF_INET, 0, PERM, PERM, 7, "192.0.2.1", .label = "w0:x" },
		"fourteen-bytes", "dev 9 /24 flags 0 local 192.0.2.1", "address 192.0.2.1/24" },
	{ "label of no device", { AF_INET, 0, PERM, PERM, 7, "192.0.2.1", .label = "w01:x" },
		"eth0", "dev 9 /24 flags 0 local 192.0.2.1 label w01:x", "address 192.0.2.1/24" },
	{ "no address", { AF_INET, 0, PERM, PERM, 7, .local = NULL }, "eth0", "dev 9 /24 flags 0",
		"address ?/24" },
};

Test(net_address, is_made_again_on_another_device)
{
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		struct net_device d = { .index = 9 };
		struct netlink_message seen, made;
		char text[256], said[NET_ADDRESS_SAY];

		(void)snprintf(d.name, sizeof(d.name), "%s", messages[i].name);
		make_address(&messages[i].in, &seen);
		net_address_message(&seen.head, "w0", &d, &made);
		cr_expect(eq(u16, made.head.nlmsg_type, RTM_NEWADDR));
		cr_expect(eq(u16, made.head.nlmsg_flags, NLM_F_CREATE | NLM_F_EXCL));
		cr_expect(eq(str, (char *)show(&made.head, text, sizeof(text)),
				  (char *)messages[i].out),
			"%s", messages[i].label);
		net_address_say(&seen.head, said);
		cr_expect(eq(str, said, (char *)messages[i].said), "%s", messages[i].label);
	}
}
