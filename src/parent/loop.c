/* Loop devices for images.  Leaves none behind: autoclear is set from the first moment. */
#include "parent/loop.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>

enum {
	TRIES = 64 /* others look for a free one at the same time */
};

/* LOOP_CONFIGURE, Linux 5.8; headers of older C libraries lack both */
#ifndef LOOP_CONFIGURE
#define LOOP_CONFIGURE 0x4C0A
struct loop_config {
	__u32 fd;
	__u32 block_size;
	struct loop_info64 info;
	__u64 __reserved[8];
};
#endif

static int open_one(int control, char *name, size_t size)
{
	const int number = ioctl(control, LOOP_CTL_GET_FREE);
	int dev;

	if (number < 0)
		return -errno;
	(void)snprintf(name, size, "/dev/loop%d", number);
	dev = openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
	if (dev < 0)
		return errno == ENOENT ? -ENXIO : -errno;
	return dev;
}

int loop_attach(int file, char *name, size_t size)
{
	const struct loop_config config = {
		.fd = (uint32_t)file,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};
	AUTO_FD control = FD_NONE;

	(void)snprintf(name, size, "/dev/loop-control");
	control = openat(AT_FDCWD, name, O_RDWR | O_CLOEXEC);
	if (control < 0)
		return errno == ENOENT || errno == ENODEV ? -ENXIO : -errno;
	for (int i = 0; i < TRIES; i++) {
		AUTO_FD dev = open_one(control, name, size);

		if (dev < 0)
			return dev;
		if (ioctl(dev, LOOP_CONFIGURE, &config) == 0)
			return fd_take(&dev);
		if (errno != EBUSY)
			return -errno;
	}
	return -EBUSY;
}
