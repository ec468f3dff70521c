/* config.json to structs, in one pass and without a tree between: yajl's events are walked along
 * the field tables, with one frame for each open object or list.  Never opens a file. */
#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "spec/reader.h"
#include "spec/syntax.h"

/* What the newest token was. */
enum newest {
	NONE,
	KEY,
	BEGINNING, /* of an object or list */
	VALUE      /* or the end of one */
};

struct events {
	struct reader reader;
	yajl_handle yajl;
	enum newest newest;
	bool at_end; /* yajl has had all bytes */
	int failed;  /* what ended the reading: a negative errno */
};

static void refuse(const struct reader *r, const struct err *e)
{
	spec_report_add(r->report, &(struct spec_finding){ .rule = "syntax",
					   .at = e->at,
					   .path = "",
					   .text = e->text,
					   .hint = e->hint[0] != '\0' ? e->hint : NULL,
					   .code = EINVAL });
}

/* Refuses escapes that stand for no character.  yajl would put '?' for a lone surrogate. */
static bool check_escapes(const struct reader *r, size_t decoded_len)
{
	const size_t raw_len = r->lex.end - r->lex.start;
	struct err e = { 0 };

	if (raw_len == decoded_len + 2 ||
		lex_is_sound(r->lex.bytes + r->lex.start + 1, raw_len - 2))
		return true;
	(void)err_set(&e, EINVAL, lex_pos(&r->lex),
		"syntax error: a string with \\u0000 or a lone surrogate");
	refuse(r, &e);
	return false;
}

static void advance(struct events *ev)
{
	struct lex *const l = &ev->reader.lex;

	/* once at its end, yajl reads a blank of its own, to finish a number */
	lex_advance(l, ev->at_end ? l->size : yajl_get_bytes_consumed(ev->yajl));
}

/* Refuses what begins with a number and goes on. */
static bool check_number(const struct reader *r, const struct token *t)
{
	struct err e = { 0 };

	if (syntax_check_number(&r->lex, t->len, &e) == 0)
		return true;
	refuse(r, &e);
	return false;
}

static bool check_token(const struct reader *r, const struct token *t)
{
	if (t->kind == TOKEN_NUMBER)
		return check_number(r, t);
	return t->kind != TOKEN_STRING || check_escapes(r, t->len);
}

/* yajl goes on with 1 and stops with 0. */
static int on_value(void *context, const struct token *without_place)
{
	struct events *const ev = context;
	struct reader *const r = &ev->reader;
	struct token t = *without_place;
	struct slot s;

	advance(ev);
	t.at = lex_pos(&r->lex);
	ev->newest = t.kind == TOKEN_OBJECT || t.kind == TOKEN_LIST ? BEGINNING : VALUE;
	ev->failed = !check_token(r, &t) ? -EINVAL : 0;
	if (ev->failed == 0)
		ev->failed = reader_slot(r, &s);
	if (ev->failed == 0)
		ev->failed = reader_store(r, &s, &t);
	return ev->failed == 0;
}

static int on_null(void *context)
{
	return on_value(context, &(struct token){ .kind = TOKEN_NULL });
}

static int on_bool(void *context, int value)
{
	return on_value(context, &(struct token){ .kind = TOKEN_BOOL, .value = value != 0 });
}

static int on_number(void *context, const char *text, size_t len)
{
	return on_value(context, &(struct token){ .kind = TOKEN_NUMBER, .text = text, .len = len });
}

static int on_string(void *context, const unsigned char *text, size_t len)
{
	return on_value(context,
		&(struct token){ .kind = TOKEN_STRING, .text = (const char *)text, .len = len });
}

static int on_object(void *context)
{
	return on_value(context, &(struct token){ .kind = TOKEN_OBJECT });
}

static int on_list(void *context)
{
	return on_value(context, &(struct token){ .kind = TOKEN_LIST });
}

