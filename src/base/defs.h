/* The words that every file uses: attributes, array length, cleanup, must().
 * No type of the runtime and no system call but close(2). */
#ifndef CRUN_LITE_BASE_DEFS_H
#define CRUN_LITE_BASE_DEFS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define CHECKED            __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define ARRAY_LEN(a)       (sizeof(a) / sizeof((a)[0]))

/* The only macro that returns.  Cleanup attributes make that safe. */
#define TRY(call)                          \
	do {                               \
		const int try_rc = (call); \
		if (try_rc < 0)            \
			return try_rc;     \
	} while (0)

/* A programmer's error, never one of the input: on in all builds, ends the process. */
#define must(condition) ((condition) ? (void)0 : must_fail(__FILE__, __LINE__, #condition))
_Noreturn void must_fail(const char *file, int line, const char *condition);

#define FD_NONE (-1) /* never 0: that is a real descriptor */
#define AUTO_FD __attribute__((cleanup(fd_close))) int

/* Closes *fd if it is open and makes it FD_NONE.  errno is kept. */
static inline void fd_close(int *fd)
{
	const int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* never again on EINTR: Linux has already freed the number */
	*fd = FD_NONE;
	errno = saved;
}

/* Hands the descriptor on: *fd no longer owns it. */
static inline int fd_take(int *fd)
{
	const int taken = *fd;

	*fd = FD_NONE;
	return taken;
}

#endif
