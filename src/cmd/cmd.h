/* What the subcommands share.  This folder is the only one that prints. */
#ifndef CRUN_LITE_CMD_CMD_H
#define CRUN_LITE_CMD_CMD_H

#include "crun-lite/crun-lite.h"

#include "base/arena.h"
#include "cmd/args.h"
#include "cmd/fds.h"
#include "cmd/log.h"

struct cmd {
	const struct cmd_args *args;
	struct cmd_fds fds;
	struct cmd_log log;
	struct crl *crl;        /* NULL for commands that need no state */
	char config_name[1024]; /* what messages call the configuration */
	char id[256];           /* made of a bundle's name */
	struct arena arena;
	bool failed;                    /* and that was said */
	struct log_entry *more, **last; /* what is said behind the first error */
};

enum {
	CMD_EXEC_FAILED = 255 /* status of exec when the failure is not its program's */
};

/* A subcommand: one function each, in a file of its own.  Returns the exit status. */
#define COMMAND(name, arguments, min, max, flags, what) int cmd_##name(struct cmd *c);
#include "spec/commands.def"
#undef COMMAND

/* The whole program.  Returns the exit status. */
int cmd_main(char **argv, char **envp);

/* Settings of the library by the command line. */
struct crl_settings cmd_settings(struct cmd *c);

/* Opens the state directory that the command line asks for.  Returns 0, or 1 after saying why. */
CHECKED int cmd_open(struct cmd *c);

/* Says what failed, to stderr and to the log.  Returns the exit status, 1. */
int cmd_fail(struct cmd *c, const struct crl_error *e);

/* The same for an error of the command line. */
int cmd_fail_usage(struct cmd *c, const struct err *e);

/* Options of run, create and plan in the library's form.
 * Returns 0, or 1 after saying what is wrong with one. */
CHECKED int cmd_options_of(struct cmd *c, struct crl_options *ret);

/* The container's id and bundle by the word of run: a word with a slash, or one that is a
 * directory with a config.json where the current directory has none, is the bundle, and its last
 * component the id; any other is the id.
 * word     NULL: the id is made of the bundle's name
 * Returns  the id; NULL after saying what is wrong */
const char *cmd_id_of(struct cmd *c, struct crl_options *o, const char *word);

/* Does something with the container of the first word; with --regex with each that it matches, and
 * then what fails for one is told and is no failure of the command.
 * one      returns an exit status
 * Returns  an exit status */
typedef int (*cmd_each_fn)(struct cmd *c, const char *id, const void *data);
int cmd_each(struct cmd *c, cmd_each_fn one, const void *data);

/* Columns of standard output, if it is a terminal that has a size; else what is given. */
size_t cmd_columns(size_t elsewhere);

#endif
