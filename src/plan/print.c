/* The plan as lines of text and as JSON.  Decides nothing. */
#include "plan/print.h"

#include "plan/sentence.h"

static const char *const sides[] = {
	[SIDE_PARENT] = "parent",
	[SIDE_CHILD] = "child",
	[SIDE_BOTH] = "both",
};

/* Nothing worth a word: not given, not used, or not to be shown. */
static bool is_empty(const struct plan_op *op, const struct plan_member *m)
{
	switch (m->type) {
	case MEMBER_STR:
		return sentence_str(op, m) == NULL || sentence_str(op, m)[0] == '\0';
	case MEMBER_NUM:
	case MEMBER_INT:
	case MEMBER_OCT:
	case MEMBER_HEX:
		return sentence_number(op, m) == 0;
	case MEMBER_SLOT:
		return sentence_slot(op, m) == SLOT_NONE;
	case MEMBER_LIST:
		return sentence_list(op, m) == NULL || sentence_list(op, m)[0] == NULL;
	case MEMBER_DATA:
		return true;
	}
	must(false);
	return true;
}

static void put_place(struct sentence *s, const char *path, struct src_pos at)
{
	sentence_put(s, "  ");
	sentence_foreign(s, path);
	if (at.line != 0)
		sentence_format(s, " :%u", (unsigned)at.line);
}

static void put_operation(struct sentence *s, const struct plan_op *op)
{
	const char *const say = plan_kind_say(op->kind);

	sentence_say(s, op, say);
	for (const struct plan_member *m = plan_kind_members(op->kind); m->name != NULL; m++) {
		if (sentence_mentions(say, m->name) || is_empty(op, m))
			continue;
		sentence_format(s, " %s=", m->name);
		sentence_member(s, op, m);
	}
}

static void put_warning(struct sentence *s, const struct plan_warning *w)
{
	sentence_put(s, "warning     ");
	sentence_foreign(s, w->text);
	if (w->at.line != 0)
		sentence_format(s, " :%u", (unsigned)w->at.line);
	sentence_put(s, "\n");
}

static int finish(const struct sentence *s, const char **ret, struct err *e)
{
	if (s->failed)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	*ret = s->text;
	return 0;
}

int plan_print_text(const struct plan *p, const char **ret, struct err *e)
{
	struct sentence s = { .arena = p->arena };

	for (size_t i = 0; i < p->count; i++) {
		const struct plan_op *const op = &p->ops[i];

		sentence_format(&s, "%3zu  %-6s  ", i + 1, sides[plan_kind_side(op->kind)]);
		put_operation(&s, op);
		put_place(&s, op->path, op->at);
		sentence_put(&s, "\n");
	}
	for (const struct plan_warning *w = p->warnings; w != NULL; w = w->next)
		put_warning(&s, w);
	sentence_put(&s, ""); /* an empty plan is an empty text */
	return finish(&s, ret, e);
}

int plan_print_operation(const struct plan *p, size_t index, const char **ret, struct err *e)
{
	struct sentence s = { .arena = p->arena };

	must(index < p->count);
	put_operation(&s, &p->ops[index]);
	return finish(&s, ret, e);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void json_list(struct json_out *j, const char *key, const char *const *list)
{
	json_array(j, key);
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		json_text(j, NULL, list[i]);
	json_end(j);
}

/* Not as numbers, in which nobody would know them again. */
static void json_short(struct json_out *j, const struct plan_op *op, const struct plan_member *m)
{
	char text[32];
	struct sentence s = SENTENCE_IN(text);

	sentence_member(&s, op, m);
	json_text(j, m->name, text);
}

static void json_member(struct json_out *j, const struct plan_op *op, const struct plan_member *m)
{
	switch (m->type) {
	case MEMBER_STR:
		if (sentence_str(op, m) == NULL)
			json_null(j, m->name);
		else
			json_text(j, m->name, sentence_str(op, m));
		break;
	case MEMBER_NUM:
		json_uint(j, m->name, sentence_number(op, m));
		break;
	case MEMBER_INT:
		json_int(j, m->name, (int64_t)sentence_number(op, m));
		break;
	case MEMBER_OCT:
	case MEMBER_HEX:
		json_short(j, op, m);
		break;
	case MEMBER_SLOT:
		if (sentence_slot(op, m) == SLOT_NONE)
			json_null(j, m->name);
		else
			json_short(j, op, m);
		break;
	case MEMBER_LIST:
		json_list(j, m->name, sentence_list(op, m));
		break;
	case MEMBER_DATA:
		break;
	}
}

static void json_position(struct json_out *j, struct src_pos at)
{
	json_uint(j, "line", at.line);
	json_uint(j, "column", at.column);
}

/* The sentence's memory is used again for the next operation. */
static void json_operation(
	struct json_out *j, const struct plan_op *op, size_t number, struct sentence *s)
{
	s->len = 0;
	sentence_say(s, op, plan_kind_say(op->kind));
	j->failed = j->failed || s->failed;
	json_object(j, NULL);
	json_uint(j, "number", number);
	json_text(j, "side", sides[plan_kind_side(op->kind)]);
	json_text(j, "op", plan_kind_name(op->kind));
	json_text(j, "text", s->failed ? "" : s->text);
	json_text(j, "path", op->path);
	json_position(j, op->at);
	json_object(j, "args");
	for (const struct plan_member *m = plan_kind_members(op->kind); m->name != NULL; m++)
		json_member(j, op, m);
	json_end(j);
	json_end(j);
}

void plan_print_json(const struct plan *p, struct json_out *j, const char *key)
{
	struct sentence s = { .arena = p->arena };

	json_array(j, key);
	for (size_t i = 0; i < p->count; i++)
		json_operation(j, &p->ops[i], i + 1, &s);
	json_end(j);
}

static void json_warning(struct json_out *j, const struct plan_warning *w)
{
	json_object(j, NULL);
	json_text(j, "text", w->text);
	json_position(j, w->at);
	json_end(j);
}

void plan_print_json_warnings(const struct plan *p, struct json_out *j, const char *key)
{
	json_array(j, key);
	for (const struct plan_warning *w = p->warnings; w != NULL; w = w->next)
		json_warning(j, w);
	json_end(j);
}
