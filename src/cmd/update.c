/* crun-lite update: options become the resources' JSON, which is judged like a file. */
#include "crun-lite/update.h"
#include "cmd/cmd.h"

#include "base/json_out.h"
#include "base/sys.h"
#include "base/text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FILE_MAX = 16 * 1024 * 1024
};

enum value_kind {
	NUMBER,
	BYTES, /* with k, m, g or t */
	TEXT
};

/* In the order of the objects, so that each is begun once. */
static const struct row {
	const char *option, *object, *key;
	enum value_kind kind;
	size_t offset; /* in struct cmd_args */
} rows[] = {
#define ROW(member, option, object, key, kind)                               \
	{                                                                    \
		option, object, key, kind, offsetof(struct cmd_args, member) \
	}
	ROW(memory, "memory", "memory", "limit", BYTES),
	ROW(memory_reservation, "memory-reservation", "memory", "reservation", BYTES),
	ROW(memory_swap, "memory-swap", "memory", "swap", BYTES),
	ROW(kernel_memory, "kernel-memory", "memory", "kernel", BYTES),
	ROW(kernel_memory_tcp, "kernel-memory-tcp", "memory", "kernelTCP", BYTES),
	ROW(cpu_share, "cpu-share", "cpu", "shares", NUMBER),
	ROW(cpu_quota, "cpu-quota", "cpu", "quota", NUMBER),
	ROW(cpu_period, "cpu-period", "cpu", "period", NUMBER),
	ROW(cpu_burst, "cpu-burst", "cpu", "burst", NUMBER),
	ROW(cpu_idle, "cpu-idle", "cpu", "idle", NUMBER),
	ROW(cpu_rt_period, "cpu-rt-period", "cpu", "realtimePeriod", NUMBER),
	ROW(cpu_rt_runtime, "cpu-rt-runtime", "cpu", "realtimeRuntime", NUMBER),
	ROW(cpuset_cpus, "cpuset-cpus", "cpu", "cpus", TEXT),
	ROW(cpuset_mems, "cpuset-mems", "cpu", "mems", TEXT),
	ROW(blkio_weight, "blkio-weight", "blockIO", "weight", NUMBER),
	ROW(pids_limit, "pids-limit", "pids", "limit", NUMBER),
#undef ROW
};

/* NULL: it was not given. */
static const char *value_of(const struct cmd *c, const struct row *row)
{
	const char *value;

	memcpy(&value, (const char *)c->args + row->offset, sizeof(value));
	return value;
}

/* --- options -----------------------------------------------------------------------------------
 */

static int not_a_number(const struct row *row, const char *text, struct err *e)
{
	char shown[TEXT_SHOWN];

	text_escape(shown, sizeof(shown), text, strlen(text));
	(void)err_set(e, EINVAL, POS_NONE, "option --%s: expected a whole number, found \"%s\"",
		row->option, shown);
	if (row->kind == BYTES)
		return err_hint(e, "bytes, also with k, m, g or t: 512m; -1 is no limit");
	return -EINVAL;
}

/* How often 1024 is meant by what stands behind a number of bytes; -1: it is no unit. */
static int unit_of(const char *text)
{
	static const char letters[] = "kmgt";
	const char lower = (char)(text[0] | 0x20);
	const char *const found = text[0] == '\0' ? NULL : strchr(letters, lower);

	if (text[0] == '\0' || (lower == 'b' && text[1] == '\0'))
		return 0;
	if (found == NULL)
		return -1;
	if (strcasecmp(text + 1, "") == 0 || strcasecmp(text + 1, "b") == 0 ||
		strcasecmp(text + 1, "ib") == 0)
		return (int)(found - letters) + 1;
	return -1;
}

/* Strictly digits: what else JSON or strtoll(3) would take is not meant. */
static int read_number(const struct row *row, const char *text, int64_t *ret, struct err *e)
{
	const char *const digits = text + (text[0] == '-');
	const size_t count = strspn(digits, "0123456789");
	const int unit = row->kind == BYTES ? unit_of(digits + count) : 0;
	int64_t value;

	if (count == 0 || unit < 0 || (row->kind != BYTES && digits[count] != '\0'))
		return not_a_number(row, text, e);
	errno = 0;
	value = strtoll(text, NULL, 10);
	if (errno != 0 || __builtin_mul_overflow(value, INT64_C(1) << (10 * unit), &value))
		return err_set(
			e, ERANGE, POS_NONE, "option --%s: the number is too large", row->option);
	*ret = value;
	return 0;
}

static int put_value(struct json_out *j, const struct row *row, const char *text, struct err *e)
{
	int64_t number = 0;

	if (row->kind == TEXT) {
		json_text(j, row->key, text);
		return 0;
	}
	TRY(read_number(row, text, &number, e));
	json_int(j, row->key, number);
	return 0;
}

