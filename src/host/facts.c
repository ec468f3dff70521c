/* The facts as data: empty ones, their text form, and what follows from them alone. */
#include "host/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum fact_type {
	FACT_NUMBER,
	FACT_FLAG,
	FACT_TEXT
};

static const struct {
	const char *name;
	enum fact_type type;
	size_t offset;
} rows[] = {
#define NUMBER(member, name)          { name, FACT_NUMBER, offsetof(struct host_facts, member) },
#define LIMIT(member, name, resource) NUMBER(member, name)
#define FLAG(member, name)            { name, FACT_FLAG, offsetof(struct host_facts, member) },
#define TEXT(member, name)            { name, FACT_TEXT, offsetof(struct host_facts, member) },
#include "spec/host.def"
#undef NUMBER
#undef LIMIT
#undef FLAG
#undef TEXT
};

void host_facts_empty(struct host_facts *ret)
{
	*ret = (struct host_facts){
#define NUMBER(member, name)
#define LIMIT(member, name, resource)
#define FLAG(member, name)
#define TEXT(member, name) .member = "",
#include "spec/host.def"
#undef NUMBER
#undef LIMIT
#undef FLAG
#undef TEXT
	};
}

uint64_t host_hard_limit(const struct host_facts *h, int64_t resource)
{
	switch (resource) {
#define NUMBER(member, name)
#define LIMIT(member, name, resource) \
	case resource:                \
		return h->member;
#define FLAG(member, name)
#define TEXT(member, name)
#include "spec/host.def"
#undef NUMBER
#undef LIMIT
#undef FLAG
#undef TEXT
	default:
		return 0;
	}
}

/* Stores one value by its row's type. */
static int store(
	struct host_facts *h, size_t row, const char *value, struct src_pos at, struct err *e)
{
	char *const member = (char *)h + rows[row].offset;
	uint64_t number;
	char *end;

	if (rows[row].type == FACT_TEXT) {
		memcpy(member, &value, sizeof(value));
		return 0;
	}
	errno = 0;
	number = strtoull(value, &end, 0);
	if (errno != 0 || end == value || *end != '\0')
		return err_set(e, EINVAL, at, "%s: expected a number", rows[row].name);
	if (rows[row].type == FACT_FLAG)
		*(bool *)member = number != 0;
	else
		memcpy(member, &number, sizeof(number));
	return 0;
}

/* Cuts blanks off both ends. */
static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && strchr(" \t\r", end[-1]) != NULL)
		*--end = '\0';
	return text + strspn(text, " \t");
}

static int read_line(struct host_facts *h, char *line, struct src_pos at, struct err *e)
{
	char *const value = strchr(line, '=');
	const char *name;

	line[strcspn(line, "#")] = '\0';
	if (trim(line)[0] == '\0')
		return 0;
	if (value == NULL || value > line + strlen(line))
		return err_set(e, EINVAL, at, "expected \"name = value\"");
	*value = '\0';
	name = trim(line);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return store(h, i, trim(value + 1), at, e);
	return err_set(e, EINVAL, at, "there is no fact \"%.64s\"", name);
}

int host_read(const char *text, struct arena *arena, struct host_facts *ret, struct err *e)
{
	struct src_pos at = { 0, 1 };
	struct host_facts h;
	char *rest = arena_text(arena, text, strlen(text));

	if (rest == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	host_facts_empty(&h);
	while (rest != NULL) {
		at.line++;
		TRY(read_line(&h, strsep(&rest, "\n"), at, e));
	}
	*ret = h;
	return 0;
}

char *host_cgroup_path(
	const struct host_facts *h, const char *wanted, const char *id, struct arena *arena)
{
	const char *const name = wanted == NULL || wanted[0] == '\0' ? id : wanted;
	const char *const slash = strrchr(h->cgroup_own, '/');
	const int parent = slash == NULL ? 0 : (int)(slash - h->cgroup_own);

	if (name[0] == '/')
		return arena_text(arena, name, strlen(name));
	return arena_printf(arena, "%.*s/%s", parent, h->cgroup_own, name);
}

void host_facts_ideal(struct host_facts *ret)
{
	host_facts_empty(ret);
	ret->capabilities = UINT64_MAX;
	ret->cap_last = 63;
	ret->kernel = UINT64_MAX;
	ret->cgroup_root = "/sys/fs/cgroup";
	ret->cgroup_own = "/";
	ret->cgroup_controllers = "cpuset cpu io memory hugetlb pids rdma misc";
	ret->cgroup_writable = true;
	ret->apparmor = true;
	ret->selinux = true;
	ret->resctrl = "/sys/fs/resctrl";
	ret->resctrl_possible = true;
	ret->fuse_overlayfs = "/usr/bin/fuse-overlayfs";
#define NUMBER(member, name)
#define LIMIT(member, name, resource) ret->member = RLIM_INFINITY;
#define FLAG(member, name)
#define TEXT(member, name)
#include "spec/host.def"
#undef NUMBER
#undef LIMIT
#undef FLAG
#undef TEXT
}