static int on_key(void *context, const unsigned char *key, size_t len)
{
	struct events *const ev = context;
	struct reader *const r = &ev->reader;

	advance(ev);
	ev->newest = KEY;
	ev->failed = !check_escapes(r, len) ? -EINVAL : reader_key(r, (const char *)key, len);
	return ev->failed == 0;
}

static int on_end(void *context)
{
	struct events *const ev = context;

	advance(ev);
	ev->newest = VALUE;
	ev->failed = reader_pop(&ev->reader);
	return ev->failed == 0;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_bool,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_list,
	.yajl_end_array = on_end,
};

/* What stands behind the newest token, and what should. */
static struct syntax place(const struct events *ev)
{
	const struct reader *const r = &ev->reader;
	const struct frame *const open = r->depth > 0 ? &r->frames[r->depth - 1] : NULL;
	struct syntax s = { .bytes = r->lex.bytes,
		.size = r->lex.size,
		.before = r->lex.end,
		.at = lex_skip_space(&r->lex, r->lex.end),
		.in_object =
			open != NULL && open->kind != FRAME_LIST && open->kind != FRAME_ANY_LIST };
	const char mark = ev->newest == KEY ? ':' : ',';
	const bool may = ev->newest == KEY || (ev->newest == VALUE && open != NULL);
	const bool marked = may && s.at < s.size && s.bytes[s.at] == mark;

	if (open != NULL)
		s.opened = open->at;
	if (marked)
		s.at = lex_skip_space(&r->lex, s.at + 1);
	s.comma = marked && mark == ',';
	if (ev->newest == KEY)
		s.wanted = marked ? SYNTAX_VALUE : SYNTAX_COLON;
	else if (ev->newest == VALUE && !marked)
		s.wanted = open != NULL ? SYNTAX_COMMA : SYNTAX_NOTHING;
	else
		s.wanted = s.in_object ? SYNTAX_KEY : SYNTAX_VALUE;
	return s;
}

static void syntax_error(struct events *ev)
{
	const struct syntax s = place(ev);
	struct err e = { 0 };

	(void)syntax_refuse(&s, lex_pos_at(&ev->reader.lex, s.at), &e); /* told by refuse */
	refuse(&ev->reader, &e);
}

/* Returns 0 when all of it was read, whatever is wrong with it; -EINVAL, -E2BIG, -ENOMEM. */
static int parse(struct events *ev)
{
	const struct lex *const l = &ev->reader.lex;
	yajl_status status;

	/* lex_check_bytes looked at the encoding */
	must(yajl_config(ev->yajl, yajl_dont_validate_strings, 1) != 0);
	status = yajl_parse(ev->yajl, (const unsigned char *)l->bytes, l->size);
	if (status == yajl_status_ok) {
		ev->at_end = true;
		status = yajl_complete_parse(ev->yajl);
	}
	if (status == yajl_status_ok)
		return 0;
	if (status == yajl_status_client_canceled)
		return ev->failed;
	syntax_error(ev);
	return -EINVAL;
}

static void events_free(struct events *ev)
{
	for (size_t i = 0; i < ev->reader.depth; i++)
		reader_frame_done(&ev->reader.frames[i]);
	if (ev->yajl != NULL)
		yajl_free(ev->yajl);
	free(ev);
}

int reader_run_list(const struct lex *file, struct spec_report *report,
	const struct spec_object *type, const struct spec_field *list, void *target)
{
	struct events *const ev = calloc(1, sizeof(*ev));
	int rc = -ENOMEM;

	if (ev == NULL)
		return rc;
	ev->reader.lex = *file;
	ev->reader.arena = report->arena;
	ev->reader.report = report;
	ev->reader.type = type;
	ev->reader.list = list;
	ev->reader.target = target;
	ev->yajl = yajl_alloc(&callbacks, NULL, ev);
	if (ev->yajl != NULL)
		rc = parse(ev);
	events_free(ev);
	return rc;
}

int reader_run(const struct lex *file, struct spec_report *report, const struct spec_object *type,
	void *target)
{
	return reader_run_list(file, report, type, NULL, target);
}
