/* The log: a file, whose two line shapes engines read (text, and one JSON object a line), syslog or
 * the journal. */
#include "cmd/log.h"

#include "base/json_out.h"
#include "base/sys.h"
#include "base/text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_MAX_SIZE = 2048
};

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

int log_set(struct cmd_log *l, const char *format, const char *level, struct err *e)
{
	if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
		return err_set(e, EINVAL, POS_NONE, "option --log-format: expected text or json");
	l->json = format != NULL && strcmp(format, "json") == 0;
	return level != NULL ? read_level(level, &l->level, e) : 0;
}

static int open_file(struct cmd_log *l, const char *path, struct err *e)
{
	l->fd = openat(AT_FDCWD, path,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		0644);
	return l->fd >= 0 ? 0 : err_sys(e, errno, POS_NONE, "cannot open log \"%s\"", path);
}

static int open_socket(struct cmd_log *l, const char *path, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	must(strlen(path) < sizeof(to.sun_path));
	memcpy(to.sun_path, path, strlen(path));
	l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		(void)err_sys(e, errno, POS_NONE, "cannot open log: connect to \"%s\"", path);
		return err_hint(e, "nobody listens there: give --log FILE, or start the service");
	}
	return 0;
}

/* A name that began a line of its own would be another field of the journal's. */
static bool is_name(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

/* What may stand before the colon; any other word is a part of a path. */
static const struct {
	const char *scheme;
	enum log_target target;
	const char *socket; /* NULL: the rest is a path */
} schemes[] = { { "file:", TO_FILE, NULL }, { "syslog:", TO_SYSLOG, "/dev/log" },
	{ "journald:", TO_JOURNALD, "/run/systemd/journal/socket" } };

int log_open(struct cmd_log *l, const char *target, const char *name, struct err *e)
{
	if (target == NULL || target[0] == '\0')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		const size_t len = strlen(schemes[i].scheme);

		if (strncmp(target, schemes[i].scheme, len) != 0)
			continue;
		l->target = schemes[i].target;
		l->name = target[len] != '\0' ? target + len : name;
		if (schemes[i].socket != NULL && !is_name(l->name))
			return err_set(e, EINVAL, POS_NONE,
				"option --log: control characters in the name behind %s",
				schemes[i].scheme);
		return schemes[i].socket != NULL ? open_socket(l, schemes[i].socket, e)
						 : open_file(l, target + len, e);
	}
	return open_file(l, target, e);
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

/* In one piece: others write to the same file. */
static void write_line(const struct cmd_log *l, const char *a, const char *b, const char *c)
{
	const char *const parts[] = { a, b, c, "\n" };
	struct iovec all[ARRAY_LEN(parts)];

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		all[i] = (struct iovec){ (void *)(uintptr_t)parts[i], strlen(parts[i]) };
	(void)!writev(l->fd, all, ARRAY_LEN(parts));
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
		write_line(l, line, "", "");
}

/* RFC 3164: the facility is that of system daemons. */
static void write_syslog(const struct cmd_log *l, int priority, const char *line)
{
	char packet[LINE_MAX_SIZE + 128];
	const int len = snprintf(packet, sizeof(packet), "<%d>%.64s[%d]: %s", LOG_DAEMON | priority,
		l->name, (int)getpid(), line);

	(void)!send(l->fd, packet, (size_t)len, MSG_NOSIGNAL);
}

/* A field a line; the text holds no newline. */
static void write_journal(const struct cmd_log *l, int priority, const char *line)
{
	char packet[LINE_MAX_SIZE + 256];
	const int len = snprintf(packet, sizeof(packet),
		"MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=crun-lite\nCONTAINER_ID=%.128s\n", line,
		priority, l->name);

	(void)!send(l->fd, packet, (size_t)len, MSG_NOSIGNAL);
}

/* Takes the signal of a pipe that nobody reads any more, which would end us. */
static void drop_sigpipe(const sigset_t *pipe_only)
{
	const struct timespec now = { 0 };

	while (sigtimedwait(pipe_only, NULL, &now) < 0 && errno == EINTR)
		;
}

static void write_file(const struct cmd_log *l, enum log_level level, const char *line)
{
	char time[40];
	sigset_t pipe_only, before;

	time_text(time, sizeof(time));
	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &pipe_only, &before); /* neither can fail */
	if (l->json)
		write_json(l, levels[level], line, time);
	else
		write_line(l, time, ": ", line);
	if (sigismember(&before, SIGPIPE) == 0)
		drop_sigpipe(&pipe_only);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

void log_failure(const struct cmd_log *l, const struct log_entry *first)
{
	const bool joined = l->json && l->target == TO_FILE && l->fd != FD_NONE;
	size_t count = 0, len = 0;
	char *all = NULL;

	for (const struct log_entry *i = first; i != NULL; i = i->next)
		count++;
	if (joined && count > 1)
		all = malloc(count * LINE_MAX_SIZE);
	for (const struct log_entry *i = first; i != NULL; i = i->next) {
		if (all == NULL) { /* when memory is short, too */
			log_write(l, LOG_LEVEL_ERROR, i->at, i->text);
			continue;
		}
		len += strlen(log_line(l, i->at, i->text, all + len, LINE_MAX_SIZE));
		all[len++] = '\n';
	}
	if (all != NULL) {
		all[len - 1] = '\0';
		write_file(l, LOG_LEVEL_ERROR, all);
	}
	free(all);
}

void log_write(const struct cmd_log *l, enum log_level level, struct src_pos at, const char *text)
{
	/* as syslog(3) counts */
	static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
	char line[LINE_MAX_SIZE];

	if (level > l->level || l->fd == FD_NONE)
		return;
	(void)log_line(l, at, text, line, sizeof(line));
	if (l->target == TO_SYSLOG)
		write_syslog(l, priorities[level], line);
	else if (l->target == TO_JOURNALD)
		write_journal(l, priorities[level], line);
	else
		write_file(l, level, line);
}