/* One member a line (pretty), so that a line says which option it is of. */
static int put_options(const struct cmd *c, struct json_out *j, struct err *e)
{
	const char *object = NULL;

	json_object(j, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const value = value_of(c, &rows[i]);

		if (value == NULL)
			continue;
		if (object == NULL || strcmp(object, rows[i].object) != 0) {
			if (object != NULL)
				json_end(j);
			object = rows[i].object;
			json_object(j, object);
		}
		TRY(put_value(j, &rows[i], value, e));
	}
	if (object != NULL)
		json_end(j);
	json_end(j);
	return 0;
}

static bool has_options(const struct cmd *c)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (value_of(c, &rows[i]) != NULL)
			return true;
	return false;
}

/* The option whose member the message begins with; what it says of a place is of no file. */
static void name_option(const struct cmd *c, struct crl_error *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char path[64], text[sizeof(e->text)];
		const int len = snprintf(path, sizeof(path), "%s.%s", rows[i].object, rows[i].key);

		if (value_of(c, &rows[i]) == NULL || strncmp(e->text, path, (size_t)len) != 0 ||
			e->text[len] != ':')
			continue;
		(void)snprintf(text, sizeof(text), "option --%s%s", rows[i].option, e->text + len);
		memcpy(e->text, text, sizeof(text));
		break;
	}
	e->line = 0;
}

/* --- file ----------------------------------------------------------------------------------------
 */

static int read_all(int fd, FILE *to)
{
	char buf[8 * 1024];
	size_t size = 0;
	ssize_t rc;

	while ((rc = read(fd, buf, sizeof(buf))) != 0) {
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return -errno;
		size += (size_t)rc;
		if (size > FILE_MAX)
			return -EFBIG;
		if (fwrite(buf, 1, (size_t)rc, to) != (size_t)rc)
			return -ENOMEM;
	}
	return 0;
}

/* ret  the caller's to free(3) */
static int read_file(const char *name, char **ret, size_t *ret_size, struct err *e)
{
	const bool standard = strcmp(name, "-") == 0;
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
	AUTO_FD fd = standard ? FD_NONE : openat(AT_FDCWD, name, flags);
	FILE *const to = open_memstream(ret, ret_size);
	char shown[TEXT_SHOWN];
	int rc = to == NULL ? -ENOMEM : 0;

	if (rc == 0 && !standard && fd < 0)
		rc = -errno;
	if (rc == 0)
		rc = read_all(standard ? STDIN_FILENO : fd, to);
	if (to != NULL && fclose(to) != 0 && rc == 0)
		rc = -ENOMEM;
	if (rc == 0)
		return 0;
	return err_sys(e, -rc, POS_NONE, "cannot read resources \"%s\"",
		standard ? "standard input"
			 : text_escape(shown, sizeof(shown), name, strlen(name)));
}

/* --- the command -------------------------------------------------------------------------------
 */

static int run(struct cmd *c, struct crl_update_options *o, bool of_options)
{
	struct crl_error e;

	if (cmd_open(c) != 0)
		return 1;
	if (crl_update(c->crl, c->args->words[0], o, &e) >= 0)
		return 0;
	if (of_options)
		name_option(c, &e);
	return cmd_fail(c, &e);
}

static int run_options(struct cmd *c, struct crl_update_options *o)
{
	AUTO_JSON j = { .pretty = true };
	struct err e = { 0 };

	if (put_options(c, &j, &e) < 0 || json_finish(&j, &o->resources, &o->size, &e) < 0)
		return cmd_fail_usage(c, &e);
	return run(c, o, true);
}

/* As in the other runtimes the file is all that counts; who gave more should know. */
static int run_file(struct cmd *c, struct crl_update_options *o)
{
	const char *const name = c->args->resources;
	struct err e = { 0 };
	char *text = NULL;
	int status;

	c->log.config = strcmp(name, "-") == 0 ? "standard input" : name;
	if (has_options(c))
		log_write(&c->log, LOG_LEVEL_WARNING, POS_NONE,
			"option --resources: the options of limits beside it are ignored");
	if (read_file(name, &text, &o->size, &e) < 0) {
		free(text);
		return cmd_fail_usage(c, &e);
	}
	o->resources = text;
	status = run(c, o, false);
	free(text);
	return status;
}

int cmd_update(struct cmd *c)
{
	struct crl_update_options o = { .l3_cache_schema = c->args->l3_cache_schema,
		.mem_bw_schema = c->args->mem_bw_schema };

	if (c->args->resources != NULL)
		return run_file(c, &o);
	return has_options(c) ? run_options(c, &o) : run(c, &o, true);
}
