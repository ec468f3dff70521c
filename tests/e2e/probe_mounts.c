/* What statmount(2) says of each mount that mountinfo has a line of.  Changes nothing. */
#define _GNU_SOURCE

#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	SYS_STATMOUNT = 457,
	UNIQUE_ID = 0x4000, /* STATX_MNT_ID_UNIQUE, Linux 6.8 */
	NO_FOLLOW = 0x100,
	BASIC = 3 /* of the file system and of the mount */
};

/* Linux: include/uapi/linux/mount.h and stat.h, as far as they are used here. */
struct request {
	uint32_t size, spare;
	uint64_t mount, mask;
};

struct answer {
	uint32_t size, options;
	uint64_t mask;
	uint32_t major, minor;
	uint64_t magic;
	uint32_t super_flags, type;
	uint64_t id, parent;
	uint32_t old_id, old_parent;
	uint64_t attributes, propagation, group, master;
	uint64_t rest[64];
};

/* The unique id of the mount that is seen at the path; 0: this kernel has none. */
static uint64_t mount_id(const char *path)
{
	struct statx s;

	memset(&s, 0, sizeof(s));
	if (statx(AT_FDCWD, path, NO_FOLLOW, UNIQUE_ID, &s) < 0 || (s.stx_mask & UNIQUE_ID) == 0)
		return 0;
	return s.stx_mnt_id;
}

static void one(const char *path)
{
	struct request r = { sizeof(r), 0, mount_id(path), BASIC };
	struct answer a;

	memset(&a, 0, sizeof(a));
	if (r.mount == 0 || syscall(SYS_STATMOUNT, &r, &a, sizeof(a), 0) < 0) {
		printf("{\"errno\":%d}", r.mount == 0 ? ENOSYS : errno);
		return;
	}
	printf("{\"id\":%u,\"attributes\":%llu,\"propagation\":%llu,\"super\":%u}", a.old_id,
		(unsigned long long)a.attributes, (unsigned long long)a.propagation, a.super_flags);
}

void probe_mounts(void)
{
	static char line[8192];
	FILE *const f = fopen("/proc/self/mountinfo", "re");
	char point[4096];
	int count = 0;

	printf("\"statmount\":{");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 ||
			strpbrk(point, "\\\"") != NULL)
			continue;
		printf("%s\n\"%s\":", count++ != 0 ? "," : "", point);
		one(point);
	}
	puts("},");
	if (f != NULL)
		fclose(f);
}
