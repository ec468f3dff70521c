/* crun-lite completion: a script for a shell, which asks `completion words` for what may stand
 * where the cursor is.  What that is, is said by the tables of spec/commands.def alone. */
#include "cmd/cmd.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Candidates are lines, "WORD" or "WORD<tab>what it is"; a shell looks for names of files itself.
 */
#define FILES ":files"
#define DIRS  ":dirs"

static const struct {
	const char *shell, *script;
} scripts[] = {
#define SHELL(name, script) { #name, script },
#include "spec/completion.def"
#undef SHELL
};

static const char *const signals[] = {
#define SIGNAL(name) #name,
#include "spec/signals.def"
#undef SIGNAL
};

/* What was typed, up to the cursor. */
struct typed {
	struct cmd *cmd;
	struct cmd_args args; /* of what is complete; zeroed where that is none */
	const char *before;   /* the word in front of the cursor's; "" when there is none */
	const char *word;     /* the cursor's */
	char option[128];     /* in front of the value: "--root=", or "" */
};

static void say(const struct typed *t, const char *word, const char *what)
{
	const size_t len = strlen(t->word);

	if (strncmp(word, t->word, len) != 0)
		return;
	(void)printf(
		"%s%s%s%s\n", t->option, word, what != NULL ? "\t" : "", what != NULL ? what : "");
}

static int say_id(void *data, const struct crl_entry *entry, const struct crl_error *why)
{
	(void)why;
	if (entry != NULL)
		say(data, entry->id, entry->status);
	return 0;
}

/* Those of the state directory that was typed, or of the default one; none where that fails. */
static void say_ids(struct typed *t)
{
	const struct crl_settings settings = { .root = t->args.global.root };
	struct crl_error ignored;
	struct crl *crl;

	if (crl_new(&settings, &crl, &ignored) < 0)
		return;
	(void)crl_list(crl, false, say_id, t, &ignored);
	crl_free(crl);
}

static void say_commands(const struct typed *t)
{
	for (enum cmd_name i = 0; i < CMD_COUNT; i++)
		if (cmd_command(i)->what != NULL)
			say(t, cmd_command(i)->name, cmd_command(i)->what);
}

static void say_options(const struct typed *t)
{
	size_t count;
	const struct cmd_option *const all = cmd_options(&count);
	char word[64];

	for (size_t i = 0; i < count; i++) {
		if (!cmd_option_is_for(&all[i], t->args.command) || all[i].what == NULL)
			continue;
		(void)snprintf(word, sizeof(word), "--%s", all[i].name);
		say(t, word, all[i].what);
	}
	if (t->args.command != CMD_NONE)
		say(t, "--help", "Print this");
}

/* "text|json": the words themselves. */
static void say_words(const struct typed *t, const char *words)
{
	char word[64];

	for (const char *c = words; *c != '\0'; c += *c == '|') {
		const size_t len = strcspn(c, "|");

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, c);
		say(t, word, NULL);
		c += len;
	}
}

/* By what the tables call a value. */
static void say_value(const struct typed *t, const char *kind)
{
	if (islower((unsigned char)kind[0]) != 0)
		say_words(t, kind);
	else if (strstr(kind, "FILE") != NULL || strstr(kind, "IMAGE") != NULL ||
		 strcmp(kind, "PATH") == 0)
		(void)puts(FILES);
	else if (strcmp(kind, "DIR") == 0)
		(void)puts(DIRS);
}

/* The same for the first argument, or any of many. */
static void say_first(struct typed *t, const char *kind)
{
	for (size_t i = 0; strcmp(kind, "SHELL") == 0 && i < ARRAY_LEN(scripts); i++)
		say(t, scripts[i].shell, NULL);
	if (strcmp(kind, "[COMMAND]") == 0)
		say_commands(t);
	if (strncmp(kind + (kind[0] == '['), "ID", 2) == 0)
		say_ids(t);
	if (strstr(kind, "FILE") != NULL)
		(void)puts(FILES);
	else if (strstr(kind, "BUNDLE") != NULL)
		(void)puts(DIRS);
}

