/* Where errors and warnings go: stderr, and the file of --log.  Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_LOG_H
#define CRUN_LITE_CMD_LOG_H

#include "base/err.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

struct cmd_log {
	int fd; /* FD_NONE: no file */
	bool json;
	enum log_level level;
	const char *config; /* the configuration's name, for places in it */
};

/* Opens the log file, if one is asked for.
 * file, format, level  as given, NULL when not */
CHECKED int log_open(
	struct cmd_log *l, const char *file, const char *format, const char *level, struct err *e);

/* One line into the log file: text, with its place in the configuration in front.  An error that
 * nobody can be told of is lost: a log never fails the command. */
void log_write(const struct cmd_log *l, enum log_level level, struct src_pos at, const char *text);

/* The text with its place in front, escaped so that it stays on one line and steers no terminal.
 * Returns buf. */
const char *log_line(
	const struct cmd_log *l, struct src_pos at, const char *text, char *buf, size_t size);

#endif
