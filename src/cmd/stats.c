/* crun-lite stats: what containers use, again and again. */
#include "crun-lite/stats.h"
#include "cmd/cmd.h"

#include "base/clock.h"
#include "cmd/duration.h"
#include "cmd/screen.h"
#include "cmd/stats_table.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHORT_MS = 500 /* between the two looks that a share of time takes, when it is asked for
			  once */
};

struct stats {
	struct cmd *cmd;
	struct stats_row *rows; /* malloc'ed */
	size_t count, room;
	unsigned interval_ms;
	bool json, once;
	struct screen screen;
};

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

/* The container's row; a new one at the end when it has none.  NULL: memory is short */
static struct stats_row *row_of(struct stats *s, const char *id)
{
	struct stats_row *more;

	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->rows[i].id, id) == 0)
			return &s->rows[i];
	if (s->count == s->room) {
		const size_t room = s->room == 0 ? 16 : s->room * 2;

		more = reallocarray(s->rows, room, sizeof(*more));
		if (more == NULL)
			return NULL;
		s->rows = more;
		s->room = room;
	}
	more = &s->rows[s->count++];
	*more = (struct stats_row){ 0 };
	(void)snprintf(more->id, sizeof(more->id), "%s", id); /* an id has at most 255 bytes */
	return more;
}

static int look(struct stats *s, const char *id, struct crl_error *e)
{
	struct crl_stats now;
	struct stats_row *row;
	struct err no = { 0 };

	TRY(crl_stats(s->cmd->crl, id, &now, e));
	row = row_of(s, id);
	if (row == NULL) {
		(void)no_memory(&no);
		*e = (struct crl_error){ .code = ENOMEM };
		memcpy(e->text, no.text, sizeof(e->text));
		return -ENOMEM;
	}
	stats_row_look(row, &now);
	return 0;
}

/* One that cannot be read is told by `list`. */
static int look_at_entry(void *data, const struct crl_entry *entry, const struct crl_error *why)
{
	struct crl_error ignored; /* removed meanwhile */

	(void)why;
	if (entry != NULL && look(data, entry->id, &ignored) == -ENOMEM)
		return -ENOMEM;
	return 0;
}

static void drop_unseen(struct stats *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->rows[i].seen)
			s->rows[kept++] = s->rows[i];
	s->count = kept;
}

/* A new look at all.  Those that were named must be there at first; what is removed later goes. */
static int look_at_all(struct stats *s, struct crl_error *e)
{
	const struct cmd_args *const a = s->cmd->args;
	const bool first = s->count == 0;

	for (size_t i = 0; i < s->count; i++)
		s->rows[i].seen = false;
	for (size_t i = 0; i < a->word_count; i++) {
		const int rc = look(s, a->words[i], e);

		if (rc < 0 && (first || rc != -ENOENT))
			return rc;
	}
	if (a->word_count == 0)
		TRY(crl_list(s->cmd->crl, false, look_at_entry, s, e));
	drop_unseen(s);
	return 0;
}

/* Have all that were named ended? */
static bool is_over(const struct stats *s)
{
	if (s->cmd->args->word_count == 0)
		return false;
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->rows[i].now.status, "stopped") != 0)
			return false;
	return true;
}

static int show_page(struct stats *s, struct err *e)
{
	struct stats_form form = {
		.sparklines = true, .utf8 = screen_is_utf8(), .line_end = "\033[K\r\n"
	};
	char *text = NULL;
	size_t size = 0;
	FILE *const to = open_memstream(&text, &size);
	int rc;

	if (to == NULL)
		return no_memory(e);
	screen_size(&form.columns, &form.lines);
	stats_table(to, s->rows, s->count, &form);
	rc = fclose(to) == 0 ? screen_draw(text, size) : -ENOMEM;
	free(text);
	return rc < 0 ? err_sys(e, -rc, POS_NONE, "cannot write to standard output") : 0;
}

