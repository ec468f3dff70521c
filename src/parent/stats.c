/* Numbers out of the files of a cgroup.  Changes nothing; makes no text. */
#include "parent/stats.h"

#include "base/sys.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_SIZE = 64 * 1024 /* io.stat has a line a device */
};

static const struct {
	const char *file, *key;
	uint64_t scale;
	size_t offset;
} rows[] = {
#define STAT(member, file, key, scale) { file, key, scale, offsetof(struct cgroup_stats, member) },
#include "spec/stats.def"
#undef STAT
};

static const struct {
	const char *file;
	size_t offset;
} pressures[] = {
#define STAT_PRESSURE(member, file) { file, offsetof(struct cgroup_stats, member) },
#include "spec/stats.def"
#undef STAT_PRESSURE
};

static const struct {
	const char *key;
	size_t offset;
} io_keys[] = {
#define STAT_IO(member, key) { key, offsetof(struct cgroup_io, member) },
#include "spec/stats.def"
#undef STAT_IO
};

/* A number, or "max". */
static bool read_number(const char *text, uint64_t *ret)
{
	if (strncmp(text, "max", 3) == 0) {
		*ret = UINT64_MAX;
		return true;
	}
	if (text[0] < '0' || text[0] > '9')
		return false;
	*ret = strtoull(text, NULL, 10);
	return true;
}

