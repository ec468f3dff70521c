/* A directory of its own for a test of state/, removed by whoever made it.  Needs no root. */
#ifndef CRUN_LITE_TESTS_STATE_CASE_H
#define CRUN_LITE_TESTS_STATE_CASE_H

#include "state/state.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct scratch {
	char path[64];
	int fd;
};

static inline int scratch_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(path);
}

static inline void scratch_done(struct scratch *s)
{
	fd_close(&s->fd);
	(void)nftw(s->path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define AUTO_SCRATCH __attribute__((cleanup(scratch_done))) struct scratch

/* An empty directory, mode 0700, ours. */
static inline struct scratch scratch_new(void)
{
	struct scratch s = { .path = "/tmp/crun-lite-state-XXXXXX", .fd = FD_NONE };

	must(mkdtemp(s.path) != NULL);
	s.fd = openat(AT_FDCWD, s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(s.fd >= 0);
	return s;
}

/* What a command knows before it makes a container. */
static inline struct state_record record(const char *id)
{
	return (struct state_record){
		.id = id, .bundle = "/b", .rootfs = "/b/rootfs", .cgroup = "/c"
	};
}

/* How many directories are in this one. */
static inline size_t entries(const struct scratch *s, const char *path)
{
	AUTO_FD fd = openat(s->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	return fd < 0 || fstat(fd, &st) < 0 ? 0 : st.st_nlink - 2;
}

static inline void write_text(const struct scratch *s, const char *path, const char *text)
{
	AUTO_FD fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

#endif
