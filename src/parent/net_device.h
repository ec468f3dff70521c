/* One network device on its way from a namespace to another, with what the kernel would drop on the
 * way.  Knows nothing of plans. */
#ifndef CRUN_LITE_PARENT_NET_DEVICE_H
#define CRUN_LITE_PARENT_NET_DEVICE_H

#include "base/arena.h"
#include "parent/netlink.h"

#include <net/if.h>

enum {
	NET_ADDRESS_SAY = 80 /* room for "address 2001:db8::1/64" */
};

struct net_address {
	const struct net_address *before; /* the one listed before it */
	const struct nlmsghdr *seen;      /* RTM_NEWADDR, as the kernel listed it */
};

struct net_device {
	char name[IF_NAMESIZE]; /* the kernel's; a look-up may have been by another of its names */
	uint32_t index;
	uint32_t master; /* what it is a port of; 0: of nothing */
	bool up;
	const struct net_address *v4, *v6; /* the last one listed of either */
};

/* Looks a device up; ret has no addresses then.
 * Returns 0; -ENODEV there is none; else -errno */
CHECKED int net_device_find(struct netlink *n, const char *name, struct net_device *ret);

/* Takes down the addresses that a device keeps: permanent ones of global scope. */
CHECKED int net_device_addresses(struct netlink *n, struct arena *arena, struct net_device *d);

/* Moves a device.  A name that is taken leaves it where it was, but for a race.
 * from  of the namespace where it is;  to  descriptor of the other namespace
 * name  that it gets there; NULL: it keeps its own */
CHECKED int net_device_move(struct netlink *from, uint32_t index, int to, const char *name);

/* Gives a device the addresses that another one had, or it itself elsewhere.
 * n          of the namespace where it is
 * ret_which  "address 192.0.2.1/24" when that one was refused; NET_ADDRESS_SAY bytes */
CHECKED int net_device_give(struct netlink *n, const struct net_device *d,
	const struct net_device *had, char *ret_which);

/* Sets the device up, and makes it a port of a master (0: leaves it alone). */
CHECKED int net_device_up(struct netlink *n, uint32_t index);
CHECKED int net_device_enslave(struct netlink *n, uint32_t index, uint32_t master);

/* --- messages ------------------------------------------------------------------------------- */

/* Is it an address of this device that goes with it? */
bool net_address_is_kept(const struct nlmsghdr *seen, uint32_t index);

/* The request that makes the address again on another device.  A label begins with the device's
 * name (as the kernel sees to when it renames one), or is left out where it would be too long.
 * had  the name of the device it was on */
void net_address_message(const struct nlmsghdr *seen, const char *had, const struct net_device *d,
	struct netlink_message *ret);

/* "address 192.0.2.1/24"; NET_ADDRESS_SAY bytes. */
void net_address_say(const struct nlmsghdr *seen, char *ret);

#endif
