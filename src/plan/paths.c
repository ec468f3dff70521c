/* Comparing paths of the container.  Looks at nothing but the text. */
#include "plan/paths.h"

#include "base/defs.h"

#include <string.h>

/* What of a path leads nowhere: slashes, and components that are a dot. */
static const char *skip(const char *path)
{
	while (*path == '/' || (*path == '.' && (path[1] == '/' || path[1] == '\0')))
		path++;
	return path;
}

const char *plan_path_below(const char *path, const char *dir)
{
	while (*(dir = skip(dir)) != '\0') {
		const size_t len = strcspn(dir, "/");

		path = skip(path);
		if (strncmp(path, dir, len) != 0 || (path[len] != '/' && path[len] != '\0'))
			return NULL;
		path += len;
		dir += len;
	}
	return skip(path);
}

bool plan_path_is(const char *path, const char *name)
{
	const char *const rest = plan_path_below(path, name);

	return rest != NULL && *rest == '\0';
}

bool plan_path_climbs(const char *path)
{
	for (path = skip(path); *path != '\0'; path = skip(path + strcspn(path, "/")))
		if (path[0] == '.' && path[1] == '.' && (path[2] == '/' || path[2] == '\0'))
			return true;
	return false;
}

bool plan_may_cover_proc(const char *below)
{
	static const char *const files[] = { "cpuinfo", "diskstats", "meminfo", "stat", "swaps",
		"uptime", "loadavg", "slabinfo", "sys/kernel/ns_last_pid",
		"sys/crypto/fips_enabled" };

	for (size_t i = 0; below != NULL && i < ARRAY_LEN(files); i++)
		if (strcmp(below, files[i]) == 0)
			return true;
	return false;
}