bool cgroup_stats_find(const char *text, const char *key, uint64_t *ret)
{
	const size_t len = strlen(key);

	for (const char *line = text; *line != '\0';) {
		if (len == 0)
			return read_number(line, ret);
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return read_number(line + len + 1, ret);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

/* The file's text; "" when it cannot be read. */
static const char *read_file(int dir, const char *name, char *buf)
{
	if (sys_read_text(dir, name, buf, TEXT_SIZE) < 0)
		buf[0] = '\0';
	return buf;
}

static void read_rows(int dir, char *buf, struct cgroup_stats *s)
{
	const char *text = "";

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t value;

		if (i == 0 || strcmp(rows[i].file, rows[i - 1].file) != 0)
			text = read_file(dir, rows[i].file, buf);
		if (!cgroup_stats_find(text, rows[i].key, &value))
			continue;
		if (value != UINT64_MAX)
			value *= rows[i].scale;
		memcpy((char *)s + rows[i].offset, &value, sizeof(value));
		s->known |= UINT64_C(1) << i;
	}
}

/* "some avg10=1.25 avg60=0.00 avg300=0.00 total=123" */
static bool read_stall(const char *text, const char *word, struct cgroup_stall *ret)
{
	const char *const line = strstr(text, word);
	uint64_t whole[3], part[3], total;

	if (line == NULL ||
		sscanf(line + strlen(word),
			" avg10=%" SCNu64 ".%2" SCNu64 " avg60=%" SCNu64 ".%2" SCNu64
			" avg300=%" SCNu64 ".%2" SCNu64 " total=%" SCNu64,
			&whole[0], &part[0], &whole[1], &part[1], &whole[2], &part[2], &total) != 7)
		return false;
	*ret = (struct cgroup_stall){ whole[0] * 100 + part[0], whole[1] * 100 + part[1],
		whole[2] * 100 + part[2], total };
	return true;
}

static void read_pressures(int dir, char *buf, struct cgroup_stats *s)
{
	for (size_t i = 0; i < ARRAY_LEN(pressures); i++) {
		const char *const text = read_file(dir, pressures[i].file, buf);
		struct cgroup_pressure p = { 0 };

		p.known = read_stall(text, "some", &p.some);
		p.full_known = read_stall(text, "full", &p.full);
		memcpy((char *)s + pressures[i].offset, &p, sizeof(p));
	}
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0" */
static bool read_device(char *line, struct cgroup_io *ret)
{
	char *rest = line;
	const char *word = strsep(&rest, " ");

	*ret = (struct cgroup_io){ 0 };
	if (sscanf(word, "%" SCNu64 ":%" SCNu64, &ret->major, &ret->minor) != 2)
		return false;
	while ((word = strsep(&rest, " ")) != NULL)
		for (size_t i = 0; i < ARRAY_LEN(io_keys); i++) {
			const size_t len = strlen(io_keys[i].key);
			uint64_t value;

			if (strncmp(word, io_keys[i].key, len) == 0 && word[len] == '=' &&
				read_number(word + len + 1, &value))
				memcpy((char *)ret + io_keys[i].offset, &value, sizeof(value));
		}
	return true;
}

static int read_io(int dir, char *buf, struct arena *a, struct cgroup_stats *s)
{
	struct cgroup_io *list;
	size_t lines = 1;

	(void)read_file(dir, "io.stat", buf);
	for (const char *c = buf; *c != '\0'; c++)
		lines += *c == '\n';
	list = arena_array(a, lines, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	for (char *rest = buf, *line; (line = strsep(&rest, "\n")) != NULL;)
		if (read_device(line, &list[s->io_count]))
			s->io_count++;
	s->io = list;
	return 0;
}

/* What is reserved counts, where the kernel tells (Linux 5.7): that is what the limit stops. */
static void read_pages(int dir, struct cgroup_hugetlb *h)
{
	char name[80], text[256];

	(void)snprintf(name, sizeof(name), "hugetlb.%.32s.rsvd.current", h->size);
	if (sys_read_text(dir, name, text, sizeof(text)) < 0) {
		(void)snprintf(name, sizeof(name), "hugetlb.%.32s.current", h->size);
		if (sys_read_text(dir, name, text, sizeof(text)) < 0)
			text[0] = '\0';
	}
	(void)cgroup_stats_find(text, "", &h->usage);
	(void)snprintf(name, sizeof(name), "hugetlb.%.32s.events", h->size);
	if (sys_read_text(dir, name, text, sizeof(text)) > 0)
		(void)cgroup_stats_find(text, "max", &h->failures);
}

/* hugetlb.SIZE.current, of each size; not hugetlb.SIZE.rsvd.current. */
static int is_pages(const struct dirent *entry)
{
	const char *const size = entry->d_name + 8;

	return strncmp(entry->d_name, "hugetlb.", 8) == 0 &&
	       strcmp(size + strcspn(size, "."), ".current") == 0;
}

static int read_hugetlb(int dir, struct arena *a, struct cgroup_stats *s)
{
	struct dirent **entries = NULL;
	const int count = scandirat(dir, ".", &entries, is_pages, alphasort);
	struct cgroup_hugetlb *list;
	int rc = 0;

	if (count < 0)
		return -errno;
	list = arena_array(a, (size_t)count + 1, sizeof(*list));
	for (int i = 0; i < count; i++) {
		const char *const size = entries[i]->d_name + 8;

		if (list != NULL)
			list[i].size = arena_text(a, size, strcspn(size, "."));
		if (list == NULL || list[i].size == NULL)
			rc = -ENOMEM;
		else
			read_pages(dir, &list[i]);
		free(entries[i]);
	}
	free(entries);
	s->hugetlb = list;
	s->hugetlb_count = (size_t)count;
	return list == NULL ? -ENOMEM : rc;
}

int cgroup_stats_read(int dir, struct arena *a, struct cgroup_stats *ret)
{
	char *const buf = arena_alloc(a, TEXT_SIZE);
	struct cgroup_stats s = { 0 };

	if (buf == NULL)
		return -ENOMEM;
	if (sys_read_text(dir, "cgroup.events", buf, TEXT_SIZE) < 0)
		return -ENODEV;
	read_rows(dir, buf, &s);
	read_pressures(dir, buf, &s);
	TRY(read_io(dir, buf, a, &s));
	TRY(read_hugetlb(dir, a, &s));
	s.memory_stat = read_file(dir, "memory.stat", buf);
	*ret = s;
	return 0;
}
