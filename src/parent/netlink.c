/* rtnetlink(7) as messages over a socket.  Never waits: the kernel has answered when a request has
 * been sent. */
#include "parent/netlink.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	ANSWER_SIZE = 12 * 1024
}; /* the kernel cuts lists to pieces of at most 8 KiB for who asks for less than that twice */

static size_t aligned(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

void netlink_begin(
	struct netlink_message *m, uint16_t type, uint16_t flags, const void *body, size_t size)
{
	memset(m, 0, sizeof(*m));
	must(sizeof(struct nlmsghdr) + size <= sizeof(m->bytes));
	memcpy(m->bytes + sizeof(struct nlmsghdr), body, size);
	m->head.nlmsg_len = (uint32_t)(sizeof(struct nlmsghdr) + size);
	m->head.nlmsg_type = type;
	m->head.nlmsg_flags = flags;
}

void netlink_put(struct netlink_message *m, uint16_t type, const void *data, size_t size)
{
	const size_t at = aligned(m->head.nlmsg_len);
	const struct nlattr head = { (uint16_t)(sizeof(struct nlattr) + size), type };

	must(size < sizeof(m->bytes) && at + sizeof(struct nlattr) + size <= sizeof(m->bytes));
	memcpy(m->bytes + at, &head, sizeof(head));
	memcpy(m->bytes + at + sizeof(struct nlattr), data, size);
	m->head.nlmsg_len = (uint32_t)(at + sizeof(struct nlattr) + size);
}

void netlink_put_text(struct netlink_message *m, uint16_t type, const char *text)
{
	netlink_put(m, type, text, strlen(text) + 1);
}

void netlink_put_u32(struct netlink_message *m, uint16_t type, uint32_t value)
{
	netlink_put(m, type, &value, sizeof(value));
}

const void *netlink_body(const struct nlmsghdr *h, size_t size)
{
	return h->nlmsg_len < sizeof(struct nlmsghdr) + size
		       ? NULL
		       : (const char *)h + sizeof(struct nlmsghdr);
}

/* Among the attributes from `at` on. */
static const void *find(const struct nlmsghdr *h, size_t at, uint16_t type, size_t *ret_size)
{
	while (at + sizeof(struct nlattr) <= h->nlmsg_len) {
		struct nlattr attr;

		memcpy(&attr, (const char *)h + at, sizeof(attr));
		if (attr.nla_len < sizeof(struct nlattr) || attr.nla_len > h->nlmsg_len - at)
			return NULL;
		if ((attr.nla_type & NLA_TYPE_MASK) == type) {
			*ret_size = attr.nla_len - sizeof(struct nlattr);
			return (const char *)h + at + sizeof(struct nlattr);
		}
		at += aligned(attr.nla_len);
	}
	return NULL;
}

const void *netlink_find(const struct nlmsghdr *h, size_t body, uint16_t type, size_t *ret_size)
{
	return find(h, sizeof(struct nlmsghdr) + aligned(body), type, ret_size);
}

int netlink_open(struct netlink *ret)
{
	const int on = 1;
	AUTO_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	/* reasons in words, short acknowledgements, and lists of one device alone: all older than
	 * the oldest kernel that we run on (Linux 4.20) */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) < 0 ||
		setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) < 0 ||
		setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) < 0)
		return -errno;
	*ret = (struct netlink){ .fd = fd_take(&fd) };
	return 0;
}

void netlink_close(struct netlink *n)
{
	fd_close(&n->fd);
}

static int send_request(const struct netlink *n, struct netlink_message *m)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const ssize_t rc = sendto(n->fd, m->bytes, m->head.nlmsg_len, 0,
		(const struct sockaddr *)(const void *)&kernel, sizeof(kernel));

	return rc < 0 ? -errno : 0;
}

/* Bytes of the kernel; what somebody else has sent is thrown away. */
static int receive(const struct netlink *n, char *buf, size_t size, size_t *ret)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof(from);
		const ssize_t rc = recvfrom(n->fd, buf, size, MSG_DONTWAIT | MSG_TRUNC,
			(struct sockaddr *)(void *)&from, &len);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return errno == EAGAIN ? -EPROTO : -errno;
		if (len != sizeof(from) || from.nl_pid != 0)
			continue;
		if ((size_t)rc > size)
			return -EMSGSIZE;
		*ret = (size_t)rc;
		return 0;
	}
}

/* An acknowledgement, or an error with its reason. */
static int take_error(struct netlink *n, const struct nlmsghdr *h)
{
	const int *const error = netlink_body(h, sizeof(struct nlmsgerr));
	const char *said = NULL;
	size_t size;

	if (error == NULL || *error > 0)
		return -EPROTO;
	if (*error != 0 && (h->nlmsg_flags & NLM_F_CAPPED) != 0)
		said = find(h, sizeof(struct nlmsghdr) + sizeof(struct nlmsgerr), NLMSGERR_ATTR_MSG,
			&size);
	if (said != NULL && size > 0)
		(void)snprintf(n->said, sizeof(n->said), "%.*s", (int)size - 1, said);
	return *error;
}

/* The end of a list may hold an error. */
static int take_done(const struct nlmsghdr *h)
{
	const int *const error = netlink_body(h, sizeof(*error));

	return error != NULL && *error < 0 ? *error : 0;
}

/* How far an answer has come. */
struct answer {
	netlink_each_fn each;
	void *data;
	bool interrupted; /* the list changed meanwhile */
	bool ended;
};

static int take_one(struct netlink *n, struct answer *a, const struct nlmsghdr *h)
{
	a->interrupted = a->interrupted || (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	a->ended = h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE;
	if (h->nlmsg_type == NLMSG_ERROR)
		return take_error(n, h);
	if (h->nlmsg_type == NLMSG_DONE)
		return take_done(h);
	return a->each == NULL || h->nlmsg_type == NLMSG_NOOP ? 0 : a->each(a->data, h);
}

static int take_all(struct netlink *n, struct answer *a, const char *buf, size_t size)
{
	for (size_t at = 0; !a->ended && at + sizeof(struct nlmsghdr) <= size;) {
		const struct nlmsghdr *const h = (const void *)(buf + at);

		if (h->nlmsg_len < sizeof(struct nlmsghdr) || h->nlmsg_len > size - at)
			return -EPROTO;
		if (h->nlmsg_seq == n->seq)
			TRY(take_one(n, a, h));
		at += aligned(h->nlmsg_len);
	}
	return 0;
}

int netlink_call(struct netlink *n, struct netlink_message *m, netlink_each_fn each, void *data)
{
	struct answer a = { .each = each, .data = data };
	_Alignas(struct nlmsghdr) char buf[ANSWER_SIZE];
	size_t size = 0;

	n->said[0] = '\0';
	m->head.nlmsg_seq = ++n->seq;
	m->head.nlmsg_flags |= NLM_F_REQUEST;
	/* a list ends by itself, anything else when it is acknowledged */
	if ((m->head.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		m->head.nlmsg_flags |= NLM_F_ACK;
	TRY(send_request(n, m));
	while (!a.ended) {
		TRY(receive(n, buf, sizeof(buf), &size));
		TRY(take_all(n, &a, buf, size));
	}
	return a.interrupted ? -EAGAIN : 0;
}
