/* The command line as data: the tables of spec/commands.def, and what was given.
 * Parsing follows getopt_long(3), with what the other runtimes' callers rely on besides. */
#ifndef CRUN_LITE_CMD_ARGS_H
#define CRUN_LITE_CMD_ARGS_H

#include "base/err.h"

enum cmd_name {
#define COMMAND(name, arguments, min, max, flags, what) CMD_##name,
#include "spec/commands.def"
#undef COMMAND
	CMD_COUNT,
	CMD_NONE = CMD_COUNT,
};

enum {
	CMD_WORDS_MAX = 64,    /* the most that a row of the table allows */
	ARGS_MAX = 0x7fffffff, /* no limit of ours */
	CMD_FEW_MAX = 64,
	CMD_LIST_MAX = 512 /* of one option; the kernel stacks 500 layers */
};

enum cmd_flag {
	PROTECT = 1,
	ROOT_ARGS = 2,
	OUTPUT = 4,
	LATER = 8
};

#define ARGS_FLAG(member)  bool member;
#define ARGS_VALUE(member) const char *member;
#define ARGS_MAYBE(member) \
	bool member;       \
	const char *member##_value;
#define ARGS_SWITCH(member) \
	bool member;        \
	bool member##_given;
#define ARGS_LIST(member)                                          \
	const char *member[CMD_LIST_MAX + 1]; /* ends with NULL */ \
	size_t member##_count;
#define ARGS_FEW(member)                     \
	const char *member[CMD_FEW_MAX + 1]; \
	size_t member##_count;

/* Options that were given, in C's own types; zero where not. */
struct cmd_args {
	struct {
#define GLOBAL(member, letter, name, kind, value, what) ARGS_##kind(member)
#include "spec/commands.def"
#undef GLOBAL
	} global;
#define OPTION(commands, member, letter, name, kind, value, what) ARGS_##kind(member)
#include "spec/commands.def"
#undef OPTION
	enum cmd_name command;
	const char *words[CMD_WORDS_MAX]; /* arguments of the command */
	size_t word_count;
	const char *const *rest; /* of ROOT_ARGS: what comes behind the first, up to a NULL */
};

struct cmd_command {
	const char *name, *arguments, *what;
	unsigned min, max, flags;
};

enum cmd_kind {
	KIND_FLAG,
	KIND_VALUE,
	KIND_MAYBE,
	KIND_SWITCH,
	KIND_LIST,
	KIND_FEW
};

struct cmd_option {
	uint32_t commands; /* one bit a command; 0: a global option */
	char letter;       /* 0: none */
	const char *name, *value, *what;
	enum cmd_kind kind;
	size_t offset; /* in struct cmd_args */
	/* of KIND_MAYBE: where its value goes; of KIND_LIST and KIND_FEW: the count; of
	 * KIND_SWITCH: if given */
	size_t value_offset;
};

const struct cmd_command *cmd_command(enum cmd_name name);

/* The command of this name.  -EINVAL: there is none; the error tells one that is near. */
CHECKED int cmd_find(const char *word, enum cmd_name *ret, struct err *e);

/* All options; *ret_count of them. */
const struct cmd_option *cmd_options(size_t *ret_count);

/* Is it one of this command's?  CMD_NONE: a global one. */
bool cmd_option_is_for(const struct cmd_option *o, enum cmd_name name);

/* Parses argv[1] and on; the texts of *a are argv's.
 * Returns 0; -EINVAL with *e set: an unknown command or option, one without its value, ...;
 *         *a has what came before it */
CHECKED int cmd_parse(char *const *argv, struct cmd_args *a, struct err *e);

#endif
