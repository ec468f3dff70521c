/* The record from its text, which may have been cut, changed or written by somebody else.
 * Touches no file; believes nothing. */
#include "state/form.h"
#include "state/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct in {
	const char *at, *end; /* what is left: whole lines, without the one of the sum */
	unsigned line;        /* of `at`, 1-based */
	struct arena *arena;
	struct err *e;
};

static int torn(struct err *e)
{
	return err_set(e, EINVAL, POS_NONE, "its state record is cut short or damaged");
}

static int bad(const struct in *in, const char *key, const char *what)
{
	return err_set(
		in->e, EINVAL, POS_NONE, "line %u of its state record: %s %s", in->line, key, what);
}

/* Takes one line that must be `key` and a value off the input.
 * ret  the value, without the newline */
static int take_line(struct in *in, const char *key, struct state_bytes *ret)
{
	const size_t left = (size_t)(in->end - in->at), len = strlen(key);
	const char *const stop = memchr(in->at, '\n', left);

	if (stop == NULL || (size_t)(stop - in->at) < len || memcmp(in->at, key, len) != 0)
		return bad(in, key, "expected");
	*ret = (struct state_bytes){ in->at + len, (size_t)(stop - in->at) - len };
	in->at = stop + 1;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The text that was escaped; only what needed it may be.
 * also  as when it was written */
static int unescape(const struct in *in, struct state_bytes from, char also, const char **ret)
{
	char *const text = arena_text(in->arena, from.text, from.size);
	size_t len = 0;

	if (text == NULL)
		return err_set(in->e, ENOMEM, POS_NONE, "out of memory");
	for (size_t i = 0; i < from.size; i++) {
		const bool escaped = text[i] == '\\';
		int c = (unsigned char)text[i];

		if (escaped) {
			if (from.size - i < 3)
				return bad(in, "value", "ends in an escape");
			c = hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0
				    ? 0
				    : hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]);
			i += 2;
		}
		if (c == 0 || escaped != (c < 0x20 || c == 0x7f || c == '\\' || c == also))
			return bad(in, "value", "is not escaped as it should be");
		text[len++] = (char)c;
	}
	text[len] = '\0';
	*ret = text;
	return 0;
}

static int take_text(struct in *in, const char *key, const char **ret)
{
	struct state_bytes value;

	TRY(take_line(in, key, &value));
	TRY(unescape(in, value, 0, ret));
	in->line++;
	return 0;
}

static int take_number(struct in *in, const char *key, uint64_t max, uint64_t *ret)
{
	struct state_bytes value;
	uint64_t number = 0;

	TRY(take_line(in, key, &value));
	if (value.size == 0 || (value.size > 1 && value.text[0] == '0'))
		return bad(in, key, "is not a number");
	for (size_t i = 0; i < value.size; i++) {
		const unsigned digit = (unsigned)(value.text[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, digit, &number) || number > max)
			return bad(in, key, "is not a number, or too large");
	}
	*ret = number;
	in->line++;
	return 0;
}

static int take_flag(struct in *in, const char *key, bool *ret)
{
	uint64_t number;

	TRY(take_number(in, key, 1, &number));
	*ret = number == 1;
	return 0;
}

static int take_phase(struct in *in, const char *key, enum state_status *ret)
{
	const char *word;

	TRY(take_text(in, key, &word));
	for (enum state_status s = STATE_CREATING; s <= STATE_RUNNING; s++) {
		if (strcmp(word, state_status_word(s)) == 0) {
			*ret = s;
			return 0;
		}
	}
	return bad(in, key, "is not known");
}

static int take_rows(struct in *in, struct state_record *r)
{
#define TEXT(member)        TRY(take_text(in, #member "=", &r->member));
#define NUMBER(member, max) TRY(take_number(in, #member "=", max, &r->member));
#define FLAG(member)        TRY(take_flag(in, #member "=", &r->member));
#define PHASE(member)       TRY(take_phase(in, #member "=", &r->member));
#include "spec/state.def"
#undef TEXT
#undef NUMBER
#undef FLAG
#undef PHASE
	return 0;
}

static size_t count_lines(const struct in *in)
{
	size_t count = 0;

	for (const char *c = in->at; c < in->end; c++)
		count += *c == '\n';
	return count;
}

