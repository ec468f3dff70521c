/* Containers and what they use, as text. */
#include "cmd/stats_table.h"

#include "base/json_out.h"

#include <inttypes.h>
#include <string.h>

static void push(uint64_t *past, uint64_t value)
{
	memmove(past, past + 1, (STATS_HISTORY - 1) * sizeof(*past));
	past[STATS_HISTORY - 1] = value;
}

void stats_row_look(struct stats_row *row, const struct crl_stats *now)
{
	const int64_t passed = now->at - row->now.at;

	row->has_cpu = row->looks > 0 && row->now.has_cpu && now->has_cpu && passed > 0 &&
		       now->cpu >= row->now.cpu;
	/* nanoseconds in milliseconds: one CPU is 10^6 of them, and 100.00 % */
	row->cpu_share = row->has_cpu ? (now->cpu - row->now.cpu) / 100 / (uint64_t)passed : 0;
	row->now = *now;
	row->looks++;
	row->seen = true;
	push(row->cpu_past, row->cpu_share);
	push(row->memory_past, now->memory);
}

/* --- cells ----------------------------------------------------------------------------------- */

enum {
	CELL_SIZE = 96
};

/* Three digits and a unit: "12.3MiB". */
static const char *put_bytes(uint64_t bytes, char *buf)
{
	static const char units[] = "KMGTPE";
	uint64_t whole = bytes, rest = 0;
	int unit = -1;

	for (; whole >= 1024; unit++) {
		rest = whole % 1024;
		whole /= 1024;
	}
	if (unit < 0)
		(void)snprintf(buf, CELL_SIZE, "%" PRIu64 "B", bytes);
	else if (whole < 100)
		(void)snprintf(buf, CELL_SIZE, "%" PRIu64 ".%" PRIu64 "%ciB", whole,
			rest * 10 / 1024, units[unit]);
	else
		(void)snprintf(buf, CELL_SIZE, "%" PRIu64 "%ciB", whole, units[unit]);
	return buf;
}

static const char *put_share(uint64_t share, char *buf)
{
	(void)snprintf(buf, CELL_SIZE, "%" PRIu64 ".%02" PRIu64 "%%", share / 100, share % 100);
	return buf;
}

static bool has_limit(const struct crl_stats *s)
{
	return s->has_memory && s->memory_limit != UINT64_MAX && s->memory_limit > 0;
}

/* Of the limit; divided first where the product would not fit. */
static uint64_t memory_share(const struct crl_stats *s)
{
	return s->memory_limit < 10000 * 1024 ? s->memory * 10000 / s->memory_limit
					      : s->memory / (s->memory_limit / 10000);
}

static uint64_t largest(const uint64_t *past, uint64_t at_least)
{
	for (size_t i = 0; i < STATS_HISTORY; i++)
		if (past[i] > at_least)
			at_least = past[i];
	return at_least;
}

/* One character a look, the newest at the right; none for the time before the first. */
static const char *put_sparkline(
	const uint64_t *past, size_t looks, uint64_t full, bool utf8, char *buf)
{
	static const char *const blocks[] = { "\u2581", "\u2582", "\u2583", "\u2584", "\u2585",
		"\u2586", "\u2587", "\u2588" };
	static const char *const letters[] = { "_", ".", ",", "-", "=", "+", "*", "#" };
	size_t len = 0;

	for (size_t i = 0; i < STATS_HISTORY; i++) {
		const uint64_t eighths = full == 0 ? 0 : past[i] * 8 / full;
		const size_t level = eighths > 7 ? 7 : (size_t)eighths;
		const char *const mark = i + looks < STATS_HISTORY ? " "
					 : utf8                    ? blocks[level]
								   : letters[level];

		len += (size_t)snprintf(buf + len, CELL_SIZE - len, "%s", mark);
	}
	return buf;
}

/* --- lines ----------------------------------------------------------------------------------- */

/* Where a line grows; what the terminal has no column for is left out. */
struct line {
	FILE *to;
	size_t column, columns; /* SIZE_MAX: no end */
};

/* A cell of so many columns, right-aligned but for negative ones; text of one column a character */
static void put_cell(struct line *l, int width, const char *text)
{
	const size_t want = (size_t)(width < 0 ? -width : width);
	size_t have = 0, pad;

	for (const char *c = text; *c != '\0'; c++)
		have += (*c & 0xc0) != 0x80;
	pad = have < want ? want - have : 0;
	for (size_t i = 0; width > 0 && i < pad && l->column < l->columns; i++, l->column++)
		(void)fputc(' ', l->to);
	for (const char *c = text; *c != '\0'; c++) {
		if ((*c & 0xc0) != 0x80 && l->column++ >= l->columns)
			break;
		(void)fputc(*c, l->to);
	}
	for (size_t i = 0; width < 0 && i < pad && l->column < l->columns; i++, l->column++)
		(void)fputc(' ', l->to);
}

enum {
	ID_MIN = 12,
	ID_MAX = 32,
	SPARK_WIDTH = STATS_HISTORY + 1
};

