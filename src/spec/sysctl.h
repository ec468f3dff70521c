/* Names of kernel parameters.  Writes none. */
#ifndef CRUN_LITE_SPEC_SYSCTL_H
#define CRUN_LITE_SPEC_SYSCTL_H

#include "base/defs.h"

enum {
	SPEC_SYSCTL_SIZE = 256
};

/* The path below /proc/sys of a parameter's name.
 *
 * name     "net.ipv4.ip_forward" or "net/ipv4/ip_forward".  The first of the two signs that occurs
 *          parts the words; the other one then stands for a dot in a word (sysctl.d(5)):
 *          "net.ipv4.conf.eth0/1.forwarding" is "net/ipv4/conf/eth0.1/forwarding"
 * ret      the path, with no empty word and none that is "." or ".."
 * Returns  0; -EINVAL when the name is no such path or has control characters */
CHECKED int spec_sysctl_path(const char *name, char ret[SPEC_SYSCTL_SIZE]);

#endif
