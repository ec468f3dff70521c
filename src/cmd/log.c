/* The log's two line shapes, which engines read: text and one JSON object a line. */
#include "cmd/log.h"

#include "base/json_out.h"
#include "base/sys.h"
#include "base/text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const levels[] = { "error", "warning", "info", "debug" };

static int read_level(const char *word, enum log_level *ret, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcmp(word, levels[i]) == 0) {
			*ret = (enum log_level)i;
			return 0;
		}
	return err_set(
		e, EINVAL, POS_NONE, "option --log-level: expected error, warning, info or debug");
}

int log_open(
	struct cmd_log *l, const char *file, const char *format, const char *level, struct err *e)
{
	if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
		return err_set(e, EINVAL, POS_NONE, "option --log-format: expected text or json");
	l->json = format != NULL && strcmp(format, "json") == 0;
	if (level != NULL)
		TRY(read_level(level, &l->level, e));
	if (file == NULL || file[0] == '\0')
		return 0;
	if (strncmp(file, "file:", 5) == 0)
		file += 5;
	l->fd = openat(AT_FDCWD, file,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		0644);
	return l->fd >= 0 ? 0 : err_sys(e, errno, POS_NONE, "cannot open log \"%s\"", file);
}

const char *log_line(
	const struct cmd_log *l, struct src_pos at, const char *text, char *buf, size_t size)
{
	size_t len = 0;

	if (at.line != 0)
		len = (size_t)snprintf(buf, size,
			"%s:%u:%u: ", l->config != NULL ? l->config : "config.json", at.line,
			at.column);
	if (len < size)
		(void)snprintf(buf + len, size - len, "%s", text); /* cut when too long */
	text_defuse(buf); /* most of what comes from outside was escaped where it was put in */
	return buf;
}

static void time_text(char *buf, size_t size)
{
	struct timespec now = { 0 };
	struct tm tm;
	size_t len;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	len = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(buf + len, size - len, ".%06ldZ", now.tv_nsec / 1000);
}

static void write_json(
	const struct cmd_log *l, const char *level, const char *text, const char *time)
{
	AUTO_JSON j = { 0 };
	struct err ignored = { 0 };
	const char *line;
	size_t len;

	json_object(&j, NULL);
	json_text(&j, "level", level);
	json_text(&j, "msg", text);
	json_text(&j, "time", time);
	json_end(&j);
	if (json_finish(&j, &line, &len, &ignored) == 0)
		(void)!dprintf(l->fd, "%s\n", line);
}

/* Takes the signal of a pipe that nobody reads any more, which would end us. */
static void drop_sigpipe(const sigset_t *pipe_only)
{
	const struct timespec now = { 0 };

	while (sigtimedwait(pipe_only, NULL, &now) < 0 && errno == EINTR)
		;
}

void log_write(const struct cmd_log *l, enum log_level level, struct src_pos at, const char *text)
{
	char line[2048], time[40];
	sigset_t pipe_only, before;

	if (level > l->level || l->fd == FD_NONE)
		return;
	(void)log_line(l, at, text, line, sizeof(line));
	time_text(time, sizeof(time));
	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &pipe_only, &before); /* neither can fail */
	if (l->json)
		write_json(l, levels[level], line, time);
	else
		(void)!dprintf(l->fd, "%s: %s\n", time, line);
	if (sigismember(&before, SIGPIPE) == 0)
		drop_sigpipe(&pipe_only);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}
