/* Building the text of an error.  Prints nothing. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void must_fail(const char *file, int line, const char *condition)
{
	char text[512];
	const int len = snprintf(
		text, sizeof(text), "crun-lite: bug at %s:%d: %s\n", file, line, condition);

	if (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0)
		abort();
	abort();
}

static PRINTF(4, 0) void set_text(
	struct err *e, int code, struct src_pos at, const char *fmt, va_list ap)
{
	must(code > 0);
	e->code = code;
	e->at = at;
	e->hint[0] = '\0';
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap); /* cut when too long */
}

int err_set(struct err *e, int code, struct src_pos at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(e, code, at, fmt, ap);
	va_end(ap);
	return -code;
}

int err_sys(struct err *e, int code, struct src_pos at, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	set_text(e, code, at, fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	(void)snprintf(e->text + len, sizeof(e->text) - len, ": %s", strerror(code));
	return -code;
}

int err_add(struct err *e, const char *fmt, ...)
{
	char inner[sizeof(e->text)];
	va_list ap;
	size_t len;

	memcpy(inner, e->text, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap); /* cut when too long */
	va_end(ap);
	len = strlen(e->text);
	(void)snprintf(e->text + len, sizeof(e->text) - len, ": %s", inner);
	return -e->code;
}

int err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e->hint[0] != '\0')
		return -e->code;
	va_start(ap, fmt);
	(void)vsnprintf(e->hint, sizeof(e->hint), fmt, ap); /* cut when too long */
	va_end(ap);
	return -e->code;
}
