/* Rules between members of a configuration: the subjects in turn, and those that need no file of
 * their own.  Asks the host nothing. */
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "spec/validate.h"

enum {
	NAME_BYTES = 64
}; /* sethostname(2): __NEW_UTS_LEN */

int validate_in(struct err *e, const char *fmt, ...)
{
	char inner[sizeof(e->text)];
	va_list ap;
	size_t len;

	memcpy(inner, e->text, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap); /* paths are short */
	va_end(ap);
	len = strlen(e->text);
	(void)snprintf(e->text + len, sizeof(e->text) - len, ".%s", inner);
	return -e->code;
}

static bool is_empty(const struct spec_str *s)
{
	return s->value == NULL || s->value[0] == '\0';
}

static int check_rlimit(const struct spec_rlimit_list *list, size_t i, struct err *e)
{
	const struct spec_rlimit *const r = &list->items[i];

	for (size_t j = 0; j < i; j++)
		if (list->items[j].type.value == r->type.value)
			return err_set(e, EINVAL, r->type.at, "type: \"%s\" is listed twice",
				spec_word_text(&spec_rlimit_type, r->type.value));
	if (r->soft.value > r->hard.value)
		return err_set(e, EINVAL, r->soft.at,
			"soft: %" PRIu64 " is above the hard limit %" PRIu64, r->soft.value,
			r->hard.value);
	return 0;
}

static int check_process(const struct spec_process *p, struct err *e)
{
	/* args[0] may be empty: engines then expect the exit status of a program not found */
	if (p->args.count == 0)
		return err_set(e, EINVAL, p->args.at, "process.args: must not be empty");
	if (p->cwd.value[0] != '/')
		return err_set(e, EINVAL, p->cwd.at, "process.cwd: must be absolute");
	for (size_t i = 0; i < p->rlimits.count; i++)
		if (check_rlimit(&p->rlimits, i, e) < 0)
			return validate_in(e, "process.rlimits[%zu]", i);
	return 0;
}

static int check_name(
	const struct spec_config *c, const struct spec_str *name, const char *path, struct err *e)
{
	if (is_empty(name))
		return 0;
	if (strlen(name->value) > NAME_BYTES)
		return err_set(e, EINVAL, name->at, "%s: longer than %d bytes", path, NAME_BYTES);
	if (spec_namespace_find(c, CLONE_NEWUTS) == NULL)
		return err_set(
			e, EINVAL, name->at, "%s: needs a uts namespace in linux.namespaces", path);
	return 0;
}

static int check_top(const struct spec_config *c, struct err *e)
{
	if (is_empty(&c->root->path))
		return err_set(e, EINVAL, c->root->path.at, "root.path: must not be empty");
	for (size_t i = 0; i < c->mounts.count; i++)
		if (is_empty(&c->mounts.items[i].destination))
			return err_set(e, EINVAL, c->mounts.items[i].destination.at,
				"mounts[%zu].destination: must not be empty", i);
	for (size_t i = 0; i < c->annotations.count; i++)
		if (is_empty(&c->annotations.items[i].key))
			return err_set(e, EINVAL, c->annotations.items[i].key.at,
				"annotations[\"\"]: the key must not be empty");
	return 0;
}

static int check_time_offsets(const struct spec_config *c, struct err *e)
{
	const struct spec_time_offsets *const t = c->os->timeOffsets;
	const struct spec_namespace *const time = spec_namespace_find(c, CLONE_NEWTIME);

	if (t == NULL || (t->monotonic == NULL && t->boottime == NULL))
		return 0;
	if (time == NULL)
		return err_set(e, EINVAL, t->at,
			"linux.timeOffsets: needs a time namespace in linux.namespaces");
	if (!is_empty(&time->path))
		return err_set(e, EINVAL, t->at,
			"linux.timeOffsets: the time namespace is joined by its path: it has its "
			"offsets already");
	return 0;
}

static int check_number(
	const struct spec_device *d, const struct spec_int *number, const char *name, struct err *e)
{
	if (!GIVEN(*number))
		return err_set(e, EINVAL, d->at, "%s: missing", name);
	if (number->value < 0)
		return err_set(e, EINVAL, number->at, "%s: must not be negative", name);
	return 0;
}

static int check_device(const struct spec_device *d, struct err *e)
{
	if (d->path.value[0] != '/')
		return err_set(e, EINVAL, d->path.at, "path: must be absolute");
	if (d->type.value == S_IFIFO)
		return 0;
	TRY(check_number(d, &d->major, "major", e));
	return check_number(d, &d->minor, "minor", e);
}

static int check_paths(const struct spec_strings *list, const char *name, struct err *e)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].value[0] != '/')
			return err_set(e, EINVAL, list->items[i].at,
				"linux.%s[%zu]: must be absolute", name, i);
	return 0;
}

static int check_linux(const struct spec_config *c, struct err *e)
{
	const struct spec_linux *const l = c->os;

	TRY(validate_ids(c, e));
	TRY(check_time_offsets(c, e));
	for (size_t i = 0; i < l->devices.count; i++)
		if (check_device(&l->devices.items[i], e) < 0)
			return validate_in(e, "linux.devices[%zu]", i);
	if (l->resources != NULL)
		TRY(validate_resources(l->resources, e));
	TRY(validate_sysctls(c, e));
	if (l->seccomp != NULL)
		TRY(validate_seccomp(l->seccomp, e));
	TRY(check_paths(&l->maskedPaths, "maskedPaths", e));
	return check_paths(&l->readonlyPaths, "readonlyPaths", e);
}

int spec_validate(const struct spec_config *c, struct err *e)
{
	TRY(check_top(c, e));
	TRY(check_process(c->process, e));
	TRY(validate_namespaces(c, e)); /* needs linux, so that what follows may look into it */
	TRY(check_name(c, &c->hostname, "hostname", e));
	TRY(check_name(c, &c->domainname, "domainname", e));
	return check_linux(c, e);
}
