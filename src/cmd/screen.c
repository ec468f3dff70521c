/* A terminal as a page: ECMA-48 sequences that every terminal emulator of today knows. */
#include "cmd/screen.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/uio.h>

#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"
/* A terminal that knows it (mode 2026) shows what is between at once; others ignore it. */
#define FRAME_BEGIN "\033[?2026h\033[H"
#define FRAME_END   "\033[K\033[J\033[?2026l"

static const int taken[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP };

bool screen_possible(void)
{
	const char *const term = getenv("TERM");

	return isatty(STDOUT_FILENO) == 1 && term != NULL && term[0] != '\0' &&
	       strcmp(term, "dumb") != 0;
}

bool screen_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *const value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strcasestr(value, "utf-8") != NULL ||
			       strcasestr(value, "utf8") != NULL;
	}
	return false;
}

static int put(const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		const ssize_t rc = write(STDOUT_FILENO, text, len);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return -errno;
		text += rc;
		len -= (size_t)rc;
	}
	return 0;
}

/* Keys come one by one and are not shown; in the background the keyboard is another's. */
static void take_keyboard(struct screen *s)
{
	struct termios t;

	s->raw = isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
		 tcgetattr(STDIN_FILENO, &s->keyboard) == 0;
	if (!s->raw)
		return;
	t = s->keyboard;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	s->raw = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
}

static void give_keyboard(struct screen *s)
{
	if (s->raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &s->keyboard);
	s->raw = false;
}

int screen_open(struct screen *s, struct err *e)
{
	sigset_t set;
	int rc;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		(void)sigaddset(&set, taken[i]);
	(void)sigprocmask(SIG_BLOCK, &set, &s->before); /* cannot fail */
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0) {
		rc = -errno;
		(void)sigprocmask(SIG_SETMASK, &s->before, NULL);
		return err_sys(e, -rc, POS_NONE, "cannot wait for signals: signalfd");
	}
	s->open = true;
	take_keyboard(s);
	rc = put(ENTER);
	return rc < 0 ? err_sys(e, -rc, POS_NONE, "cannot write to standard output") : 0;
}

void screen_close(struct screen *s)
{
	if (!s->open)
		return;
	(void)!put(LEAVE);
	give_keyboard(s);
	fd_close(&s->signals);
	(void)sigprocmask(SIG_SETMASK, &s->before, NULL); /* cannot fail: it was valid before */
	s->open = false;
}

void screen_size(size_t *ret_columns, size_t *ret_lines)
{
	struct winsize size = { 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*ret_columns = size.ws_col;
	*ret_lines = size.ws_row;
}

int screen_draw(const char *text, size_t size)
{
	const size_t all = strlen(FRAME_BEGIN) + size + strlen(FRAME_END);
	char *const frame = malloc(all + 1);
	int rc;

	if (frame == NULL)
		return -ENOMEM;
	(void)snprintf(frame, all + 1, "%s%.*s%s", FRAME_BEGIN, (int)size, text, FRAME_END);
	rc = put(frame);
	free(frame);
	return rc;
}

/* Ctrl-Z: the terminal is the shell's until we go on. */
static int stop(struct screen *s)
{
	sigset_t set;

	TRY(put(LEAVE));
	give_keyboard(s);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL); /* here we stop */
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	take_keyboard(s);
	return put(ENTER);
}

/* 1: there was one that means something; 0: none */
static int take_signal(struct screen *s, enum screen_event *ret, int *ret_signal)
{
	struct signalfd_siginfo si;

	if (read(s->signals, &si, sizeof(si)) != sizeof(si))
		return 0;
	*ret = SCREEN_RESIZED;
	if (si.ssi_signo == SIGTSTP)
		TRY(stop(s));
	if (si.ssi_signo == SIGTSTP || si.ssi_signo == SIGWINCH)
		return 1;
	*ret = SCREEN_END;
	*ret_signal = (int)si.ssi_signo;
	return 1;
}

static bool is_quit_key(struct screen *s)
{
	char key = 0;
	const ssize_t rc = read(STDIN_FILENO, &key, 1);

	if (rc <= 0) /* the terminal has gone */
		give_keyboard(s);
	return key == 'q' || key == 'Q' || key == 4;
}

int screen_wait(
	struct screen *s, int64_t until, enum screen_event *ret, int *ret_signal, struct err *e)
{
	*ret_signal = 0;
	*ret = SCREEN_TIME;
	for (;;) {
		struct pollfd p[] = { { .fd = s->signals, .events = POLLIN },
			{ .fd = s->raw ? STDIN_FILENO : FD_NONE, .events = POLLIN } };
		const int64_t left = until - clock_now_ms();
		int rc = left <= 0
				 ? 0
				 : poll(p, ARRAY_LEN(p), left > INT32_MAX ? INT32_MAX : (int)left);

		if (rc == 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return err_sys(e, errno, POS_NONE, "cannot wait for the terminal: poll");
		if (rc > 0 && p[1].revents != 0 && is_quit_key(s)) {
			*ret = SCREEN_END;
			return 0;
		}
		if (rc > 0 && p[0].revents != 0) {
			rc = take_signal(s, ret, ret_signal);
			if (rc < 0)
				return err_sys(e, -rc, POS_NONE, "cannot write to standard output");
			if (rc > 0)
				return 0;
		}
	}
}
