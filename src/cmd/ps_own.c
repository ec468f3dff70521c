/* The table of ps without a ps.  Reads /proc of the host; what is gone meanwhile is left out. */
#include "cmd/ps.h"

#include "base/sys.h"
#include "base/text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

enum {
	STAT_FIELDS = 22,
	STAT_PPID = 4,
	STAT_TTY = 7,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_START = 22,
	COMMAND_SIZE = 4096
};

/* The clock of the rows. */
struct ps_clock {
	uint64_t hz, boot, now; /* ticks a second; seconds since 1970 */
};

struct row {
	char name[64]; /* of the program */
	uint64_t fields[STAT_FIELDS + 1];
	unsigned long uid;
};

/* btime of /proc/stat, which has a line for each CPU before it. */
static uint64_t read_boot(void)
{
	AUTO_FD fd = openat(AT_FDCWD, "/proc/stat", O_RDONLY | O_CLOEXEC);
	FILE *const file = fd < 0 ? NULL : fdopen(fd, "r");
	uint64_t boot = 0;
	char line[256];

	if (file == NULL)
		return 0;
	(void)fd_take(&fd); /* fclose closes it */
	while (boot == 0 && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "btime ", 6) == 0)
			boot = strtoull(line + 6, NULL, 10);
	(void)fclose(file); /* only read */
	return boot;
}

static struct ps_clock read_clock(void)
{
	return (struct ps_clock){ .hz = (uint64_t)sysconf(_SC_CLK_TCK),
		.boot = read_boot(),
		.now = (uint64_t)time(NULL) };
}

static bool read_row(int dir, struct row *ret)
{
	char text[4096];
	const char *open, *close, *at;

	if (sys_read_text(dir, "stat", text, sizeof(text)) <= 0)
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')'); /* the name may hold parentheses itself */
	if (open == NULL || close == NULL || close < open)
		return false;
	(void)snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(close - open - 1), open + 1);
	at = close + 3; /* behind the state */
	for (int field = STAT_PPID; field <= STAT_FIELDS; field++) {
		char *end;

		ret->fields[field] = strtoull(at, &end, 10);
		at = end;
	}
	if (sys_read_text(dir, "status", text, sizeof(text)) <= 0)
		return false;
	at = strstr(text, "\nUid:");
	at = at == NULL ? NULL : strchr(at + 5 + 1, '\t'); /* the effective one is the second */
	ret->uid = at == NULL ? 0 : strtoul(at, NULL, 10);
	return true;
}

/* The arguments; a kernel thread's or a dead one's are its name in brackets. */
static const char *read_command(int dir, const struct row *r, char *buf, size_t size)
{
	AUTO_FD fd = openat(dir, "cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, buf, size - 1);

	while (len > 0 && buf[len - 1] == '\0')
		len--;
	if (len <= 0) {
		(void)snprintf(buf, size, "[%s]", r->name);
	} else {
		for (ssize_t i = 0; i < len; i++)
			if (buf[i] == '\0')
				buf[i] = ' ';
		buf[len] = '\0';
	}
	text_defuse(buf);
	return buf;
}

static const char *terminal(uint64_t number, char *buf, size_t size)
{
	const unsigned major_no = major(number), minor_no = minor(number);

	if (major_no == 136)
		(void)snprintf(buf, size, "pts/%u", minor_no);
	else if (major_no == 4)
		(void)snprintf(buf, size, "tty%u", minor_no);
	else
		(void)snprintf(buf, size, "?");
	return buf;
}

static const char *started(uint64_t then, uint64_t now, char *buf, size_t size)
{
	const time_t moment = (time_t)then;
	struct tm tm;

	if (localtime_r(&moment, &tm) == NULL)
		(void)snprintf(buf, size, "?");
	else
		(void)strftime(buf, size, now - then < 24 * 60 * 60 ? "%H:%M" : "%b%d", &tm);
	return buf;
}

static void print_row(int pid, int dir, const struct ps_clock *clock)
{
	char tty[24], when[16], command[COMMAND_SIZE];
	struct row r = { 0 };
	uint64_t used, then, age;

	if (!read_row(dir, &r))
		return;
	used = (r.fields[STAT_UTIME] + r.fields[STAT_STIME]) / clock->hz;
	then = clock->boot + r.fields[STAT_START] / clock->hz;
	age = clock->now > then ? clock->now - then : 1;
	(void)printf("%-10lu %7d %7" PRIu64 " %2" PRIu64 " %5s %-8s %02" PRIu64 ":%02" PRIu64
		     ":%02" PRIu64 " %s\n",
		r.uid, pid, r.fields[STAT_PPID], used * 100 / age,
		started(then, clock->now, when, sizeof(when)),
		terminal(r.fields[STAT_TTY], tty, sizeof(tty)), used / 3600, used / 60 % 60,
		used % 60, read_command(dir, &r, command, sizeof(command)));
}

void ps_own(const struct ps_pids *pids)
{
	const struct ps_clock clock = read_clock();

	(void)puts("UID            PID    PPID  C STIME TTY          TIME CMD");
	for (size_t i = 0; i < pids->count; i++) {
		char path[32];
		AUTO_FD dir = FD_NONE;

		(void)snprintf(path, sizeof(path), "/proc/%d", pids->list[i]);
		dir = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0)
			print_row(pids->list[i], dir, &clock);
	}
}
