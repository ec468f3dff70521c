/* config.json to structs, in one pass and without a tree between: yajl's events are walked along
 * the field tables, with one frame for each open object or list.  Never opens a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "spec/reader.h"

struct events {
	struct reader reader;
	yajl_handle yajl;
	bool at_end; /* yajl has had all bytes */
	int failed;  /* what ended the reading: a negative errno */
};

static void syntax(const struct reader *r, struct src_pos at, const char *what)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "syntax error: %s", what);
	spec_report_add(r->report,
		&(struct spec_finding){
			.rule = "syntax", .at = at, .path = "", .text = text, .code = EINVAL });
}

/* Refuses escapes that stand for no character.  yajl would put '?' for a lone surrogate. */
static bool check_escapes(const struct reader *r, size_t decoded_len)
{
	const size_t raw_len = r->lex.end - r->lex.start;

	if (raw_len == decoded_len + 2 ||
		lex_is_sound(r->lex.bytes + r->lex.start + 1, raw_len - 2))
		return true;
	syntax(r, lex_pos(&r->lex), "a string with \\u0000 or a lone surrogate");
	return false;
}

static void advance(struct events *ev)
{
	struct lex *const l = &ev->reader.lex;

	/* once at its end, yajl reads a blank of its own, to finish a number */
	lex_advance(l, ev->at_end ? l->size : yajl_get_bytes_consumed(ev->yajl));
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
	ev->failed = t.kind == TOKEN_STRING && !check_escapes(r, t.len) ? -EINVAL : 0;
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
	ev->failed = !check_escapes(r, len) ? -EINVAL : reader_key(r, (const char *)key, len);
	return ev->failed == 0;
}

static int on_end(void *context)
{
	struct events *const ev = context;

	advance(ev);
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

/* yajl's words, which change with its versions, and ours. */
static const struct {
	const char *theirs, *ours;
} reasons[] = {
	{ "separated by a colon", "expected ':'" },
	{ "inside map, I expect", "expected ',' or '}'" },
	{ "after array element", "expected ',' or ']'" },
	{ "object key", "expected a key, which is a string" },
	{ "trailing garbage", "something follows the configuration" },
	{ "'\\' occurs before", "an unknown escape in a string" },
	{ "invalid (non-hex)", "an unknown escape in a string" },
	{ "invalid character inside string", "a control character in a string" },
	{ "malformed number", "a malformed number" },
	{ "comment", "JSON has no comments" },
};

static void syntax_error(struct events *ev)
{
	struct reader *const r = &ev->reader;
	const struct lex *const l = &r->lex;
	const unsigned char *const bytes = (const unsigned char *)l->bytes;
	const char *ours = "no value can begin like this here";
	size_t stopped = yajl_get_bytes_consumed(ev->yajl);
	unsigned char *theirs;

	if (ev->at_end) {
		syntax(r, lex_pos_at(l, l->size), "the text ends too early");
		return;
	}
	theirs = yajl_get_error(ev->yajl, 0, bytes, l->size);
	for (size_t i = 0; theirs != NULL && i < ARRAY_LEN(reasons); i++)
		if (strstr((const char *)theirs, reasons[i].theirs) != NULL) {
			ours = reasons[i].ours;
			break;
		}
	if (theirs != NULL && strncmp((const char *)theirs, "lexical", 7) == 0)
		stopped = SIZE_MAX;
	if (theirs != NULL)
		yajl_free_error(ev->yajl, theirs);
	syntax(r, lex_pos_refused(l, stopped), ours);
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

int reader_run(const struct lex *file, struct spec_report *report, const struct spec_object *type,
	void *target)
{
	struct events *const ev = calloc(1, sizeof(*ev));
	int rc = -ENOMEM;

	if (ev == NULL)
		return rc;
	ev->reader.lex = *file;
	ev->reader.arena = report->arena;
	ev->reader.report = report;
	ev->reader.type = type;
	ev->reader.target = target;
	ev->yajl = yajl_alloc(&callbacks, NULL, ev);
	if (ev->yajl != NULL)
		rc = parse(ev);
	events_free(ev);
	return rc;
}
