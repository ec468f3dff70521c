/* What a container's program tells of itself (sd_notify(3)), passed on to whoever waits for it.
 *
 * The container reaches one socket of ours, whatever it sends there: of it only whole lines
 * "READY=1" count, and what is passed on are words of our own. */
#ifndef CRUN_LITE_PARENT_NOTIFY_H
#define CRUN_LITE_PARENT_NOTIFY_H

#include "base/err.h"

#include <signal.h>
#include <sys/types.h>

struct notify {
	int sock;    /* the container's; FD_NONE: nothing is passed on */
	int host;    /* to NOTIFY_SOCKET */
	int barrier; /* ends when the host has read all that was sent; FD_NONE: nothing was */
	pid_t main;  /* which process is told to be the main one */
	bool passed; /* something was */
	bool again;  /* and it was told again, before the host had read that */
	int error;   /* why something was not; an errno value, 0: all was */
};

#define NOTIFY_NONE ((struct notify){ .sock = FD_NONE, .host = FD_NONE, .barrier = FD_NONE })

void notify_done(struct notify *n);

/* Is this an address that NOTIFY_SOCKET may have: "/path", "@name"? */
CHECKED int notify_check(const char *address, struct err *e);

/* Connects to it. */
CHECKED int notify_connect(const char *address, struct notify *n, struct err *e);

/* Makes the container's socket in a directory of ours, open to whatever user it has. */
CHECKED int notify_bind(int dir, struct notify *n, struct err *e);

/* Reads one message, which there must be, and passes on what counts in it: once for all that comes
 * while the host is still to read what it was sent.  When it cannot be told, nobody listens from
 * then on. */
void notify_pass(struct notify *n);

/* The host has read what it was sent: the barrier has ended. */
void notify_read(struct notify *n);

/* Waits until something was passed on and read there, but for that 30 s at most, or the process
 * has ended.
 * mask     of signals meanwhile; NULL: that of now
 * Returns  0; -ETIMEDOUT it was not read in time; another negative errno: it was not passed on */
CHECKED int notify_wait(struct notify *n, int pidfd, const sigset_t *mask);

/* Does the text hold the line "READY=1"? */
bool notify_is_ready(const char *text, size_t size);

#endif
