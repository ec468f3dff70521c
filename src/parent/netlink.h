/* Requests to rtnetlink(7): messages are built, sent, and their answers taken.  Knows neither plans
 * nor devices.  Only what the kernel itself says is listened to. */
#ifndef CRUN_LITE_PARENT_NETLINK_H
#define CRUN_LITE_PARENT_NETLINK_H

#include "base/defs.h"

#include <linux/netlink.h>

enum {
	NETLINK_MESSAGE_SIZE = 512,
	NETLINK_SAID_SIZE = 128
};

/* A request being built; the kernel wants it aligned to 4 bytes. */
struct netlink_message {
	union {
		struct nlmsghdr head;
		char bytes[NETLINK_MESSAGE_SIZE];
	};
};

struct netlink {
	int fd;
	uint32_t seq;                 /* of the last request */
	char said[NETLINK_SAID_SIZE]; /* what the kernel said to the last request that failed */
};

#define NETLINK_NONE ((struct netlink){ .fd = FD_NONE })

/* Begins a message with its type's own header; must fit. */
void netlink_begin(
	struct netlink_message *m, uint16_t type, uint16_t flags, const void *body, size_t size);

/* Adds an attribute; must fit. */
void netlink_put(struct netlink_message *m, uint16_t type, const void *data, size_t size);
void netlink_put_text(struct netlink_message *m, uint16_t type, const char *text);
void netlink_put_u32(struct netlink_message *m, uint16_t type, uint32_t value);

/* The body of a message; NULL: it is shorter than size. */
const void *netlink_body(const struct nlmsghdr *h, size_t size);

/* An attribute's data behind a body of that size; NULL: there is none of that type, or what is
 * there is cut. */
const void *netlink_find(const struct nlmsghdr *h, size_t body, uint16_t type, size_t *ret_size);

/* A socket in the caller's network namespace, whatever becomes of the caller. */
CHECKED int netlink_open(struct netlink *ret);

void netlink_close(struct netlink *n);

/* What is done with each message of an answer, which is gone after the call; a negative result is
 * the result of all. */
typedef int (*netlink_each_fn)(void *data, const struct nlmsghdr *h);

/* Sends a request, and takes the answer to its end.
 * m        NLM_F_REQUEST and the number are filled in
 * each     NULL: none is expected
 * Returns  0; -EAGAIN a list that changed while it was read; else the kernel's errno, negative */
CHECKED int netlink_call(
	struct netlink *n, struct netlink_message *m, netlink_each_fn each, void *data);

#endif