static void say_argument(struct typed *t)
{
	const struct cmd_command *const c = cmd_command(t->args.command);
	const bool first = t->args.word_count == 0;

	if ((c->flags & ROOT_ARGS) != 0 && !first)
		return; /* the program's own */
	if (first || strstr(c->arguments, "]...") != NULL)
		say_first(t, c->arguments);
	for (size_t i = 0;
		!first && strstr(c->arguments, "SIGNAL") != NULL && i < ARRAY_LEN(signals); i++)
		say(t, signals[i], NULL);
}

/* The option that the word before, or the beginning of this one, gives a value to. */
static const struct cmd_option *option_of(const struct typed *t, const char *word, size_t len)
{
	size_t count;
	const struct cmd_option *const all = cmd_options(&count);

	for (size_t i = 0; i < count; i++) {
		const bool fits = cmd_option_is_for(&all[i], t->args.command) &&
				  all[i].kind != KIND_FLAG && all[i].value != NULL;

		if (fits && len > 2 && strncmp(word, "--", 2) == 0 &&
			strlen(all[i].name) == len - 2 &&
			strncmp(all[i].name, word + 2, len - 2) == 0)
			return &all[i];
		if (fits && len == 2 && word[0] == '-' && word[1] == all[i].letter)
			return &all[i];
	}
	return NULL;
}

/* A value that is a part of its word: "--root=x"; bash makes three words of that. */
static const struct cmd_option *split_value(struct typed *t)
{
	const size_t len = strcspn(t->word, "=");
	const struct cmd_option *const o = t->word[len] == '=' ? option_of(t, t->word, len) : NULL;

	if (o == NULL)
		return NULL;
	(void)snprintf(t->option, sizeof(t->option), "%.*s", (int)len + 1, t->word);
	t->word += len + 1;
	return o;
}

static void say_all(struct typed *t)
{
	const struct cmd_option *o = split_value(t);

	if (o == NULL && t->before[0] == '-')
		o = option_of(t, t->before, strlen(t->before));
	if (o != NULL)
		say_value(t, o->value);
	else if (t->word[0] == '-')
		say_options(t);
	else if (t->args.command == CMD_NONE)
		say_commands(t);
	else
		say_argument(t);
}

/* The words in front of the cursor, as far as they are a command line. */
static void read_before(struct typed *t, const char *const *words, size_t count)
{
	char **const argv = arena_array(&t->cmd->arena, count + 2, sizeof(*argv));
	struct err ignored = { 0 };

	if (argv == NULL)
		return;
	argv[0] = (char[]){ "" };
	for (size_t i = 0; i < count; i++)
		argv[i + 1] = (char *)(uintptr_t)words[i];
	if (count > 0 && option_of(t, words[count - 1], strlen(words[count - 1])) != NULL)
		argv[count] = NULL; /* its value is to come */
	(void)!cmd_parse(argv, &t->args, &ignored);
}

/* words  typed behind the program's name; the last is where the cursor is */
static void complete(struct cmd *c, const char *const *words)
{
	struct typed *const t = arena_alloc(&c->arena, sizeof(*t));
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	if (t == NULL || count == 0)
		return;
	*t = (struct typed){ .cmd = c, .word = words[--count], .before = "" };
	if (strcmp(t->word, "=") == 0) /* of bash */
		t->word = "";
	else if (count > 0 && strcmp(words[count - 1], "=") == 0)
		count--;
	t->args.command = CMD_NONE;
	read_before(t, words, count); /* for the command, whose options ... */
	read_before(t, words, count); /* ... are known now */
	t->before = count > 0 ? words[count - 1] : "";
	say_all(t);
}

int cmd_completion(struct cmd *c)
{
	const char *const shell = c->args->words[0];
	struct err e = { 0 };

	if (strcmp(shell, "words") == 0) {
		complete(c, c->args->rest);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		if (strcmp(scripts[i].shell, shell) == 0) {
			(void)fputs(scripts[i].script, stdout);
			return 0;
		}
	(void)err_set(&e, EINVAL, POS_NONE, "completion: expected bash, zsh or fish");
	return cmd_fail_usage(c, &e);
}
