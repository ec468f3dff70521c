/* What the files of this folder share about directories; nobody else includes it. */
#ifndef CRUN_LITE_STATE_DIR_H
#define CRUN_LITE_STATE_DIR_H

#include "state/state.h"

#include <fcntl.h>
#include <sys/stat.h>

#define STATE_OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Takes the lock of an open directory; another command may hold it for timeout_ms at most.
 * Returns 0; -ETIMEDOUT, then *e names the holder where the kernel tells; else -errno */
CHECKED int state_lock_take(int fd, int timeout_ms, struct err *e);

/* Gives it back, for all copies of the descriptor. */
void state_lock_drop(int fd);

/* The first record of a container, read as long as there is no second.  A file of its own, because
 * ext4 writes a file's data to the disk at once when the file is renamed over another one
 * (auto_da_alloc), which cost a tenth of a start. */
#define STATE_FIRST "state.first"

/* What a created container waits at: the name that the other runtimes have, by which tools know
 * that a descriptor of it is meant to be there. */
#define STATE_FIFO "exec.fifo"

/* The configuration that holds since an update, which came after the one behind STATE_FIRST. */
#define STATE_CONFIG     "config"
#define STATE_CONFIG_NEW "config.new"

/* Where the process of a created container tells why it could not start. */
#define STATE_REPORT "report"

/* The directory of the notify socket. */
#define STATE_NOTIFY "notify"

/* Does ROOT/ID still name what is open?  As long as we hold the lock it then stays so. */
bool state_is_named(const struct state_dir *d);

/* "container does not exist".  Returns -ENOENT. */
int state_no_container(const char *id, struct err *e);

/* Is the directory ours alone?  As its stat(2) says. */
bool state_is_ours(const struct stat *st);

/* The record that holds, as it is written.  -ENOENT: there is none. */
CHECKED int state_record_bytes(const struct state_dir *d, struct arena *a, struct state_bytes *ret);

/* Writes it, with the configuration behind.  Returns 0; -EEXIST there is one; else -errno */
CHECKED int state_begin(const struct state_dir *d, const struct state_record *r, struct err *e);

#endif
