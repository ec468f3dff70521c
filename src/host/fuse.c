/* Looking for fuse-overlayfs.  Starts nothing. */
#include "host/host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

const char *host_find_fuse_overlayfs(const char *path, struct arena *arena)
{
	static const char usual[] = ":/usr/bin:/bin:/usr/local/bin";
	const char *const list = arena_printf(arena, "%s%s", path != NULL ? path : "", usual);
	size_t len;

	if (list == NULL)
		return NULL;
	for (const char *dir = list; *dir != '\0'; dir += len + (dir[len] == ':')) {
		const char *program;

		len = strcspn(dir, ":");
		if (dir[0] != '/') /* what is called depends on no current directory */
			continue;
		program = arena_printf(arena, "%.*s/fuse-overlayfs", (int)len, dir);
		if (program == NULL || is_program(program))
			return program;
	}
	return "";
}
