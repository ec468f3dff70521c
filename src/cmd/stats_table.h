/* Containers and what they use, as a table or as JSON.  Makes text; asks and prints nothing.
 * Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_STATS_TABLE_H
#define CRUN_LITE_CMD_STATS_TABLE_H

#include "crun-lite/stats.h"

#include "base/err.h"

#include <stdio.h>

enum {
	STATS_HISTORY = 16 /* columns of a sparkline */
};

/* One container.  Shares are hundredths of a percent. */
struct stats_row {
	char id[256];
	struct crl_stats now;
	bool has_cpu; /* there were two looks */
	uint64_t cpu_share;
	uint64_t cpu_past[STATS_HISTORY], memory_past[STATS_HISTORY]; /* the newest last */
	size_t looks;                                                 /* so far */
	bool seen;                                                    /* by the newest look */
};

/* Takes in a new look at the row's container. */
void stats_row_look(struct stats_row *row, const struct crl_stats *now);

struct stats_form {
	bool sparklines, utf8;
	size_t columns, lines; /* of the terminal; 0: as many as it takes */
	const char *line_end;  /* "\n" */
};

/* The table, its head first. */
void stats_table(
	FILE *to, const struct stats_row *rows, size_t count, const struct stats_form *form);

/* One array on one line; what is not known, and a limit that there is not, is null.
 * Returns 0; -ENOMEM */
CHECKED int stats_json(FILE *to, const struct stats_row *rows, size_t count, struct err *e);

#endif
