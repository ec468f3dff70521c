/* The command line, word by word. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "cmd/args.h"

enum {
	WORDS = 12
};

/* What a line gives, in short. */
static const char *told(const struct cmd_args *a, char *buf, size_t size)
{
	(void)snprintf(buf, size,
		"%s root=%s bundle=%s detach=%d keep=%d overlay=%d,%s lower=%zu words=%zu,%s",
		a->command == CMD_NONE ? "-" : cmd_command(a->command)->name,
		a->global.root ? a->global.root : "", a->bundle ? a->bundle : "", a->detach,
		a->keep, a->overlay, a->overlay_value ? a->overlay_value : "",
		a->overlay_lower_count, a->word_count, a->word_count > 0 ? a->words[0] : "");
	return buf;
}

static int parse(const char *line, struct cmd_args *ret, struct err *e, char *buf, size_t size)
{
	char *argv[WORDS + 1] = { (char[]){ "crun-lite" } };
	size_t argc = 1;

	(void)snprintf(buf, size, "%s", line);
	for (char *word = strtok(buf, " "); word != NULL && argc < WORDS; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return cmd_parse(argv, ret, e);
}

Test(args, taken)
{
	static const struct {
		const char *line, *expected;
	} rows[] = {
		{ "run x", "run root= bundle= detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "--root /r run x",
			"run root=/r bundle= detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "--root=/r run x",
			"run root=/r bundle= detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "-root=/r run x",
			"run root=/r bundle= detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "--root a --root b run x",
			"run root=b bundle= detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run -b B x", "run root= bundle=B detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run -bB x", "run root= bundle=B detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run -b=B x", "run root= bundle=B detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run -db B x",
			"run root= bundle=B detach=1 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run --bun B x",
			"run root= bundle=B detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run x --keep",
			"run root= bundle= detach=0 keep=1 overlay=0, lower=0 words=1,x" },
		{ "run --detach=false x",
			"run root= bundle= detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run --detach=yes x",
			"run root= bundle= detach=1 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run --overlay x",
			"run root= bundle= detach=0 keep=0 overlay=1, lower=0 words=1,x" },
		{ "run --overlay=D x",
			"run root= bundle= detach=0 keep=0 overlay=1,D lower=0 words=1,x" },
		{ "run --overlay-lower a --overlay-lower=b x",
			"run root= bundle= detach=0 keep=0 overlay=0, lower=2 words=1,x" },
		{ "run -- -x", "run root= bundle= detach=0 keep=0 overlay=0, lower=0 words=1,-x" },
		{ "run -f C x", "run root= bundle= detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "-V", "- root= bundle= detach=0 keep=0 overlay=0, lower=0 words=0," },
		{ "-?", "- root= bundle= detach=0 keep=0 overlay=0, lower=0 words=0," },
		{ "--usage", "- root= bundle= detach=0 keep=0 overlay=0, lower=0 words=0," },
		{ "run -? x", "run root= bundle= detach=0 keep=0 overlay=0, lower=0 words=1,x" },
		{ "run -", "run root= bundle= detach=0 keep=0 overlay=0, lower=0 words=1,-" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char buf[256], text[512];
		struct cmd_args a;
		struct err e = { 0 };

		cr_expect(eq(int, parse(rows[i].line, &a, &e, buf, sizeof(buf)), 0), "%s: %s",
			rows[i].line, e.text);
		cr_expect(eq(str, (char *)told(&a, text, sizeof(text)), (char *)rows[i].expected));
	}
}

Test(args, aliases)
{
	char buf[256];
	struct cmd_args a;
	struct err e = { 0 };

	cr_assert(eq(int, parse("-V", &a, &e, buf, sizeof(buf)), 0));
	cr_expect(a.global.version);
	cr_assert(eq(int, parse("--usage", &a, &e, buf, sizeof(buf)), 0));
	cr_expect(a.global.help);
	cr_assert(eq(int, parse("create -? x", &a, &e, buf, sizeof(buf)), 0));
	cr_expect(a.global.help);
	cr_assert(eq(int, parse("create -f C x", &a, &e, buf, sizeof(buf)), 0));
	cr_expect(eq(str, (char *)a.config, "C"));
	cr_assert(eq(int, parse("plan -f json x", &a, &e, buf, sizeof(buf)), 0));
	cr_expect(eq(str, (char *)a.format_text, "json"));
}

Test(args, refused)
{
	static const struct {
		const char *line, *text, *hint;
	} rows[] = {
		{ "rum x", "unknown command \"rum\"", "did you mean run?" },
		{ "frobnicate", "unknown command \"frobnicate\"", "see crun-lite --help" },
		{ "--rot=/x run a", "unknown option \"--rot=/x\"", "did you mean --root?" },
		{ "run --dettach x", "unknown option \"--dettach\"", "did you mean --detach?" },
		{ "run -x y", "unknown option \"-x\"", "see crun-lite run --help" },
		{ "run --no x", "unknown option \"--no\"", "see crun-lite run --help" },
		{ "run -b", "option --bundle requires an argument (flag needs an argument: DIR)",
			"" },
		{ "run --bundle",
			"option --bundle requires an argument (flag needs an argument: DIR)", "" },
		{ "run --detach=maybe x", "option --detach: expected true or false", "" },
		{ "create", "create: requires a minimum of 1 argument",
			"crun-lite create [OPTION]... ID" },
		{ "create a b", "create: requires a maximum of 1 argument",
			"crun-lite create [OPTION]... ID" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char buf[256];
		struct cmd_args a;
		struct err e = { 0 };

		cr_expect(lt(int, parse(rows[i].line, &a, &e, buf, sizeof(buf)), 0), "%s",
			rows[i].line);
		cr_expect(eq(str, e.text, (char *)rows[i].text));
		cr_expect(eq(str, e.hint, (char *)rows[i].hint));
	}
}