static int id_width(const struct stats_row *rows, size_t count)
{
	size_t width = ID_MIN;

	for (size_t i = 0; i < count; i++)
		if (strlen(rows[i].id) > width)
			width = strlen(rows[i].id);
	return -(int)(width > ID_MAX ? ID_MAX : width);
}

static void put_head(struct line *l, int id, bool sparklines)
{
	put_cell(l, id, "ID");
	put_cell(l, -9, " STATUS");
	put_cell(l, 9, "CPU");
	if (sparklines)
		put_cell(l, -SPARK_WIDTH, "");
	put_cell(l, 9, "MEMORY");
	put_cell(l, 9, "LIMIT");
	put_cell(l, 8, "USED");
	if (sparklines)
		put_cell(l, -SPARK_WIDTH, "");
	put_cell(l, 9, "READ");
	put_cell(l, 9, "WRITTEN");
	put_cell(l, 7, "PIDS");
}

/* past NULL: nothing is known */
static void put_spark(struct line *l, const struct stats_form *form, const struct stats_row *row,
	const uint64_t *past, uint64_t full)
{
	char buf[CELL_SIZE];

	if (!form->sparklines)
		return;
	put_cell(l, 1, " ");
	put_cell(l, STATS_HISTORY,
		past == NULL ? "" : put_sparkline(past, row->looks, full, form->utf8, buf));
}

static void put_row(
	struct line *l, int id, const struct stats_row *row, const struct stats_form *form)
{
	const struct crl_stats *const s = &row->now;
	char buf[CELL_SIZE], cut[ID_MAX + 1];

	(void)snprintf(cut, sizeof(cut), "%s", row->id); /* cut when too long */
	put_cell(l, id, cut);
	put_cell(l, 1, " ");
	put_cell(l, -8, s->status);
	put_cell(l, 9, row->has_cpu ? put_share(row->cpu_share, buf) : "-");
	put_spark(l, form, row, s->has_cpu ? row->cpu_past : NULL, largest(row->cpu_past, 10000));
	put_cell(l, 9, s->has_memory ? put_bytes(s->memory, buf) : "-");
	put_cell(l, 9, has_limit(s) ? put_bytes(s->memory_limit, buf) : "-");
	put_cell(l, 8, has_limit(s) ? put_share(memory_share(s), buf) : "-");
	put_spark(l, form, row, s->has_memory ? row->memory_past : NULL,
		has_limit(s) ? s->memory_limit : largest(row->memory_past, 0));
	put_cell(l, 9, s->has_io ? put_bytes(s->read, buf) : "-");
	put_cell(l, 9, s->has_io ? put_bytes(s->written, buf) : "-");
	(void)snprintf(buf, sizeof(buf), "%" PRIu64, s->pids);
	put_cell(l, 7, s->has_pids ? buf : "-");
}

void stats_table(
	FILE *to, const struct stats_row *rows, size_t count, const struct stats_form *form)
{
	const int id = id_width(rows, count);
	const size_t shown = form->lines == 0 || count < form->lines ? count : form->lines - 1;
	struct line l = { to, 0, form->columns == 0 ? SIZE_MAX : form->columns };

	put_head(&l, id, form->sparklines);
	for (size_t i = 0; i < shown; i++) {
		(void)fputs(form->line_end, to);
		l.column = 0;
		put_row(&l, id, &rows[i], form);
	}
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void put_uint(struct json_out *j, const char *key, bool known, uint64_t value)
{
	if (known && value != UINT64_MAX)
		json_uint(j, key, value);
	else
		json_null(j, key);
}

static void put_percent(struct json_out *j, const char *key, bool known, uint64_t share)
{
	if (known)
		json_fixed(j, key, share, 2);
	else
		json_null(j, key);
}

int stats_json(FILE *to, const struct stats_row *rows, size_t count, struct err *e)
{
	AUTO_JSON j = { 0 };
	const char *text;
	size_t len;

	json_array(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct crl_stats *const s = &rows[i].now;

		json_object(&j, NULL);
		json_text(&j, "id", rows[i].id);
		json_text(&j, "status", s->status);
		put_percent(&j, "cpuPercent", rows[i].has_cpu, rows[i].cpu_share);
		put_uint(&j, "cpuNanoseconds", s->has_cpu, s->cpu);
		put_uint(&j, "memory", s->has_memory, s->memory);
		put_uint(&j, "memoryLimit", has_limit(s), s->memory_limit);
		put_percent(&j, "memoryPercent", has_limit(s), has_limit(s) ? memory_share(s) : 0);
		put_uint(&j, "readBytes", s->has_io, s->read);
		put_uint(&j, "writtenBytes", s->has_io, s->written);
		put_uint(&j, "pids", s->has_pids, s->pids);
		put_uint(&j, "pidsLimit", s->has_pids, s->pids_limit);
		json_end(&j);
	}
	json_end(&j);
	TRY(json_finish(&j, &text, &len, e));
	(void)fprintf(to, "%s\n", text);
	return 0;
}
