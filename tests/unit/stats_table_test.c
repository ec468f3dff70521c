/* The table of `stats`: shares, units, sparklines, and what a small terminal has no room for. */
#include "cmd/stats_table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static const struct crl_stats none = { .status = "stopped", .at = 1000 };

static struct crl_stats some(uint64_t cpu_ms, int64_t at, uint64_t memory)
{
	return (struct crl_stats){ .status = "running",
		.has_cpu = true,
		.has_memory = true,
		.has_io = true,
		.has_pids = true,
		.cpu = cpu_ms * 1000000,
		.memory = memory,
		.memory_limit = 4096,
		.read = 1536,
		.written = 1023,
		.pids = 3,
		.pids_limit = UINT64_MAX,
		.at = at };
}

static char *table(const struct stats_row *rows, size_t count, const struct stats_form *form)
{
	char *text = NULL;
	size_t size;
	FILE *const to = open_memstream(&text, &size);

	stats_table(to, rows, count, form);
	(void)fclose(to);
	return text;
}

#define HEAD "ID           STATUS        CPU   MEMORY    LIMIT    USED     READ  WRITTEN   PIDS"

static const struct {
	const char *label;
	uint64_t cpu_ms; /* in two seconds */
	uint64_t memory;
	const char *line; /* behind the id and the status */
} lines[] = {
	{ "idle", 0, 0, "    0.00%       0B   4.0KiB   0.00%   1.5KiB    1023B      3" },
	{ "half a CPU", 1000, 1024,
		"   50.00%   1.0KiB   4.0KiB  25.00%   1.5KiB    1023B      3" },
	{ "two CPUs", 4000, 4096, "  200.00%   4.0KiB   4.0KiB 100.00%   1.5KiB    1023B      3" },
	{ "a little", 1, 4095, "    0.05%   3.9KiB   4.0KiB  99.97%   1.5KiB    1023B      3" },
};

Test(stats_table, lines)
{
	const struct stats_form form = { .line_end = "\n" };

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct stats_row row = { .id = "c" };
		struct crl_stats look = some(5, 1000, 0);
		char want[512], *text;

		stats_row_look(&row, &look);
		look = some(5 + lines[i].cpu_ms, 3000, lines[i].memory);
		stats_row_look(&row, &look);
		text = table(&row, 1, &form);
		(void)snprintf(want, sizeof(want), HEAD "\nc            running %s", lines[i].line);
		cr_expect(eq(str, text, want), "%s", lines[i].label);
		free(text);
	}
}

Test(stats_table, what_is_not_known)
{
	const struct stats_form form = { .line_end = "\n" };
	struct stats_row row = { .id = "c" };
	char *text;

	stats_row_look(&row, &none);
	text = table(&row, 1, &form);
	cr_expect(eq(str, text,
		HEAD
		"\nc            stopped         -        -        -       -        -        -      -"));
	free(text);
}

/* A counter that goes back, as of another cgroup of the same name, is no share. */
Test(stats_table, counter_that_goes_back)
{
	struct stats_row row = { .id = "c" };
	struct crl_stats look = some(500, 1000, 0);

	stats_row_look(&row, &look);
	look = some(100, 2000, 0);
	stats_row_look(&row, &look);
	cr_expect(not(row.has_cpu));
	look = some(200, 3000, 0);
	stats_row_look(&row, &look);
	cr_expect(row.has_cpu);
	cr_expect(eq(u64, row.cpu_share, 1000));
}

Test(stats_table, sparklines)
{
	const struct stats_form form = { .sparklines = true, .line_end = "\n" };
	struct stats_row row = { .id = "c" };
	char *text;

	for (int i = 0; i < 5; i++) {
		/* 0, 25, 50 and 75 % of a CPU; memory up to the limit */
		static const uint64_t cpu[] = { 0, 0, 250, 750, 1500 };
		const struct crl_stats look = some(cpu[i], 1000 * (i + 1), 1024 * (uint64_t)i);

		stats_row_look(&row, &look);
	}
	text = table(&row, 1, &form);
	cr_expect(strstr(text, "   75.00%            __,=*   ") != NULL, "%s", text);
	cr_expect(strstr(text, " 100.00%            _,=*#   ") != NULL, "%s", text);
	free(text);
}

Test(stats_table, a_small_terminal)
{
	const struct stats_form form = { .line_end = "|", .columns = 20, .lines = 3 };
	struct stats_row rows[4] = { { .id = "a" }, { .id = "b" }, { .id = "c" }, { .id = "d" } };
	char *text;

	for (int i = 0; i < 4; i++)
		stats_row_look(&rows[i], &none);
	text = table(rows, 4, &form);
	cr_expect(eq(str, text, "ID           STATUS |a            stopped|b            stopped"),
		"%s", text);
	free(text);
}

Test(stats_table, json)
{
	struct stats_row row = { .id = "c" };
	struct crl_stats look = some(0, 1000, 1024);
	char *text = NULL;
	size_t size;
	struct err e = { 0 };
	FILE *const to = open_memstream(&text, &size);

	stats_row_look(&row, &look);
	look.cpu = 125000000;
	look.at = 2000;
	stats_row_look(&row, &look);
	cr_assert(eq(int, stats_json(to, &row, 1, &e), 0));
	(void)fclose(to);
	cr_expect(eq(str, text,
		"[{\"id\":\"c\",\"status\":\"running\",\"cpuPercent\":12.50,\"cpuNanoseconds\":125000000,"
		"\"memory\":1024,\"memoryLimit\":4096,\"memoryPercent\":25.00,\"readBytes\":1536,"
		"\"writtenBytes\":1023,\"pids\":3,\"pidsLimit\":null}]\n"));
	free(text);
}