static int show_text(struct stats *s, struct err *e)
{
	const struct stats_form form = { .line_end = "\n" };

	if (s->json) {
		TRY(stats_json(stdout, s->rows, s->count, e));
	} else {
		stats_table(stdout, s->rows, s->count, &form);
		(void)fputs("\n", stdout);
	}
	if (fflush(stdout) == 0)
		return 0;
	return err_sys(e, errno, POS_NONE, "cannot write to standard output");
}

static void pause_until(int64_t until)
{
	int64_t left;

	while ((left = until - clock_now_ms()) > 0)
		(void)poll(NULL, 0, left > INT32_MAX ? INT32_MAX : (int)left);
}

/* Each round: a page, a wait, a look.  Returns 0 at the end, or -errno: *e, or *public if that is
 * set, says why. */
static int draw_rounds(struct stats *s, int *ret_signal, struct crl_error *public, struct err *e)
{
	int64_t next = clock_now_ms() + s->interval_ms;

	for (;;) {
		enum screen_event event;

		TRY(show_page(s, e));
		if (is_over(s))
			return 0;
		TRY(screen_wait(&s->screen, next, &event, ret_signal, e));
		if (event == SCREEN_END)
			return 0;
		if (event == SCREEN_RESIZED)
			continue;
		next = clock_now_ms() + s->interval_ms;
		TRY(look_at_all(s, public));
	}
}

static int follow_page(struct stats *s)
{
	struct crl_error public = { 0 };
	struct err e = { 0 };
	int signal = 0;
	int rc = screen_open(&s->screen, &e);

	if (rc == 0)
		rc = draw_rounds(s, &signal, &public, &e);
	screen_close(&s->screen);
	if (public.code != 0)
		return cmd_fail(s->cmd, &public);
	if (rc == 0)
		rc = show_text(s, &e); /* what was last seen stays */
	if (rc < 0)
		return cmd_fail_usage(s->cmd, &e);
	return signal == 0 || signal == SIGINT ? 0 : 128 + signal;
}

static int follow_text(struct stats *s)
{
	struct crl_error public;
	struct err e = { 0 };

	for (;;) {
		const int64_t next = clock_now_ms() + s->interval_ms;

		if (show_text(s, &e) < 0)
			return cmd_fail_usage(s->cmd, &e);
		if (s->once || is_over(s))
			return 0;
		if (!s->json)
			(void)fputs("\n", stdout);
		pause_until(next);
		if (look_at_all(s, &public) < 0)
			return cmd_fail(s->cmd, &public);
	}
}

static int read_options(struct stats *s, struct err *e)
{
	const struct cmd_args *const a = s->cmd->args;
	const char *const format = a->format != NULL ? a->format : "table";

	s->once = a->no_stream;
	s->json = strcmp(format, "json") == 0;
	s->interval_ms = s->once ? SHORT_MS : 1000;
	if (!s->json && strcmp(format, "table") != 0)
		return err_set(e, EINVAL, POS_NONE, "option --format: expected table or json");
	return a->interval == NULL ? 0 : duration_of("interval", a->interval, &s->interval_ms, e);
}

static int follow(struct stats *s)
{
	struct crl_error public;

	if (look_at_all(s, &public) < 0)
		return cmd_fail(s->cmd, &public);
	if (s->once && s->count > 0) { /* a share of time takes two looks */
		pause_until(clock_now_ms() + s->interval_ms);
		if (look_at_all(s, &public) < 0)
			return cmd_fail(s->cmd, &public);
	}
	return s->once || s->json || !screen_possible() ? follow_text(s) : follow_page(s);
}

int cmd_stats(struct cmd *c)
{
	struct stats s = { .cmd = c, .screen = SCREEN_NONE };
	struct err e = { 0 };
	int status;

	if (read_options(&s, &e) < 0)
		return cmd_fail_usage(c, &e);
	if (cmd_open(c) != 0)
		return 1;
	status = follow(&s);
	free(s.rows);
	return status;
}