static int take_annotations(struct in *in, struct spec_map *ret)
{
	const size_t count = count_lines(in);
	struct spec_pair *const pairs = arena_array(in->arena, count, sizeof(*pairs));

	if (pairs == NULL)
		return err_set(in->e, ENOMEM, POS_NONE, "out of memory");
	for (size_t i = 0; i < count; i++) {
		struct state_bytes key, value;
		const char *sign;

		TRY(take_line(in, RECORD_NOTE, &key));
		sign = memchr(key.text, '=', key.size);
		if (sign == NULL)
			return bad(in, RECORD_NOTE, "has no value");
		value.text = sign + 1;
		value.size = key.size - (size_t)(value.text - key.text);
		key.size = (size_t)(sign - key.text);
		TRY(unescape(in, key, '=', &pairs[i].key.value));
		TRY(unescape(in, value, 0, &pairs[i].value.value));
		in->line++;
	}
	*ret = (struct spec_map){ .items = pairs, .count = count };
	return in->at == in->end ? 0 : torn(in->e);
}

/* "" or absolute. */
static bool is_place(const char *path)
{
	return path[0] == '\0' || path[0] == '/';
}

/* What is well-formed, and yet cannot be. */
static int check(const struct state_record *r, struct err *e)
{
	const char *wrong = NULL;
	struct err why = { 0 };

	if (state_check_id(r->id, &why) < 0)
		wrong = "id";
	else if (r->bundle[0] != '/' || !is_place(r->rootfs) || !is_place(r->cgroup) ||
		 !is_place(r->rdt_group) || !is_place(r->rdt_monitor))
		wrong = "a path that is not absolute";
	else if (r->boot[0] == '\0' || r->runtime_pid == 0)
		wrong = "no maker";
	else if (r->phase != STATE_CREATING && r->pid == 0)
		wrong = "no process";
	else if (r->cgroup[0] == '\0' && r->cgroup_inode != 0)
		wrong = "an inode of no cgroup";
	if (wrong == NULL)
		return 0;
	return err_set(e, EINVAL, POS_NONE, "its state record makes no sense: %s", wrong);
}

/* The first line, which every version has.  ret: digits of the version */
static int check_version(const char *text, size_t size, struct err *e)
{
	const size_t start = strlen(RECORD_FIRST);
	struct in in = { text, text + size, 1, NULL, e };
	uint64_t version;

	if (size < start || memcmp(text, RECORD_FIRST, start) != 0)
		return err_set(e, EINVAL, POS_NONE, "its state record is not one of crun-lite");
	if (take_number(&in, RECORD_FIRST, UINT32_MAX, &version) < 0)
		return torn(e);
	if (version == STATE_VERSION)
		return 0;
	return err_set(e, EPROTONOSUPPORT, POS_NONE,
		"its state record is of version %" PRIu64
		", written by %s crun-lite: this one knows version %u",
		version, version < STATE_VERSION ? "an older" : "a newer", STATE_VERSION);
}

/* Does it end in the sum of all that is before? */
static bool has_sum(const char *text, size_t size)
{
	char line[RECORD_SUM_LINE + 1];
	size_t body;

	if (size < RECORD_SUM_LINE)
		return false;
	body = size - RECORD_SUM_LINE;
	(void)snprintf(line, sizeof(line), RECORD_SUM "%016" PRIx64 "\n", state_sum(text, body));
	return memcmp(text + body, line, RECORD_SUM_LINE) == 0;
}

size_t state_record_size(const char *text, size_t size)
{
	static const char last[] = "\n" RECORD_SUM;
	const char *const found = memmem(text, size, last, sizeof(last) - 1);
	const size_t end = found == NULL ? 0 : (size_t)(found + 1 - text) + RECORD_SUM_LINE;

	return end <= size ? end : 0;
}

int state_parse(
	const char *text, size_t size, struct arena *a, struct state_record *ret, struct err *e)
{
	struct in in = { text, NULL, 1, a, e };
	struct state_record found = { 0 };
	uint64_t version;

	TRY(check_version(text, size, e));
	if (!has_sum(text, size))
		return torn(e);
	in.end = text + size - RECORD_SUM_LINE;
	TRY(take_number(&in, RECORD_FIRST, UINT32_MAX, &version));
	TRY(take_rows(&in, &found));
	TRY(take_annotations(&in, &found.annotations));
	TRY(check(&found, e));
	*ret = found;
	return 0;
}
