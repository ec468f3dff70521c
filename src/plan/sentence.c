/* Putting members into templates.  Decides nothing, looks at nothing but the operation. */
#include "plan/sentence.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const slot_names[] = {
	[SLOT_ROOT] = "root",
	[SLOT_STAGE] = "stage",
	[SLOT_PROC] = "proc",
	[SLOT_CGROUP] = "cgroup",
	[SLOT_TREE] = "tree",
	[SLOT_NULL] = "null",
	[SLOT_EMPTY] = "empty",
	[SLOT_UPPER] = "upper",
	[SLOT_WORK] = "work",
	[SLOT_FIFO] = "fifo",
	[SLOT_FILTER] = "filter",
	[SLOT_PTS] = "pts",
};

_Static_assert(ARRAY_LEN(slot_names) == SLOT_FIRST_FREE, "each fixed slot has a name");

/* --- the buffer ------------------------------------------------------------------------------ */

static bool grow(struct sentence *s, size_t need)
{
	const size_t size = need < 512 ? 1024 : need * 2;
	char *const text = arena_grow(s->arena, s->text, s->size, size);

	s->failed = s->failed || text == NULL;
	if (text == NULL)
		return false;
	s->text = text;
	s->size = size;
	return true;
}

/* Once something had to be left out, nothing more is put: the end would not belong there. */
static void cut(struct sentence *s)
{
	static const char dots[] = "...";
	size_t end = s->len + sizeof(dots) > s->size ? s->size - sizeof(dots) : s->len;

	while (end > 0 && ((unsigned char)s->text[end] & 0xc0) == 0x80)
		end--; /* no character is cut in two */
	memcpy(s->text + end, dots, sizeof(dots));
	s->len = end + sizeof(dots) - 1;
	s->cut = true;
}

static void put(struct sentence *s, const char *text, size_t len)
{
	if (s->failed || s->cut)
		return;
	if (s->len + len + 1 > s->size) {
		if (s->arena == NULL) {
			cut(s);
			return;
		}
		if (!grow(s, s->len + len + 1))
			return;
	}
	memcpy(s->text + s->len, text, len);
	s->len += len;
	s->text[s->len] = '\0';
}

void sentence_put(struct sentence *s, const char *text)
{
	put(s, text, strlen(text));
}

void sentence_format(struct sentence *s, const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* for numbers */
	va_end(ap);
	sentence_put(s, text);
}

/* --- values ---------------------------------------------------------------------------------- */

/* One character.  Returns its bytes of the text. */
static size_t put_one(struct sentence *s, const char *text, size_t len, bool quotes_too)
{
	uint32_t c = 0;
	const size_t known = text_utf8(text, len, &c), size = known == 0 ? 1 : known;
	char one[16];

	if (*text == '"' && !quotes_too)
		sentence_put(s, "\"");
	else
		sentence_put(s, text_escape(one, sizeof(one), text, size));
	return size;
}

