/* Where errors and warnings go: stderr, and the target of --log.  Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_LOG_H
#define CRUN_LITE_CMD_LOG_H

#include "base/err.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

enum log_target {
	TO_FILE,    /* lines of text or JSON */
	TO_SYSLOG,  /* datagrams of RFC 3164 */
	TO_JOURNALD /* datagrams of systemd's journal, "Native Journal Protocol" */
};

struct cmd_log {
	enum log_target target;
	int fd; /* FD_NONE: none */
	bool json;
	const char *name; /* who speaks, in syslog and journal */
	enum log_level level;
	const char *config; /* the configuration's name, for places in it */
};

/* Opens the log, if one is asked for.
 * target  as given: a path, "file:PATH", "syslog:NAME", "journald:NAME"; NULL when not
 * level   as given, NULL when not
 * name    that of syslog and journal where none is given */
CHECKED int log_open(struct cmd_log *l, const char *target, const char *name, struct err *e);

/* Judges the words of --log-format and --log-level; NULL: not given. */
CHECKED int log_set(struct cmd_log *l, const char *format, const char *level, struct err *e);

/* One line into the log: text, with its place in the configuration in front.  An error that
 * nobody can be told of is lost: a log never fails the command. */
void log_write(const struct cmd_log *l, enum log_level level, struct src_pos at, const char *text);

/* One of the errors that a failure consists of: a configuration may have many. */
struct log_entry {
	struct log_entry *next;
	struct src_pos at;
	const char *text;
};

/* All errors of one failure: a line each, but as JSON one object, for podman reads all of the file
 * as one (a newline stands between the errors in it). */
void log_failure(const struct cmd_log *l, const struct log_entry *first);

/* The text with its place in front, escaped so that it stays on one line and steers no terminal.
 * Returns buf. */
const char *log_line(
	const struct cmd_log *l, struct src_pos at, const char *text, char *buf, size_t size);

#endif
