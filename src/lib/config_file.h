/* The bytes of a configuration file.  Inside lib/ only. */
#ifndef CRUN_LITE_LIB_CONFIG_FILE_H
#define CRUN_LITE_LIB_CONFIG_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "state/state.h"

/* Reads a whole file into the arena: regular, at most SPEC_SIZE_MAX bytes.
 * bundle  for hints: the directory that it should be in; NULL: none */
CHECKED int config_file_read(const char *path, const char *bundle, struct arena *arena,
	struct state_bytes *ret, struct err *e);

/* The same from a descriptor, whatever it is: a pipe, a terminal. */
CHECKED int config_file_read_fd(
	int fd, const char *name, struct arena *arena, struct state_bytes *ret, struct err *e);

/* The same by a name that somebody gave: "-" is standard input, and a pipe will do (a shell's
 * <(COMMAND)). */
CHECKED int config_file_read_any(
	const char *path, struct arena *a, struct state_bytes *ret, struct err *e);

#endif
