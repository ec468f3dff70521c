/* Parsing of the command line by its tables.  Carries out nothing. */
#include "cmd/args.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct cmd_command commands[] = {
#define COMMAND(name, arguments, min, max, flags, what) \
	[CMD_##name] = { #name, arguments, what, min, max, flags },
#include "spec/commands.def"
#undef COMMAND
};

#define FOR(name)               (1u << CMD_##name)
#define AT_FLAG(place, member)  offsetof(struct cmd_args, place member), 0
#define AT_VALUE(place, member) offsetof(struct cmd_args, place member), 0
#define AT_MAYBE(place, member) \
	offsetof(struct cmd_args, place member), offsetof(struct cmd_args, place member##_value)
#define AT_SWITCH(place, member) \
	offsetof(struct cmd_args, place member), offsetof(struct cmd_args, place member##_given)
#define AT_LIST(place, member) \
	offsetof(struct cmd_args, place member), offsetof(struct cmd_args, place member##_count)

#define AT_FEW(place, member) AT_LIST(place, member)

static const struct cmd_option options[] = {
#define GLOBAL(member, letter, name, kind, value, what) \
	{ 0, letter, name, value, what, KIND_##kind, AT_##kind(global., member) },
#include "spec/commands.def"
#undef GLOBAL
#define OPTION(commands, member, letter, name, kind, value, what) \
	{ commands, letter, name, value, what, KIND_##kind, AT_##kind(, member) },
#include "spec/commands.def"
#undef OPTION
};

/* Other forms of an option. */
static const struct {
	char letter;
	const char *name, *option;
} aliases[] = {
#define ALIAS(letter, name, option) { letter, name, option },
#include "spec/commands.def"
#undef ALIAS
};

const struct cmd_command *cmd_command(enum cmd_name name)
{
	must(name < CMD_COUNT);
	return &commands[name];
}

const struct cmd_option *cmd_options(size_t *ret_count)
{
	*ret_count = ARRAY_LEN(options);
	return options;
}

bool cmd_option_is_for(const struct cmd_option *o, enum cmd_name name)
{
	return name == CMD_NONE ? o->commands == 0 : (o->commands >> name & 1) != 0;
}

/* Help is asked for anywhere. */
static bool fits(const struct cmd_option *o, enum cmd_name name)
{
	return cmd_option_is_for(o, name) ||
	       (name != CMD_NONE && o->commands == 0 && strcmp(o->name, "help") == 0);
}

static const struct cmd_option *find_exact(enum cmd_name command, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (fits(&options[i], command) && strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

/* The option of this name, or of which it is the only beginning. */
static const struct cmd_option *find_long(enum cmd_name command, const char *name, size_t len)
{
	const struct cmd_option *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (!fits(&options[i], command) || strncmp(options[i].name, name, len) != 0)
			continue;
		if (options[i].name[len] == '\0')
			return &options[i];
		if (found != NULL)
			return NULL;
		found = &options[i];
	}
	for (size_t i = 0; found == NULL && i < ARRAY_LEN(aliases); i++)
		if (strlen(aliases[i].name) == len && strncmp(aliases[i].name, name, len) == 0)
			return find_exact(command, aliases[i].option);
	return len >= 3 ? found : NULL;
}

static const struct cmd_option *find_letter(enum cmd_name command, char letter)
{
	const struct cmd_option *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (fits(&options[i], command) && options[i].letter == letter)
			return &options[i];
	for (size_t i = 0; found == NULL && i < ARRAY_LEN(aliases); i++)
		if (aliases[i].letter == letter)
			found = find_exact(command, aliases[i].option);
	return found;
}

/* The option that the word may have been meant to be; NULL when none is near. */
static const char *near_option(enum cmd_name command, const char *word)
{
	char name[TEXT_SHOWN];
	size_t nearest = SIZE_MAX;
	const char *ret = NULL;

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const size_t distance = text_distance(name, options[i].name);

		if (!fits(&options[i], command) || distance >= nearest ||
			!text_is_near(distance, name))
			continue;
		nearest = distance;
		ret = options[i].name;
	}
	return ret;
}

static int unknown(enum cmd_name command, const char *word, struct err *e)
{
	const char *const near =
		word[0] == '-' && word[1] == '-' ? near_option(command, word + 2) : NULL;
	char shown[TEXT_SHOWN];

	text_escape(shown, sizeof(shown), word, strlen(word));
	(void)err_set(e, EINVAL, POS_NONE, "unknown option \"%s\"", shown);
	if (near != NULL)
		return err_hint(e, "did you mean --%s?", near);
	return command == CMD_NONE ? err_hint(e, "see crun-lite --help")
				   : err_hint(e, "see crun-lite %s --help", commands[command].name);
}

/* Words for a flag's value, as the other runtimes take them. */
static int read_bool(const char *name, const char *word, bool *ret, struct err *e)
{
	static const char *const yes[] = { "true", "yes", "1", "t" };
	static const char *const no[] = { "false", "no", "0", "f" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcmp(word, yes[i]) == 0 || strcmp(word, no[i]) == 0) {
			*ret = strcmp(word, yes[i]) == 0;
			return 0;
		}
	}
	return err_set(e, EINVAL, POS_NONE, "option --%s: expected true or false", name);
}

static bool takes_value(const struct cmd_option *o)
{
	return o->kind == KIND_VALUE || o->kind == KIND_LIST || o->kind == KIND_FEW;
}

static int store_next(
	struct cmd_args *a, const struct cmd_option *o, const char *value, struct err *e)
{
	const size_t limit = o->kind == KIND_FEW ? CMD_FEW_MAX : CMD_LIST_MAX;
	size_t count;

	memcpy(&count, (char *)a + o->value_offset, sizeof(count));
	if (count == limit)
		return err_set(e, E2BIG, POS_NONE, "option --%s: given more than %zu times",
			o->name, limit);
	memcpy((char *)a + o->offset + count++ * sizeof(value), &value, sizeof(value));
	memcpy((char *)a + o->value_offset, &count, sizeof(count));
	return 0;
}

/* value  what came with "=", or NULL */
static int store(struct cmd_args *a, const struct cmd_option *o, const char *value, struct err *e)
{
	char *const member = (char *)a + o->offset;
	bool flag = true;

	if (o->kind == KIND_LIST || o->kind == KIND_FEW)
		return store_next(a, o, value, e);
	if (o->kind == KIND_VALUE) {
		memcpy(member, &value, sizeof(value));
		return 0;
	}
	if ((o->kind == KIND_FLAG || o->kind == KIND_SWITCH) && value != NULL)
		TRY(read_bool(o->name, value, &flag, e));
	memcpy(member, &flag, sizeof(flag));
	if (o->kind == KIND_SWITCH)
		memcpy((char *)a + o->value_offset, &(bool){ true }, sizeof(bool));
	if (o->kind == KIND_MAYBE)
		memcpy((char *)a + o->value_offset, &value, sizeof(value));
	return 0;
}

static int needs_value(const struct cmd_option *o, struct err *e)
{
	return err_set(e, EINVAL, POS_NONE,
		"option --%s requires an argument (flag needs an argument: %s)", o->name, o->value);
}

/* A long option; len letters of its name.  Returns how many words of argv it took. */
static int take_long(struct cmd_args *a, char *const *at, const char *name,
	const struct cmd_option *o, struct err *e)
{
	const char *value = strchr(name, '=');
	int taken = 1;

	if (value != NULL) {
		value++;
	} else if (takes_value(o)) {
		if (at[1] == NULL)
			return needs_value(o, e);
		value = at[1];
		taken = 2;
	}
	TRY(store(a, o, value, e));
	return taken;
}

/* Short options, several in a word; the last may take the rest, or the next word, as its value. */
static int take_letters(struct cmd_args *a, enum cmd_name command, char *const *at, struct err *e)
{
	for (const char *c = *at + 1; *c != '\0'; c++) {
		const struct cmd_option *const o = find_letter(command, *c);

		if (o == NULL)
			return unknown(command, *at, e);
		if (!takes_value(o)) {
			TRY(store(a, o, NULL, e));
			continue;
		}
		if (c[1] == '\0' && at[1] == NULL)
			return needs_value(o, e);
		TRY(store(a, o, c[1] != '\0' ? c + 1 + (c[1] == '=') : at[1], e));
		return c[1] != '\0' ? 1 : 2;
	}
	return 1;
}

/* One word that begins with a dash.  Go programs write long options with a single one. */
static int take_option(struct cmd_args *a, enum cmd_name command, char *const *at, struct err *e)
{
	const bool two = (*at)[1] == '-';
	const char *const name = *at + (two ? 2 : 1);
	const size_t len = strcspn(name, "=");
	const struct cmd_option *const o = two || len > 1 ? find_long(command, name, len) : NULL;

	if (o != NULL && (two || o->name[len] == '\0'))
		return take_long(a, at, name, o, e);
	return two ? unknown(command, *at, e) : take_letters(a, command, at, e);
}

int cmd_find(const char *word, enum cmd_name *ret, struct err *e)
{
	char shown[TEXT_SHOWN];

	for (enum cmd_name i = 0; i < CMD_COUNT; i++)
		if (strcmp(commands[i].name, word) == 0) {
			*ret = i;
			return 0;
		}
	text_escape(shown, sizeof(shown), word, strlen(word));
	(void)err_set(e, EINVAL, POS_NONE, "unknown command \"%s\"", shown);
	for (size_t i = 0; i < CMD_COUNT; i++)
		if (text_is_near(text_distance(word, commands[i].name), word))
			return err_hint(e, "did you mean %s?", commands[i].name);
	return err_hint(e, "see crun-lite --help");
}

static int check_count(const struct cmd_args *a, struct err *e)
{
	const struct cmd_command *const c = &commands[a->command];

	if (a->global.help || (a->word_count >= c->min && a->word_count <= c->max))
		return 0;
	(void)err_set(e, EINVAL, POS_NONE, "%s: requires a %s of %u %s", c->name,
		a->word_count < c->min ? "minimum" : "maximum",
		a->word_count < c->min ? c->min : c->max,
		(a->word_count < c->min ? c->min : c->max) == 1 ? "argument" : "arguments");
	return err_hint(e, "crun-lite %s [OPTION]... %s", c->name, c->arguments);
}

/* A word that is no option.  Returns how many words of argv it took. */
static int take_word(struct cmd_args *a, char *const *at, struct err *e)
{
	int count = 1;

	if (a->command == CMD_NONE) {
		TRY(cmd_find(*at, &a->command, e));
		while ((commands[a->command].flags & LATER) != 0 && at[count] != NULL)
			count++;
		return count;
	}
	if (a->word_count < CMD_WORDS_MAX)
		a->words[a->word_count] = *at;
	a->word_count++;
	if ((commands[a->command].flags & ROOT_ARGS) == 0)
		return 1;
	a->rest = (const char *const *)at + 1;
	if (a->rest[0] != NULL && strcmp(a->rest[0], "--") == 0)
		a->rest++;
	for (; at[count] != NULL; count++)
		;
	return count;
}

int cmd_parse(char *const *argv, struct cmd_args *a, struct err *e)
{
	bool only_words = false;

	memset(a, 0, sizeof(*a));
	a->command = CMD_NONE;
	for (char *const *at = argv + 1; *at != NULL;) {
		int taken = 1;

		if (only_words || (*at)[0] != '-' || (*at)[1] == '\0')
			taken = take_word(a, at, e);
		else if (strcmp(*at, "--") == 0)
			only_words = true;
		else
			taken = take_option(a, a->command, at, e);
		if (taken < 0)
			return taken;
		at += taken;
	}
	return a->command != CMD_NONE ? check_count(a, e) : 0;
}
