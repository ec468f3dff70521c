/* A terminal that is drawn on again and again, and given back as it was.  Knows nothing of what is
 * drawn.  Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_SCREEN_H
#define CRUN_LITE_CMD_SCREEN_H

#include "base/err.h"

#include <signal.h>
#include <termios.h>

struct screen {
	bool open;
	int signals; /* signalfd */
	sigset_t before;
	bool raw; /* the keyboard is read key by key */
	struct termios keyboard;
};

#define SCREEN_NONE                \
	(struct screen)            \
	{                          \
		.signals = FD_NONE \
	}

enum screen_event {
	SCREEN_TIME, /* as long as was asked for */
	SCREEN_RESIZED,
	SCREEN_END /* q, or a signal: it is in *ret_signal, 0 for q */
};

/* Can standard output be drawn on? */
bool screen_possible(void);

/* Does the user's language have all characters? */
bool screen_is_utf8(void);

/* Takes the terminal: another page of it, no cursor, signals come by screen_wait. */
CHECKED int screen_open(struct screen *s, struct err *e);

/* Gives it back as it was.  Harmless when it is not open. */
void screen_close(struct screen *s);

/* How large it is; 0 where it does not say. */
void screen_size(size_t *ret_columns, size_t *ret_lines);

/* Draws a page: lines that end in "\033[K\r\n", in one write(2), so that nobody sees half of it.
 * Returns 0, or -errno. */
CHECKED int screen_draw(const char *text, size_t size);

/* Waits for what comes first; stops and goes on with the shell's job control meanwhile. */
CHECKED int screen_wait(
	struct screen *s, int64_t until, enum screen_event *ret, int *ret_signal, struct err *e);

#endif
