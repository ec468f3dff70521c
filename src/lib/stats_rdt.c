/* What resctrl tells of a group, in the JSON of runc's `events`.  Reads only; what this processor
 * does not have is left out. */
#include "lib/stats.h"

#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_SIZE = 3072
};

static bool read_at(const char *dir, const char *name, char *buf, size_t size)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path) ||
		sys_read_text(AT_FDCWD, path, buf, size) < 0)
		return false;
	return true;
}

/* info/L3 and info/MB: files and keys have the same names. */
static void put_info(struct json_out *j, const char *root, const char *key, const char *resource,
	const char *const *names)
{
	char dir[2048], text[64];

	(void)snprintf(dir, sizeof(dir), "%s/info/%s", root, resource);
	if (!read_at(dir, "num_closids", text, sizeof(text)))
		return;
	json_object(j, key);
	for (; *names != NULL; names++) {
		if (!read_at(dir, *names, text, sizeof(text)))
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(*names, "cbm_mask") == 0)
			json_text(j, *names, text);
		else
			json_uint(j, *names, strtoull(text, NULL, 10));
	}
	json_end(j);
}

/* The line of schemata that begins with the resource's name, blanks in front left out. */
static void put_line(struct json_out *j, const char *key, const char *text, const char *resource)
{
	for (const char *line = text; *line != '\0';) {
		const char *const begin = line + strspn(line, " ");
		const size_t len = strcspn(begin, "\n");
		char one[1024];

		if (strncmp(begin, resource, strlen(resource)) == 0 && len < sizeof(one)) {
			(void)snprintf(one, sizeof(one), "%.*s", (int)len, begin);
			json_text(j, key, one);
			return;
		}
		line = begin + len + (begin[len] == '\n');
	}
}

static void put_lines(struct json_out *j, char *text)
{
	json_array(j, "schemata");
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;)
		if (line[strspn(line, " ")] != '\0')
			json_text(j, NULL, line + strspn(line, " "));
	json_end(j);
}

static int is_domain(const struct dirent *entry)
{
	return strncmp(entry->d_name, "mon_L3_", 7) == 0;
}

/* For each cache one object of these files. */
static void put_monitor(
	struct json_out *j, const char *group, const char *key, const char *const *names)
{
	struct dirent **entries = NULL;
	char data[2048], dir[2048 + 300], text[64];
	int count;

	(void)snprintf(data, sizeof(data), "%s/mon_data", group);
	count = scandir(data, &entries, is_domain, alphasort);
	if (count > 0)
		json_array(j, key);
	for (int i = 0; i < count; i++) {
		(void)snprintf(dir, sizeof(dir), "%s/%s", data, entries[i]->d_name);
		json_object(j, NULL);
		for (const char *const *name = names; *name != NULL; name++)
			if (read_at(dir, *name, text, sizeof(text)) && text[0] >= '0' &&
				text[0] <= '9')
				json_uint(j, *name, strtoull(text, NULL, 10));
		json_end(j);
		free(entries[i]);
	}
	if (count > 0)
		json_end(j);
	free(entries);
}

void stats_rdt(struct json_out *j, const char *root, const char *group)
{
	static const char *const l3[] = { "cbm_mask", "min_cbm_bits", "num_closids", NULL };
	static const char *const mb[] = { "bandwidth_gran", "delay_linear", "min_bandwidth",
		"num_closids", NULL };
	static const char *const bandwidth[] = { "mbm_total_bytes", "mbm_local_bytes", NULL };
	static const char *const occupancy[] = { "llc_occupancy", NULL };
	char all[TEXT_SIZE] = "", own[TEXT_SIZE] = "";

	if (!read_at(root, "schemata", all, sizeof(all)))
		all[0] = '\0';
	if (!read_at(group, "schemata", own, sizeof(own)))
		own[0] = '\0';
	put_info(j, root, "l3_cache_info", "L3", l3);
	put_line(j, "l3_cache_schema_root", all, "L3");
	put_line(j, "l3_cache_schema", own, "L3");
	put_info(j, root, "mem_bw_info", "MB", mb);
	put_line(j, "mem_bw_schema_root", all, "MB");
	put_line(j, "mem_bw_schema", own, "MB");
	if (own[0] != '\0')
		put_lines(j, own);
	put_monitor(j, group, "mbm_stats", bandwidth);
	put_monitor(j, group, "cmt_stats", occupancy);
}
