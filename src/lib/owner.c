/* Names of users.  Reads /etc/passwd itself: a name service cannot be had in a static program. */
#include "lib/owner.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>

static bool find(uint64_t uid, char buf[OWNER_SIZE])
{
	AUTO_FD fd = openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	FILE *const file = fd < 0 ? NULL : fdopen(fd, "r");
	struct passwd line, *found;
	char text[4096];
	bool known = false;

	if (file == NULL)
		return false;
	(void)fd_take(&fd); /* fclose closes it */
	while (!known && fgetpwent_r(file, &line, text, sizeof(text), &found) == 0)
		known = line.pw_uid == uid && line.pw_name[0] != '\0' &&
			snprintf(buf, OWNER_SIZE, "%s", line.pw_name) < OWNER_SIZE;
	(void)fclose(file); /* only read */
	return known;
}

const char *owner_name(uint64_t uid, char buf[OWNER_SIZE])
{
	if (uid == 0)
		(void)snprintf(buf, OWNER_SIZE, "root"); /* whatever else it may be called */
	else if (!find(uid, buf))
		(void)snprintf(buf, OWNER_SIZE, "#%" PRIu64, uid);
	return buf;
}
