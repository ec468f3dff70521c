/* spec/failures.def as a whole: each row can be told, whatever the operation's members are; and
 * what must hold for each message, however long its parts or wrong its cause. */
#include "plan/explain.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/* The operation with every text "x" and every list empty. */
static void fill(struct plan_op *op, enum plan_kind kind)
{
	static const char *const none[] = { NULL };

	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->path = "path";
	for (const struct plan_member *m = plan_kind_members(kind); m->name != NULL; m++) {
		void *const member = (char *)op + m->offset;

		if (m->type == MEMBER_STR)
			*(const char **)member = "x";
		if (m->type == MEMBER_LIST)
			*(const char *const **)member = none;
	}
}

static const struct {
	enum plan_kind kind;
	int error;
	const char *text, *hint;
} table[] = {
#define ANY                                           0
#define FAILURE(op, error, when, text, hint)          { PLAN_##op, error, text, hint },
#define FAILURE_AS(op, error, told, when, text, hint) { PLAN_##op, error, text, hint },
#include "spec/failures.def"
#undef FAILURE
#undef FAILURE_AS
#undef ANY
};

Test(explain, each_row_of_the_table_fits)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct plan_op op;
		const struct plan p = { .ops = &op, .count = 1 };
		const int error = table[i].error == 0 ? EIO : table[i].error;
		const char *words;
		struct err e = { 0 };
		size_t len;

		fill(&op, table[i].kind);
		cr_expect(lt(int, plan_explain(&p, 0, error, "", &e), 0));
		words = strerror(e.code);
		len = strlen(e.text);
		cr_expect(len > strlen(words) && strcmp(e.text + len - strlen(words), words) == 0,
			"the errno's words must come last: %s", e.text);
		cr_expect(strstr(e.hint, "...") == NULL, "cut: %s", e.hint);
		cr_expect(table[i].text != NULL || table[i].hint != NULL);
	}
}

Test(explain, each_kind_has_a_sentence)
{
	for (enum plan_kind kind = 0; kind < PLAN_KINDS; kind++) {
		struct plan_op op;
		const struct plan p = { .ops = &op, .count = 1 };
		struct err e = { 0 };

		fill(&op, kind);
		cr_expect(eq(int, plan_explain(&p, 0, ENOTTY, "", &e), -ENOTTY));
		cr_expect(strchr(e.text, '{') == NULL, "%s", e.text);
	}
}

Test(explain, long_text_keeps_the_errno)
{
	char path[2000];
	struct plan_op op = { PLAN_readonly, .path = "linux.readonlyPaths[0]",
		.readonly = { .path = path } };
	const struct plan p = { .ops = &op, .count = 1 };
	const char *const end = "...: Permission denied";
	struct err e = { 0 };

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_expect(eq(int, plan_explain(&p, 0, EACCES, "detail", &e), -EACCES));
	cr_expect(eq(str, e.text + strlen(e.text) - strlen(end), (char *)end));
	cr_expect(lt(sz, strlen(e.text), sizeof(e.text) - 100));
}

/* What the child says is not trusted. */
Test(explain, nonsense_of_the_child)
{
	static const struct {
		size_t index;
		int error;
	} cases[] = { { 1, EIO }, { SIZE_MAX, EIO }, { 0, 0 }, { 0, -EIO }, { 0, 4096 } };
	struct plan_op op = { PLAN_pivot, .path = "root.path" };
	const struct plan p = { .ops = &op, .count = 1 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };

		cr_expect(
			eq(int, plan_explain(&p, cases[i].index, cases[i].error, "", &e), -EPROTO));
		cr_expect(eq(str, e.text,
			"read from the init process: a failure that cannot be: Protocol error"));
	}
}