/* The bytes in front that are shown as they are. */
static size_t plain_bytes(const char *text)
{
	size_t n = 0;

	while (text[n] >= ' ' && text[n] <= '~' && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

/* Piece by piece, for the text may be longer than any buffer; where it will be cut, a character at
 * a time, so that it is not cut too early. */
static void put_escaped(struct sentence *s, const char *text, bool quotes_too)
{
	size_t len = strlen(text);

	while (len > 0 && !s->failed && !s->cut) {
		size_t size = s->arena == NULL ? 0 : plain_bytes(text);

		if (size > 0)
			put(s, text, size);
		else
			size = put_one(s, text, len, quotes_too);
		text += size;
		len -= size;
	}
}

void sentence_foreign(struct sentence *s, const char *text)
{
	put_escaped(s, text, false);
}

static void put_quoted(struct sentence *s, const char *text)
{
	sentence_put(s, "\"");
	put_escaped(s, text, true);
	sentence_put(s, "\"");
}

const char *sentence_str(const struct plan_op *op, const struct plan_member *m)
{
	return *(const char *const *)(const void *)((const char *)op + m->offset);
}

uint64_t sentence_number(const struct plan_op *op, const struct plan_member *m)
{
	return *(const uint64_t *)(const void *)((const char *)op + m->offset);
}

int sentence_slot(const struct plan_op *op, const struct plan_member *m)
{
	return *(const int *)(const void *)((const char *)op + m->offset);
}

const char *const *sentence_list(const struct plan_op *op, const struct plan_member *m)
{
	return *(const char *const *const *)(const void *)((const char *)op + m->offset);
}

/* Would the word be read as one word of a list? */
static bool is_plain(const char *word)
{
	const char *c = word;

	while (*c > ' ' && *c < 0x7f && strchr("\"\\[]", *c) == NULL)
		c++;
	return *word != '\0' && *c == '\0';
}

static void put_list(struct sentence *s, const char *const *list)
{
	sentence_put(s, "[");
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		if (i > 0)
			sentence_put(s, " ");
		if (is_plain(list[i]))
			sentence_put(s, list[i]);
		else
			put_quoted(s, list[i]);
	}
	sentence_put(s, "]");
}

static void put_slot(struct sentence *s, int slot)
{
	if (slot == SLOT_NONE)
		sentence_put(s, "none");
	else if (slot < SLOT_FIRST_FREE)
		sentence_put(s, slot_names[slot]);
	else
		sentence_format(s, "fd#%d", slot);
}

void sentence_member(struct sentence *s, const struct plan_op *op, const struct plan_member *m)
{
	switch (m->type) {
	case MEMBER_STR:
		put_quoted(s, sentence_str(op, m) != NULL ? sentence_str(op, m) : "");
		break;
	case MEMBER_NUM:
		sentence_format(s, "%" PRIu64, sentence_number(op, m));
		break;
	case MEMBER_INT:
		sentence_format(s, "%" PRId64, (int64_t)sentence_number(op, m));
		break;
	case MEMBER_OCT:
		sentence_format(s, "%#" PRIo64, sentence_number(op, m));
		break;
	case MEMBER_HEX:
		sentence_format(s, "0x%" PRIx64, sentence_number(op, m));
		break;
	case MEMBER_SLOT:
		put_slot(s, sentence_slot(op, m));
		break;
	case MEMBER_LIST:
		put_list(s, sentence_list(op, m));
		break;
	case MEMBER_DATA:
		break;
	}
}

/* --- templates ------------------------------------------------------------------------------- */

/* The member that a template's {...} names; *ret_bare: without quotes. */
static const struct plan_member *find(
	const struct plan_op *op, const char *name, size_t len, bool *ret_bare)
{
	*ret_bare = len > 0 && name[0] == '=';
	name += *ret_bare;
	len -= *ret_bare;
	for (const struct plan_member *m = plan_kind_members(op->kind); m->name != NULL; m++)
		if (strlen(m->name) == len && memcmp(m->name, name, len) == 0)
			return m;
	return NULL;
}

void sentence_say(struct sentence *s, const struct plan_op *op, const char *template)
{
	while (*template != '\0') {
		const size_t plain = strcspn(template, "{");
		const char *const name = template + plain + (template[plain] == '{');
		const size_t len = strcspn(name, "}");
		const struct plan_member *m;
		bool bare;

		put(s, template, plain);
		if (template[plain] == '\0')
			return;
		m = find(op, name, len, &bare);
		must(m != NULL && name[len] == '}');
		if (bare && m->type == MEMBER_STR)
			sentence_foreign(s, sentence_str(op, m) != NULL ? sentence_str(op, m) : "");
		else
			sentence_member(s, op, m);
		template = name + len + 1;
	}
}

bool sentence_mentions(const char *template, const char *member)
{
	const size_t len = strlen(member);

	for (const char *c = strchr(template, '{'); c != NULL; c = strchr(c, '{')) {
		c += c[1] == '=' ? 2 : 1;
		if (strncmp(c, member, len) == 0 && c[len] == '}')
			return true;
	}
	return false;
}
